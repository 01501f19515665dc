/*
 * An interrupted scan, as text: lines of words between blanks.
 *
 *   sekimori scan state 1
 *   started NS / seed N / plan HASH                  numbers; the hash is of targets and ports
 *   settled N / settled-udp N                        how far the engines without memory are
 *   word WORD                                        of the command line; each byte that is no
 *                                                    letter, digit or one of "-./:,=_" as %XX
 *   hosts
 *   down N
 *   host ADDRESS REASON                              REASON is "-" for one that is not up
 *   port PROTOCOL NUMBER STATE REASON TTL NS         of the last host: what is listed
 *   count PROTOCOL STATE REASON N                    what is not
 *   told PROTOCOL STATE REASON PORTS                 of a host that is not done: which were asked
 *   done PROTOCOL
 *   end
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/service_name.h"
#include "scan/ports.h"
#include "scan/results_internal.h"

static const char magic[] = "sekimori scan state 1";

#define STATE_BYTES_MAX (1ULL << 30)

static uint64_t hash_list(uint64_t hash, const struct port_list *list)
{
	return hash_mix(hash ^ hash_bytes(list->n ? (const void *)list->ports : "",
					  list->n * sizeof(*list->ports)));
}

uint64_t state_hash_plan(const struct scan_plan *plan)
{
	uint64_t hash = hash_bytes(plan->n_targets ? (const void *)plan->targets : "",
				   plan->n_targets * sizeof(*plan->targets));

	return hash_list(hash_list(hash, &plan->tcp), &plan->udp);
}

/* ---- writing ---- */

static void print_word(const char *word, FILE *out)
{
	fputs("word ", out);
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || strchr("-./:,=_", c);

		fprintf(out, plain ? "%c" : "%%%02x", c);
	}
	fputc('\n', out);
}

static void print_told(const struct scan_results *r, const struct scan_host *h, int which,
		       FILE *out)
{
	const struct port_list *list = results_list(r, which);
	bool has[TOLD_MAX + 1] = { false };

	for (size_t i = 0; i < list->n; i++)
		has[h->told[which][i]] = true;
	for (uint8_t byte = 1; byte <= TOLD_MAX; byte++) {
		uint16_t *ports;
		struct port_list some;

		if (!has[byte] || !(ports = malloc(list->n * sizeof(*ports))))
			continue;
		some = (struct port_list){ ports, 0 };
		for (size_t i = 0; i < list->n; i++) {
			if (h->told[which][i] == byte)
				ports[some.n++] = list->ports[i];
		}
		fprintf(out, "told %s %s %s ", which ? "udp" : "tcp",
			port_state_name(told_state(byte)), port_reason_name(told_reason(byte)));
		port_list_print(&some, out);
		fputc('\n', out);
		free(ports);
	}
}

static void print_host(const struct scan_results *r, const struct scan_host *h, FILE *out)
{
	char addr[ADDR_TEXT_MAX];

	fprintf(out, "host %s %s\n", addr_format(h->addr, addr),
		h->up ? port_reason_name(h->reason) : "-");
	for (size_t i = 0; i < h->n_ports; i++) {
		const struct port_outcome *o = &h->ports[i];

		fprintf(out, "port %s %u %s %s %u %llu\n", protocol_name(o->protocol), o->port,
			port_state_name(o->state), port_reason_name(o->reason), o->ttl,
			(unsigned long long)o->time_ns);
	}
	for (size_t i = 0; i < h->n_counts; i++) {
		fprintf(out, "count %s %s %s %u\n", protocol_name(h->counts[i].protocol),
			port_state_name(h->counts[i].state), port_reason_name(h->counts[i].reason),
			h->counts[i].ports);
	}
	for (int which = 0; which < 2; which++) {
		if (h->told[which])
			print_told(r, h, which, out);
		if (h->done[which])
			fprintf(out, "done %s\n", which ? "udp" : "tcp");
	}
}

