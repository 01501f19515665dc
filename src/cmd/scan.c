#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/service_name.h"
#include "base/zone.h"
#include "cmd/scan_internal.h"
#include "cmd/scan_worker.h"

#include "build_config.h"

#define SAVED_EVERY_NS (5 * NS_PER_SECOND)

static const char help[] = N_(
	"Usage: sekimori scan [OPTION...] TARGET...\n"
	"       sekimori scan --resume FILE\n"
	"       sekimori scan --new [OPTION...]\n"
	"\n"
	"Asks ports of your own hosts whether they are open, and what runs there. TARGET is an address, a\n"
	"prefix (192.0.2.0/24), a range (192.0.2.1-20) or a name. Only loopback and the site's networks\n"
	"are scanned. What is found is printed, and kept in the store: sekimori host shows it.\n"
	"\n"
	"What is asked:\n"
	"  -sT -sS -sU -sV    connect, SYN, UDP, versions; together: -sTV, -sTUV (-sT)\n"
	"  -p PORTS           22,80,8000-8100,ssh, T:25,U:53; -p- is all\n"
	"  -F                 100 ports, not 1000 (UDP: 250); --top-ports N: so many of our list\n"
	"  --top-ports N\n"
	"  -Pn                takes every host for being up\n"
	"  -n                 no names of addresses are looked up; none ever are\n"
	"  -6                 names have IPv6 addresses\n"
	"  -iL FILE           targets from a file\n"
	"  --exclude TARGET,...\n"
	"                     never these; nor hosts that the configuration excludes\n"
	"  --new              no TARGET, no PORTS: services that were seen for the first time and that no\n"
	"                     scan has looked at yet, each once, what runs there, politely\n"
	"  --if-configured    with --new: only where the configuration says verify_new = yes; some at a\n"
	"                     time, the newest first\n"
	"  --outside-site     also targets outside the site; noted in STORE/scan-audit.log\n"
	"\n"
	"How:\n"
	"  -T0 ... -T5        from one packet in five minutes to as fast as can be (-T3)\n"
	"  --rate N           at most so many packets a second\n"
	"  --vantage WHERE    inside (the default) or outside: on which side of the firewall this is\n"
	"  --fingerprints DIR more fingerprints, in Recog's format; repeat for more\n"
	"  --resume FILE      writes down how far it is; a scan that was interrupted goes on from there\n"
	"\n"
	"What is printed:\n"
	"  --reason           why a port is said to be open or not\n"
	"  -v                 progress, and each open port when it is found; any key: where it is\n"
	"  -oN -oX -oG -oJ FILE\n"
	"                     text, nmap's XML, grepable, JSON; \"-\" is standard output\n"
	"\n"
	"Examples:\n"
	"  sekimori scan 127.0.0.1\n"
	"  sekimori scan -sTV -p- 192.0.2.34\n"
	"  sekimori scan --new\n"
	"  sekimori scan -sTUV --net 192.0.2.0/24 192.0.2.0/24 -oX scan.xml\n");

struct running {
	struct cmd_call *call;
	struct scan_words *w;
	struct targets targets;
	struct scan_plan plan;
	struct scan_results results, before; /* before: what an interrupted run told */
	struct scan_listener inner;          /* the results' own */
	struct scan_worker worker;
	uint64_t settled[2]; /* scan_progress.settled, of what has come */
	struct cmd_output outputs[SCAN_FORMS];
	uint64_t started_ns, ended_ns, saved_ns;
	const char *method; /* of TCP */
	bool interrupted, failed;
};

