/* What scans say, gathered: ports, hosts, and what was asked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#include "compare/compare_internal.h"

#define COMPACT_MIN 65536

int compare_active_new(const struct catalogue_service *seen, size_t n_seen,
		       struct compare_active **ret_active)
{
	*ret_active = calloc(1, sizeof(**ret_active));
	if (!*ret_active)
		return -ENOMEM;
	(*ret_active)->seen = seen;
	(*ret_active)->n_seen = n_seen;
	return 0;
}

static void scan_finish(struct compare_scan *s)
{
	free(s->source);
	free(s->tool);
	free(s->version);
	free(s->arguments);
}

void compare_active_free(struct compare_active *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n_scans; i++) {
		scan_finish(&a->scans[i]);
		free(a->reaches[i].hosts);
		targets_finish(&a->reaches[i].down);
	}
	for (size_t i = 0; i < a->n_found; i++)
		free(a->found[i].service);
	free(a->scans);
	free(a->reaches);
	free(a->found);
	free(a);
}

int compare_active_begin(struct compare_active *a, const char *source)
{
	void *scans = array_make_room(a->scans, a->n_scans, &a->scans_room, sizeof(*a->scans));
	void *reaches;

	if (!scans)
		return -ENOMEM;
	a->scans = scans;
	reaches = array_make_room(a->reaches, a->n_scans, &a->reaches_room, sizeof(*a->reaches));
	if (!reaches)
		return -ENOMEM;
	a->reaches = reaches;
	memset(&a->scans[a->n_scans], 0, sizeof(*a->scans));
	memset(&a->reaches[a->n_scans], 0, sizeof(*a->reaches));
	a->scans[a->n_scans].source = strdup(source);
	if (!a->scans[a->n_scans].source)
		return -ENOMEM;
	a->n_scans++;
	return 0;
}

void compare_active_ports(struct compare_active *a, uint8_t protocol, uint16_t first, uint16_t last)
{
	struct compare_reach *r = &a->reaches[a->n_scans - 1];

	/* Who tells only of UDP asked nothing else. */
	a->scans[a->n_scans - 1].tells_ports = true;
	if (protocol != SIGHTING_PROTOCOL_TCP)
		return;
	for (uint32_t port = first; port <= last; port++) {
		r->n_tcp += !port_set_has(&r->tcp, (uint16_t)port);
		r->tcp.words[port / 64] |= 1ULL << (port % 64);
	}
}

/*
 * The count to make room for, after what was told again is one. Where that left little room there
 * is to be more: or each further one would sort all of them once more.
 */
static size_t count_after(size_t n, size_t room)
{
	return n > room / 4 * 3 ? room : n;
}

/* ---- hosts ---- */

static int host_order(const void *a, const void *b)
{
	const struct compare_host *x = a, *y = b;
	int order = addr_compare(x->addr, y->addr);

	return order ? order : x->down - y->down;
}

static void unite_hosts(struct compare_reach *r)
{
	size_t kept = 0;

	if (r->n_hosts)
		qsort(r->hosts, r->n_hosts, sizeof(*r->hosts), host_order);
	for (size_t i = 0; i < r->n_hosts; i++) {
		if (!kept || !addr_equal(r->hosts[kept - 1].addr, r->hosts[i].addr))
			r->hosts[kept++] = r->hosts[i];
		else {
			r->hosts[kept - 1].rest |= r->hosts[i].rest;
			r->hosts[kept - 1].told += r->hosts[i].told;
		}
	}
	r->n_hosts = kept;
}

int compare_active_host(struct compare_active *a, struct net_addr host, bool down)
{
	struct compare_reach *r = &a->reaches[a->n_scans - 1];
	size_t count;
	void *grown;

	/* Ports come host by host. */
	if (r->n_hosts && addr_equal(r->hosts[r->n_hosts - 1].addr, host)) {
		r->hosts[r->n_hosts - 1].down &= down;
		return 0;
	}
	count = r->n_hosts;
	if (r->n_hosts == r->hosts_room && r->n_hosts >= COMPACT_MIN) {
		unite_hosts(r);
		count = count_after(r->n_hosts, r->hosts_room);
	}
	grown = array_make_room(r->hosts, count, &r->hosts_room, sizeof(*r->hosts));
	if (!grown)
		return -ENOMEM;
	r->hosts = grown;
	r->hosts[r->n_hosts++] = (struct compare_host){ .addr = host, .down = down };
	return 0;
}

