#include <endian.h>
#include <string.h>

#include "base/hash.h"

#include "intake/digest_internal.h"

/* Odd constants without structure: the first bits of the square roots of primes (as in SHA-512). */
static const uint64_t secret[] = {
	0x6a09e667f3bcc909, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
	0xcbbb9d5dc1059ed9, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
	0x67332667ffc00b31, 0x8eb44a8768581511,
};

#define FRAME_SECRETS (DIGEST_FRAME_BYTES / 8) /* the two behind them are for the head */

static uint64_t mix_pair(const uint8_t bytes[16], size_t i)
{
	uint64_t words[2];

	memcpy(words, bytes, sizeof(words));
	return hash_fold(le64toh(words[0]) ^ secret[i], le64toh(words[1]) ^ secret[i + 1]);
}

/* Pairs from the start; the last one ends with the bytes, and may overlap the one before. */
static uint64_t mix_bytes(const uint8_t *bytes, size_t n)
{
	uint64_t sum = 0;
	size_t i = 0;

	if (n < 16) {
		uint8_t padded[16] = { 0 };

		memcpy(padded, bytes, n);
		return mix_pair(padded, 0);
	}
	for (; 8 * i + 16 <= n; i += 2)
		sum += mix_pair(bytes + 8 * i, i);
	if (8 * i < n)
		sum += mix_pair(bytes + n - 16, i);
	return sum;
}

/* The numbers that raw IP has had in files mean the same: a converter may change one for the other.
 */
static uint16_t one_link_type(uint16_t link_type)
{
	return link_type == 12 || link_type == 14 ? 101 : link_type;
}

uint64_t digest_add_frame(uint64_t state, const struct capture_frame *f)
{
	uint64_t time_us = f->flags & CAPTURE_TIME_BORROWED ? 0 : f->time_ns / 1000;
	uint64_t lengths = (uint64_t)f->length << 32 | f->wire_length;
	uint64_t sum =
		hash_fold(time_us ^ secret[FRAME_SECRETS], lengths ^ secret[FRAME_SECRETS + 1]) +
		one_link_type(f->link_type);

	return hash_mix(state + sum +
			mix_bytes(f->bytes, MIN(f->length, (uint32_t)DIGEST_FRAME_BYTES)));
}
