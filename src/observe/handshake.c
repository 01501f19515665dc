#include "observe/handshake_internal.h"

/* A SYN is sent again for about two minutes at most (tcp_syn_retries); a peer that answers does so
 * at once. */
#define SYN_LIFE_NS  (60 * 1000000000ULL)
#define SYN_SET_BITS 15 /* 131,072 SYNs, 3 MiB */
/* With a simultaneous open the other side's SYN+ACK may pass first; after this the port may be used
 * anew. */
#define ANSWERED_LIFE_NS (3 * 1000000000ULL)

static bool may_matter(const struct memory_entry *e, uint64_t time_ns)
{
	return !e->value || time_ns <= e->value + ANSWERED_LIFE_NS;
}

int handshakes_init(struct handshakes *h)
{
	return memory_init(&h->syns, SYN_SET_BITS, SYN_LIFE_NS, may_matter);
}

void handshakes_finish(struct handshakes *h)
{
	memory_finish(&h->syns);
}

void handshakes_see_syn(struct handshakes *h, uint64_t time_ns, const struct packet *p)
{
	struct memory_entry *e =
		memory_put(&h->syns, memory_key(p->src, p->sport, p->dst, p->dport), time_ns);

	e->value = 0; /* the time of the answer */
}

void handshakes_see_answer_slow(struct handshakes *h, uint64_t time_ns, const struct packet *p)
{
	struct memory_entry *e =
		memory_find(&h->syns, memory_key(p->dst, p->dport, p->src, p->sport), time_ns);

	if (e && !e->value)
		e->value = time_ns;
}

bool handshakes_is_split_slow(const struct handshakes *h, uint64_t time_ns, const struct packet *p)
{
	const struct memory_entry *e =
		memory_find(&h->syns, memory_key(p->src, p->sport, p->dst, p->dport), time_ns);

	return e && may_matter(e, time_ns);
}

void handshakes_save(const struct handshakes *h, uint64_t time_ns, struct buffer *out)
{
	memory_save(&h->syns, time_ns, out);
}
