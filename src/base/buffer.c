#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

void buffer_init(struct buffer *b)
{
	memset(b, 0, sizeof(*b));
}

void buffer_finish(struct buffer *b)
{
	free(b->bytes);
	buffer_init(b);
}

void buffer_clear(struct buffer *b)
{
	b->length = 0;
	b->failed = false;
}

uint8_t *buffer_reserve(struct buffer *b, size_t n)
{
	size_t room = MAX(b->room, (size_t)256);
	uint8_t *grown;

	if (b->failed || n > SIZE_MAX / 2 - b->length) {
		b->failed = true;
		return NULL;
	}
	if (b->room - b->length >= n && b->bytes)
		return b->bytes + b->length;
	while (room - b->length < n)
		room *= 2;
	grown = realloc(b->bytes, room);
	if (!grown) {
		b->failed = true;
		return NULL;
	}
	b->bytes = grown;
	b->room = room;
	return grown + b->length;
}

void buffer_put(struct buffer *b, const void *bytes, size_t n)
{
	uint8_t *p = buffer_reserve(b, n);

	if (!p || !n)
		return;
	memcpy(p, bytes, n);
	b->length += n;
}

static void put_le(struct buffer *b, uint64_t x, size_t n)
{
	uint8_t *p = buffer_reserve(b, n);

	if (!p)
		return;
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(x >> (8 * i));
	b->length += n;
}

void buffer_put_u8(struct buffer *b, uint8_t x)
{
	put_le(b, x, 1);
}

void buffer_put_u16(struct buffer *b, uint16_t x)
{
	put_le(b, x, 2);
}

void buffer_put_u32(struct buffer *b, uint32_t x)
{
	put_le(b, x, 4);
}

void buffer_put_u64(struct buffer *b, uint64_t x)
{
	put_le(b, x, 8);
}

void buffer_patch_u32(struct buffer *b, size_t at, uint32_t x)
{
	for (size_t i = 0; i < 4 && !b->failed; i++)
		b->bytes[at + i] = (uint8_t)(x >> (8 * i));
}
