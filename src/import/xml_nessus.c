/*
 * Nessus' reports, .nessus v2 (Tenable, "Nessus v2 File Format"): a policy, then hosts with what
 * each plugin found. A port is open when any plugin reports on it: there are no closed ones. A
 * host's findings are put together first, since many tell of the same port.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/i18n.h"
#include "base/zone.h"
#include "import/xml_internal.h"

#define SLOTS     65536
#define TEXTS_MAX ((size_t)8 << 20) /* of one host's services together; those beyond go without */

struct port {
	uint16_t port;
	uint8_t protocol;
	uint8_t evidence_rank; /* of the plugin that said it */
	struct service service;
};

struct nessus {
	/* Of the policy: a preference's name, while its value is read. */
	enum {
		PREFERENCE_NONE,
		PREFERENCE_PORTS,
		PREFERENCE_TARGET
	} preference;
	bool covered_told;
	/* Of the host. */
	bool in_host, has_addr;
	struct scan_file_host host;
	char *host_name;
	enum {
		TAG_NONE,
		TAG_IP,
		TAG_NAME,
		TAG_START,
		TAG_END,
		TAG_START_S,
		TAG_END_S
	} tag;
	struct port *ports;
	size_t n_ports, ports_room, texts_bytes;
	uint32_t slot[2][SLOTS]; /* TCP, UDP: where in `ports`, counted from 1 */
	/* Of the finding that is being read. */
	unsigned long plugin;
	struct port *at; /* NULL: of no port */
};

/* Plugins whose output is what a service said, the best first; and those that say more. */
enum {
	PLUGIN_SCAN_INFORMATION = 19506,
	PLUGIN_SERVICE = 22964,
};
static const unsigned long said[] = {
	10267, /* SSH server type and version */
	10107, /* HTTP server type and version */
	10092, /* FTP server */
	10263, /* SMTP server */
	11414, /* IMAP server banner */
	10185, /* POP3 server */
	10281, /* Telnet server banner */
	11002, /* DNS server */
	24260, /* HTTP information */
	PLUGIN_SERVICE,
};

/* Nessus' words for a service → those of the services database. */
static const struct {
	const char *nessus, *name;
} names[] = {
	{ "www", "http" },   { "msrdp", "ms-wbt-server" }, { "cifs", "microsoft-ds" },
	{ "dns", "domain" }, { "smb", "netbios-ssn" },     { "unknown", NULL },
};

/* A range in words of Nessus' own ("default", "all") tells nothing; nor would one that was cut. */
static int tell_covered(struct xml *x, struct nessus *n, struct words list)
{
	int error;

	if (n->covered_told || list.n == 0)
		return 0;
	n->covered_told = true;
	error = telling_covered(x->t, 6, list, NULL);
	return error == ERR_DAMAGED ? 0 : error;
}

static void *nessus_new(void)
{
	return calloc(1, sizeof(struct nessus));
}

static void forget_ports(struct nessus *n)
{
	for (size_t i = 0; i < n->n_ports; i++) {
		n->slot[n->ports[i].protocol == 17][n->ports[i].port] = 0;
		service_finish(&n->ports[i].service);
	}
	n->n_ports = 0;
	n->texts_bytes = 0;
	n->at = NULL;
}

static void nessus_free(void *state)
{
	struct nessus *n = state;

	forget_ports(n);
	free(n->ports);
	free(n->host_name);
	free(n);
}

static int start_host(struct nessus *n, const char *const *attributes)
{
	struct words name = xml_words(attributes, "name");

	forget_ports(n);
	n->in_host = true;
	n->host = (struct scan_file_host){ .up = HOST_UP };
	n->has_addr = words_addr(name, &n->host.addr);
	free(n->host_name);
	n->host_name = NULL;
	return n->has_addr ? 0 : telling_set(&n->host_name, name);
}

static void start_tag(struct xml *x, struct nessus *n, const char *const *attributes)
{
	static const char *const tags[] = {
		[TAG_IP] = "host-ip",
		[TAG_NAME] = "host-fqdn",
		[TAG_START] = "HOST_START",
		[TAG_END] = "HOST_END",
		[TAG_START_S] = "HOST_START_TIMESTAMP",
		[TAG_END_S] = "HOST_END_TIMESTAMP",
	};
	struct words name = xml_words(attributes, "name");

	n->tag = TAG_NONE;
	for (size_t i = 1; i < ARRAY_LENGTH(tags); i++) {
		if (words_are(name, tags[i]))
			n->tag = (int)i;
	}
	if (n->tag != TAG_NONE)
		xml_collect(x);
}