static int write_state(const struct scan_results *r, FILE *out, char *const *words, int n_words,
		       uint64_t started_ns, const uint64_t settled[2])
{
	fprintf(out, "%s\nstarted %llu\nseed %llu\nplan %llu\nsettled %llu\nsettled-udp %llu\n",
		magic, (unsigned long long)started_ns, (unsigned long long)r->plan->seed,
		(unsigned long long)state_hash_plan(r->plan), (unsigned long long)settled[0],
		(unsigned long long)settled[1]);
	for (int i = 0; i < n_words; i++)
		print_word(words[i], out);
	fprintf(out, "hosts\ndown %llu\n", (unsigned long long)r->n_down);
	for (size_t i = 0; i < r->n_hosts; i++)
		print_host(r, &r->hosts[i], out);
	fputs("end\n", out);
	if (fflush(out) != 0 || ferror(out))
		return errno ? -errno : -EIO;
	return fsync(fileno(out)) < 0 ? -errno : 0;
}

int results_save(const struct scan_results *r, const char *path, char *const *words, int n_words,
		 uint64_t started_ns, const uint64_t settled[2])
{
	char *beside = NULL;
	int error = 0, fd;
	FILE *out;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(beside, O_CLOEXEC);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out) {
		error = -errno;
		if (fd >= 0)
			(void)close(fd);
	} else {
		error = write_state(r, out, words, n_words, started_ns, settled);
		if (fclose(out) != 0 && !error)
			error = -errno;
	}
	if (!error && rename(beside, path) < 0)
		error = -errno;
	if (error < 0 && fd >= 0)
		(void)unlink(beside);
	free(beside);
	return error;
}

/* ---- reading ---- */

struct lines {
	char *at;
	char *words[8];
	int n;
};

/* The next line's words, in place; false at the end. A line that is not ended is none. */
static bool next_line(struct lines *l)
{
	char *end = strchr(l->at, '\n');

	if (!end)
		return false;
	*end = '\0';
	l->n = 0;
	for (char *save = NULL, *w = strtok_r(l->at, " ", &save);
	     w && l->n < (int)ARRAY_LENGTH(l->words); w = strtok_r(NULL, " ", &save))
		l->words[l->n++] = w;
	l->at = end + 1;
	return true;
}

static bool is(const struct lines *l, const char *word, int n)
{
	return l->n == n && !strcmp(l->words[0], word);
}

static bool parse_number(const char *text, uint64_t most, uint64_t *ret_n)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret_n = strtoull(text, &end, 10);
	return !errno && !*end && *ret_n <= most;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. */
static bool undo_escapes(char *word)
{
	char *to = word;

	for (char *p = word; *p; p++) {
		if (*p != '%') {
			*to++ = *p;
			continue;
		}
		if (hex(p[1]) < 0 || hex(p[2]) < 0)
			return false;
		*to++ = (char)(16 * hex(p[1]) + hex(p[2]));
		p += 2;
		if (!to[-1])
			return false;
	}
	*to = '\0';
	return true;
}