int compare_active_down(struct compare_active *a, struct addr_range hosts)
{
	return targets_add_range(&a->reaches[a->n_scans - 1].down, hosts);
}

/* Of TCP ports that the host was just told of. */
static void note_told(struct compare_reach *r, uint8_t protocol, uint32_t n)
{
	if (protocol == SIGHTING_PROTOCOL_TCP)
		r->hosts[r->n_hosts - 1].told += n;
}

int compare_active_rest(struct compare_active *a, struct net_addr host, uint8_t protocol,
			enum port_state state, uint32_t n)
{
	struct compare_reach *r = &a->reaches[a->n_scans - 1];
	int error = compare_active_host(a, host, false);

	if (error < 0)
		return error;
	note_told(r, protocol, n);
	if (protocol == SIGHTING_PROTOCOL_TCP)
		r->hosts[r->n_hosts - 1].rest |= (uint8_t)(1u << state);
	return 0;
}

static bool is_down(const struct compare_reach *r, struct net_addr host)
{
	const struct prefix_set down = { .ranges = r->down.ranges, .n_ranges = r->down.n_ranges };

	return prefix_set_contains(&down, host);
}

const struct compare_host *compare_reach_host(const struct compare_reach *r, struct net_addr host)
{
	static const struct compare_host given_up = { .down = true };
	size_t low = 0, high = r->n_hosts;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(r->hosts[middle].addr, host) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low < r->n_hosts && addr_equal(r->hosts[low].addr, host))
		return &r->hosts[low];
	return is_down(r, host) ? &given_up : NULL;
}

bool compare_asks_port(const struct compare_active *a, size_t scan, const struct compare_host *host,
		       uint16_t port)
{
	const struct compare_scan *s = &a->scans[scan];
	const struct compare_reach *r = &a->reaches[scan];

	if (!s->tells_ports)
		return true;
	return port_set_has(&r->tcp, port) && (!s->interrupted || host->told >= r->n_tcp);
}

bool compare_is_covered(const struct compare_active *a, struct net_addr host, uint16_t port)
{
	for (size_t i = 0; i < a->n_scans; i++) {
		const struct compare_host *h = compare_reach_host(&a->reaches[i], host);

		if (h && compare_asks_port(a, i, h, port))
			return true;
	}
	return false;
}

/* ---- ports ---- */

int compare_found_order(const void *a, const void *b)
{
	const struct compare_found *x = a, *y = b;

	return SERVICE_ORDER(x, y);
}

/* What is open first, then what has words, then the earlier one. */
static int better_first(const void *a, const void *b)
{
	const struct compare_found *x = a, *y = b;
	int order = compare_found_order(a, b);

	if (order)
		return order;
	if ((x->state == PORT_OPEN) != (y->state == PORT_OPEN))
		return x->state == PORT_OPEN ? -1 : 1;
	if (!x->service != !y->service)
		return x->service ? -1 : 1;
	return (x->scan > y->scan) - (x->scan < y->scan);
}

/* Of the scan that is being told. */
static void unite_found(struct compare_active *a)
{
	size_t from = a->n_before, kept = from;

	if (a->n_found > from)
		qsort(a->found + from, a->n_found - from, sizeof(*a->found), better_first);
	for (size_t i = from; i < a->n_found; i++) {
		if (kept > from && compare_found_order(&a->found[kept - 1], &a->found[i]) == 0) {
			free(a->found[i].service);
		} else {
			a->found[kept++] = a->found[i];
		}
	}
	a->n_found = kept;
}

/* "ssh OpenSSH 9.2p1 (protocol 2.0)", as far as it is known; NULL when nothing is, or when out of
 * memory. */
