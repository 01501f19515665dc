/*
 * Nexpose's "Simple XML Export" (NeXposeSimpleXML): devices and their services, which are open.
 * What they are stands in elements:
 *
 *     <device address="192.0.2.18"><services><service name="SSH" port="22" protocol="tcp">
 *     <fingerprint certainty="0.90"><product>OpenSSH</product><version>9.2</version></fingerprint>
 */
#include <errno.h>
#include <stdlib.h>

#include "import/xml_internal.h"

struct simple {
	bool in_device, has_addr, in_service, in_fingerprint, usable;
	struct scan_file_host host;
	struct port_outcome outcome;
};

static void *simple_new(void)
{
	return calloc(1, sizeof(struct simple));
}

static void simple_free(void *state)
{
	struct simple *n = state;

	service_finish(&n->outcome.service);
	free(n);
}

static int start_service(struct xml *x, struct simple *n, const char *const *attributes)
{
	struct port_outcome *o = &n->outcome;
	struct words number = xml_words(attributes, "port");

	service_finish(&o->service);
	*o = (struct port_outcome){ .host = n->host.addr,
				    .state = PORT_OPEN,
				    .time_ns = x->t->run->end_ns };
	n->in_service = true;
	n->usable = n->has_addr && words_protocol(xml_words(attributes, "protocol"), &o->protocol);
	if (n->usable && !words_port(number, &o->port))
		return xml_bad_value(x, "service", "port", number);
	return xml_nexpose_name(&o->service, xml_words(attributes, "name"));
}

static int simple_start(struct xml *x, const char *name, const char *const *attributes)
{
	struct simple *n = x->state;

	if (x->depth == 1)
		return telling_set(&x->t->run->tool, words_of("nexpose"));
	if (strcmp(name, "device") == 0) {
		n->in_device = true;
		n->host = (struct scan_file_host){ .up = HOST_UP };
		n->has_addr = words_addr(xml_words(attributes, "address"), &n->host.addr);
	} else if (n->in_service) {
		if (strcmp(name, "fingerprint") == 0)
			n->in_fingerprint = true;
		if (n->in_fingerprint)
			xml_collect(x);
	} else if (n->in_device && strcmp(name, "service") == 0) {
		return start_service(x, n, attributes);
	} else if (!n->in_device && strcmp(name, "generated") == 0) {
		xml_collect(x);
	}
	return 0;
}

/* The first fingerprint is the surest. */
static int end_in_fingerprint(struct xml *x, struct simple *n, const char *name)
{
	struct service *s = &n->outcome.service;

	if (strcmp(name, "fingerprint") == 0)
		n->in_fingerprint = false;
	if (strcmp(name, "product") == 0 && !s->product)
		return telling_set(&s->product, xml_text(x));
	if (strcmp(name, "version") == 0 && !s->version)
		return telling_set(&s->version, xml_text(x));
	return 0;
}

static int simple_end(struct xml *x, const char *name)
{
	struct simple *n = x->state;

	if (n->in_fingerprint)
		return end_in_fingerprint(x, n, name);
	if (n->in_service) {
		if (strcmp(name, "service") != 0)
			return 0;
		n->in_service = false;
		if (n->usable)
			return telling_port(x->t, &n->outcome);
		x->t->run->skipped++;
		return 0;
	}
	if (n->in_device && strcmp(name, "device") == 0) {
		n->in_device = false;
		if (n->has_addr)
			return telling_host(x->t, &n->host);
		x->t->run->skipped++;
	}
	if (!n->in_device && x->collecting == x->depth)
		x->t->run->end_ns = xml_nexpose_time(xml_text(x));
	return 0;
}

static int simple_done(struct xml *x)
{
	x->t->run->ended = true;
	return 0;
}

const struct xml_dialect xml_nexpose_simple = {
	.root = "NeXposeSimpleXML",
	.format = "nexpose xml",
	.new = simple_new,
	.start = simple_start,
	.end = simple_end,
	.done = simple_done,
	.free = simple_free,
};