static int end_tag(struct xml *x, struct nessus *n)
{
	struct words text = words_trim(xml_text(x));
	int tag = n->tag;

	n->tag = TAG_NONE;
	switch (tag) {
	case TAG_IP:
		/* Where it is none, the host's name may be one. */
		if (words_addr(text, &n->host.addr))
			n->has_addr = true;
		return 0;
	case TAG_NAME:
		return telling_set(&n->host_name, text);
	case TAG_START:
	case TAG_END: {
		uint64_t *time = tag == TAG_START ? &n->host.start_ns : &n->host.end_ns, read;

		/* Without a zone: what says the seconds is better. */
		if (!*time && words_ctime(text, true, &read))
			*time = read;
		return 0;
	}
	case TAG_START_S:
		if (text.n > 0 && !words_epoch(text, &n->host.start_ns))
			return xml_bad_value(x, "tag", "HOST_START_TIMESTAMP", text);
		return 0;
	case TAG_END_S:
		if (text.n > 0 && !words_epoch(text, &n->host.end_ns))
			return xml_bad_value(x, "tag", "HOST_END_TIMESTAMP", text);
		return 0;
	default:
		return 0;
	}
}

static int name_service(struct nessus *n, struct service *s, struct words name)
{
	bool guessed = name.n > 0 && name.at[name.n - 1] == '?';

	if (guessed)
		name.n--;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (words_are(name, names[i].nessus))
			name = words_of(names[i].name ? names[i].name : "");
	}
	/* A plugin that knows stands over one that guesses from the number. */
	if ((s->name && guessed) || n->texts_bytes > TEXTS_MAX)
		return 0;
	n->texts_bytes += MIN(name.n, WORDS_TEXT_MAX);
	return telling_set(&s->name, name);
}

static int add_port(struct nessus *n, uint8_t protocol, uint16_t port, uint32_t *slot)
{
	struct port *grown =
		array_make_room(n->ports, n->n_ports, &n->ports_room, sizeof(*n->ports));

	if (!grown)
		return -ENOMEM;
	n->ports = grown;
	grown[n->n_ports] =
		(struct port){ .port = port, .protocol = protocol, .evidence_rank = UINT8_MAX };
	service_init(&grown[n->n_ports].service);
	*slot = (uint32_t)++n->n_ports;
	return 0;
}

static int start_item(struct xml *x, struct nessus *n, const char *const *attributes)
{
	struct words number = xml_words(attributes, "port"), id = xml_words(attributes, "pluginID");
	uint64_t plugin;
	uint8_t protocol;
	uint16_t port;
	uint32_t *slot;
	int error = 0;

	n->at = NULL;
	n->plugin = words_number(id, &plugin) ? (unsigned long)plugin : 0;
	if (!words_port(number, &port))
		return xml_bad_value(x, "ReportItem", "port", number);
	/* Port 0 is the host itself; "icmp" has none. */
	if (port == 0 || !words_protocol(xml_words(attributes, "protocol"), &protocol) ||
	    (protocol != 6 && protocol != 17))
		return 0;
	slot = &n->slot[protocol == 17][port];
	if (!*slot)
		error = add_port(n, protocol, port, slot);
	if (error < 0)
		return error;
	n->at = &n->ports[*slot - 1];
	return name_service(n, &n->at->service, xml_words(attributes, "svc_name"));
}

static unsigned rank_of(unsigned long plugin)
{
	unsigned i = 0;

	while (i < ARRAY_LENGTH(said) && said[i] != plugin)
		i++;
	return i;
}

/* "Nessus version : 10.4.2" and so on, a line each. */
static int read_scan_information(struct xml *x, struct nessus *n)
{
	struct words text = xml_text(x), line, key;
	int error = 0;

	while (error == 0 && words_split(&text, '\n', &line)) {
		if (!words_split(&line, ':', &key) || !line.at)
			continue;
		key = words_trim(key);
		line = words_trim(line);
		if (words_are(key, "Nessus version") && !x->t->run->version) {
			error = telling_set(&x->t->run->version, line);
		} else if (words_are(key, "Port range")) {
			error = tell_covered(x, n, line);
		}
	}
	return error;
}

static bool holds(struct words text, const char *what)
{
	return memmem(text.at, text.n, what, strlen(what)) != NULL;
}

