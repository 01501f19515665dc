/* nmap's XML (nmap.dtd), which masscan writes too: there a host comes once for each of its ports.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "base/zone.h"
#include "import/xml_internal.h"

struct nmap {
	bool in_host, in_port, usable;
	bool has_addr;
	struct scan_file_host host;
	char *host_name;
	struct port_outcome outcome;
	bool by_tcp, by_udp, by_sctp; /* what was scanned, as far as <scaninfo> says */
	/* <extraports> */
	bool extra_known;
	enum port_state extra_state;
	uint64_t extra_count, extra_told;
};

static void *nmap_new(void)
{
	return calloc(1, sizeof(struct nmap));
}

static void nmap_free(void *state)
{
	struct nmap *n = state;

	service_finish(&n->outcome.service);
	free(n->host_name);
	free(n);
}

/* Seconds since 1970, or 0. */
static uint64_t epoch(const char *const *attributes, const char *name)
{
	uint64_t time_ns;

	return words_epoch(xml_words(attributes, name), &time_ns) ? time_ns : 0;
}

static int start_run(struct xml *x, const char *const *attributes)
{
	struct scan_file_run *run = x->t->run;
	struct words scanner = xml_words(attributes, "scanner");
	int error;

	if (words_are(scanner, "masscan"))
		run->format = "masscan xml";
	run->start_ns = epoch(attributes, "start");
	error = telling_set(&run->tool, scanner);
	if (error == 0)
		error = telling_set(&run->version, xml_words(attributes, "version"));
	if (error == 0)
		error = telling_set(&run->arguments, xml_words(attributes, "args"));
	return error;
}

static int start_scaninfo(struct xml *x, struct nmap *n, const char *const *attributes)
{
	struct words services = xml_words(attributes, "services");
	uint8_t protocol;

	/* A scan of protocols (-sO) has no ports. */
	if (!words_protocol(xml_words(attributes, "protocol"), &protocol))
		return 0;
	*(protocol == 17 ? &n->by_udp : protocol == 6 ? &n->by_tcp : &n->by_sctp) = true;
	return services.n > 0 ? telling_covered(x->t, protocol, services, x->d) : 0;
}

static int start_host(struct nmap *n, const char *const *attributes)
{
	free(n->host_name);
	n->host_name = NULL;
	n->in_host = true;
	n->has_addr = false;
	n->host = (struct scan_file_host){
		.start_ns = epoch(attributes, "starttime"),
		.end_ns = epoch(attributes, "endtime"),
	};
	return 0;
}

static int start_address(struct xml *x, struct nmap *n, const char *const *attributes)
{
	struct words type = xml_words(attributes, "addrtype"), addr = xml_words(attributes, "addr");

	if (!n->in_host || words_are(type, "mac"))
		return 0;
	if (!words_addr(addr, &n->host.addr))
		return xml_bad_value(x, "address", "addr", addr);
	n->has_addr = true;
	return 0;
}

static int start_port(struct xml *x, struct nmap *n, const char *const *attributes)
{
	struct port_outcome *o = &n->outcome;
	struct words number = xml_words(attributes, "portid");

	service_finish(&o->service);
	*o = (struct port_outcome){ .host = n->host.addr, .state = PORT_STATES };
	o->time_ns = n->host.end_ns ? n->host.end_ns : x->t->run->start_ns;
	n->in_port = true;
	n->usable = n->has_addr && words_protocol(xml_words(attributes, "protocol"), &o->protocol);
	if (n->usable && !words_port(number, &o->port))
		return xml_bad_value(x, "port", "portid", number);
	return 0;
}

static int start_state(struct xml *x, struct nmap *n, const char *const *attributes)
{
	struct port_outcome *o = &n->outcome;
	const char *state = xml_attribute(attributes, "state");
	const char *reason = xml_attribute(attributes, "reason");
	uint64_t ttl;

	if (!state || !port_state_parse(state, &o->state))
		return xml_bad_value(x, "state", "state", words_of(state ? state : ""));
	/* masscan says "response" of a banner, also by TCP. */
	if (!reason || !port_reason_parse(reason, &o->reason) ||
	    (o->protocol == 6 && o->reason == REASON_UDP_RESPONSE))
		o->reason = REASON_NONE;
	if (words_number(xml_words(attributes, "reason_ttl"), &ttl) && ttl <= UINT8_MAX)
		o->ttl = (uint8_t)ttl;
	return 0;
}

static int start_service(struct nmap *n, const char *const *attributes)
{
	struct service *s = &n->outcome.service;
	const struct {
		const char *attribute;
		char **text;
	} fields[] = {
		{ "name", &s->name },         { "product", &s->product },
		{ "version", &s->version },   { "extrainfo", &s->extra_info },
		{ "hostname", &s->hostname }, { "ostype", &s->os },
		{ "devicetype", &s->device },
	};
	struct words banner = xml_words(attributes, "banner"); /* masscan's */
	int error = 0;

	for (size_t i = 0; error == 0 && i < ARRAY_LENGTH(fields); i++)
		error = telling_set(fields[i].text, xml_words(attributes, fields[i].attribute));
	s->tls = words_are(xml_words(attributes, "tunnel"), "ssl");
	return error < 0 ? error : telling_set_evidence(s, banner);
}

