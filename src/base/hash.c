#include "base/hash.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define P1 0x9E3779B185EBCA87ULL
#define P2 0xC2B2AE3D27D4EB4FULL
#define P3 0x165667B19E3779F9ULL
#define P4 0x85EBCA77C2B2AE63ULL
#define P5 0x27D4EB2F165667C5ULL

static uint64_t rotate_left(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return le64toh(x);
}

static uint64_t round_lane(uint64_t lane, uint64_t input)
{
	return rotate_left(lane + input * P2, 31) * P1;
}

void hash_stream_init(struct hash_stream *h)
{
	h->lane[0] = P1 + P2;
	h->lane[1] = P2;
	h->lane[2] = 0;
	h->lane[3] = 0 - P1;
	h->length = 0;
}

void hash_stream_add(struct hash_stream *h, const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	uint64_t a = h->lane[0], b = h->lane[1], c = h->lane[2], d = h->lane[3];

	assert(length % HASH_STRIPE_BYTES == 0);
	for (const uint8_t *end = p + length; p < end; p += HASH_STRIPE_BYTES) {
		a = round_lane(a, load64(p));
		b = round_lane(b, load64(p + 8));
		c = round_lane(c, load64(p + 16));
		d = round_lane(d, load64(p + 24));
	}
	h->lane[0] = a;
	h->lane[1] = b;
	h->lane[2] = c;
	h->lane[3] = d;
	h->length += length;
}

static uint64_t converge(const struct hash_stream *h)
{
	uint64_t x;

	if (h->length < HASH_STRIPE_BYTES)
		return P5;
	x = rotate_left(h->lane[0], 1) + rotate_left(h->lane[1], 7) + rotate_left(h->lane[2], 12) +
	    rotate_left(h->lane[3], 18);
	for (int i = 0; i < 4; i++)
		x = (x ^ round_lane(0, h->lane[i])) * P1 + P4;
	return x;
}

static uint64_t finish(uint64_t x, const uint8_t *p, size_t length)
{
	for (; length >= 8; p += 8, length -= 8)
		x = rotate_left(x ^ round_lane(0, load64(p)), 27) * P1 + P4;
	if (length >= 4) {
		uint32_t word;

		memcpy(&word, p, sizeof(word));
		x = rotate_left(x ^ le32toh(word) * P1, 23) * P2 + P3;
		p += 4;
		length -= 4;
	}
	for (; length; p++, length--)
		x = rotate_left(x ^ *p * P5, 11) * P1;
	x = (x ^ x >> 33) * P2;
	x = (x ^ x >> 29) * P3;
	return x ^ x >> 32;
}

uint64_t hash_stream_value(const struct hash_stream *h)
{
	return finish(converge(h) + h->length, NULL, 0);
}

uint64_t hash_bytes(const void *bytes, size_t length)
{
	struct hash_stream h;
	size_t whole = length - length % HASH_STRIPE_BYTES;

	hash_stream_init(&h);
	hash_stream_add(&h, bytes, whole);
	return finish(converge(&h) + length, (const uint8_t *)bytes + whole, length - whole);
}
