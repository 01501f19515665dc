/*
 * Any bytes as a frame: two bytes of link type (little-endian), then the frame. The short cut and
 * the walk must agree, and what is said of the payload must lie in the frame.
 */
#include <stdlib.h>

#include "decode/decode_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_payload(const struct packet *p, const uint8_t *frame, size_t length)
{
	require(p->payload_length == 0 || p->payload);
	if (!p->payload)
		return;
	require(p->payload_length > 0 && p->payload_length <= p->payload_wire_length);
	require(p->payload >= frame && p->payload + p->payload_length <= frame + length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet fast, plain;
	enum verdict v;
	uint32_t length;

	if (size < 2 || size > UINT16_MAX)
		return 0;
	length = (uint32_t)(size - 2);
	v = decode_frame(load_le16(data), data + 2, length, &fast);
	require(v < VERDICT_COUNT);
	require(v == decode_frame_plainly(load_le16(data), data + 2, length, &plain));
	require(v != VERDICT_TCP || packet_equal(&fast, &plain));
	if (v == VERDICT_TCP)
		check_payload(&fast, data + 2, length);
	return 0;
}