static int read_word(struct scan_state *s, char *word)
{
	char **grown = realloc(s->words, ((size_t)s->n_words + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->words = grown;
	if (!undo_escapes(word))
		return ERR_DAMAGED;
	s->words[s->n_words] = strdup(word);
	if (!s->words[s->n_words])
		return -ENOMEM;
	s->n_words++;
	return 0;
}

/* One line of the head. Returns 1 at its end. */
static int read_head_line(struct scan_state *s, struct lines *l)
{
	static char none[] = "";
	const struct {
		const char *word;
		uint64_t *to;
	} numbers[] = { { "started", &s->started_ns },
			{ "seed", &s->seed },
			{ "plan", &s->plan_hash },
			{ "settled", &s->settled[0] },
			{ "settled-udp", &s->settled[1] } };

	if (is(l, "hosts", 1))
		return 1;
	if (is(l, "word", 1) || is(l, "word", 2))
		return read_word(s, l->n == 2 ? l->words[1] : none);
	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		if (is(l, numbers[i].word, 2) &&
		    parse_number(l->words[1], UINT64_MAX, numbers[i].to))
			return 0;
	}
	return ERR_DAMAGED;
}

static int damaged(const char *path, unsigned line, struct diagnosis *d)
{
	return diagnose(d, ERR_DAMAGED, _("%s: line %u is no part of a scan's state"), path, line);
}

static int read_head(const char *path, char *text, struct scan_state *s, struct diagnosis *d)
{
	struct lines l = { .at = text };
	int error = 0;
	unsigned line = 1;

	if (!next_line(&l) || strcmp(text, "sekimori") != 0 || l.n != 4 ||
	    strcmp(l.words[1], "scan") != 0 || strcmp(l.words[2], "state") != 0)
		return diagnose(d, ERR_FORMAT, _("%s is no state of a scan"), path);
	if (strcmp(l.words[3], "1") != 0)
		return diagnose(d, ERR_UNSUPPORTED,
				_("%s is the state of a scan of a newer version"), path);
	while (!error) {
		line++;
		if (!next_line(&l) || !l.n)
			return damaged(path, line, d);
		error = read_head_line(s, &l);
	}
	if (error == ERR_DAMAGED)
		return damaged(path, line, d);
	if (error < 0)
		return error;
	s->rest_bytes = strlen(l.at);
	s->rest = (uint8_t *)strdup(l.at);
	return s->rest ? 0 : -ENOMEM;
}

static int slurp(const char *path, char **ret_text, struct diagnosis *d)
{
	FILE *in = fopen(path, "re");
	struct stat st;
	char *text = NULL;
	int error = 0;

	if (!in)
		return diagnose(d, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fileno(in), &st) < 0)
		error = -errno;
	else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > STATE_BYTES_MAX)
		error = diagnose(d, ERR_FORMAT, _("%s is no state of a scan"), path);
	if (!error && !(text = calloc((size_t)st.st_size + 1, 1)))
		error = -ENOMEM;
	if (!error && fread(text, 1, (size_t)st.st_size, in) != (size_t)st.st_size)
		error = diagnose(d, -EIO, "%s: %s", path, strerror(EIO));
	(void)fclose(in);
	if (error < 0)
		free(text);
	else
		*ret_text = text;
	return error;
}

int scan_state_read(const char *path, struct scan_state *ret_state, struct diagnosis *d)
{
	struct scan_state s = { 0 };
	char *text = NULL;
	int error = slurp(path, &text, d);

	if (!error)
		error = read_head(path, text, &s, d);
	free(text);
	if (error < 0)
		scan_state_finish(&s);
	else
		*ret_state = s;
	return error;
}

void scan_state_finish(struct scan_state *s)
{
	for (int i = 0; i < s->n_words; i++)
		free(s->words[i]);
	free(s->words);
	free(s->rest);
	*s = (struct scan_state){ 0 };
}

/* ---- hosts ---- */

/* Protocol, state and reason of a line that has them from word AT on, in any order but this. */
static bool parse_kind(const struct lines *l, int protocol_at, int at, struct port_outcome *ret)
{
	bool udp = !strcmp(l->words[protocol_at], "udp");

	if (!udp && strcmp(l->words[protocol_at], "tcp") != 0)
		return false;
	ret->protocol = udp ? IPPROTO_UDP : IPPROTO_TCP;
	return port_state_parse(l->words[at], &ret->state) &&
	       port_reason_parse(l->words[at + 1], &ret->reason);
}

static int load_port(struct scan_host *h, const struct lines *l)
{
	struct port_outcome o = { .host = h->addr };
	uint64_t port, ttl, time_ns;

	if (!parse_kind(l, 1, 3, &o) || !parse_number(l->words[2], 65535, &port) ||
	    !parse_number(l->words[5], 255, &ttl) ||
	    !parse_number(l->words[6], INT64_MAX, &time_ns))
		return ERR_DAMAGED;
	o.port = (uint16_t)port;
	o.ttl = (uint8_t)ttl;
	o.time_ns = time_ns;
	service_init(&o.service);
	for (size_t i = 0; i < h->n_ports; i++) {
		if (h->ports[i].port == o.port && h->ports[i].protocol == o.protocol)
			return ERR_DAMAGED;
	}
	return results_add_port(h, &o);
}

