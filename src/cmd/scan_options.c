/* The words of `sekimori scan`: the flags that people know from other scanners. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/scan_internal.h"

struct sifter {
	struct cmd_call *call;
	struct scan_words *w;
	int argc, at; /* the word that is looked at */
	char **argv;
};

/* The rest of the word, or the next one. NULL when there is none, which is said. */
static const char *take_value(struct sifter *s, const char *rest, const char *option)
{
	if (*rest == '=')
		rest++;
	if (*rest)
		return rest;
	if (s->at + 1 < s->argc)
		return s->argv[++s->at];
	cmd_fail(s->call->cmd, _("%s wants a value"), option);
	return NULL;
}

static int take_types(struct sifter *s, const char *letters)
{
	struct scan_words *w = s->w;

	for (const char *p = letters; *p; p++) {
		w->connect |= *p == 'T';
		w->syn |= *p == 'S';
		w->udp |= *p == 'U';
		w->versions |= *p == 'V';
		if (!strchr("TSUV", *p))
			return cmd_fail(
				s->call->cmd,
				_("-s%s: the kinds of scan are T (connect), S (SYN), U (UDP) and V (versions)"),
				letters);
	}
	return *letters ? -1 : cmd_fail(s->call->cmd, _("%s wants a value"), "-s");
}

static int take_timing(struct sifter *s, const char *rest)
{
	static const char *const names[] = { "paranoid", "sneaky",     "polite",
					     "normal",   "aggressive", "insane" };
	const char *value = take_value(s, rest, "-T");

	if (!value)
		return EXIT_BAD;
	for (int i = 0; i < (int)ARRAY_LENGTH(names); i++) {
		if (!strcmp(value, names[i]) || (value[0] == '0' + i && !value[1])) {
			s->w->timing = i;
			return -1;
		}
	}
	return cmd_fail(s->call->cmd, _("-T: \"%s\" is no number from 0 to 5"), value);
}

static int take_output(struct sifter *s, const char *word)
{
	static const char letters[SCAN_FORMS + 1] = "NXGJ";
	const char *letter = word[2] ? strchr(letters, word[2]) : NULL, *value;

	if (!letter) {
		return cmd_fail(
			s->call->cmd,
			_("%s: the forms are -oN (text), -oX (XML), -oG (grepable), -oJ (JSON)"),
			word);
	}
	value = take_value(s, word + 3, "-o");
	if (!value)
		return EXIT_BAD;
	s->w->forms[letter - letters] = value;
	return -1;
}

static int take_top(struct sifter *s, const char *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || n < 1 || n > 65535) {
		return cmd_fail(s->call->cmd, _("--top-ports: \"%s\" is no number from 1 to 65535"),
				value);
	}
	s->w->top = n;
	return -1;
}

static int take_rate(struct sifter *s, const char *value)
{
	char *end;

	errno = 0;
	s->w->rate = strtod(value, &end);
	if (*value < '0' || *value > '9' || *end || errno || !isfinite(s->w->rate) ||
	    s->w->rate <= 0) {
		return cmd_fail(s->call->cmd, _("--rate: \"%s\" is no number of packets a second"),
				value);
	}
	if (s->w->rate < SCAN_RATE_LEAST) {
		return cmd_fail(s->call->cmd,
				_("--rate: \"%s\" is less than %g packets a second, the least"),
				value, SCAN_RATE_LEAST);
	}
	return -1;
}

static int append(struct sifter *s, const char ***list, size_t *n, const char *value)
{
	const char **grown = realloc(*list, (*n + 1) * sizeof(*grown));

	if (!grown)
		return cmd_fail(s->call->cmd, "%s", strerror(ENOMEM));
	*list = grown;
	grown[(*n)++] = value;
	return -1;
}

static int take_vantage(struct sifter *s, const char *value)
{
	s->w->vantage = value;
	if (!strcmp(value, "inside") || !strcmp(value, "outside"))
		return -1;
	return cmd_fail(s->call->cmd, _("--vantage: \"%s\" is neither inside nor outside"), value);
}

/* Of the long options, those that have a value. */
static int take_long_value(struct sifter *s, const char *name, const char *value)
{
	struct scan_words *w = s->w;

	if (!strcmp(name, "--top-ports"))
		return take_top(s, value);
	if (!strcmp(name, "--rate"))
		return take_rate(s, value);
	if (!strcmp(name, "--exclude"))
		return append(s, &w->excludes, &w->n_excludes, value);
	if (!strcmp(name, "--fingerprints"))
		return append(s, &w->fingerprints, &w->n_fingerprints, value);
	if (!strcmp(name, "--vantage"))
		return take_vantage(s, value);
	w->resume = value;
	return -1;
}

/* -1: taken. -2: none of ours. */
static int take_long(struct sifter *s, const char *word)
{
	static const char *const valued[] = { "--top-ports", "--rate",    "--exclude",
					      "--resume",    "--vantage", "--fingerprints" };

	const struct {
		const char *name;
		bool *on;
	} switches[] = { { "--outside-site", &s->w->outside_site },
			 { "--reason", &s->w->reasons },
			 { "--new", &s->w->news },
			 { "--if-configured", &s->w->if_configured } };

	for (size_t i = 0; i < ARRAY_LENGTH(switches); i++) {
		if (!strcmp(word, switches[i].name)) {
			*switches[i].on = true;
			return -1;
		}
	}
	for (size_t i = 0; i < ARRAY_LENGTH(valued); i++) {
		size_t n = strlen(valued[i]);
		const char *value;

		if (strncmp(word, valued[i], n) != 0 || (word[n] && word[n] != '='))
			continue;
		value = take_value(s, word + n, valued[i]);
		return value ? take_long_value(s, valued[i], value) : EXIT_BAD;
	}
	return -2;
}

