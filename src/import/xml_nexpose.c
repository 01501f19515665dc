/* Nexpose's "XML Export" (NexposeReport): nodes, their endpoints, and the service on each. */
#include <errno.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "import/xml_internal.h"

struct nexpose {
	bool in_node, has_addr, in_endpoint, usable;
	struct scan_file_host host;
	char *host_name;
	struct port_outcome outcome;
	double certainty; /* of the fingerprint that is kept */
};

static void *nexpose_new(void)
{
	return calloc(1, sizeof(struct nexpose));
}

static void nexpose_free(void *state)
{
	struct nexpose *n = state;

	service_finish(&n->outcome.service);
	free(n->host_name);
	free(n);
}

uint64_t xml_nexpose_time(struct words w)
{
	char text[24];
	uint64_t time_ns;

	if (w.n < 15 || w.at[8] != 'T')
		return 0;
	memcpy(text, w.at, 4);
	text[4] = '-';
	memcpy(text + 5, w.at + 4, 2);
	text[7] = '-';
	memcpy(text + 8, w.at + 6, 5);
	text[13] = ':';
	memcpy(text + 14, w.at + 11, 2);
	text[16] = ':';
	memcpy(text + 17, w.at + 13, 2);
	return words_time((struct words){ text, 19 }, true, &time_ns) ? time_ns : 0;
}

static int start_scan(struct xml *x, const char *const *attributes)
{
	struct scan_file_run *run = x->t->run;
	uint64_t start = xml_nexpose_time(xml_words(attributes, "startTime"));
	uint64_t end = xml_nexpose_time(xml_words(attributes, "endTime"));

	if (start && (!run->start_ns || start < run->start_ns))
		run->start_ns = start;
	if (end > run->end_ns)
		run->end_ns = end;
	run->ended = words_are(xml_words(attributes, "status"), "finished");
	return 0;
}

static int start_node(struct xml *x, struct nexpose *n, const char *const *attributes)
{
	struct words addr = xml_words(attributes, "address");
	struct words status = xml_words(attributes, "status");

	n->in_node = true;
	n->host = (struct scan_file_host){ .up = words_are(status, "alive")  ? HOST_UP
						 : words_are(status, "dead") ? HOST_DOWN
									     : HOST_UP_UNKNOWN };
	free(n->host_name);
	n->host_name = NULL;
	n->has_addr = words_addr(addr, &n->host.addr);
	return n->has_addr ? 0 : xml_bad_value(x, "node", "address", addr);
}

static int start_endpoint(struct xml *x, struct nexpose *n, const char *const *attributes)
{
	struct port_outcome *o = &n->outcome;
	struct words number = xml_words(attributes, "port");
	const char *state = xml_attribute(attributes, "status");

	service_finish(&o->service);
	*o = (struct port_outcome){ .host = n->host.addr, .time_ns = x->t->run->end_ns };
	n->in_endpoint = true;
	n->certainty = -1;
	n->usable = words_protocol(xml_words(attributes, "protocol"), &o->protocol);
	if (n->usable && !words_port(number, &o->port))
		return xml_bad_value(x, "endpoint", "port", number);
	if (n->usable && (!state || !port_state_parse(state, &o->state)))
		return xml_bad_value(x, "endpoint", "status", words_of(state ? state : ""));
	return 0;
}

int xml_nexpose_name(struct service *s, struct words name)
{
	const char *bracket = memmem(name.at, name.n, " (", 2);
	int error;

	if (s->name || name.n == 0 || name.at[0] == '<')
		return 0;
	if (bracket)
		name.n = (size_t)(bracket - name.at);
	error = telling_set(&s->name, name);
	for (char *c = s->name; error == 0 && c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 'a' - 'A');
	}
	if (error == 0 && s->name && strcmp(s->name, "https") == 0)
		s->tls = true;
	return error;
}

static int start_fingerprint(struct nexpose *n, const char *const *attributes)
{
	struct service *s = &n->outcome.service;
	const char *certainty = xml_attribute(attributes, "certainty");
	double sure = certainty ? strtod(certainty, NULL) : 0;
	int error;

	if (!(sure > n->certainty))
		return 0;
	n->certainty = sure;
	error = telling_set(&s->product, xml_words(attributes, "product"));
	return error < 0 ? error : telling_set(&s->version, xml_words(attributes, "version"));
}

static int nexpose_start(struct xml *x, const char *name, const char *const *attributes)
{
	struct nexpose *n = x->state;

	if (x->depth == 1)
		return telling_set(&x->t->run->tool, words_of("nexpose"));
	if (n->in_endpoint) {
		if (strcmp(name, "service") == 0)
			return xml_nexpose_name(&n->outcome.service, xml_words(attributes, "name"));
		return strcmp(name, "fingerprint") == 0 ? start_fingerprint(n, attributes) : 0;
	}
	if (n->in_node) {
		if (strcmp(name, "endpoint") == 0)
			return start_endpoint(x, n, attributes);
		if (strcmp(name, "name") == 0 && !n->host_name)
			xml_collect(x);
		return 0;
	}
	if (strcmp(name, "scan") == 0)
		return start_scan(x, attributes);
	return strcmp(name, "node") == 0 ? start_node(x, n, attributes) : 0;
}

static int end_endpoint(struct xml *x, struct nexpose *n)
{
	n->in_endpoint = false;
	if (n->usable)
		return telling_port(x->t, &n->outcome);
	x->t->run->skipped++;
	return 0;
}

static int nexpose_end(struct xml *x, const char *name)
{
	struct nexpose *n = x->state;

	if (n->in_endpoint)
		return strcmp(name, "endpoint") == 0 ? end_endpoint(x, n) : 0;
	if (n->in_node && x->collecting == x->depth)
		return telling_set(&n->host_name, xml_text(x));
	if (!n->in_node || strcmp(name, "node") != 0)
		return 0;
	n->in_node = false;
	n->host.name = n->host_name;
	return telling_host(x->t, &n->host);
}

const struct xml_dialect xml_nexpose = {
	.root = "NexposeReport",
	.format = "nexpose xml",
	.new = nexpose_new,
	.start = nexpose_start,
	.end = nexpose_end,
	.free = nexpose_free,
};
