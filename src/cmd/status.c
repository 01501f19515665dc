/* What a running sensor says of itself: its page of figures, for people, programs and monitors. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/zone.h"
#include "cmd/cmd_internal.h"

#include "build_config.h"
#include "watch/watch.h"

#if HAVE_JANSSON
#include <jansson.h>
#endif

#define PAGE_MAX   (1u << 20)
#define WAIT_S     10                    /* for each step, and for all of it */
#define RECENT_NS  (300 * NS_PER_SECOND) /* a gap of this age is still told by --check */
#define LAG_MOST_S 5.0

static const char help[] = N_(
	"Usage: sekimori status [OPTION...]\n"
	"\n"
	"Asks the sensor that writes to the store how it is getting on: interfaces and their drivers, what\n"
	"was seen and what was lost, how far behind the disk is, what looks wrong about the mirror.\n"
	"--check says it in one line, for cron and monitors; the exit status is 0 when all is well, 1 when\n"
	"somebody should look, 2 when no sensor answers.\n"
	"\n"
	"Examples:\n"
	"  sekimori status\n"
	"  sekimori status --check\n"
	"  sekimori status --format json\n");

/* ---- asking ---- */

static int connect_in_store(const char *store)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = WAIT_S };
	int folder = open(store, O_PATH | O_DIRECTORY | O_CLOEXEC), fd, error = 0;

	if (folder < 0)
		return -errno;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		error = -errno;
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" WATCH_SOCKET, folder);
	/* A full queue would have connect wait as long as writing may. */
	if (!error && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
		       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
		       connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0))
		error = -errno;
	close(folder);
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

