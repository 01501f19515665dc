/*
 * Run by BPF_PROG_TEST_RUN on frames that live: writes the next frame of the load over each and
 * sends it out of the interface. IPv4 without options.
 */
#include "inject.h"

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define WAIT_EVERY 16        /* frames: a power of two */
#define LOOKS      (1 << 16) /* at the clock, a millisecond or more */
#define LOOK_NS    1000      /* one of them, at most */

#define V4_SUM  24
#define V4_DST  30
#define TCP_SUM 50

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, INJECT_FRAMES);
	__type(key, uint32_t);
	__type(value, struct inject_frame);
} inject_frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, INJECT_PEERS_MAX);
	__type(key, uint32_t);
	__type(value, uint64_t);
} inject_peers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct inject_state);
} inject_state SEC(".maps");

/* RFC 1624; all in the packet's order. */
static __always_inline void mend_sum(uint16_t *sum_at, const uint16_t *before,
				     const uint16_t *after)
{
	uint32_t sum = (uint16_t) ~*sum_at;

	sum += (uint16_t)~before[0];
	sum += (uint16_t)~before[1];
	sum += after[0];
	sum += after[1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	*sum_at = (uint16_t)~sum;
}

static __always_inline void take_next_peer(struct inject_state *s, struct inject_frame *f)
{
	uint32_t which = s->next_peer;
	uint64_t *peer = bpf_map_lookup_elem(&inject_peers, &which);
	uint16_t *dst = (uint16_t *)(f->bytes + V4_DST), after[2];

	s->next_peer = which + 1 < s->n_peers ? which + 1 : 0;
	if (!peer)
		return;
	after[0] = (uint16_t)*peer;
	after[1] = (uint16_t)(*peer >> 16);
	mend_sum((uint16_t *)(f->bytes + V4_SUM), dst, after);
	mend_sum((uint16_t *)(f->bytes + TCP_SUM), dst, after);
	dst[0] = after[0];
	dst[1] = after[1];
}

struct wait {
	uint64_t due_ns, last_ns, waited_ns;
};

static long look(uint32_t i, void *context)
{
	struct wait *w = context;
	uint64_t now_ns = bpf_ktime_get_boot_ns(), since_ns = now_ns - w->last_ns;

	(void)i;
	/* What lies between two looks is not waiting where somebody else had the processor. */
	if (since_ns < LOOK_NS)
		w->waited_ns += since_ns;
	w->last_ns = now_ns;
	return now_ns >= w->due_ns;
}

/* A rate is kept by looking at the clock: a run begins too slowly to be one of many. What that
 * takes is told. A run that is late does not wait. */
static __always_inline void wait_until_due(struct inject_state *s)
{
	struct wait w = { .waited_ns = 0 };

	if (!s->ns_of_1024 || s->sent % WAIT_EVERY != 0)
		return;
	w.last_ns = bpf_ktime_get_boot_ns();
	if (!s->begin_ns)
		s->begin_ns = w.last_ns;
	w.due_ns = s->begin_ns + (s->sent * s->ns_of_1024 >> 10);
	if (w.last_ns >= w.due_ns)
		return;
	(void)bpf_loop(LOOKS, look, &w, 0);
	s->waited_ns += w.waited_ns;
}

SEC("xdp")
int inject(struct xdp_md *ctx)
{
	uint32_t zero = 0, at, length;
	struct inject_state *s = bpf_map_lookup_elem(&inject_state, &zero);
	struct inject_frame *f;

	if (!s)
		return XDP_ABORTED;
	at = s->at;
	s->at = (at + 1) % INJECT_FRAMES;
	f = bpf_map_lookup_elem(&inject_frames, &at);
	if (!f)
		return XDP_ABORTED;
	wait_until_due(s);
	length = f->length;
	if (length < INJECT_LEAST || length > INJECT_MOST)
		return XDP_ABORTED;
	if (f->synack)
		take_next_peer(s, f);
	/* It comes with the room of the longest. */
	if (bpf_xdp_adjust_tail(ctx, (int)length - INJECT_MOST) != 0 ||
	    bpf_xdp_store_bytes(ctx, 0, f->bytes, length) != 0) {
		s->failed++;
		return XDP_DROP;
	}
	s->sent++;
	s->synacks += f->synack;
	return (int)bpf_redirect(s->interface, 0);
}

const char licence[] SEC("license") = "Apache-2.0";
