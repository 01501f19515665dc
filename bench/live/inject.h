/* What the sender and its program in the kernel share: maps of one value, or of many. */
#ifndef SEKIMORI_BENCH_LIVE_INJECT_H
#define SEKIMORI_BENCH_LIVE_INJECT_H

#include <stdint.h>

#define INJECT_FRAMES    32768 /* a power of two */
#define INJECT_PEERS_MAX 1048576
#define INJECT_LEAST     60
#define INJECT_MOST      1514

struct inject_frame {
	uint32_t length;
	uint32_t synack; /* of the site: has another peer each time */
	uint8_t bytes[1520];
};

struct inject_state {
	uint32_t at, next_peer, n_peers;
	uint32_t interface;
	uint64_t sent, synacks, failed;
	uint64_t ns_of_1024; /* that so many frames take; 0: as fast as it can */
	uint64_t begin_ns, waited_ns;
};

#endif
