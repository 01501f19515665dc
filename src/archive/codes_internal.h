/*
 * Class codes: a number is sent as its class by a prefix code made for the column, then as its
 * place in the class. The class of a number is its bit length; some columns send symbols of their
 * own. One code serves a whole part. Format: docs/archive-format.md, "Codes".
 */
#ifndef SEKIMORI_ARCHIVE_CODES_INTERNAL_H
#define SEKIMORI_ARCHIVE_CODES_INTERNAL_H

#include "archive/bits_internal.h"
#include "base/macros.h"

#define CODE_SYMBOLS_MAX 256u
#define CODE_LENGTH_MAX  11u /* bits of a symbol's code */

struct code_writer {
	uint8_t length[CODE_SYMBOLS_MAX]; /* 0: the symbol never occurs */
	uint16_t bits[CODE_SYMBOLS_MAX];  /* as bits_put wants them */
};

struct code_reader {
	uint16_t entry[1u << CODE_LENGTH_MAX]; /* symbol << 4 | length; 0: not a code */
};

/*
 * Makes the code of N symbols that occur as often as FREQUENCY says. The same frequencies give
 * the same code.
 */
void code_make(struct code_writer *c, const uint64_t *frequency, unsigned int n);

/* The code as the file has it: N times four bits, the length of each symbol's code. */
void code_put(struct bit_writer *w, const struct code_writer *c, unsigned int n);
must_check bool code_take(struct bit_reader *r, struct code_reader *ret_code, unsigned int n);

static inline void symbol_put(struct bit_writer *w, const struct code_writer *c,
			      unsigned int symbol)
{
	bits_put(w, c->bits[symbol], c->length[symbol]);
}

/* A number of up to 44 bits. */
static inline void class_put(struct bit_writer *w, const struct code_writer *c, uint64_t x)
{
	unsigned int class = bit_length(x);
	unsigned int rest = class ? class - 1 : 0;
	uint64_t place = x & ((UINT64_C(1) << rest) - 1);

	bits_put(w, place << c->length[class] | c->bits[class], c->length[class] + rest);
}

static inline unsigned int symbol_take(struct bit_reader *r, const struct code_reader *c)
{
	uint16_t entry = c->entry[bits_peek(r) & ((1u << CODE_LENGTH_MAX) - 1)];

	if (__builtin_expect(!entry, 0)) {
		r->overrun = true;
		return 0;
	}
	bits_skip(r, entry & 15);
	return entry >> 4;
}

/* A number of up to 44 bits. */
static inline uint64_t class_take(struct bit_reader *r, const struct code_reader *c)
{
	uint64_t ahead = bits_peek(r);
	uint16_t entry = c->entry[ahead & ((1u << CODE_LENGTH_MAX) - 1)];
	unsigned int class = entry >> 4, length = entry & 15;
	unsigned int rest = class ? class - 1 : 0;

	if (__builtin_expect(!entry, 0)) {
		r->overrun = true;
		return 0;
	}
	bits_skip(r, length + rest);
	return class ? UINT64_C(1) << rest | (ahead >> length & ((UINT64_C(1) << rest) - 1)) : 0;
}

/* The same for numbers of up to 64 bits. */
static inline void wide_put(struct bit_writer *w, const struct code_writer *c, uint64_t x)
{
	unsigned int class = bit_length(x);
	unsigned int rest = class ? class - 1 : 0;
	unsigned int low = rest < 32 ? rest : 32;

	symbol_put(w, c, class);
	bits_put(w, x & ((UINT64_C(1) << low) - 1), low);
	if (rest > low)
		bits_put(w, x >> low & ((UINT64_C(1) << (rest - low)) - 1), rest - low);
}

static inline uint64_t wide_take(struct bit_reader *r, const struct code_reader *c)
{
	unsigned int class = symbol_take(r, c);
	unsigned int rest = class ? class - 1 : 0;
	unsigned int low = rest < 32 ? rest : 32;
	uint64_t x = bits_take(r, low);

	if (rest > low)
		x |= bits_take(r, rest - low) << low;
	return class ? UINT64_C(1) << rest | x : 0;
}

#endif
