#include <endian.h>
#include <string.h>

#include "intake/digest_internal.h"

void digest_add_frame(struct hash_stream *h, const struct capture_frame *f)
{
	uint64_t head[4] = {
		htole64(f->flags & CAPTURE_TIME_BORROWED ? 0 : f->time_ns),
		htole64((uint64_t)f->length << 32 | f->wire_length),
		htole64(f->link_type),
		0,
	};
	uint32_t n = MIN(f->length, (uint32_t)DIGEST_FRAME_BYTES),
		 whole = n - n % HASH_STRIPE_BYTES;

	hash_stream_add(h, head, sizeof(head));
	hash_stream_add(h, f->bytes, whole);
	if (n > whole) {
		uint8_t last[HASH_STRIPE_BYTES] = { 0 };

		memcpy(last, f->bytes + whole, n - whole);
		hash_stream_add(h, last, sizeof(last));
	}
}
