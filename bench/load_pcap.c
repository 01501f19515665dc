#include "load_pcap.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "load_frame.h"

#define ROOM_BYTES          (1U << 20)
#define RECORD_HEADER_BYTES 16
#define LINK_ETHERNET       1

static void put_u32_le(uint8_t *at, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(x >> (8 * i));
}

int load_pcap_init(struct load_pcap *p, int fd, bool nanoseconds)
{
	*p = (struct load_pcap){ .fd = fd, .nanoseconds = nanoseconds };
	p->bytes = calloc(1, ROOM_BYTES);
	if (!p->bytes)
		return -ENOMEM;
	put_u32_le(p->bytes, nanoseconds ? 0xa1b23c4dU : 0xa1b2c3d4U);
	put_u32_le(p->bytes + 4, 4U << 16 | 2); /* version 2.4 */
	put_u32_le(p->bytes + 16, UINT16_MAX);  /* longest frame */
	put_u32_le(p->bytes + 20, LINK_ETHERNET);
	p->length = 24;
	return 0;
}

void load_pcap_finish(struct load_pcap *p)
{
	free(p->bytes);
	p->bytes = NULL;
}

uint8_t *load_pcap_frame(struct load_pcap *p)
{
	if (p->length + RECORD_HEADER_BYTES + LOAD_FRAME_MAX > ROOM_BYTES && load_pcap_flush(p) < 0)
		return NULL;
	return p->bytes + p->length + RECORD_HEADER_BYTES;
}

void load_pcap_append(struct load_pcap *p, uint64_t time_ns, size_t length)
{
	uint8_t *header = p->bytes + p->length;
	uint32_t fraction_ns = (uint32_t)(time_ns % 1000000000U);

	put_u32_le(header, (uint32_t)(time_ns / 1000000000U));
	put_u32_le(header + 4, p->nanoseconds ? fraction_ns : fraction_ns / 1000);
	put_u32_le(header + 8, (uint32_t)length);
	put_u32_le(header + 12, (uint32_t)length);
	p->length += RECORD_HEADER_BYTES + length;
}

int load_pcap_flush(struct load_pcap *p)
{
	const uint8_t *at = p->bytes;

	while (p->length > 0) {
		ssize_t n = write(p->fd, at, p->length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		p->length -= (size_t)n;
	}
	return 0;
}
