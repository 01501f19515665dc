/* Scanners' files into the catalogue: what others see of the site, beside what was seen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/hash.h"
#include "base/zone.h"
#include "catalogue/scan_taking.h"
#include "cmd/cmd_internal.h"
#include "import/scan_file.h"
#include "scan/ports.h"

/* What a file tells, on its way into the catalogue. */
struct taking {
	const struct config *config;
	struct catalogue_taking *into;
	struct diagnosis *d;
	uint64_t digest;            /* of all that was told */
	uint64_t first_ns, last_ns; /* of all ports; 0: none has a time */
	uint64_t elsewhere;         /* ports of hosts that are not the site's */
	struct port_set asked[2];   /* of TCP and UDP */
};

/* ---- what it tells ---- */

static void add(struct taking *t, const void *bytes, size_t n)
{
	t->digest = hash_mix(t->digest + hash_bytes(bytes, n));
}

static void add_text(struct taking *t, const char *text)
{
	add(t, text ? text : "", text ? strlen(text) : 0);
}

static void add_numbers(struct taking *t, struct net_addr host, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t numbers[] = { a, b, c };
	uint8_t bytes[16];

	addr_to_bytes(host, bytes);
	add(t, bytes, sizeof(bytes));
	add(t, numbers, sizeof(numbers));
}

static bool is_ours(const struct taking *t, struct net_addr host)
{
	return prefix_set_contains(&t->config->networks, host);
}

static int take_covered(void *arg, uint8_t protocol, const struct port_range *ranges, size_t n)
{
	struct taking *t = arg;
	struct port_set *asked = &t->asked[protocol == SIGHTING_PROTOCOL_TCP ? 0 : 1];

	add(t, ranges, n * sizeof(*ranges));
	if (protocol != SIGHTING_PROTOCOL_TCP && protocol != 17)
		return 0;
	for (size_t i = 0; i < n; i++) {
		for (uint32_t port = ranges[i].first; port <= ranges[i].last; port++)
			asked->words[port / 64] |= 1ULL << (port % 64);
	}
	return 0;
}

static int take_host(void *arg, const struct scan_file_host *host)
{
	struct taking *t = arg;

	add_numbers(t, host->addr, host->up, host->start_ns, host->end_ns);
	if (!is_ours(t, host->addr) || host->up == HOST_DOWN)
		return 0;
	return catalogue_taking_host(t->into, host->addr, host->name, host->start_ns, host->end_ns,
				     t->d);
}

static int take_port(void *arg, const struct port_outcome *o)
{
	const struct service *s = &o->service;
	struct taking *t = arg;

	add_numbers(t, o->host, (uint64_t)o->protocol << 32 | (uint32_t)o->port << 8 | o->state,
		    o->time_ns, s->tls);
	add_text(t, s->name);
	add_text(t, s->product);
	add_text(t, s->version);
	add(t, s->evidence, s->evidence_bytes);
	if (o->time_ns) {
		t->first_ns = t->first_ns ? MIN(t->first_ns, o->time_ns) : o->time_ns;
		t->last_ns = MAX(t->last_ns, o->time_ns);
	}
	if (is_ours(t, o->host))
		return catalogue_taking_port(t->into, o, t->d);
	t->elsewhere++;
	return 0;
}

static int take_rest(void *arg, struct net_addr host, uint8_t protocol, enum port_state state,
		     uint32_t n)
{
	struct taking *t = arg;

	add_numbers(t, host, protocol, state, n);
	if (!n || !is_ours(t, host))
		return 0;
	return catalogue_taking_count(t->into, host,
				      (struct scan_count){ protocol, state, REASON_NONE, n }, t->d);
}

/* ---- the scan that it was ---- */

/* "22,80,8000-8100". The caller frees; NULL when out of memory. */
static char *ports_text(const struct port_set *set)
{
	struct port_list list = { malloc(65536 * sizeof(*list.ports)), 0 };
	char *text;

	if (!list.ports)
		return NULL;
	for (uint32_t port = 0; port < 65536; port++) {
		if (port_set_has(set, (uint16_t)port))
			list.ports[list.n++] = (uint16_t)port;
	}
	text = port_list_text(&list);
	free(list.ports);
	return text;
}

/* Records of those who look at everybody, from outside: no one scan, that could break off. */
static bool is_of_everybody(const struct scan_file_run *run)
{
	return !strcmp(run->format, "shodan json") || !strcmp(run->format, "censys json");
}

/* Who looks at everybody, and our own file, say where they stood. NULL: not told. */
static const char *vantage_of(const struct cmd_call *call, const struct scan_file_run *run)
{
	if (is_of_everybody(run))
		return "outside";
	if (!strcmp(run->format, "sekimori json"))
		return run->inside ? "inside" : "outside";
	return call->vantage;
}

/* Times that the file does not tell are its own. */
static void fill_times(const struct taking *t, const struct scan_file_run *run, const char *path,
		       struct catalogue_scan *scan)
{
	struct stat st;