static int end_output(struct xml *x, struct nessus *n)
{
	struct words text = words_trim(xml_text(x));
	unsigned rank = rank_of(n->plugin);
	struct service *s;

	if (n->plugin == PLUGIN_SCAN_INFORMATION)
		return read_scan_information(x, n);
	if (!n->at)
		return 0;
	s = &n->at->service;
	if (n->plugin == PLUGIN_SERVICE && (holds(text, "TLS") || holds(text, "SSL")))
		s->tls = true;
	if (rank >= n->at->evidence_rank || n->texts_bytes > TEXTS_MAX)
		return 0;
	n->at->evidence_rank = (uint8_t)rank;
	n->texts_bytes += MIN(text.n, SERVICE_EVIDENCE_MAX);
	return telling_set_evidence(s, text);
}

static void start_in_host(struct xml *x, struct nessus *n, const char *name)
{
	if (strcmp(name, "plugin_output") == 0 &&
	    (n->plugin == PLUGIN_SCAN_INFORMATION ||
	     (n->at && rank_of(n->plugin) < ARRAY_LENGTH(said))))
		xml_collect(x);
}

static int nessus_start(struct xml *x, const char *name, const char *const *attributes)
{
	struct nessus *n = x->state;

	if (x->depth == 1)
		return telling_set(&x->t->run->tool, words_of("nessus"));
	if (n->in_host) {
		if (strcmp(name, "ReportItem") == 0)
			return start_item(x, n, attributes);
		if (strcmp(name, "tag") == 0)
			start_tag(x, n, attributes);
		start_in_host(x, n, name);
		return 0;
	}
	if (strcmp(name, "ReportHost") == 0)
		return start_host(n, attributes);
	/* <preference><name>port_range</name><value>1-65535</value></preference> */
	if (strcmp(name, "name") == 0 || (strcmp(name, "value") == 0 && n->preference))
		xml_collect(x);
	return 0;
}

static int end_preference(struct xml *x, struct nessus *n, const char *name)
{
	struct words text = words_trim(xml_text(x)), target;
	int error = 0;

	if (strcmp(name, "name") == 0) {
		n->preference = words_are(text, "port_range") ? PREFERENCE_PORTS
				: words_are(text, "TARGET")   ? PREFERENCE_TARGET
							      : PREFERENCE_NONE;
		return 0;
	}
	if (n->preference == PREFERENCE_PORTS && !x->text_cut) {
		error = tell_covered(x, n, text);
	} else if (n->preference == PREFERENCE_TARGET && !x->text_cut) {
		while (error == 0 && words_split(&text, ',', &target)) {
			target = words_trim(target);
			if (target.n > 0)
				error = telling_target(x->t, target);
		}
	}
	n->preference = PREFERENCE_NONE;
	return error;
}

static int tell_ports(struct xml *x, struct nessus *n)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < n->n_ports; i++) {
		const struct port_outcome o = {
			.host = n->host.addr,
			.port = n->ports[i].port,
			.protocol = n->ports[i].protocol,
			.state = PORT_OPEN,
			.time_ns = n->host.end_ns ? n->host.end_ns : n->host.start_ns,
			.service = n->ports[i].service,
		};

		error = telling_port(x->t, &o);
	}
	return error;
}

static int end_host(struct xml *x, struct nessus *n)
{
	struct scan_file_run *run = x->t->run;
	int error;

	n->in_host = false;
	if (!n->has_addr) {
		run->skipped += 1 + n->n_ports;
		return 0;
	}
	n->host.name = n->host_name;
	if (n->host.start_ns && (!run->start_ns || n->host.start_ns < run->start_ns))
		run->start_ns = n->host.start_ns;
	if (n->host.end_ns > run->end_ns)
		run->end_ns = n->host.end_ns;
	error = tell_ports(x, n);
	forget_ports(n);
	return error < 0 ? error : telling_host(x->t, &n->host);
}

static int nessus_end(struct xml *x, const char *name)
{
	struct nessus *n = x->state;

	if (!n->in_host)
		return x->collecting == x->depth ? end_preference(x, n, name) : 0;
	if (strcmp(name, "ReportHost") == 0)
		return end_host(x, n);
	if (x->collecting != x->depth)
		return 0;
	return n->tag != TAG_NONE ? end_tag(x, n) : end_output(x, n);
}

static int nessus_done(struct xml *x)
{
	x->t->run->ended = true;
	return 0;
}

const struct xml_dialect xml_nessus = {
	.root = "NessusClientData_v2",
	.format = "nessus",
	.new = nessus_new,
	.start = nessus_start,
	.end = nessus_end,
	.done = nessus_done,
	.free = nessus_free,
};