static int take_flags(struct sifter *s, const char *word)
{
	struct scan_words *w = s->w;

	if (!strcmp(word, "-F")) {
		w->top = PORTS_FAST;
	} else if (!strcmp(word, "-n")) {
		w->no_names = true;
	} else if (!strcmp(word, "-6")) {
		w->v6 = true;
	} else if (!strcmp(word, "-Pn")) {
		w->up = true;
	} else if (word[1] == 'v' && word[1 + strspn(word + 1, "v")] == '\0') {
		w->verbose += (int)strlen(word + 1);
	} else {
		return -2;
	}
	return -1;
}

/* A word that begins with "-". -1: taken. -2: none of ours. */
static int take(struct sifter *s, const char *word)
{
	int taken = take_flags(s, word);

	if (taken != -2)
		return taken;
	switch (word[1]) {
	case 's':
		return take_types(s, word + 2);
	case 'p':
		s->w->ports = take_value(s, word + 2, "-p");
		return s->w->ports ? -1 : EXIT_BAD;
	case 'T':
		return take_timing(s, word + 2);
	case 'o':
		return take_output(s, word);
	case 'i':
		if (word[2] != 'L')
			return -2;
		s->w->list = take_value(s, word + 3, "-iL");
		return s->w->list ? -1 : EXIT_BAD;
	case '-':
		return take_long(s, word);
	default:
		return -2;
	}
}

static int sift(struct sifter *s, int *ret_argc, char **ret_argv)
{
	int kept = 1;

	for (s->at = 1; s->at < s->argc; s->at++) {
		char *word = s->argv[s->at];
		int taken = -2;

		if (!strcmp(word, "--"))
			break;
		if (word[0] == '-' && word[1])
			taken = take(s, word);
		if (taken >= 0)
			return taken;
		if (taken == -2)
			ret_argv[kept++] = word;
	}
	for (; s->at < s->argc; s->at++)
		ret_argv[kept++] = s->argv[s->at];
	ret_argv[kept] = NULL;
	*ret_argc = kept;
	return -1;
}

/* ---- going on ---- */

/* The file that --resume names among the words, or NULL. */
static const char *find_resume(int argc, char **argv, bool *ret_alone)
{
	const char *found = NULL;
	int others = 0;

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--resume=", 9)) {
			found = argv[i] + 9;
		} else if (!strcmp(argv[i], "--resume") && i + 1 < argc) {
			found = argv[++i];
		} else if (argv[i][0] != '-' || argv[i][1] != 'v') {
			others++;
		}
	}
	*ret_alone = !others;
	return found;
}

static bool are_same(const struct scan_state *state, int argc, char **argv)
{
	if (state->n_words != argc)
		return false;
	for (int i = 0; i < argc; i++) {
		if (strcmp(state->words[i], argv[i]) != 0)
			return false;
	}
	return true;
}

/* Reads the state where there is one. Its words go on, whether they are repeated or not. */
static int go_on(struct sifter *s, const char *path, bool alone)
{
	struct scan_words *w = s->w;
	struct diagnosis d = { "" };
	int error;

	if (!path || access(path, F_OK) < 0) {
		if (path && alone)
			return cmd_fail(s->call->cmd, "%s: %s", path, strerror(errno));
		return -1;
	}
	error = scan_state_read(path, &w->state, &d);
	if (error < 0)
		return cmd_fail_diagnosis(s->call->cmd, error, &d);
	if (!alone && !are_same(&w->state, s->argc, s->argv)) {
		return cmd_fail(
			s->call->cmd,
			_("%s is the state of another scan; go on with it by --resume %s alone, or remove it"),
			path, path);
	}
	w->going_on = true;
	s->argc = w->state.n_words;
	s->argv = w->state.words;
	return -1;
}

int scan_words_sift(struct cmd_call *call, int *argc, char ***argv)
{
	struct scan_words *w = calloc(1, sizeof(*w));
	struct sifter s = { call, w, *argc, 0, *argv };
	bool alone;
	const char *path = find_resume(*argc, *argv, &alone);
	int status;

	if (!w)
		return cmd_fail(call->cmd, "%s", strerror(ENOMEM));
	call->scan = w;
	w->timing = -1;
	w->vantage = "inside";
	status = go_on(&s, path, alone);
	if (status >= 0)
		return status;
	w->given = s.argv;
	w->n_given = s.argc;
	w->kept = calloc((size_t)s.argc + 1, sizeof(*w->kept));
	if (!w->kept)
		return cmd_fail(call->cmd, "%s", strerror(ENOMEM));
	w->kept[0] = s.argc ? s.argv[0] : (*argv)[0];
	status = sift(&s, argc, w->kept);
	*argv = w->kept;
	/* The state may have another name by now. */
	if (path)
		w->resume = path;
	return status;
}

void scan_words_free(struct scan_words *w)
{
	if (!w)
		return;
	scan_state_finish(&w->state);
	free(w->excludes);
	free(w->fingerprints);
	free(w->kept);
	free(w);
}

char *scan_words_line(const struct scan_words *w)
{
	char *line = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&line, &n);

	if (!out)
		return NULL;
	fputs("sekimori", out);
	for (int i = 0; i < w->n_given; i++)
		fprintf(out, " %s", w->given[i]);
	if (fclose(out) == 0)
		return line;
	free(line);
	return NULL;
}
