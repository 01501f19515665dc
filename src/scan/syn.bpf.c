/*
 * Run by BPF_PROG_TEST_RUN on frames that live: each becomes the next of those that wait, and goes
 * out of the interface without a socket buffer.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "scan/syn_xdp.h"

struct syn_xdp_frame {
	uint8_t bytes[SYN_XDP_FRAME_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SYN_XDP_FRAMES);
	__type(key, uint32_t);
	__type(value, struct syn_xdp_frame);
} syn_frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct syn_xdp_state);
} syn_state SEC(".maps");

SEC("xdp")
int syn_send(struct xdp_md *ctx)
{
	uint32_t zero = 0, at, length;
	struct syn_xdp_state *s = bpf_map_lookup_elem(&syn_state, &zero);
	struct syn_xdp_frame *f;

	if (!s)
		return XDP_ABORTED;
	at = s->at++ % SYN_XDP_FRAMES;
	length = s->length;
	f = bpf_map_lookup_elem(&syn_frames, &at);
	if (!f || length == 0 || length > SYN_XDP_FRAME_BYTES ||
	    bpf_xdp_store_bytes(ctx, 0, f->bytes, length) != 0) {
		s->failed++;
		return XDP_DROP;
	}
	return (int)bpf_redirect(s->interface, 0);
}

const char licence[] SEC("license") = "Apache-2.0";