/* Of the clock that is not set. */
static time_t seconds(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int read_page(const char *store, struct buffer *out)
{
	const time_t began = seconds();
	int fd = connect_in_store(store), error = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	while (!error && n > 0) {
		uint8_t *room = buffer_reserve(out, 65536);

		n = room ? read(fd, room, 65536) : -1;
		if (n < 0)
			error = room ? -errno : -ENOMEM;
		else
			out->length += (size_t)n;
		if (out->length > PAGE_MAX)
			error = ERR_LIMIT;
		if (n > 0 && seconds() > began + WAIT_S)
			error = -EAGAIN;
	}
	close(fd);
	return error;
}

#if HAVE_JANSSON

/* ---- the page, read ---- */

static uint64_t number(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_integer(v) ? (uint64_t)json_integer_value(v) : 0;
}

static double real(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	double x = json_is_number(v) ? json_number_value(v) : 0;

	return x >= 0 && x < 1e15 ? x : 0;
}

/* Whoever answers on that socket is believed in nothing: "" for what is no text, and nothing that a
 * terminal would obey. In place: the page is ours. */
static const char *text_of(json_t *v)
{
	if (!json_is_string(v))
		return "";
	text_defuse((char *)(uintptr_t)json_string_value(v));
	return json_string_value(v);
}

static const char *text(const json_t *o, const char *name)
{
	return text_of(json_object_get(o, name));
}

/* ---- for people ---- */

static void print_words(const char *heading, const char *words)
{
	printf("%s", heading);
	for (int i = text_width(heading); i < 16; i++)
		putchar(' ');
	printf("%s\n", words);
}

static void print_time_ago(const char *heading, uint64_t then_ns, uint64_t now_ns)
{
	char when[40], line[128];

	if (!then_ns) {
		print_words(heading, _("none yet"));
		return;
	}
	snprintf(line, sizeof(line), _("%s (%llu seconds ago)"), cmd_time(then_ns, when),
		 (unsigned long long)(now_ns > then_ns ? (now_ns - then_ns) / NS_PER_SECOND : 0));
	print_words(heading, line);
}

static const char *state_words(const char *state)
{
	return !strcmp(state, "up") ? _("up") : !strcmp(state, "gone") ? _("gone") : _("down");
}

static int print_interfaces(const json_t *page)
{
	const char *const headings[] = { _("INTERFACE"), _("STATE"), _("FRAMES"),
					 _("A SECOND"),  _("LOST"),  _("OVER BUDGET"),
					 _("DRIVER") };
	static const enum text_align aligns[] = { TEXT_LEFT,  TEXT_LEFT,  TEXT_RIGHT, TEXT_RIGHT,
						  TEXT_RIGHT, TEXT_RIGHT, TEXT_LEFT };
	struct text_table *t = text_table_new(7, headings, aligns);
	const json_t *line;
	size_t i;
	int error;

	if (!t)
		return -ENOMEM;
	json_array_foreach(json_object_get(page, "interfaces"), i, line)
	{
		text_table_cell(t, text(line, "interface"));
		text_table_cell(t, state_words(text(line, "state")));
		text_table_number(t, number(line, "frames"));
		text_table_number(t, (uint64_t)real(line, "frames_per_second"));
		text_table_number(t, number(line, "lost") + number(line, "missed"));
		text_table_number(t, number(line, "over_budget"));
		text_table_cell(t, text(line, "driver"));
	}
	error = text_table_print(t, stdout);
	text_table_free(t);
	json_array_foreach(json_object_get(page, "interfaces"), i, line)
	{
		if (*text(line, "reason"))
			print_words(text(line, "interface"), text(line, "reason"));
	}
	return error;
}

static const char *gap_words(const char *name)
{
	enum batch_gap_kind kind;

	return batch_gap_parse(name, &kind) ? batch_gap_meaning(kind) : name;
}

static int print_gaps(const json_t *page)
{
	const char *const headings[] = { _("FROM"), _("TO"), _("INTERFACE"), _("COUNT"), _("WHY") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_LEFT, TEXT_LEFT, TEXT_RIGHT,
						  TEXT_LEFT };
	const json_t *gaps = json_object_get(page, "gaps"), *gap;
	struct text_table *t;
	char when[40];
	size_t i;
	int error;

	if (!json_array_size(gaps))
		return 0;
	t = text_table_new(5, headings, aligns);
	if (!t)
		return -ENOMEM;
	json_array_foreach(gaps, i, gap)
	{
		text_table_cell(t, cmd_time(number(gap, "from_ns"), when));
		text_table_cell(t, cmd_time(number(gap, "to_ns"), when));
		text_table_cell(t, text(gap, "interface"));
		text_table_number(t, number(gap, "count"));
		text_table_cell(t, gap_words(text(gap, "kind")));
	}
	printf("\n%s\n", _("When something may have been missed:"));
	error = text_table_print(t, stdout);
	text_table_free(t);
	return error;
}

static const char *finding_words(json_t *finding)
{
	const char *name = text_of(finding), *words = watch_finding_meaning(name);

	return words ? words : name;
}

static void print_findings(const json_t *page)
{
	const json_t *network;
	json_t *finding;
	char n[TEXT_NUMBER_MAX];
	size_t i;

	if (!json_is_true(json_object_get(page, "judged")))
		printf("\n%s\n",
		       _("Whether the mirror is right is told ten seconds after the start."));
	json_array_foreach(json_object_get(page, "findings"), i, finding)
	{
		if (!i)
			printf("\n%s\n", _("What looks wrong:"));
		fputs("  ", stdout);
		(void)text_wrap(stdout, 80, 2, 2, finding_words(finding));
		putchar('\n');
	}
	json_array_foreach(json_object_get(page, "foreign"), i, network)
	{
		if (!i)
			printf("\n%s\n",
			       _("The busiest senders of SYN+ACKs outside your networks:"));
		printf("  %-28s %12s\n", text(network, "network"),
		       text_number(number(network, "packets"), n));
	}
}

static void print_disk(const json_t *page)
{
	const json_t *journal = json_object_get(page, "journal");
	const json_t *store = json_object_get(page, "store");
	char line[512], a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	snprintf(line, sizeof(line), _("%.1f s behind; journal %s sightings, %s"),
		 real(journal, "lag_seconds"), text_number(number(journal, "sightings"), a),
		 text_bytes(number(journal, "bytes"), b));
	print_words(_("disk"), line);
	if (number(journal, "unwritten")) {
		snprintf(line, sizeof(line), _("%s sightings had no room"),
			 text_number(number(journal, "unwritten"), a));
		print_words("", line);
	}
	if (*text(journal, "trouble"))
		print_words("", text(journal, "trouble"));
	snprintf(line, sizeof(line), _("%s in the archive, %s free"),
		 text_bytes(number(store, "bytes"), a), text_bytes(number(store, "free_bytes"), b));
	print_words(_("store"), line);
	if (json_is_true(json_object_get(store, "over")))
		print_words("",
			    _("that is more than max_disk, though all but the last day is gone"));
	if (*text(store, "trouble"))
		print_words("", text(store, "trouble"));
}

/* "3 services and others: 1,234 packets of this hour were only counted" */
static const char *flood_words(const json_t *page, char *ret_text, size_t room)
{
	const json_t *floods = json_object_get(page, "floods");
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];
	uint64_t packets = number(floods, "packets");

	ret_text[0] = '\0';
	if (packets) {
		snprintf(
			ret_text, room,
			json_is_true(json_object_get(floods, "others"))
				? _("of %s services, and of others too many to tell apart, %s packets were only counted in this hour")
				: _("of %s services %s packets were only counted in this hour"),
			text_number(number(floods, "series"), a), text_number(packets, b));
	}
	return ret_text;
}