static int load_count(struct scan_host *h, const struct lines *l)
{
	struct port_outcome o = { 0 };
	uint64_t n;

	if (!parse_kind(l, 1, 2, &o) || !parse_number(l->words[4], 65536, &n))
		return ERR_DAMAGED;
	return results_add_count(h,
				 (struct scan_count){ o.protocol, o.state, o.reason, (uint32_t)n });
}

/* An open port is listed already, by its line. */
static int load_told(struct scan_results *r, struct scan_host *h, const struct lines *l)
{
	struct port_list tcp = { 0 }, udp = { 0 };
	struct port_outcome o = { .host = h->addr };
	int which, error = 0;

	if (!parse_kind(l, 1, 2, &o))
		return ERR_DAMAGED;
	which = o.protocol == IPPROTO_UDP;
	if (l->words[4][strspn(l->words[4], "0123456789-,")] ||
	    port_lists_parse(l->words[4], true, false, &tcp, &udp, NULL) < 0)
		return ERR_DAMAGED;
	if (!h->told[which] && !h->done[which])
		h->told[which] = calloc(results_list(r, which)->n + 1, 1);
	if (!h->told[which])
		error = h->done[which] ? ERR_DAMAGED : -ENOMEM;
	for (size_t i = 0; i < tcp.n && !error; i++) {
		if (!results_mark_told(r, h, which, tcp.ports[i], told_byte(o.state, o.reason)))
			error = ERR_DAMAGED;
	}
	port_list_finish(&tcp);
	return error;
}

static int load_host(struct scan_results *r, const struct lines *l, struct scan_host **ret_host)
{
	enum port_reason reason = REASON_NONE;
	struct scan_host *h;
	struct net_addr addr;
	bool up = strcmp(l->words[2], "-") != 0;

	if (!addr_parse(l->words[1], &addr) || !scan_plan_has(r->plan, addr) ||
	    (up && !port_reason_parse(l->words[2], &reason)))
		return ERR_DAMAGED;
	h = results_host(r, addr);
	if (!h)
		return -ENOMEM;
	h->up = up;
	h->reason = reason;
	*ret_host = h;
	return 0;
}

static int load_done(struct scan_host *h, const struct lines *l)
{
	int which = !strcmp(l->words[1], "udp");

	if (!which && strcmp(l->words[1], "tcp") != 0)
		return ERR_DAMAGED;
	free(h->told[which]);
	h->told[which] = NULL;
	h->done[which] = true;
	return 0;
}

/* Returns 1 at the end. */
static int load_line(struct scan_results *r, const struct lines *l, struct scan_host **host)
{
	if (is(l, "end", 1))
		return 1;
	if (is(l, "down", 2))
		return parse_number(l->words[1], UINT64_MAX, &r->n_down) ? 0 : ERR_DAMAGED;
	if (is(l, "host", 3))
		return load_host(r, l, host);
	if (!*host)
		return ERR_DAMAGED;
	if (is(l, "port", 7))
		return load_port(*host, l);
	if (is(l, "count", 5))
		return load_count(*host, l);
	if (is(l, "told", 5))
		return load_told(r, *host, l);
	return is(l, "done", 2) ? load_done(*host, l) : ERR_DAMAGED;
}

int scan_state_load(const struct scan_state *s, struct scan_results *r, struct diagnosis *d)
{
	char *text;
	struct scan_host *host = NULL;
	struct lines l;
	int error = 0;

	if (s->plan_hash != state_hash_plan(r->plan)) {
		return diagnose(d, ERR_USAGE,
				_("targets or ports are not those of the interrupted scan"));
	}
	text = strdup((const char *)s->rest);
	if (!text)
		return -ENOMEM;
	l = (struct lines){ .at = text };
	while (!error)
		error = next_line(&l) ? load_line(r, &l, &host) : ERR_DAMAGED;
	free(text);
	if (error == ERR_DAMAGED)
		return diagnose(d, error, _("the state of the interrupted scan is damaged"));
	return MIN(error, 0);
}
