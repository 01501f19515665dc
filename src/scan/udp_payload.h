/*
 * What is asked of a UDP port: for each well-known one a question that its protocol's specification
 * says is answered, written from that specification, which is named beside it.
 */
#ifndef SEKIMORI_SCAN_UDP_PAYLOAD_H
#define SEKIMORI_SCAN_UDP_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

struct udp_payload {
	uint16_t port;
	uint16_t length;
	const uint8_t *bytes;
};

/* All for that port, N of them, one after the other; NULL where there is none. */
const struct udp_payload *udp_payloads(uint16_t port, size_t *ret_n);

/* For a port of which nothing is known: another question in each pass. */
struct udp_payload udp_payload_general(unsigned pass);

/* All, sorted by port. */
const struct udp_payload *udp_payload_table(size_t *ret_n);

#endif