static int print_page(const json_t *page)
{
	char line[256], a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];
	uint64_t now_ns = number(page, "now_ns");
	int error;

	print_time_ago(_("started"), number(page, "started_ns"), now_ns);
	snprintf(line, sizeof(line), _("%s, %.1f a second"),
		 text_number(number(page, "sightings"), a), real(page, "sightings_per_second"));
	print_words(_("sightings"), line);
	print_time_ago(_("last one"), number(page, "last_sighting_ns"), now_ns);
	print_disk(page);
	snprintf(line, sizeof(line), _("%s of at most %s"),
		 text_bytes(number(page, "memory_bytes"), a),
		 text_bytes(number(page, "memory_limit_bytes"), b));
	print_words(_("memory"), line);
	if (*flood_words(page, line, sizeof(line)))
		print_words(_("flood"), line);
	print_words(_("privileges"), text(page, "confinement"));
	putchar('\n');
	error = print_interfaces(page);
	if (!error)
		error = print_gaps(page);
	print_findings(page);
	return error;
}

/* ---- for monitors ---- */

static bool say_problem(bool any, const char *words)
{
	printf("%s%s", any ? "; " : "", words);
	return true;
}

static bool check_interfaces(const json_t *page, bool any)
{
	const json_t *line;
	char words[128];
	size_t i;

	json_array_foreach(json_object_get(page, "interfaces"), i, line)
	{
		if (!strcmp(text(line, "state"), "up"))
			continue;
		snprintf(words, sizeof(words), "%.20s: %s", text(line, "interface"),
			 state_words(text(line, "state")));
		any = say_problem(any, words);
	}
	return any;
}

static bool check_gaps(const json_t *page, bool any)
{
	uint64_t now_ns = number(page, "now_ns");
	const json_t *gap;
	char words[256], n[TEXT_NUMBER_MAX];
	size_t i;

	json_array_foreach(json_object_get(page, "gaps"), i, gap)
	{
		const char *kind = text(gap, "kind");

		/* An interface that is down is told above; a start is no trouble. */
		if (number(gap, "to_ns") + RECENT_NS < now_ns || !strcmp(kind, "down") ||
		    !strcmp(kind, "stopped"))
			continue;
		snprintf(words, sizeof(words), "%.100s (%s)", gap_words(kind),
			 text_number(number(gap, "count"), n));
		any = say_problem(any, words);
	}
	return any;
}

