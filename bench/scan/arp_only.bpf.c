/* The far end of a cable that is a sink: only ARP comes through to its system. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int arp_only(struct xdp_md *c)
{
	const unsigned char *at = (const unsigned char *)(long)c->data;

	if (at + 14 > (const unsigned char *)(long)c->data_end)
		return XDP_DROP;
	return at[12] == 8 && at[13] == 6 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
