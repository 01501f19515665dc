/*
 * The XDP program: asks filter_frame, counts, and hands up facts and frames through one ring, so
 * that they stay in the order in which they came.
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
	__uint(max_entries, 2);
	__type(key, uint32_t);
	__type(value, struct filter_config);
} filter_configs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
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

struct own {
	struct filter_counts counts;
	uint64_t tokens[FILTER_BUDGETS]; /* billionths of a frame */
	uint64_t filled_ns[FILTER_BUDGETS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct own);
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

FILTER_INLINE bool take_token(struct own *own, const struct filter_config *c, enum filter_outcome o)
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

SEC("xdp")
int filter_xdp(struct xdp_md *ctx)
{
	const void *data = (const void *)(uintptr_t)ctx->data;
	const void *end = (const void *)(uintptr_t)ctx->data_end;
	uint32_t zero = 0, *in_use, which;
	struct filter_config *config;
	struct filter_streams *streams;
	struct own *own;
	struct filter_facts facts;
	enum filter_outcome o;

	in_use = bpf_map_lookup_elem(&filter_in_use, &zero);
	if (!in_use)
		return XDP_PASS;
	which = *in_use;
	config = bpf_map_lookup_elem(&filter_configs, &which);
	streams = bpf_map_lookup_elem(&filter_streams, &zero);
	own = bpf_map_lookup_elem(&filter_own, &zero);
	if (!config || !streams || !own)
		return XDP_PASS;
	o = filter_frame(data, end, config, streams, &own->counts, &facts);
	own->counts.frames[o]++;
	if (filter_is_up(o)) {
		if (!take_token(own, config, o))
			own->counts.over_budget[o]++;
		else if (!send_up(config, o, data, end))
			own->counts.lost[o]++;
	} else if (!filter_is_drop(o) && !send_facts(config, &facts)) {
		own->counts.lost[o]++;
	}
	return (config->flags & FILTER_CONSUME) != 0 ? XDP_DROP : XDP_PASS;
}

/* Only what a program of any licence may call is used. */
const char filter_licence[] SEC("license") = "Apache-2.0";
