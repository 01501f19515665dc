#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/i18n.h"
#include "import/json_internal.h"

void json_thing_init(struct json_thing *thing, struct json_waiting *in_all)
{
	memset(thing, 0, sizeof(*thing));
	thing->in_all = in_all;
	thing->o.protocol = 6;
	thing->o.state = PORT_OPEN;
}

void json_thing_finish(struct json_thing *thing)
{
	service_finish(&thing->o.service);
	for (size_t i = 0; i < thing->n_waiting; i++)
		service_finish(&thing->waiting[i].service);
	json_thing_forget_waiting(thing);
	free(thing->waiting);
	free(thing->bare);
	free(thing->host_name);
	memset(thing, 0, sizeof(*thing));
}

void json_thing_forget_waiting(struct json_thing *thing)
{
	thing->in_all->n -= thing->n_waiting;
	thing->in_all->bytes -= thing->waiting_bytes;
	thing->n_waiting = 0;
	thing->waiting_bytes = 0;
}

bool json_name_is_thing(struct words name)
{
	static const char *const names[] = {
		"ports",   /* masscan, in its host */
		"data",    /* Shodan: the services of a host */
		"matches", /* Shodan: a search */
		"services", "result",     "results", "resource",
		"hits",     "host",       "host_v1", /* Censys */
		"hosts",    "not_listed",            /* our own */
	};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (words_are(name, names[i]))
			return true;
	}
	return false;
}

