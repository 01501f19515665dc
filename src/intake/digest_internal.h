/*
 * The identity of a capture: a digest over its frames, whatever file, format or compression they
 * come in. Of each frame count: time in whole microseconds (tcpdump writes no more, whatever it
 * has read), link type, both lengths, and the first DIGEST_FRAME_BYTES captured bytes, which hold
 * all that decoding looks at but for deep tunnels. It tells accidents, not forgery.
 *
 * A frame's words are mixed in pairs by 64 x 64 -> 128 bit products (the step of XXH3 and wyhash),
 * which do not wait for each other, and the sum goes into the state: a few nanoseconds a frame.
 */
#ifndef SEKIMORI_INTAKE_DIGEST_INTERNAL_H
#define SEKIMORI_INTAKE_DIGEST_INTERNAL_H

#include "capture/source.h"

#define DIGEST_FRAME_BYTES 96

/* STATE begins as 0. Where the file gives a frame no time, its time counts as 0. Returns the state
 * after the frame. */
uint64_t digest_add_frame(uint64_t state, const struct capture_frame *f);

#endif
