/* What the sender and its program in the kernel share. Only <stdint.h>. */
#ifndef SEKIMORI_SCAN_SYN_XDP_H
#define SEKIMORI_SCAN_SYN_XDP_H

#include <stdint.h>

/* A run of the program waits some 25 ms when it is over: many frames at a time. A power of two. */
#define SYN_XDP_FRAMES      65536
#define SYN_XDP_FRAME_BYTES 80

struct syn_xdp_state {
	uint32_t at, interface;
	uint32_t length; /* of each frame */
	uint32_t failed;
};

#endif
