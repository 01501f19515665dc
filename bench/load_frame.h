/*
 * Ethernet frames of the load, with right lengths and checksums.
 * Comes in: who says what to whom. Goes out: bytes, padded to Ethernet's least length.
 */
#ifndef SEKIMORI_BENCH_LOAD_FRAME_H
#define SEKIMORI_BENCH_LOAD_FRAME_H

#include <stddef.h>

#include "load_addr.h"

#define LOAD_PAYLOAD_BYTES 700
#define LOAD_PAYLOAD_MAX   1448
#define LOAD_FRAME_MAX     1600

#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_ECE 0x40

struct load_segment {
	const struct load_addr *source, *target; /* of one family */
	uint16_t source_port, target_port;
	uint32_t sequence, acknowledgement;
	uint8_t flags; /* a SYN carries the usual options, data a timestamp, a RST nothing */
	uint16_t payload_bytes; /* up to LOAD_PAYLOAD_MAX */
	const char *payload;    /* so many bytes; NULL: any text */
	bool outbound;
};

/* All write to FRAME, which has LOAD_FRAME_MAX bytes, and return the frame's length. */
size_t load_frame_tcp(uint8_t *frame, const struct load_segment *s);
size_t load_frame_udp(uint8_t *frame, const struct load_segment *s);
size_t load_frame_arp(uint8_t *frame, uint32_t sender_v4, uint32_t target_v4);

#endif