/* Takes O's service over. */
int json_thing_wait(struct json_thing *thing, struct port_outcome *o)
{
	struct port_outcome *grown;
	size_t bytes;

	if (thing->in_all->n == JSON_WAITING_MAX)
		return ERR_LIMIT;
	grown = array_make_room(thing->waiting, thing->n_waiting, &thing->waiting_room,
				sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	thing->waiting = grown;
	if (thing->in_all->bytes > JSON_WAITING_BYTES)
		service_finish(&o->service);
	bytes = telling_service_bytes(&o->service);
	thing->waiting_bytes += bytes;
	thing->in_all->bytes += bytes;
	thing->in_all->n++;
	grown[thing->n_waiting++] = *o;
	service_init(&o->service);
	return 0;
}

int json_thing_add_bare(struct json_thing *thing, struct words number)
{
	uint16_t port, *grown;

	if (!words_port(number, &port))
		return 0;
	if (thing->n_bare == JSON_WAITING_MAX)
		return ERR_LIMIT;
	grown = array_make_room(thing->bare, thing->n_bare, &thing->bare_room, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	thing->bare = grown;
	grown[thing->n_bare++] = port;
	return 0;
}

/* Censys asked these by UDP in its old form, which does not say it. */
static bool is_by_udp(struct words name)
{
	static const char *const names[] = { "dns",  "ntp",  "upnp", "bacnet",
					     "ipmi", "snmp", "mdns", "coap" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (words_are(name, names[i]))
			return true;
	}
	return false;
}

int json_thing_add_word(struct json_thing *thing, struct words word)
{
	struct port_outcome o = { .state = PORT_OPEN, .protocol = 6 };
	struct words number;
	int error;

	if (!words_split(&word, '/', &number) || !words_port(number, &o.port))
		return 0;
	if (is_by_udp(word))
		o.protocol = 17;
	o.service.tls =
		words_are(word, "https") || words_are(word, "imaps") || words_are(word, "pop3s");
	error = word.at ? telling_set(&o.service.name, word) : 0;
	if (error == 0)
		error = json_thing_wait(thing, &o);
	service_finish(&o.service);
	return error;
}

enum field {
	FIELD_ADDR,
	FIELD_ADDR_OR_NUMBER,
	FIELD_ADDR_OR_NAME,
	FIELD_PORT,
	FIELD_PROTOCOL,
	FIELD_PROTOCOL_OR_SERVICE,
	FIELD_PROTOCOL_NUMBER,
	FIELD_STATE,
	FIELD_REASON,
	FIELD_TTL,
	FIELD_TIME,
	FIELD_NAME,
	FIELD_HOST_OR_SERVICE_NAME,
	FIELD_PRODUCT,
	FIELD_VERSION,
	FIELD_EXTRA,
	FIELD_HOSTNAME,
	FIELD_OS,
	FIELD_DEVICE,
	FIELD_CPE,
	FIELD_EVIDENCE,
	FIELD_TLS,
	FIELD_TUNNEL,
	FIELD_MODULE,
	FIELD_TOOL, /* our own, of the run */
	FIELD_ARGUMENTS,
	FIELD_VANTAGE,
	FIELD_STARTED,
	FIELD_ENDED,
	FIELD_COMPLETE,
	FIELD_TCP_PORTS,
	FIELD_UDP_PORTS,
	FIELD_DOWN,
	FIELD_MARKER, /* says whose it is, and nothing else */
};

/* Names are looked for in order; a tool that is given away stands over one further up in enum
 * json_tool. */
static const struct {
	const char *part, *key;
	enum field field;
	enum json_tool tool;
} fields[] = {
	{ "", "ip_str", FIELD_ADDR, TOOL_SHODAN },
	{ "", "ip", FIELD_ADDR_OR_NUMBER, TOOL_UNKNOWN },
	{ "", "ipv6", FIELD_ADDR_OR_NAME, TOOL_UNKNOWN },
	{ "", "host", FIELD_ADDR_OR_NAME, TOOL_UNKNOWN },
	{ "", "port", FIELD_PORT, TOOL_UNKNOWN },
	{ "", "transport", FIELD_PROTOCOL, TOOL_UNKNOWN },
	{ "", "transport_protocol", FIELD_PROTOCOL, TOOL_CENSYS },
	{ "", "proto", FIELD_PROTOCOL, TOOL_MASSCAN },
	{ "", "protocol", FIELD_PROTOCOL_OR_SERVICE, TOOL_UNKNOWN },
	{ "", "status", FIELD_STATE, TOOL_UNKNOWN },
	{ "", "state", FIELD_STATE, TOOL_UNKNOWN },
	{ "", "reason", FIELD_REASON, TOOL_UNKNOWN },
	{ "", "ttl", FIELD_TTL, TOOL_UNKNOWN },
	{ "", "timestamp", FIELD_TIME, TOOL_UNKNOWN },
	{ "", "time", FIELD_TIME, TOOL_UNKNOWN },
	{ "", "last_update", FIELD_TIME, TOOL_UNKNOWN },
	{ "", "observed_at", FIELD_TIME, TOOL_CENSYS },
	{ "", "scan_time", FIELD_TIME, TOOL_CENSYS },
	{ "", "last_updated_at", FIELD_TIME, TOOL_CENSYS },
	{ "", "updated_at", FIELD_TIME, TOOL_UNKNOWN },
	{ "", "service_name", FIELD_NAME, TOOL_CENSYS },
	{ "", "product", FIELD_PRODUCT, TOOL_UNKNOWN },
	{ "", "version", FIELD_VERSION, TOOL_UNKNOWN },
	{ "", "info", FIELD_EXTRA, TOOL_UNKNOWN },
	{ "", "os", FIELD_OS, TOOL_UNKNOWN },
	{ "", "devicetype", FIELD_DEVICE, TOOL_UNKNOWN },
	{ "", "hostnames", FIELD_HOSTNAME, TOOL_UNKNOWN },
	{ "", "cpe23", FIELD_CPE, TOOL_UNKNOWN },
	{ "", "cpe", FIELD_CPE, TOOL_UNKNOWN },
	{ "", "cpes", FIELD_CPE, TOOL_UNKNOWN }, /* naabu */
	{ "", "data", FIELD_EVIDENCE, TOOL_UNKNOWN },
	{ "", "banner", FIELD_EVIDENCE, TOOL_UNKNOWN },
	{ "", "tls", FIELD_TLS, TOOL_NAABU }, /* ours as well, which has said so before */
	{ "", "rec_type", FIELD_MARKER, TOOL_MASSCAN },
	{ "", "tool", FIELD_TOOL, TOOL_UNKNOWN }, /* docs/scan.md */
	{ "", "arguments", FIELD_ARGUMENTS, TOOL_UNKNOWN },
	{ "", "vantage", FIELD_VANTAGE, TOOL_UNKNOWN },
	{ "", "started", FIELD_STARTED, TOOL_UNKNOWN },
	{ "", "ended", FIELD_ENDED, TOOL_UNKNOWN },
	{ "", "complete", FIELD_COMPLETE, TOOL_UNKNOWN },
	{ "", "tcp_ports", FIELD_TCP_PORTS, TOOL_UNKNOWN },
	{ "", "udp_ports", FIELD_UDP_PORTS, TOOL_UNKNOWN },
	{ "", "down", FIELD_DOWN, TOOL_UNKNOWN },
	{ "", "address", FIELD_ADDR, TOOL_UNKNOWN },
	{ "", "name", FIELD_HOST_OR_SERVICE_NAME, TOOL_UNKNOWN },
	{ "", "service", FIELD_NAME, TOOL_UNKNOWN },
	{ "", "extra_info", FIELD_EXTRA, TOOL_UNKNOWN },
	{ "", "hostname", FIELD_HOSTNAME, TOOL_UNKNOWN },
	{ "", "device", FIELD_DEVICE, TOOL_UNKNOWN },
	{ "", "device_type", FIELD_DEVICE, TOOL_UNKNOWN }, /* naabu, from nmap */
	{ "", "os_type", FIELD_OS, TOOL_UNKNOWN },
	{ "", "tunnel", FIELD_TUNNEL, TOOL_UNKNOWN },
	{ "port", "Port", FIELD_PORT, TOOL_NAABU }, /* naabu until 2.1 */
	{ "port", "Protocol", FIELD_PROTOCOL_NUMBER, TOOL_NAABU },
	{ "port", "TLS", FIELD_TLS, TOOL_NAABU },
	{ "data", "status", FIELD_STATE, TOOL_UNKNOWN }, /* masscan -oD */
	{ "data", "reason", FIELD_REASON, TOOL_UNKNOWN },
	{ "data", "ttl", FIELD_TTL, TOOL_UNKNOWN },
	{ "data", "service_name", FIELD_NAME, TOOL_UNKNOWN },
	{ "data", "banner", FIELD_EVIDENCE, TOOL_UNKNOWN },
	{ "service", "name", FIELD_NAME, TOOL_UNKNOWN }, /* masscan -oJ */
	{ "service", "banner", FIELD_EVIDENCE, TOOL_UNKNOWN },
	{ "_shodan", "module", FIELD_MODULE, TOOL_SHODAN },
	{ "software", "product", FIELD_PRODUCT, TOOL_UNKNOWN }, /* Censys; the first one counts */
	{ "software", "version", FIELD_VERSION, TOOL_UNKNOWN },
	{ "software", "uniform_resource_identifier", FIELD_CPE, TOOL_UNKNOWN },
	{ "software", "cpe", FIELD_CPE, TOOL_UNKNOWN },
	{ "host_identifier", "ipv4", FIELD_ADDR_OR_NAME, TOOL_CENSYS }, /* its data sets */
	{ "host_identifier", "ipv6", FIELD_ADDR_OR_NAME, TOOL_CENSYS },
};

static void give_away(enum json_tool *tool, enum json_tool found)
{
	if (found > *tool)
		*tool = found;
}

void json_field_open(struct json_thing *thing, struct words key, bool is_object,
		     enum json_tool *tool)
{
	if (words_are(key, "_shodan") || words_are(key, "vulns"))
		give_away(tool, TOOL_SHODAN);
	if (words_are(key, "services") || words_are(key, "protocols") ||
	    words_are(key, "autonomous_system"))
		give_away(tool, TOOL_CENSYS);
	if (is_object && (words_are(key, "ssl") || words_are(key, "tls")))
		thing->o.service.tls = true;
}

static int take_addr(struct json_thing *thing, struct words value, bool weak, struct diagnosis *d)
{
	char shown[WORDS_SHOWN_MAX];
	struct net_addr addr;

	if (value.n == 0) /* naabu, of a name that was not resolved */
		return 0;
	if (!words_addr(value, &addr)) {
		if (weak)
			return telling_set(&thing->host_name, value);
		return diagnose(d, ERR_DAMAGED, _("\"%s\" is no address"),
				words_show(value, shown));
	}
	if (!thing->has_addr || thing->addr_is_weak) {
		thing->has_addr = true;
		thing->addr = addr;
		thing->addr_is_weak = weak;
	}
	return 0;
}

/* Shodan's: the address as one number, beside "ip_str" or without it. */
static void take_addr_number(struct json_thing *thing, struct words value)
{
	uint64_t number;

	if (thing->has_addr || !words_number(value, &number) || number > UINT32_MAX)
		return;
	thing->has_addr = thing->addr_is_weak = true;
	thing->addr = addr_from_v4((uint32_t)number);
}

static int take_port(struct json_thing *thing, struct words value, struct diagnosis *d)
{
	char shown[WORDS_SHOWN_MAX];

	if (!words_port(value, &thing->o.port))
		return diagnose(d, ERR_DAMAGED, _("\"%s\" is no port"), words_show(value, shown));
	thing->has_port = true;
	return 0;
}

/* Words are strings; a number may be written as one too, so that only what cannot be is passed
 * over. */
static int take_text(char **text, enum json_scalar kind, struct words value)
{
	return kind == JSON_STRING && !*text ? telling_set(text, value) : 0;
}

static int take_lower(char **text, enum json_scalar kind, struct words value)
{
	int error = take_text(text, kind, value);

	for (char *c = *text; error == 0 && c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 'a' - 'A');
	}
	return error;
}

/* "https", "http-simple-new", "dns-udp", "ssh": what Shodan's crawler took for the service. */
static int take_module(struct service *s, enum json_scalar kind, struct words value)
{
	struct words first;

	if (!words_split(&value, '-', &first))
		return 0;
	if (words_are(first, "https")) {
		s->tls = true;
		first = words_of("http");
	}
	return take_text(&s->name, kind, first);
}

static void take_time(struct json_thing *thing, struct words value)
{
	uint64_t time_ns;

	/* The most exact comes from the service itself; of a host's the last one. */
	if (words_epoch(value, &time_ns) || words_time(value, false, &time_ns))
		thing->o.time_ns = time_ns;
}

/* masscan's pings are of "icmp" and "arp": nothing with a port. */
static void take_protocol(struct json_thing *thing, struct words value)
{
	thing->bad_protocol = value.n > 0 && !words_protocol(value, &thing->o.protocol);
}

static int take_protocol_or_service(struct json_thing *thing, enum json_scalar kind,
				    struct words value)
{
	return words_protocol(value, &thing->o.protocol)
		       ? 0
		       : take_lower(&thing->o.service.name, kind, value);
}

static void take_state(struct json_thing *thing, struct words value)
{
	char *copy = words_copy(value, 32);

	thing->bad_state = !copy || !port_state_parse(copy, &thing->o.state);
	free(copy);
}

static void take_reason(struct json_thing *thing, struct words value)
{
	char *copy = words_copy(value, 32);

	if (!copy || !port_reason_parse(copy, &thing->o.reason))
		thing->o.reason = REASON_NONE;
	free(copy);
}

static void take_ttl(struct json_thing *thing, struct words value)
{
	uint64_t ttl;

	if (words_number(value, &ttl) && ttl <= UINT8_MAX)
		thing->o.ttl = (uint8_t)ttl;
}

/* What our own file says of the scan; the first word of it says that it is ours. */
static int take_of_run(struct telling *t, enum field field, struct words value, struct diagnosis *d)
{
	struct scan_file_run *run = t->run;
	uint64_t time_ns;

	switch (field) {
	case FIELD_ARGUMENTS:
		return telling_set(&run->arguments, value);
	case FIELD_VANTAGE:
		run->inside = words_are(value, "inside");
		return 0;
	case FIELD_STARTED:
		if (words_time(value, false, &time_ns))
			run->start_ns = time_ns;
		return 0;
	case FIELD_ENDED:
		if (words_time(value, false, &time_ns))
			run->end_ns = time_ns;
		return 0;
	case FIELD_COMPLETE:
		run->ended = value.n > 0;
		return 0;
	case FIELD_TCP_PORTS:
		return telling_covered(t, 6, value, d);
	case FIELD_UDP_PORTS:
		return telling_covered(t, 17, value, d);
	case FIELD_DOWN:
		return telling_down(t, value, d);
	default:
		return 0;
	}
}

static int take(struct json_thing *thing, enum field field, enum json_scalar kind,
		struct words value, struct diagnosis *d)
{
	struct service *s = &thing->o.service;

	switch (field) {
	case FIELD_ADDR:
		return kind == JSON_STRING ? take_addr(thing, value, false, d) : 0;
	case FIELD_ADDR_OR_NUMBER:
		if (kind == JSON_STRING)
			return take_addr(thing, value, false, d);
		take_addr_number(thing, value);
		return 0;
	case FIELD_ADDR_OR_NAME:
		return kind == JSON_STRING ? take_addr(thing, value, true, d) : 0;
	case FIELD_PORT:
		return take_port(thing, value, d);
	case FIELD_PROTOCOL:
		take_protocol(thing, value);
		return 0;
	case FIELD_PROTOCOL_OR_SERVICE:
		return take_protocol_or_service(thing, kind, value);
	case FIELD_PROTOCOL_NUMBER:
		thing->o.protocol = words_are(value, "1") || words_are(value, "udp") ? 17 : 6;
		return 0;
	case FIELD_STATE:
		take_state(thing, value);
		return 0;
	case FIELD_REASON:
		take_reason(thing, value);
		return 0;
	case FIELD_TTL:
		take_ttl(thing, value);
		return 0;
	case FIELD_TIME:
		take_time(thing, value);
		return 0;
	case FIELD_NAME:
	case FIELD_HOST_OR_SERVICE_NAME: /* of naabu, not of our own */
		return take_lower(&s->name, kind, value);
	case FIELD_PRODUCT:
		return take_text(&s->product, kind, value);
	case FIELD_VERSION:
		return take_text(&s->version, kind, value);
	case FIELD_EXTRA:
		return take_text(&s->extra_info, kind, value);
	case FIELD_HOSTNAME:
		return take_text(thing->has_port ? &s->hostname : &thing->host_name, kind, value);
	case FIELD_OS:
		return take_text(&s->os, kind, value);
	case FIELD_DEVICE:
		return take_text(&s->device, kind, value);
	case FIELD_CPE:
		return telling_set_cpe(s, value);
	case FIELD_EVIDENCE:
		return kind == JSON_STRING ? telling_set_evidence(s, value) : 0;
	case FIELD_TLS:
		s->tls = s->tls || (kind == JSON_BOOLEAN && value.n > 0);
		return 0;
	case FIELD_TUNNEL:
		s->tls = s->tls || words_are(value, "ssl");
		return 0;
	case FIELD_MODULE:
		return take_module(s, kind, value);
	default:
		return 0;
	}
}

int json_field_take(struct json_thing *thing, struct words part, struct words key,
		    enum json_scalar kind, struct words value, enum json_tool *tool,
		    struct telling *t, struct diagnosis *d)
{
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		enum field field = fields[i].field;

		if (!words_are(key, fields[i].key) || !words_are(part, fields[i].part))
			continue;
		if (field == FIELD_TOOL && words_are(value, "sekimori"))
			*tool = TOOL_OURS;
		give_away(tool, fields[i].tool);
		if (field == FIELD_HOST_OR_SERVICE_NAME && *tool == TOOL_OURS)
			field = FIELD_HOSTNAME;
		if (field > FIELD_TOOL && field < FIELD_MARKER)
			return *tool == TOOL_OURS ? take_of_run(t, field, value, d) : 0;
		return take(thing, field, kind, value, d);
	}
	return 0;
}
