/*
 * The kernel's programs. The one of XDP asks filter_frame, counts, and hands up facts and frames
 * through one ring, so that they stay in the order in which they came. That of a packet socket lets
 * through whole what matters.
 *
 * Whatever is written and read from outside is mapped there: once these are loaded, nobody needs a
 * system call for them, nor the right to make one.
 */
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "filter/frame.h"

#define SECOND_NS 1000000000ULL

/* Two of them: the one that is not in use can be rewritten at leisure. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, uint32_t);
	__type(value, struct filter_config);
} filter_configs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} filter_in_use SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct filter_streams);
} filter_streams SEC(".maps");

/* One for each CPU. A map of that kind could not be mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set before loading */
	__type(key, uint32_t);
	__type(value, struct filter_own);
} filter_own SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set before loading */
} filter_ring SEC(".maps");

/* Nobody is woken: the reader looks by the clock. */
#define SUBMIT(record) bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP)

/* Sightings may fill the ring; all else leaves them a part of it. */
FILTER_INLINE bool has_room(const struct filter_config *c, enum filter_outcome o)
{
	return o == FILTER_SIGHTING ||
	       bpf_ringbuf_query(&filter_ring, BPF_RB_AVAIL_DATA) < c->ring_for_others;
}

FILTER_INLINE bool send_facts(const struct filter_config *c, const struct filter_facts *facts)
{
	struct filter_facts *r;

	if (!has_room(c, facts->outcome))
		return false;
	r = bpf_ringbuf_reserve(&filter_ring, sizeof(*r), 0);
	if (!r)
		return false;
	*r = *facts;
	r->time_ns = bpf_ktime_get_boot_ns();
	SUBMIT(r);
	return true;
}

/* A copy of up to ROOM bytes, eight at a time and then one by one. */
#define COPY(r, data, end, room)                                                                   \
	do {                                                                                       \
		const uint8_t *from_ = (data);                                                     \
		uint32_t i_ = 0;                                                                   \
		for (; i_ < (room); i_ += 8) {                                                     \
			if (from_ + i_ + 8 > (const uint8_t *)(end))                               \
				break;                                                             \
			*(uint64_t *)((r)->bytes + i_) = *(const uint64_t *)(from_ + i_);          \
		}                                                                                  \
		for (int k_ = 0; k_ < 7 && i_ < (room); k_++, i_++) {                              \
			if (from_ + i_ + 1 > (const uint8_t *)(end))                               \
				break;                                                             \
			(r)->bytes[i_] = from_[i_];                                                \
		}                                                                                  \
		(r)->captured = (uint16_t)i_;                                                      \
	} while (0)

/* The room of a record has to be a constant for the verifier. */
#define SEND_UP(room)                                                                              \
	do {                                                                                       \
		struct filter_up *r_ =                                                             \
			bpf_ringbuf_reserve(&filter_ring, sizeof(struct filter_up) + (room), 0);   \
		if (!r_)                                                                           \
			return false;                                                              \
		r_->time_ns = bpf_ktime_get_boot_ns();                                             \
		r_->outcome = (uint8_t)o;                                                          \
		r_->reserved = 0;                                                                  \
		r_->wire_length = length;                                                          \
		COPY(r_, data, end, room);                                                         \
		SUBMIT(r_);                                                                        \
		return true;                                                                       \
	} while (0)

FILTER_INLINE bool send_up(const struct filter_config *c, enum filter_outcome o, const void *data,
			   const void *end)
{
	uint32_t length = (uint32_t)(end - data);

	if (!has_room(c, o))
		return false;
	if (length <= FILTER_UP_SMALL)
		SEND_UP(FILTER_UP_SMALL);
	if (length <= FILTER_UP_MIDDLE)
		SEND_UP(FILTER_UP_MIDDLE);
	SEND_UP(FILTER_UP_MOST);
}

FILTER_INLINE bool take_token(struct filter_own *own, const struct filter_config *c,
			      enum filter_outcome o)
{
	uint32_t b = o >= FILTER_UP_CONTROL ? FILTER_BUDGET_WORDS : FILTER_BUDGET_TUNNELS;
	uint64_t now = bpf_ktime_get_boot_ns(), since = now - own->filled_ns[b];
	uint64_t rate = c->frames_per_second[b], most = rate * SECOND_NS, tokens;

