#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/zone.h"
#include "cmd/cmd_internal.h"
#include "import/scan_file.h"

#include "intake/intake.h"

static const char help[] = N_(
	"Usage: sekimori read [OPTION...] FILE...\n"
	"       sekimori read [OPTION...] --forget-net PREFIX\n"
	"\n"
	"Takes in captures: pcap or pcapng, also gzip, zstd, xz or bzip2 compressed; what a file is, its\n"
	"content says. \"-\" is standard input. Several files are taken in the order of their first frames.\n"
	"The same capture twice changes nothing; one that has grown gives what is new.\n"
	"Also other tools' records of connections: Zeek's conn.log, Suricata's EVE, argus (ra -c ,),\n"
	"nfdump's csv, sekimori export, and tables of six fields (docs/import.md).\n"
	"Results of scans are kept beside our own: Shodan and Censys, and with --vantage also nmap,\n"
	"masscan, naabu, Nessus, Nexpose. host and list hold against what was seen what is from outside.\n"
	"The networks are remembered by the store: name them once.\n"
	"\n"
	"Examples:\n"
	"  sekimori read --net 192.0.2.0/24 --net 2001:db8::/32 border.pcap\n"
	"  sekimori read /captures/2019-01-24-*.pcap.zst\n"
	"  sekimori read --month 2019-01 january.csv\n"
	"  sekimori read shodan.json.gz\n"
	"  sekimori read --vantage outside nmap.xml\n"
	"  tcpdump -i eth1 -w - -G 60 -W 1 | sekimori read -\n");

/* What of all files; the totals of several. */
struct totals {
	uint64_t frames, new_frames, sightings, marked;
	uint64_t verdicts[VERDICT_COUNT], outcomes[OUTCOME_COUNT];
	int files;
};