static bool check_disk(const json_t *page, bool any)
{
	const json_t *journal = json_object_get(page, "journal");
	const json_t *store = json_object_get(page, "store");
	char words[300];

	if (real(journal, "lag_seconds") > LAG_MOST_S) {
		snprintf(words, sizeof(words), _("the disk is %.1f s behind"),
			 real(journal, "lag_seconds"));
		any = say_problem(any, words);
	}
	if (json_is_true(json_object_get(store, "over")))
		any = say_problem(any, _("the store is larger than max_disk"));
	for (int i = 0; i < 2; i++) {
		snprintf(words, sizeof(words), "%.280s", text(i ? store : journal, "trouble"));
		if (*words)
			any = say_problem(any, words);
	}
	return any;
}

static int check_page(const json_t *page)
{
	json_t *finding;
	char n[TEXT_NUMBER_MAX], words[256];
	bool any = check_interfaces(page, false);
	size_t i;

	any = check_gaps(page, any);
	if (*flood_words(page, words, sizeof(words)))
		any = say_problem(any, words);
	any = check_disk(page, any);
	json_array_foreach(json_object_get(page, "findings"), i, finding)
	{
		any = say_problem(any, finding_words(finding));
	}
	if (!any)
		printf(_("well: %s sightings, %.1f a second"),
		       text_number(number(page, "sightings"), n),
		       real(page, "sightings_per_second"));
	putchar('\n');
	return any ? EXIT_FINDINGS : EXIT_DONE;
}

static int tell(const struct cmd_call *call, const struct buffer *page)
{
	json_error_t trouble;
	json_t *o = json_loadb((const char *)page->bytes, page->length, 0, &trouble);
	int status;

	if (!json_is_object(o)) {
		json_decref(o);
		return cmd_fail(call->cmd, _("the sensor's answer makes no sense: %s"),
				trouble.text);
	}
	status = call->check ? check_page(o) : cmd_printed(call->cmd, print_page(o));
	json_decref(o);
	return status;
}

#else

static int tell(const struct cmd_call *call, const struct buffer *page)
{
	(void)page;
	return cmd_fail(call->cmd, _("this build lacks libjansson: only --format json can be had"));
}

#endif

static int fail(const struct cmd_call *call, int error)
{
	if (error == -ENOENT || error == -ECONNREFUSED)
		return cmd_fail(call->cmd, _("no sensor is running with the store %s"),
				call->store);
	if (error == -EAGAIN)
		return cmd_fail(call->cmd, _("the sensor of the store %s does not answer"),
				call->store);
	return cmd_fail(call->cmd, "%s/" WATCH_SOCKET ": %s", call->store, error_text(error));
}

/* As it came, but for what a terminal would obey. */
static void put_json(struct buffer *page)
{
	for (size_t i = 0; i < page->length; i++) {
		if (page->bytes[i] < ' ' && page->bytes[i] != '\n')
			page->bytes[i] = ' ';
	}
	fwrite(page->bytes, 1, page->length, stdout);
}

static int status(struct cmd_call *call)
{
	struct diagnosis d = { "" };
	struct buffer page;
	int error, result;

	if (call->n_words)
		return cmd_fail(call->cmd, _("\"%s\"? status takes no words"), call->words[0]);
	error = zone_set(call->config.timezone, &d);
	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	buffer_init(&page);
	error = read_page(call->store, &page);
	if (error < 0) {
		result = fail(call, error);
	} else if (call->format == FORMAT_JSON && !call->check) {
		put_json(&page);
		result = EXIT_DONE;
	} else {
		result = tell(call, &page);
	}
	buffer_finish(&page);
	return cmd_end_output(call->cmd, result);
}

const struct cmd cmd_status = {
	.name = "status",
	.summary = N_("how the running sensor is getting on"),
	.help = help,
	.options = OPTION_STORE | OPTION_CONFIG | OPTION_TIMEZONE | OPTION_FORMAT | OPTION_CHECK,
	.answer = status,
};
