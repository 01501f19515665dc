/* What comes back: checked against the cookie, told once, and counted. */
#include "scan/syn_internal.h"

/* A RST may acknowledge the SYN's own number: then the parser has taken one too many away. */
static bool is_ours(const struct syn_scan *s, const struct syn_answer *a)
{
	uint32_t cookie = syn_cookie(s->key, a->local, a->local_port, a->host, a->port);

	return a->sequence == cookie || (a->state == PORT_CLOSED && a->sequence + 1 == cookie);
}

static void tell(struct syn_scan *s, const struct syn_answer *a, uint64_t time_ns)
{
	struct port_outcome o = { .host = a->host,
				  .port = a->port,
				  .protocol = IPPROTO_TCP,
				  .ttl = a->ttl,
				  .state = a->state,
				  .reason = a->reason,
				  .time_ns = time_ns };

	atomic_fetch_add_explicit(&s->progress->answered, 1, memory_order_relaxed);
	if (a->state == PORT_OPEN)
		atomic_fetch_add_explicit(&s->progress->open, 1, memory_order_relaxed);
	if (s->listener->port)
		s->listener->port(s->listener->arg, &o);
}

static void count(struct syn_scan *s, struct syn_host *h, uint16_t source_index)
{
	struct syn_pass *p = &s->pass;
	bool first = source_index == 0 || source_index == SYN_DISCOVER_PORT;

	h->answered++;
	h->fresh++;
	h->answered_first += first;
	if (h->state == SYN_HOST_UNKNOWN)
		h->state = SYN_HOST_UP;
	p->fresh++;
	p->late += source_index < SYN_KNOWN_PORT && source_index != p->source_index;
}

static void take_new(struct syn_scan *s, struct syn_host *h, const struct syn_answer *a,
		     uint64_t bit, syn_place place, uint64_t time_ns)
{
	_Atomic uint64_t *word = &s->bits[bit / 64];
	uint64_t before = atomic_load_explicit(word, memory_order_relaxed);

	atomic_store_explicit(word, before | 1ULL << (bit % 64), memory_order_relaxed);
	count(s, h, (uint16_t)(a->local_port - s->base));
	if (a->state != PORT_FILTERED)
		syn_known_add(&s->known, place, a->state == PORT_OPEN);
	tell(s, a, time_ns);
}

void syn_take(void *scan, const uint8_t *bytes, size_t length, uint64_t time_ns)
{
	struct syn_scan *s = scan;
	struct syn_answer a;
	struct syn_host *h;
	uint32_t host, port, source_index;
	uint64_t bit;
	syn_place place;

	if (!syn_answer_parse(bytes, length, &a))
		return;
	source_index = (uint16_t)(a.local_port - s->base);
	port = s->port_index[a.port];
	if (source_index >= SYN_SOURCE_PORTS || port == s->n_ports || !is_ours(s, &a))
		return;
	h = addr_find(s->hosts, s->n_hosts, sizeof(*s->hosts), a.host);
	if (!h)
		return;
	host = (uint32_t)(h - s->hosts);
	place = ((uint64_t)host << 16 | port) + 1;
	if (source_index >= SYN_KNOWN_PORT)
		syn_known_came(&s->known, source_index - SYN_KNOWN_PORT, place, time_ns);
	bit = (uint64_t)host * s->n_ports + port;
	if (!syn_bit(s, bit))
		take_new(s, h, &a, bit, place, time_ns);
}