static void print_progress(void *user, uint64_t frames, uint64_t bytes)
{
	char n[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	fputc('\r', stderr);
	fprintf(stderr, _("%s: %s frames, %s"), (const char *)user, text_number(frames, n),
		text_bytes(bytes, b));
	fputs("\033[K", stderr);
}

static void clear_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void warn_of_overlaps(const char *path, const struct intake_account *a)
{
	char from[ZONE_TEXT_MAX], to[ZONE_TEXT_MAX];

	for (size_t i = 0; i < a->n_overlaps; i++) {
		fprintf(stderr, _("%s: overlaps in time with %s (%s to %s); both are counted\n"),
			path, a->overlaps[i].capture, zone_format(a->overlaps[i].first_ns, from),
			zone_format(a->overlaps[i].last_ns, to));
	}
}

/* Most answers came from elsewhere: perhaps a network was forgotten. */
static void warn_of_foreign(const char *path, const struct intake_account *a)
{
	uint64_t foreign = a->outcomes[OUTCOME_FOREIGN], ours = a->outcomes[OUTCOME_SIGHTING];
	char n[TEXT_NUMBER_MAX], all[TEXT_NUMBER_MAX], text[PREFIX_TEXT_MAX];

	if (foreign <= ours)
		return;
	fprintf(stderr,
		_("%s: %s of %s SYN+ACKs come from outside your networks, most of them from:\n"),
		path, text_number(foreign, n), text_number(foreign + ours, all));
	for (int i = 0; i < a->n_foreign; i++) {
		fprintf(stderr, _("  %-28s %12s SYN+ACKs\n"),
			prefix_format(a->foreign[i].prefix, text),
			text_number(a->foreign[i].packets, n));
	}
	fputs(_("If one of these is yours, read the capture again with --net (forgot your IPv6 prefix?).\n"),
	      stderr);
}

/* What another tool's records do not tell, or no line tells. */
static void warn_of_records(const char *path, const struct records_account *r)
{
	char n[TEXT_NUMBER_MAX];

	if (r->hours_only)
		fprintf(stderr,
			_("%s: its times are those of hours; that of a sighting is the hour's first\n"),
			path);
	if (r->undecided)
		fprintf(stderr, _("%s: %s records do not tell which end answered: left out\n"),
			path, text_number(r->undecided, n));
	if (r->malformed)
		fprintf(stderr, _("%s: %s lines cannot be read: left out\n"), path,
			text_number(r->malformed, n));
	for (int i = 0; i < r->n_bad; i++)
		fprintf(stderr, "  %s\n", r->bad[i].text);
}

static void warn(const char *path, const struct intake_account *a)
{
	char n[TEXT_NUMBER_MAX];

	if (a->n_replaced) {
		fprintf(stderr,
			_("%s: was taken in before, under fewer networks, or is damaged in the store; this reading takes its place\n"),
			path);
	}
	if (a->borrowed_times) {
		fprintf(stderr,
			_("%s: %s frames have no time of their own: they take the frame's before them, or the file's\n"),
			path, text_number(a->borrowed_times, n));
	}
	if (a->of_records)
		warn_of_records(path, &a->records);
	warn_of_overlaps(path, a);
	warn_of_foreign(path, a);
	if (a->damage < 0) {
		fprintf(stderr, _("%s: %s; everything before it is taken in\n"), path,
			a->damage_words.text[0] ? a->damage_words.text : error_text(a->damage));
	}
}

static void print_file(const char *path, const struct intake_account *a)
{
	char frames[TEXT_NUMBER_MAX], known[TEXT_NUMBER_MAX], n[TEXT_NUMBER_MAX],
		marked[TEXT_NUMBER_MAX], first[40], last[40];

	if (!a->frames) {
		printf(_("%s: %s without frames: nothing to take in\n"), path, a->format);
		return;
	}
	text_number(a->frames, frames);
	if (a->known_frames == a->frames) {
		printf(_("%s: %s; all %s frames are in already, as %s: nothing new\n"), path,
		       a->format, frames, a->known[a->n_known - 1].capture);
		return;
	}
	if (a->known_frames) {
		printf(_("%s: %s; it has grown: %s of %s frames are in already, as %s\n"), path,
		       a->format, text_number(a->known_frames, known), frames,
		       a->known[a->n_known - 1].capture);
	} else if (a->of_records) {
		printf(_("%s: %s, %s records, %s of them of a SYN+ACK\n"), path, a->format,
		       text_number(a->records.records, n), frames);
	} else {
		printf(_("%s: %s, %s frames\n"), path, a->format, frames);
	}
	printf(_("  %s sightings (%s marked), %s to %s\n"), text_number(a->sightings, n),
	       text_number(a->marked, marked), cmd_time(a->first_ns, first),
	       cmd_time(a->last_ns, last));
}

static void add_up(struct totals *t, const struct intake_account *a)
{
	t->files++;
	t->frames += a->frames;
	t->new_frames += a->frames - a->known_frames;
	t->sightings += a->sightings;
	t->marked += a->marked;
	for (int i = 0; i < VERDICT_COUNT; i++)
		t->verdicts[i] += a->verdicts[i];
	for (int i = 0; i < OUTCOME_COUNT; i++)
		t->outcomes[i] += a->outcomes[i];
}

struct verdict_row {
	const char *name, *meaning;
	uint64_t frames;
};

/* What became of each frame; the rows add up to the frames. */
static int list_verdicts(const struct totals *t,
			 struct verdict_row rows[OUTCOME_COUNT + VERDICT_COUNT])
{
	static const char *const names[OUTCOME_COUNT] = { "sighting", "foreign-syn-ack", "tcp" };
	const char *const meanings[OUTCOME_COUNT] = { _("SYN+ACK from your networks"),
						      _("SYN+ACK from elsewhere"),
						      _("other TCP packets") };
	int n = 0;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		rows[n++] = (struct verdict_row){ names[i], meanings[i], t->outcomes[i] };
	for (int i = 0; i < VERDICT_COUNT; i++) {
		if (i != VERDICT_TCP && t->verdicts[i]) {
			rows[n++] = (struct verdict_row){ verdict_name((enum verdict)i),
							  verdict_meaning((enum verdict)i),
							  t->verdicts[i] };
		}
	}
	return n;
}

static int print_verdicts(const struct cmd_call *call, const struct totals *t)
{
	struct verdict_row rows[OUTCOME_COUNT + VERDICT_COUNT];
	const char *const headings[] = { _("FRAMES"), _("VERDICT"), _("MEANING") };
	static const enum text_align aligns[] = { TEXT_RIGHT, TEXT_LEFT, TEXT_LEFT };
	int n = list_verdicts(t, rows), error;
	struct text_table *table;

	if (call->format != FORMAT_TEXT) {
		fputs(call->format == FORMAT_CSV ? "verdict,frames\n" : "{", stdout);
		for (int i = 0; i < n; i++) {
			printf(call->format == FORMAT_CSV ? "%s%s,%llu\n" : "%s\"%s\":%llu",
			       call->format == FORMAT_JSON && i ? "," : "", rows[i].name,
			       (unsigned long long)rows[i].frames);
		}
		fputs(call->format == FORMAT_CSV ? "" : "}\n", stdout);
		return 0;
	}
	table = text_table_new(3, headings, aligns);
	if (!table)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		text_table_number(table, rows[i].frames);
		text_table_cell(table, rows[i].name);
		text_table_cell(table, rows[i].meaning);
	}
	text_table_number(table, t->frames);
	text_table_cell(table, "");
	text_table_cell(table, _("in all"));
	putchar('\n');
	error = text_table_print(table, stdout);
	text_table_free(table);
	return error;
}

