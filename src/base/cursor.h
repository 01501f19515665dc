/*
 * The one way in which bytes from outside are read: a cursor that knows where its bytes end.
 * A read past the end gives 0 and sets `overrun`, which stays set; check it once after a run of
 * reads.
 */
#ifndef SEKIMORI_BASE_CURSOR_H
#define SEKIMORI_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *at, *end;
	bool overrun;
};

static inline struct cursor cursor_over(const void *bytes, size_t length)
{
	/* Of nothing there is no address to count from. */
	return (struct cursor){ .at = bytes,
				.end = length ? (const uint8_t *)bytes + length : bytes };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* The next N bytes, and past them; NULL and overrun when there are fewer. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *bytes = c->at;

	if (n > cursor_left(c)) {
		c->overrun = true;
		c->at = c->end;
		return NULL;
	}
	c->at += n;
	return bytes;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	(void)cursor_take(c, n);
}

/* Leaves at most N bytes to read. */
static inline void cursor_cut(struct cursor *c, size_t n)
{
	if (n < cursor_left(c))
		c->end = c->at + n;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);

	return p ? *p : 0;
}

static inline uint16_t cursor_u16_be(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t cursor_u32_be(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t cursor_u64_be(struct cursor *c)
{
	uint64_t high = cursor_u32_be(c);

	return high << 32 | cursor_u32_be(c);
}

static inline uint16_t cursor_u16_le(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);

	return p ? (uint16_t)(p[1] << 8 | p[0]) : 0;
}

static inline uint32_t cursor_u32_le(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);

	return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

static inline uint64_t cursor_u64_le(struct cursor *c)
{
	uint64_t low = cursor_u32_le(c);

	return low | (uint64_t)cursor_u32_le(c) << 32;
}

#endif
