/*
 * The quickest way out of an Ethernet, for many frames at a time: by a program in the kernel
 * (syn.bpf.c), without a system call or a socket buffer for each. Needs a driver that takes frames
 * from such programs; the kernel says nothing where it does not, so the interface's own counter is
 * asked. Built without libbpf or clang there is none.
 */
#ifndef SEKIMORI_SCAN_SYN_XDP_INTERNAL_H
#define SEKIMORI_SCAN_SYN_XDP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct syn_xdp;

/* NULL where it cannot be had: that is no failure. LENGTH is that of each frame. */
struct syn_xdp *syn_xdp_new(unsigned interface, uint32_t length);
void syn_xdp_free(struct syn_xdp *x); /* takes NULL */

/* Room for the frames, SYN_FRAME_BYTES each; *ret_room is how many. */
uint8_t *syn_xdp_frames(struct syn_xdp *x, unsigned *ret_room);

/*
 * Sends the first N of them. False when the interface does not say that it has sent as many: then
 * all are to be sent another way, and this one is of no use.
 */
must_check bool syn_xdp_send(struct syn_xdp *x, unsigned n);

#endif
