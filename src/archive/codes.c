#include <string.h>

#include "archive/codes_internal.h"

struct weight {
	uint64_t frequency;
	uint16_t symbol;
};

/*
 * By insertion: at most 256, and once a part. Ties go to the smaller symbol, so that the order is
 * total.
 */
static unsigned int sort_weights(struct weight *weights, const uint64_t *frequency, unsigned int n)
{
	unsigned int used = 0, at;

	for (unsigned int i = 0; i < n; i++) {
		if (!frequency[i])
			continue;
		for (at = used++; at && weights[at - 1].frequency > frequency[i]; at--)
			weights[at] = weights[at - 1];
		weights[at] = (struct weight){ .frequency = frequency[i], .symbol = (uint16_t)i };
	}
	return used;
}

/*
 * Huffman's depths for ascending weights, by two queues: the leaves, and the inner nodes as they
 * are made.
 */
static void huffman_depths(const struct weight *weights, unsigned int n, uint8_t *ret_depth)
{
	uint64_t inner[CODE_SYMBOLS_MAX];
	uint16_t parent[2 * CODE_SYMBOLS_MAX];
	uint8_t depth[CODE_SYMBOLS_MAX];
	unsigned int leaf = 0, taken = 0;

	for (unsigned int made = 0; made + 1 < n; made++) {
		inner[made] = 0;
		for (int child = 0; child < 2; child++) {
			if (leaf < n &&
			    (taken == made || weights[leaf].frequency <= inner[taken])) {
				inner[made] += weights[leaf].frequency;
				parent[leaf++] = (uint16_t)made;
			} else {
				inner[made] += inner[taken];
				parent[n + taken++] = (uint16_t)made;
			}
		}
	}
	depth[n - 2] = 0; /* the last node made is the root */
	for (unsigned int node = n - 2; node-- > 0;)
		depth[node] = (uint8_t)(depth[parent[n + node]] + 1);
	for (unsigned int i = 0; i < n; i++)
		ret_depth[i] = (uint8_t)(depth[parent[i]] + 1);
}

/*
 * Cuts depths to CODE_LENGTH_MAX, then pays back: the rarest symbols that still can grow do so
 * until the code fits, and what room is left goes to the most frequent that can shrink.
 */
static void limit_depths(uint8_t *depth, unsigned int n)
{
	const uint32_t full = 1u << CODE_LENGTH_MAX;
	uint32_t spent = 0;

	for (unsigned int i = 0; i < n; i++) {
		depth[i] = MIN(depth[i], (uint8_t)CODE_LENGTH_MAX);
		spent += full >> depth[i];
	}
	for (unsigned int i = 0; spent > full; i = (i + 1) % n) {
		while (depth[i] < CODE_LENGTH_MAX && spent > full) {
			spent -= full >> (depth[i] + 1);
			depth[i]++;
		}
	}
	for (unsigned int i = n; i-- > 0;) {
		while (depth[i] > 1 && spent + (full >> depth[i]) <= full) {
			spent += full >> depth[i];
			depth[i]--;
		}
	}
}

static uint16_t reverse_bits(unsigned int code, unsigned int length)
{
	unsigned int reversed = 0;

	for (unsigned int i = 0; i < length; i++)
		reversed |= (code >> i & 1) << (length - 1 - i);
	return (uint16_t)reversed;
}

/* Canonical: shorter codes first, then by symbol. LENGTH says all there is to know. */
static void assign_codes(const uint8_t *length, unsigned int n, uint16_t *ret_bits)
{
	unsigned int next = 0;

	for (unsigned int bits = 1; bits <= CODE_LENGTH_MAX; bits++, next <<= 1) {
		for (unsigned int i = 0; i < n; i++) {
			if (length[i] == bits)
				ret_bits[i] = reverse_bits(next++, bits);
		}
	}
}

void code_make(struct code_writer *c, const uint64_t *frequency, unsigned int n)
{
	struct weight weights[CODE_SYMBOLS_MAX];
	uint8_t depth[CODE_SYMBOLS_MAX] = { 1 };
	unsigned int used = sort_weights(weights, frequency, n);

	memset(c, 0, sizeof(*c));
	if (used > 1) {
		huffman_depths(weights, used, depth);
		limit_depths(depth, used);
	}
	for (unsigned int i = 0; i < used; i++)
		c->length[weights[i].symbol] = depth[i];
	assign_codes(c->length, n, c->bits);
}

void code_put(struct bit_writer *w, const struct code_writer *c, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		bits_put(w, c->length[i], 4);
}

bool code_take(struct bit_reader *r, struct code_reader *ret_code, unsigned int n)
{
	const uint32_t full = 1u << CODE_LENGTH_MAX;
	uint8_t length[CODE_SYMBOLS_MAX] = { 0 };
	uint16_t bits[CODE_SYMBOLS_MAX];
	uint32_t spent = 0;

	for (unsigned int i = 0; i < n; i++) {
		length[i] = (uint8_t)bits_take(r, 4);
		if (length[i] > CODE_LENGTH_MAX)
			return false;
		spent += length[i] ? full >> length[i] : 0;
	}
	if (r->overrun || spent > full)
		return false;
	assign_codes(length, n, bits);
	memset(ret_code, 0, sizeof(*ret_code));
	for (unsigned int i = 0; i < n; i++) {
		if (!length[i])
			continue;
		for (uint32_t at = bits[i]; at < full; at += 1u << length[i])
			ret_code->entry[at] = (uint16_t)(i << 4 | length[i]);
	}
	return true;
}
