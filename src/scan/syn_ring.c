/*
 * A packet socket's ring (TPACKET_V3) of one family. The kernel's filter lets through only what may
 * be an answer, and only its start. Bound to one EtherType, it does not see what we send.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "scan/close_later.h"
#include "scan/syn_internal.h"

#define BLOCK_BYTES (128u << 10)
#define BLOCKS      64
#define BLOCK_MS    1
#define SNAP        128 /* IPv6, ICMP, the quoted IPv6 header and the ports are 104 */

#define LOAD_BYTE(at)     BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at)
#define EQUAL(x, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, x, yes, no)
#define RETURN(n)         BPF_STMT(BPF_RET | BPF_K, n)

/* Behind the IP header, whose length is in X: TCP to our ports with ACK and one of SYN and RST. */
static int filter_v4(int fd, uint16_t base)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		LOAD_BYTE(9),
		EQUAL(6, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x10000 - SYN_SOURCE_PORTS),
		EQUAL(base, 0, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10, 0, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x06, 4, 5),
		EQUAL(1, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		EQUAL(3, 1, 0),
		EQUAL(11, 0, 1),
		RETURN(SNAP),
		RETURN(0),
	};
	struct sock_fprog program = { .len = ARRAY_LENGTH(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int filter_v6(int fd, uint16_t base)
{
	struct sock_filter code[] = {
		LOAD_BYTE(6),
		EQUAL(6, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 42),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x10000 - SYN_SOURCE_PORTS),
		EQUAL(base, 0, 8),
		LOAD_BYTE(53),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10, 0, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x06, 4, 5),
		EQUAL(58, 0, 4),
		LOAD_BYTE(40),
		EQUAL(1, 1, 0),
		EQUAL(3, 0, 1),
		RETURN(SNAP),
		RETURN(0),
	};
	struct sock_fprog program = { .len = ARRAY_LENGTH(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int make_ring(struct syn_ring *r, bool v6, uint16_t base, unsigned interface)
{
	int version = TPACKET_V3;
	struct tpacket_req3 q = { .tp_block_size = BLOCK_BYTES,
				  .tp_block_nr = BLOCKS,
				  .tp_frame_size = BLOCK_BYTES,
				  .tp_frame_nr = BLOCKS,
				  .tp_retire_blk_tov = BLOCK_MS };
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
				 .sll_protocol = htons(v6 ? ETH_P_IPV6 : ETH_P_IP),
				 .sll_ifindex = (int)interface };
	void *blocks;

	if ((v6 ? filter_v6(r->fd, base) : filter_v4(r->fd, base)) < 0 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &q, sizeof(q)) < 0)
		return -errno;
	blocks = mmap(NULL, (size_t)BLOCKS * BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		      0);
	if (blocks == MAP_FAILED)
		return -errno;
	r->blocks = blocks;
	return bind(r->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : 0;
}

int syn_ring_open(struct syn_ring *r, bool v6, uint16_t base, unsigned interface)
{
	int error;

	*r = (struct syn_ring){ .fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
	if (r->fd < 0)
		return -errno;
	error = make_ring(r, v6, base, interface);
	if (error < 0)
		syn_ring_close(r);
	return error;
}

void syn_ring_close(struct syn_ring *r)
{
	if (r->blocks)
		munmap(r->blocks, (size_t)BLOCKS * BLOCK_BYTES);
	if (r->fd >= 0)
		close_later(r->fd);
	*r = (struct syn_ring){ .fd = -1 };
}

void syn_ring_read(struct syn_ring *r,
		   void (*take)(void *arg, const uint8_t *bytes, size_t length, uint64_t time_ns),
		   void *arg)
{
	for (;;) {
		struct tpacket_block_desc *b =
			(struct tpacket_block_desc *)(r->blocks + (size_t)r->block * BLOCK_BYTES);
		struct tpacket_hdr_v1 *h = &b->hdr.bh1;
		const uint8_t *at = (const uint8_t *)b + h->offset_to_first_pkt;

		if (!(__atomic_load_n(&h->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			return;
		for (uint32_t i = 0; i < h->num_pkts; i++) {
			const struct tpacket3_hdr *p = (const struct tpacket3_hdr *)at;

			take(arg, at + p->tp_net, p->tp_snaplen,
			     p->tp_sec * 1000000000ULL + p->tp_nsec);
			at += p->tp_next_offset;
		}
		__atomic_store_n(&h->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		r->block = (r->block + 1) % BLOCKS;
	}
}

unsigned syn_ring_lost(const struct syn_ring *r)
{
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t length = sizeof(stats);

	if (r->fd < 0 || getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) < 0)
		return 0;
	return stats.tp_drops;
}