static void defuse_captures(struct intake_account *a)
{
	for (size_t i = 0; i < a->n_known; i++)
		text_defuse(a->known[i].capture);
	for (size_t i = 0; i < a->n_overlaps; i++)
		text_defuse(a->overlaps[i].capture);
}

/* Returns 0 or EXIT_BAD; goes on after a file that cannot be read. */
static int read_one(struct cmd_call *call, char *path, struct totals *t)
{
	char *shown = strdup(path); /* a name may hold what a terminal would obey */
	struct intake_request request = {
		.archive = call->archive,
		.catalogue = call->catalogue,
		.config = &call->config,
		.path = path,
		.options = call->records_of,
		.progress = { isatty(STDERR_FILENO) ? print_progress : NULL, shown },
	};
	struct intake_account account;
	struct diagnosis d = { "" };
	int error, status;

	if (!shown)
		return cmd_fail(call->cmd, "%s", strerror(ENOMEM));
	text_defuse(shown);
	intake_account_init(&account);
	error = intake_capture(&request, &account, &d);
	clear_progress();
	if (error < 0) {
		/* The store's own words name the place; a capture's do not. */
		const char *words = d.text[0] ? d.text : error_text(error);

		status = strncmp(words, call->store, strlen(call->store))
				 ? cmd_fail(call->cmd, "%s: %s", shown, words)
				 : cmd_fail(call->cmd, "%s", words);
	} else {
		defuse_captures(&account);
		if (call->format == FORMAT_TEXT)
			print_file(shown, &account);
		fflush(stdout);
		warn(shown, &account);
		add_up(t, &account);
		status = account.damage < 0 || account.records.malformed ? EXIT_BAD : 0;
	}
	free(shown);
	intake_account_finish(&account);
	return status;
}

struct placed {
	char *path;
	uint64_t first_ns;
	int place;
};

static int placed_order(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->place - y->place;
}

/* Captures and records first, scans behind them. Returns how many of the former there are. */
static int put_scans_last(char **paths, int n)
{
	int captures = 0;

	for (int i = 0; i < n; i++) {
		char *path = paths[i];

		if (!strcmp(path, "-") || !scan_file_is(path)) {
			memmove(&paths[captures + 1], &paths[captures],
				(size_t)(i - captures) * sizeof(*paths));
			paths[captures++] = path;
		}
	}
	return captures;
}

/* Hourly files in the order of time, whatever the shell made of their names: the marks go on from
 * file to file. */