	scan->started_ns = run->start_ns ? run->start_ns : t->first_ns;
	scan->ended_ns = MAX(run->end_ns ? run->end_ns : t->last_ns, scan->started_ns);
	if (scan->started_ns || stat(path, &st) < 0)
		return;
	scan->started_ns = scan->ended_ns = (uint64_t)st.st_mtim.tv_sec * NS_PER_SECOND;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* ---- what came of it ---- */

static void print_taken(const char *path, const struct scan_file_run *run,
			const struct catalogue_scan *scan, const struct catalogue_taken *taken)
{
	char ports[TEXT_NUMBER_MAX], hosts[TEXT_NUMBER_MAX], first[40], last[40];

	if (taken->known && !taken->new_hosts) {
		if (taken->own)
			printf(_("%s: %s; a scan of this store, which has it already: nothing new\n"),
			       path, run->format);
		else
			printf(_("%s: %s; all of it is in already, as %s: nothing new\n"), path,
			       run->format, taken->known_as);
		return;
	}
	text_number(run->ports, ports);
	printf(_("%s: %s, a scan from %s, %s ports, %s to %s\n"), path, run->format,
	       !strcmp(scan->vantage, "outside") ? _("outside") : _("inside"), ports,
	       cmd_time(scan->started_ns, first), cmd_time(scan->ended_ns, last));
	if (taken->known)
		printf(_("  it was in already, as %s, under fewer networks: %s hosts more\n"),
		       taken->known_as, text_number(taken->new_hosts, hosts));
	else
		printf(_("  %s ports of %s hosts of your networks are kept\n"),
		       text_number(taken->ports, ports), text_number(taken->hosts, hosts));
}

static void warn(const char *path, const struct taking *t, const struct scan_file_run *run,
		 const struct catalogue_taken *taken)
{
	char n[TEXT_NUMBER_MAX];

	fflush(stdout);
	if (t->elsewhere)
		fprintf(stderr,
			_("%s: %s ports of hosts that are in none of your networks: left out\n"),
			path, text_number(t->elsewhere, n));
	if (run->skipped)
		fprintf(stderr,
			_("%s: %s entries without a port or an address that can be used: left out\n"),
			path, text_number(run->skipped, n));
	if (taken->hosts && !run->start_ns && !t->first_ns)
		fprintf(stderr, _("%s: tells no time: that of the file is taken\n"), path);
}

/* Returns 0 or an error. */
static int keep(struct cmd_call *call, struct taking *t, const struct scan_file_run *run,
		const char *path, const char *shown, bool whole)
{
	const struct catalogue_scan_file file = { run->format, shown, t->digest, now_ns() };
	char *tool = NULL;
	struct catalogue_scan scan = { .vantage = (char *)vantage_of(call, run),
				       .arguments = run->arguments ? run->arguments : (char *)"",
				       .tcp_ports = ports_text(&t->asked[0]),
				       .udp_ports = ports_text(&t->asked[1]),
				       .complete = whole && (run->ended || is_of_everybody(run)) };
	struct catalogue_taken taken;
	int error = -ENOMEM;

	fill_times(t, run, path, &scan);
	if (scan.tcp_ports && scan.udp_ports &&
	    asprintf(&tool, "%s%s%s", run->tool, run->version ? " " : "",
		     run->version ? run->version : "") >= 0) {
		scan.tool = tool;
		error = catalogue_taking_keep(t->into, &scan, &file, &taken, t->d);
	}
	if (!error) {
		text_defuse(taken.known_as);
		if (call->format == FORMAT_TEXT)
			print_taken(shown, run, &scan, &taken);
		warn(shown, t, run, &taken);
	}
	free(tool);
	free(scan.tcp_ports);
	free(scan.udp_ports);
	return error;
}

/* What was read, which damage may have cut short. Returns 0 or EXIT_BAD. */
static int keep_told(struct cmd_call *call, struct taking *t, const struct scan_file_run *run,
		     const char *path, const char *shown, bool whole)
{
	int error;

	if (!run->format || !run->tool)
		return cmd_fail(call->cmd, _("%s: nothing in it says whose scan it is"), shown);
	if (!vantage_of(call, run)) {
		return cmd_fail(
			call->cmd,
			_("%s: %s does not tell from where the scan was made; say --vantage inside or outside (of the firewall)"),
			shown, run->format);
	}
	add_text(t, run->format);
	add_text(t, run->arguments);
	add(t, &run->start_ns, sizeof(run->start_ns));
	error = keep(call, t, run, path, shown, whole);
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, t->d) : 0;
}

static int read_file(struct cmd_call *call, struct taking *t, const char *path, const char *shown)
{
	const struct scan_file_listener listener = { .covered = take_covered,
						     .host = take_host,
						     .port = take_port,
						     .rest = take_rest,
						     .arg = t };
	struct scan_file_run run;
	int error, status = 0;
	bool damaged;

	scan_file_run_init(&run);
	error = scan_file_read(path, &listener, &run, t->d);
	damaged = error == ERR_DAMAGED || (error == ERR_LIMIT && run.hosts + run.ports > 0);
	if (error < 0) {
		status = cmd_fail(call->cmd, "%s: %s", shown,
				  t->d->text[0] ? t->d->text : error_text(error));
		t->d->text[0] = '\0';
	}
	if (!error || (damaged && run.hosts + run.ports > 0))
		status |= keep_told(call, t, &run, path, shown, !damaged);
	scan_file_run_finish(&run);
	return status;
}

int cmd_read_scan(struct cmd_call *call, const char *path)
{
	struct diagnosis d = { "" };
	struct taking *t = calloc(1, sizeof(*t)); /* has two sets of ports */
	char *shown = strdup(path);               /* a name may hold what a terminal would obey */
	int error = t && shown ? 0 : -ENOMEM, status;

	if (!error) {
		text_defuse(shown);
		t->config = &call->config;
		t->d = &d;
		error = catalogue_taking_new(call->catalogue, &t->into, &d);
	}
	status = error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d)
			   : read_file(call, t, path, shown);
	if (t)
		catalogue_taking_free(t->into);
	free(t);
	free(shown);
	return status;
}