static uint64_t now_ns(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* ---- while it runs ---- */

static void show_found(void *arg, const struct port_outcome *o)
{
	char addr[ADDR_TEXT_MAX];

	(void)arg;
	fprintf(stderr, _("open: %u/%s on %s\n"), o->port, protocol_name(o->protocol),
		addr_format(o->host, addr));
}

static void save(struct running *r)
{
	int error;

	r->saved_ns = now_ns();
	error = results_save(&r->results, r->w->resume, r->w->given, r->w->n_given, r->started_ns,
			     r->settled);
	if (error < 0 && !r->failed) {
		r->failed = true;
		cmd_fail(r->call->cmd, "%s: %s", r->w->resume, error_text(error));
	}
}

static void save_sometimes(struct running *r)
{
	if (r->w->resume && now_ns() - r->saved_ns > SAVED_EVERY_NS)
		save(r);
}

static void on_port(void *arg, const struct port_outcome *o)
{
	struct running *r = arg;

	r->inner.port(r->inner.arg, o);
	save_sometimes(r);
}

static void on_host(void *arg, struct net_addr host, uint8_t protocol, enum port_state silent,
		    uint32_t n_silent)
{
	struct running *r = arg;

	r->inner.host(r->inner.arg, host, protocol, silent, n_silent);
	save_sometimes(r);
}

static void on_up(void *arg, struct net_addr host, enum port_reason reason)
{
	struct running *r = arg;

	r->inner.up(r->inner.arg, host, reason);
}

static void on_down(void *arg, struct net_addr host)
{
	struct running *r = arg;

	r->inner.down(r->inner.arg, host);
	save_sometimes(r);
}

/* A thread that shows how far it is, while the worker is listened to. */
static int attend(struct running *r, const struct scan_hearing *h, const char *phase,
		  struct diagnosis *d)
{
	struct scan_watch *watch = NULL;
	int failed =
		scan_watch_start(&r->worker.shared->progress, r->w->verbose > 0, phase, &watch);
	const atomic_bool now = true;
	int error = scan_worker_attend(&r->worker, h, failed < 0 ? &now : &scan_stop, d);

	scan_watch_end(watch);
	if (failed < 0)
		return failed;
	if (error == -EINTR)
		r->interrupted = true;
	return error == -EINTR ? 0 : error;
}

static int run_engine(struct running *r, scan_engine_fn *engine, const char *phase,
		      struct diagnosis *d)
{
	const struct scan_listener listener = { on_port, on_host, on_up, on_down, r };
	const struct scan_hearing h = { .plan = &r->plan,
					.listener = &listener,
					.settled = r->settled };
	int error = scan_worker_ask(&r->worker, engine, &r->plan);

	return error < 0 ? error : attend(r, &h, phase, d);
}

static int scan_tcp(struct running *r, struct diagnosis *d)
{
	int error = -EPERM;

	if (r->w->syn) {
		r->method = "syn";
		error = run_engine(r, scan_syn_run, _("SYN scan"), d);
		if (error != -EPERM && error != ERR_UNSUPPORTED)
			return error;
		cmd_fail(r->call->cmd, _("no SYN scan here (%s); connecting instead"),
			 d->text[0] ? d->text : error_text(error));
		d->text[0] = '\0';
	}
	r->method = "connect";
	return run_engine(r, scan_connect_run, _("connect scan"), d);
}

/* ---- versions ---- */

static int load_fingerprints(const struct scan_words *w, struct fingerprints **ret_set,
			     struct diagnosis *d)
{
	int error = fingerprints_new(false, ret_set);

	for (size_t i = 0; i < w->n_fingerprints && !error; i++)
		error = fingerprints_add(*ret_set, w->fingerprints[i], d);
	return error;
}

static bool is_to_be_probed(const struct port_outcome *o)
{
	return o->state == PORT_OPEN ||
	       (o->state == PORT_OPEN_FILTERED && o->protocol == IPPROTO_UDP);
}

/* The ports of all hosts that are to be probed, in one list; their place in the hosts is found
 * again in the same order. */
static size_t gather(struct scan_results *results, struct port_outcome *list, bool back)
{
	size_t n = 0;

	for (size_t i = 0; i < results->n_hosts; i++) {
		struct scan_host *h = &results->hosts[i];

		for (size_t k = 0; k < h->n_ports; k++) {
			if (!is_to_be_probed(&h->ports[k]))
				continue;
			if (back)
				h->ports[k] = list[n];
			else if (list)
				list[n] = h->ports[k];
			n++;
		}
	}
	return n;
}

static void show_probed(void *arg, const struct port_outcome *o)
{
	struct scan_progress *p = arg;

	(void)o;
	p->asked++;
}

static int probe_list(struct running *r, const struct fingerprints *set, struct port_outcome *list,
		      size_t n, struct diagnosis *d)
{
	struct scan_progress *p = &r->worker.shared->progress;
	const struct scan_listener listener = { .port = show_probed, .arg = p };
	const struct scan_hearing h = {
		.plan = &r->plan, .listener = &listener, .list = list, .n = n
	};
	struct prober_settings settings = prober_settings_default(set);
	int error;

	prober_settings_limit(&settings, &r->plan.timing, r->results.n_hosts);
	(void)gather(&r->results, list, false);
	p->asked = p->sent = 0;
	p->of = p->open = n;
	error = scan_worker_probe(&r->worker, &settings, list, n);
	if (error < 0)
		return error;
	error = attend(r, &h, _("versions"), d);
	(void)gather(&r->results, list, true);
	return error;
}

static int probe(struct running *r, struct diagnosis *d)
{
	struct fingerprints *set = NULL;
	struct port_outcome *list = NULL;
	size_t n = gather(&r->results, NULL, false);
	int error = n ? load_fingerprints(r->w, &set, d) : 0;

	if (n && !error) {
		list = calloc(n, sizeof(*list));
		error = list ? probe_list(r, set, list, n, d) : -ENOMEM;
	}
	free(list);
	fingerprints_free(set);
	return error;
}

/* ---- the end ---- */

static void name_hosts(struct running *r)
{
	for (size_t i = 0; i < r->results.n_hosts; i++) {
		struct scan_host *h = &r->results.hosts[i];
		const struct config_host *known = config_host(&r->call->config, h->addr);
		const char *name = targets_name(&r->targets, h->addr);

		if (!name && known && *known->name)
			name = known->name;
		if (name && !h->name)
			h->name = strdup(name);
	}
}

static int print_form(const struct scan_report *report, enum scan_form form, FILE *out)
{
	switch (form) {
	case SCAN_XML:
		return scan_print_xml(report, out);
	case SCAN_GREPABLE:
		return scan_print_grepable(report, out);
	case SCAN_JSON:
		return scan_print_json(report, out);
	default:
		return scan_print_text(report, out);
	}
}

/* Files that were asked for, and the text on the screen unless something else goes there. */
static int print_all(struct running *r, const struct scan_report *report)
{
	bool screen = true;
	int status = EXIT_DONE;

	for (int form = 0; form < SCAN_FORMS; form++) {
		struct cmd_output *o = &r->outputs[form];
		int error;

		if (!r->w->forms[form])
			continue;
		screen &= o->path != NULL;
		error = print_form(report, (enum scan_form)form, o->out);
		if (error < 0 && !ferror(o->out))
			status = cmd_fail(r->call->cmd, "%s", error_text(error));
		if (cmd_output_close(r->call, o, EXIT_DONE) != EXIT_DONE)
			status = EXIT_BAD;
		r->w->forms[form] = NULL;
	}
	if (screen)
		status |= cmd_printed(r->call->cmd, scan_print_text(report, stdout));
	return cmd_end_output(r->call->cmd, status);
}

static int end(struct running *r)
{
	char *line = scan_words_line(r->w);
	const struct scan_report report = {
		.results = &r->results,
		.plan = &r->plan,
		.tcp_method = r->method,
		.udp = r->w->udp,
		.versions = r->w->versions,
		.reasons = r->w->reasons,
		.interrupted = r->interrupted,
		.verbose = r->w->verbose,
		.started_ns = r->started_ns,
		.ended_ns = r->ended_ns,
		.arguments = line ? line : "",
		.version = SEKIMORI_VERSION,
		.vantage = r->w->vantage,
	};
	int status;

	name_hosts(r);
	status = print_all(r, &report);
	if (scan_keep(r->call, &r->targets, &report) != EXIT_DONE)
		status = EXIT_BAD;
	free(line);
	return status;
}

/* Says what went wrong; what was found until then is printed and kept all the same. */
static void note_failure(struct running *r, int error, struct diagnosis *d)
{
	if (error >= 0)
		return;
	cmd_fail_diagnosis(r->call->cmd, error, d);
	r->failed = r->interrupted = true;
	d->text[0] = '\0';
}

static int scan(struct running *r)
{
	struct diagnosis d = { "" };
	int error;

	if (r->w->connect || r->w->syn)
		note_failure(r, scan_tcp(r, &d), &d);
	if (r->w->udp && !r->interrupted)
		note_failure(r, run_engine(r, scan_udp_run, _("UDP scan"), &d), &d);
	/* Versions may be interrupted too, and are asked anew; the ports are not. */
	if (r->w->resume && (r->interrupted || r->w->versions))
		save(r);
	error = results_end(&r->results);
	if (!error && r->w->versions && !r->interrupted)
		note_failure(r, probe(r, &d), &d);
	r->ended_ns = now_ns();
	return error;
}

/* What an interrupted run told, twice: to be asked by the engines, and to be added to. */
static int load_before(struct running *r, struct diagnosis *d)
{
	int error = 0;

	r->started_ns = now_ns();
	r->saved_ns = r->started_ns;
	results_init(&r->results, &r->plan);
	results_init(&r->before, &r->plan);
	if (r->w->going_on) {
		r->started_ns = r->w->state.started_ns;
		error = scan_state_load(&r->w->state, &r->results, d);
		if (!error)
			error = scan_state_load(&r->w->state, &r->before, d);
		r->plan.before = &r->before;
		for (int which = 0; which < 2; which++) {
			r->settled[which] = r->plan.first[which];
			r->worker.shared->progress.settled[which] = r->plan.first[which];
		}
	}
	if (r->w->verbose)
		r->results.found = show_found;
	r->inner = results_listener(&r->results);
	return error;
}

static int open_outputs(struct running *r)
{
	for (int form = 0; form < SCAN_FORMS; form++) {
		const char *path = r->w->forms[form];

		if (!path)
			continue;
		r->call->output = strcmp(path, "-") ? path : NULL;
		if (cmd_output_open(r->call, &r->outputs[form]) < 0) {
			r->w->forms[form] = NULL;
			return EXIT_BAD;
		}
	}
	return 0;
}

/* Of a scan that was not printed nothing is left. */
static void drop_outputs(struct running *r)
{
	for (int form = 0; form < SCAN_FORMS; form++) {
		if (r->w->forms[form] && r->outputs[form].out &&
		    cmd_output_close(r->call, &r->outputs[form], EXIT_BAD) != EXIT_BAD)
			r->failed = true;
	}
}

static int run(struct running *r)
{
	struct diagnosis d = { "" };
	int error = scan_worker_open(&r->worker, r->call->config.sensor.user), status;

	if (!error)
		error = load_before(r, &d);
	if (!error && open_outputs(r) != 0)
		return EXIT_BAD;
	scan_catch_signals();
	if (!error)
		error = scan(r);
	if (error < 0)
		return cmd_fail_diagnosis(r->call->cmd, error, &d);
	/* Nothing was found since nothing could be asked. */
	if (r->failed && !r->results.n_hosts)
		return EXIT_BAD;
	status = end(r);
	if (r->w->resume && !r->interrupted && status == EXIT_DONE)
		(void)unlink(r->w->resume);
	return r->interrupted || r->failed ? EXIT_BAD : status;
}

int scan_run(struct cmd_call *call, struct targets *targets, struct scan_plan *plan)
{
	struct running r = { .call = call, .w = call->scan, .targets = *targets, .plan = *plan };
	int status = run(&r);

	drop_outputs(&r);
	scan_worker_close(&r.worker);
	results_finish(&r.results);
	results_finish(&r.before);
	targets_finish(&r.targets);
	scan_plan_finish(&r.plan);
	return status;
}

/* The store knows the networks and keeps what is found; without one there is a scan all the same.
 */
static int open_store(struct cmd_call *call)
{
	if (cmd_has_store(call))
		return cmd_open_for_question(call);
	if (call->config.networks.n_prefixes)
		return cmd_open_to_write(call);
	return 0;
}

static int check_words(struct cmd_call *call)
{
	struct scan_words *w = call->scan;

	if (w->if_configured && !w->news)
		return cmd_fail(call->cmd, _("--if-configured goes with --new"));
	if (w->connect && w->syn)
		return cmd_fail(call->cmd, _("-sT or -sS: one way for TCP, please"));
	if (!w->connect && !w->syn && !w->udp)
		w->connect = true;
	if (!call->n_words && !w->list)
		return cmd_fail(call->cmd, _("which host? (sekimori scan TARGET...)"));
	if (w->ports && w->top)
		return cmd_fail(call->cmd, _("-p goes without --top-ports and -F"));
	return 0;
}

static int answer(struct cmd_call *call)
{
	struct targets targets;
	struct scan_plan plan;
	int status;

	if (call->scan->news)
		return scan_new(call);
	status = check_words(call);
	if (status)
		return status;
	if (open_store(call) < 0 || scan_make_plan(call, &targets, &plan) < 0)
		return EXIT_BAD;
	return scan_run(call, &targets, &plan);
}

const struct cmd cmd_scan = {
	.name = "scan",
	.summary = N_("ask your hosts' ports, and what runs there"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS,
	.sift = scan_words_sift,
	.answer = answer,
};