static char *service_words(const struct service *s)
{
	char *words = NULL;
	int n;

	if (!s->name && !s->product)
		return NULL;
	n = asprintf(&words, "%s%s%s%s%s%s%s%s", s->name ? s->name : "",
		     s->name && s->product ? " " : "", s->product ? s->product : "",
		     s->product && s->version ? " " : "",
		     s->product && s->version ? s->version : "", s->extra_info ? " (" : "",
		     s->extra_info ? s->extra_info : "", s->extra_info ? ")" : "");
	return n < 0 ? NULL : words;
}

static void note_time(struct compare_reach *r, uint64_t time_ns)
{
	if (!time_ns)
		return;
	r->first_ns = r->first_ns ? MIN(r->first_ns, time_ns) : time_ns;
	r->last_ns = MAX(r->last_ns, time_ns);
}

static int seen_order(const void *key, const void *element)
{
	const struct port_outcome *outcome = key;
	const struct catalogue_service *s = element;

	return SERVICE_ORDER(outcome, s);
}

/* What is neither open nor seen makes no row, and there may be millions of them. */
static bool makes_row(const struct compare_active *a, const struct port_outcome *outcome)
{
	return outcome->state == PORT_OPEN ||
	       (a->n_seen && bsearch(outcome, a->seen, a->n_seen, sizeof(*a->seen), seen_order));
}

int compare_active_port(struct compare_active *a, const struct port_outcome *outcome)
{
	size_t count;
	void *grown;
	int error = compare_active_host(a, outcome->host, false);

	if (error < 0)
		return error;
	note_time(&a->reaches[a->n_scans - 1], outcome->time_ns);
	note_told(&a->reaches[a->n_scans - 1], outcome->protocol, 1);
	if (!makes_row(a, outcome))
		return 0;
	count = a->n_found;
	if (a->n_found == a->found_room && a->n_found >= COMPACT_MIN) {
		unite_found(a);
		count = count_after(a->n_found, a->found_room);
	}
	grown = array_make_room(a->found, count, &a->found_room, sizeof(*a->found));
	if (!grown)
		return -ENOMEM;
	a->found = grown;
	a->found[a->n_found++] = (struct compare_found){
		.host = outcome->host,
		.port = outcome->port,
		.protocol = outcome->protocol,
		.state = outcome->state,
		.reason = outcome->reason,
		.scan = (uint32_t)a->n_scans - 1,
		.time_ns = outcome->time_ns,
		.service = outcome->state == PORT_OPEN ? service_words(&outcome->service) : NULL,
	};
	return 0;
}

/* ---- the end ---- */

static int copy_text(const char *from, char **to)
{
	if (!from)
		return 0;
	*to = strdup(from);
	return *to ? 0 : -ENOMEM;
}

/* Those that it listed, and those that were down and are not listed. */
static size_t count_hosts(const struct compare_reach *r)
{
	uint64_t n = targets_count(&r->down);

	for (size_t i = 0; i < r->n_hosts; i++)
		n += !is_down(r, r->hosts[i].addr) && n < UINT64_MAX;
	return n;
}

int compare_active_end(struct compare_active *a, const struct compare_scan *scan)
{
	struct compare_scan *s = &a->scans[a->n_scans - 1];
	struct compare_reach *r = &a->reaches[a->n_scans - 1];
	int error = copy_text(scan->tool, &s->tool);

	if (!error)
		error = copy_text(scan->version, &s->version);
	if (!error)
		error = copy_text(scan->arguments, &s->arguments);
	s->start_ns = scan->start_ns ? scan->start_ns : r->first_ns;
	s->end_ns = scan->end_ns ? scan->end_ns : r->last_ns;
	s->end_ns = s->start_ns ? compare_last_moment(MAX(s->end_ns, s->start_ns)) : 0;
	s->inside = scan->inside;
	s->interrupted = scan->interrupted;
	s->skipped = scan->skipped;
	unite_hosts(r);
	targets_unite(&r->down);
	s->hosts = count_hosts(r);
	unite_found(a);
	for (size_t i = a->n_before; i < a->n_found; i++)
		s->open += a->found[i].state == PORT_OPEN;
	a->n_before = a->n_found;
	return error;
}

void compare_active_sort(struct compare_active *a)
{
	if (a->n_found)
		qsort(a->found, a->n_found, sizeof(*a->found), better_first);
}
