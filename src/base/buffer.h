/*
 * Bytes that grow: the counterpart of the cursor, for what we write. Little-endian.
 * A failed allocation sets `failed`, which stays set; check it once after a run of puts.
 */
#ifndef SEKIMORI_BASE_BUFFER_H
#define SEKIMORI_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *bytes;
	size_t length, room;
	bool failed;
};

void buffer_init(struct buffer *b);
void buffer_finish(struct buffer *b);

/* Forgets the content, keeps the memory. */
void buffer_clear(struct buffer *b);

/* Room for N more bytes at bytes + length, which the caller fills and counts; NULL when out of
 * memory. */
uint8_t *buffer_reserve(struct buffer *b, size_t n);

void buffer_put(struct buffer *b, const void *bytes, size_t n);
void buffer_put_u8(struct buffer *b, uint8_t x);
void buffer_put_u16(struct buffer *b, uint16_t x);
void buffer_put_u32(struct buffer *b, uint32_t x);
void buffer_put_u64(struct buffer *b, uint64_t x);

/* Writes X over four bytes that were put before at position AT. */
void buffer_patch_u32(struct buffer *b, size_t at, uint32_t x);

#endif