static int put_in_order(char **paths, int n, const struct intake_source_options *options)
{
	struct placed *list = calloc((size_t)n, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		list[i] = (struct placed){ paths[i], intake_first_time(paths[i], options), i };
	qsort(list, (size_t)n, sizeof(*list), placed_order);
	for (int i = 0; i < n; i++)
		paths[i] = list[i].path;
	free(list);
	return 0;
}

/* A mistyped name must neither make a store nor have its networks remembered. */
static int check_files(struct cmd_call *call)
{
	for (int i = 0; i < call->n_words; i++) {
		if (!strcmp(call->words[i], "-") || access(call->words[i], R_OK) == 0)
			return 0;
	}
	for (int i = 0; i < call->n_words; i++) {
		if (access(call->words[i], R_OK) < 0)
			cmd_fail(call->cmd, "%s: %s", call->words[i], strerror(errno));
	}
	return EXIT_BAD;
}

static bool has_prefix(const struct prefix_set *s, struct net_prefix p)
{
	for (size_t i = 0; i < s->n_prefixes; i++) {
		if (addr_equal(s->prefixes[i].addr, p.addr) && s->prefixes[i].length == p.length)
			return true;
	}
	return false;
}

static int forget_network(struct cmd_call *call, struct diagnosis *d)
{
	int error = archive_open(call->store, ARCHIVE_WRITE, &call->archive, d);

	if (!error)
		error = catalogue_open(call->archive, &call->config, 0, &call->catalogue, d);
	return error < 0 ? error
			 : catalogue_forget_network(call->catalogue, call->forgotten,
						    &call->networks, d);
}

/* What the configuration names would be remembered again by the next read; what manifests name,
 * once the catalogue is lost (docs/marks.md). */
static int forget(struct cmd_call *call)
{
	char text[PREFIX_TEXT_MAX];
	struct diagnosis d = { "" };
	int error;

	prefix_format(call->forgotten, text);
	if (call->n_words)
		return cmd_fail(call->cmd, _("--forget-net goes without files"));
	if (has_prefix(&call->config.networks, call->forgotten)) {
		return cmd_fail(
			call->cmd,
			_("--forget-net: %s is in the configuration file or in --net; take it out there first"),
			text);
	}
	error = forget_network(call, &d);
	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	printf(_("%s is forgotten; what its hosts answered stays in the archive, and is not shown until"
		 " the network is named again\n"),
	       text);
	return cmd_end_output(call->cmd, EXIT_DONE);
}

/* All files together. */
static int count(struct cmd_call *call)
{
	struct diagnosis d = { "" };
	int error = catalogue_count(call->catalogue, &d);

	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : 0;
}

static int read_all(struct cmd_call *call)
{
	struct totals t = { 0 };
	int status = 0, captures;

	if (call->forget)
		return forget(call);
	if (!call->n_words) {
		return cmd_fail(
			call->cmd,
			_("which capture? (sekimori read FILE..., \"-\" is standard input)"));
	}
	if (check_files(call) != 0 || cmd_open_to_write(call) != 0)
		return EXIT_BAD;
	captures = put_scans_last(call->words, call->n_words);
	if (captures > 1 && put_in_order(call->words, captures, &call->records_of) < 0)
		return cmd_fail(call->cmd, "%s", strerror(ENOMEM));
	for (int i = 0; i < captures; i++)
		status |= read_one(call, call->words[i], &t);
	status |= count(call);
	for (int i = captures; i < call->n_words; i++)
		status |= cmd_read_scan(call, call->words[i]);
	if ((t.files || (!captures && call->format != FORMAT_TEXT)) && print_verdicts(call, &t) < 0)
		status = EXIT_BAD;
	return cmd_end_output(call->cmd, status);
}

const struct cmd cmd_read = {
	.name = "read",
	.summary = N_("take in captures"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_FORMAT | OPTION_FORGET_NET | OPTION_MONTH |
		   OPTION_VANTAGE,
	.answer = read_all,
};
