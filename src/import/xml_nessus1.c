/*
 * Nessus' older reports, .nessus v1 (versions 3 and 4): a port is words, "ssh (22/tcp)". It is told
 * for each finding again.
 */
#include <errno.h>
#include <stdlib.h>

#include "import/xml_internal.h"

struct nessus1 {
	bool in_host, has_addr;
	struct scan_file_host host;
	struct port_outcome outcome;
};

static void *nessus1_new(void)
{
	return calloc(1, sizeof(struct nessus1));
}

static void nessus1_free(void *state)
{
	struct nessus1 *n = state;

	service_finish(&n->outcome.service);
	free(n);
}

static int nessus1_start(struct xml *x, const char *name, const char *const *attributes)
{
	static const char *const texts[] = { "HostName", "startTime", "stopTime", "port" };
	struct nessus1 *n = x->state;

	(void)attributes;
	if (x->depth == 1)
		return telling_set(&x->t->run->tool, words_of("nessus"));
	if (strcmp(name, "ReportHost") == 0) {
		n->in_host = true;
		n->has_addr = false;
		n->host = (struct scan_file_host){ .up = HOST_UP };
		return 0;
	}
	for (size_t i = 0; n->in_host && i < ARRAY_LENGTH(texts); i++) {
		if (strcmp(name, texts[i]) == 0)
			xml_collect(x);
	}
	return 0;
}

/* "www (80/tcp)"; "general/tcp" is the host itself. */
static int tell_port(struct xml *x, struct nessus1 *n, struct words text)
{
	struct port_outcome *o = &n->outcome;
	struct words name = text, port;
	int error;

	if (text.n == 0 || text.at[text.n - 1] != ')' || !words_split(&text, '(', &name) ||
	    !text.at)
		return 0;
	text.n--;
	service_finish(&o->service);
	*o = (struct port_outcome){ .host = n->host.addr,
				    .state = PORT_OPEN,
				    .time_ns = n->host.end_ns ? n->host.end_ns : n->host.start_ns };
	if (!words_split(&text, '/', &port) || !words_protocol(text, &o->protocol))
		return 0;
	if (!words_port(port, &o->port))
		return xml_bad_value(x, "port", "text", port);
	if (!n->has_addr) {
		x->t->run->skipped++;
		return 0;
	}
	name = words_trim(name);
	if (name.n > 0 && name.at[name.n - 1] == '?') /* guessed from the number */
		name.n--;
	if (words_are(name, "unknown"))
		name.n = 0;
	error = telling_set(&o->service.name, name);
	return error < 0 ? error : telling_port(x->t, o);
}

static int end_host(struct xml *x, struct nessus1 *n)
{
	n->in_host = false;
	if (!n->has_addr) {
		x->t->run->skipped++;
		return 0;
	}
	return telling_host(x->t, &n->host);
}

static int nessus1_end(struct xml *x, const char *name)
{
	struct nessus1 *n = x->state;
	struct words text = words_trim(xml_text(x));
	uint64_t time_ns;

	if (n->in_host && strcmp(name, "ReportHost") == 0)
		return end_host(x, n);
	if (!n->in_host || x->collecting != x->depth)
		return 0;
	if (strcmp(name, "port") == 0)
		return tell_port(x, n, text);
	if (strcmp(name, "HostName") == 0) {
		n->has_addr = words_addr(text, &n->host.addr);
	} else if (words_ctime(text, true, &time_ns)) {
		*(name[2] == 'a' ? &n->host.start_ns : &n->host.end_ns) = time_ns;
	}
	return 0;
}

static int nessus1_done(struct xml *x)
{
	x->t->run->ended = true;
	return 0;
}

const struct xml_dialect xml_nessus1 = {
	.root = "NessusClientData",
	.format = "nessus",
	.new = nessus1_new,
	.start = nessus1_start,
	.end = nessus1_end,
	.done = nessus1_done,
	.free = nessus1_free,
};
