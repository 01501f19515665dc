/*
 * The identity of a capture: a digest over its frames, whatever file, format or compression they
 * come in. Of each frame count: time, link type, both lengths, and the first DIGEST_FRAME_BYTES
 * captured bytes, which hold all that decoding looks at but for deep tunnels. It tells accidents,
 * not forgery.
 */
#ifndef SEKIMORI_INTAKE_DIGEST_INTERNAL_H
#define SEKIMORI_INTAKE_DIGEST_INTERNAL_H

#include "base/hash.h"
#include "capture/source.h"

#define DIGEST_FRAME_BYTES 96 /* a multiple of HASH_STRIPE_BYTES */

/* Also for a frame whose time the file does not give: that time then counts as 0. */
void digest_add_frame(struct hash_stream *h, const struct capture_frame *f);

#endif