	if (since > SECOND_NS)
		since = SECOND_NS;
	own->filled_ns[b] = now;
	tokens = own->tokens[b] + since * rate;
	if (tokens > most)
		tokens = most;
	if (tokens < SECOND_NS) {
		own->tokens[b] = tokens;
		return false;
	}
	own->tokens[b] = tokens - SECOND_NS;
	return true;
}

struct all {
	struct filter_config *config;
	struct filter_streams *streams;
	struct filter_own *own;
};

FILTER_INLINE bool find_all(struct all *a)
{
	uint32_t zero = 0, cpu = bpf_get_smp_processor_id(), *in_use, which;

	in_use = bpf_map_lookup_elem(&filter_in_use, &zero);
	if (!in_use)
		return false;
	which = *in_use;
	a->config = bpf_map_lookup_elem(&filter_configs, &which);
	a->streams = bpf_map_lookup_elem(&filter_streams, &zero);
	a->own = bpf_map_lookup_elem(&filter_own, &cpu);
	return a->config && a->streams && a->own;
}

SEC("xdp")
int filter_xdp(struct xdp_md *ctx)
{
	const void *data = (const void *)(uintptr_t)ctx->data;
	const void *end = (const void *)(uintptr_t)ctx->data_end;
	struct filter_facts facts;
	enum filter_outcome o;
	struct all a;

	if (!find_all(&a))
		return XDP_PASS;
	o = filter_frame(data, end, a.config, a.streams, &a.own->counts, &facts);
	a.own->counts.frames[o]++;
	if (filter_is_up(o)) {
		if (!take_token(a.own, a.config, o))
			a.own->counts.over_budget[o]++;
		else if (!send_up(a.config, o, data, end))
			a.own->counts.lost[o]++;
	} else if (!filter_is_drop(o) && !send_facts(a.config, &facts)) {
		a.own->counts.lost[o]++;
	}
	return (a.config->flags & FILTER_CONSUME) != 0 ? XDP_DROP : XDP_PASS;
}

/* ---- a packet socket's ---- */

/* The head of a frame, which a program of this kind does not see in place. Only the CPU's own
 * program writes it, and none comes between. */
struct head {
	uint8_t bytes[FILTER_REACH];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct head);
} filter_head SEC(".maps");

#define HEAD_BYTES 128 /* suffices but for chains of extension headers */

/* False when more is wanted than MOST bytes. */
FILTER_INLINE bool look_at_head(struct __sk_buff *skb, struct head *head, uint32_t most,
				const struct all *a, enum filter_outcome *ret_outcome)
{
	uint32_t length = skb->len, copied = length < most ? length : most;
	struct filter_facts facts;
	bool wants_more;

	*ret_outcome = FILTER_NOTHING;
	if (copied == 0 || copied > most || bpf_skb_load_bytes(skb, 0, head->bytes, copied) < 0)
		return true;
	*ret_outcome = filter_frame_head(head->bytes, copied, length, a->config, a->streams,
					 &a->own->counts, &facts, &wants_more);
	return !wants_more;
}

/* Returns how much of the frame goes up: all or nothing. */
SEC("socket")
int filter_socket(struct __sk_buff *skb)
{
	uint32_t zero = 0;
	struct head *head = bpf_map_lookup_elem(&filter_head, &zero);
	enum filter_outcome o;
	struct all a;

	if (!head || !find_all(&a))
		return INT32_MAX;
	if (!look_at_head(skb, head, HEAD_BYTES, &a, &o))
		(void)look_at_head(skb, head, FILTER_REACH, &a, &o);
	a.own->counts.frames[o]++;
	if (filter_is_drop(o))
		return 0;
	if (filter_is_up(o) && !take_token(a.own, a.config, o)) {
		a.own->counts.over_budget[o]++;
		return 0;
	}
	return INT32_MAX;
}

/* Only what a program of any licence may call is used. */
const char filter_licence[] SEC("license") = "Apache-2.0";
