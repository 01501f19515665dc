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

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t mix_bytes(const uint8_t bytes[DIGEST_FRAME_BYTES])
{
	uint64_t words[FRAME_SECRETS], sum = 0;

	memcpy(words, bytes, sizeof(words));
	for (size_t i = 0; i < FRAME_SECRETS; i += 2)
		sum += mix(le64toh(words[i]) ^ secret[i], le64toh(words[i + 1]) ^ secret[i + 1]);
	return sum;
}

uint64_t digest_add_frame(uint64_t state, const struct capture_frame *f)
{
	uint64_t time = f->flags & CAPTURE_TIME_BORROWED ? 0 : f->time_ns;
	uint64_t lengths = (uint64_t)f->length << 32 | f->wire_length;
	uint64_t sum = mix(time ^ secret[FRAME_SECRETS], lengths ^ secret[FRAME_SECRETS + 1]) +
		       f->link_type;

	if (f->length >= DIGEST_FRAME_BYTES) {
		sum += mix_bytes(f->bytes);
	} else {
		uint8_t padded[DIGEST_FRAME_BYTES] = { 0 };

		memcpy(padded, f->bytes, f->length);
		sum += mix_bytes(padded);
	}
	return hash_mix(state + sum);
}