static int start_script(struct nmap *n, const char *const *attributes)
{
	struct service *s = &n->outcome.service;

	if (s->evidence || !words_are(xml_words(attributes, "id"), "banner"))
		return 0;
	return telling_set_evidence(s, xml_words(attributes, "output"));
}

static int start_extraports(struct nmap *n, const char *const *attributes)
{
	const char *state = xml_attribute(attributes, "state");

	/* Some versions write "unknown" here. */
	n->extra_known = n->has_addr && state && port_state_parse(state, &n->extra_state) &&
			 words_number(xml_words(attributes, "count"), &n->extra_count) &&
			 n->extra_count <= 65536 * 3;
	n->extra_told = 0;
	return 0;
}

static int start_extrareasons(struct xml *x, struct nmap *n, const char *const *attributes)
{
	uint8_t protocol;
	uint64_t count;

	if (!n->extra_known || !words_protocol(xml_words(attributes, "proto"), &protocol) ||
	    !words_number(xml_words(attributes, "count"), &count) || count > 65536)
		return 0;
	n->extra_told += count;
	return telling_rest(x->t, n->host.addr, protocol, n->extra_state, (uint32_t)count);
}

/* Older versions do not tell the protocol: it is TCP, unless that was not scanned; what may
 * be open is UDP's, where both were. */
static int end_extraports(struct xml *x, struct nmap *n)
{
	uint8_t protocol = 6;

	if (!n->extra_known || n->extra_told)
		return 0;
	n->extra_known = false;
	if (n->by_udp && (!n->by_tcp || n->extra_state == PORT_OPEN_FILTERED))
		protocol = 17;
	else if (n->by_sctp && !n->by_tcp)
		protocol = 132;
	return telling_rest(x->t, n->host.addr, protocol, n->extra_state, (uint32_t)n->extra_count);
}

static int start_finished(struct xml *x, const char *const *attributes)
{
	const char *exit = xml_attribute(attributes, "exit");

	x->t->run->end_ns = epoch(attributes, "time");
	x->t->run->ended = !exit || strcmp(exit, "success") == 0;
	return 0;
}

static int start_in_port(struct xml *x, struct nmap *n, const char *name,
			 const char *const *attributes)
{
	if (!n->usable)
		return 0;
	if (strcmp(name, "state") == 0)
		return start_state(x, n, attributes);
	if (strcmp(name, "service") == 0)
		return start_service(n, attributes);
	if (strcmp(name, "script") == 0)
		return start_script(n, attributes);
	if (strcmp(name, "cpe") == 0)
		xml_collect(x);
	return 0;
}

static int start_in_host(struct xml *x, struct nmap *n, const char *name,
			 const char *const *attributes)
{
	if (strcmp(name, "address") == 0)
		return start_address(x, n, attributes);
	if (strcmp(name, "status") == 0) {
		struct words state = xml_words(attributes, "state");

		n->host.up = words_are(state, "up")     ? HOST_UP
			     : words_are(state, "down") ? HOST_DOWN
							: HOST_UP_UNKNOWN;
	} else if (strcmp(name, "hostname") == 0 && !n->host_name) {
		return telling_set(&n->host_name, xml_words(attributes, "name"));
	} else if (strcmp(name, "port") == 0) {
		return start_port(x, n, attributes);
	} else if (strcmp(name, "extraports") == 0) {
		return start_extraports(n, attributes);
	} else if (strcmp(name, "extrareasons") == 0) {
		return start_extrareasons(x, n, attributes);
	}
	return 0;
}

static int nmap_start(struct xml *x, const char *name, const char *const *attributes)
{
	struct nmap *n = x->state;

	if (x->depth == 1)
		return start_run(x, attributes);
	if (n->in_port)
		return start_in_port(x, n, name, attributes);
	if (n->in_host)
		return start_in_host(x, n, name, attributes);
	if (strcmp(name, "host") == 0)
		return start_host(n, attributes);
	if (strcmp(name, "scaninfo") == 0)
		return start_scaninfo(x, n, attributes);
	/* A <hosthint> is a host that comes again. */
	if (strcmp(name, "finished") == 0)
		return start_finished(x, attributes);
	return 0;
}

static int end_port(struct xml *x, struct nmap *n)
{
	n->in_port = false;
	if (n->usable && n->outcome.state != PORT_STATES)
		return telling_port(x->t, &n->outcome);
	x->t->run->skipped++;
	return 0;
}

static int end_host(struct xml *x, struct nmap *n)
{
	n->in_host = false;
	n->host.name = n->host_name;
	if (n->has_addr)
		return telling_host(x->t, &n->host);
	x->t->run->skipped++;
	return 0;
}

static int nmap_end(struct xml *x, const char *name)
{
	struct nmap *n = x->state;

	if (n->in_port) {
		if (strcmp(name, "port") == 0)
			return end_port(x, n);
		return x->collecting ? telling_set_cpe(&n->outcome.service, xml_text(x)) : 0;
	}
	if (!n->in_host)
		return 0;
	if (strcmp(name, "extraports") == 0)
		return end_extraports(x, n);
	return strcmp(name, "host") == 0 ? end_host(x, n) : 0;
}

const struct xml_dialect xml_nmap = {
	.root = "nmaprun",
	.format = "nmap xml",
	.new = nmap_new,
	.start = nmap_start,
	.end = nmap_end,
	.free = nmap_free,
};
