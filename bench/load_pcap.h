/* Writes a plain capture file (pcap 2.4, Ethernet), in big pieces. */
#ifndef SEKIMORI_BENCH_LOAD_PCAP_H
#define SEKIMORI_BENCH_LOAD_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct load_pcap {
	int fd;
	bool nanoseconds;
	uint8_t *bytes;
	size_t length;
};

/* FD stays the caller's. Returns 0 or -ENOMEM. */
must_check int load_pcap_init(struct load_pcap *p, int fd, bool nanoseconds);

/* Forgets what was not flushed. */
void load_pcap_finish(struct load_pcap *p);

/* Room for a frame of LOAD_FRAME_MAX bytes, which the next append takes; NULL when a write failed
 * (errno). */
uint8_t *load_pcap_frame(struct load_pcap *p);
void load_pcap_append(struct load_pcap *p, uint64_t time_ns, size_t length);

/* Returns 0 or -errno. */
must_check int load_pcap_flush(struct load_pcap *p);

#endif
