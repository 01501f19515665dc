#include "maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "capture/source_internal.h"

#include "unit.h"

void put_u16(struct maker *m, uint16_t x)
{
	buffer_put_u16(&m->out, m->big_endian ? __builtin_bswap16(x) : x);
}

void put_u32(struct maker *m, uint32_t x)
{
	buffer_put_u32(&m->out, m->big_endian ? __builtin_bswap32(x) : x);
}

void put_u64(struct maker *m, uint64_t x)
{
	buffer_put_u64(&m->out, m->big_endian ? __builtin_bswap64(x) : x);
}

static void fill_frame(uint8_t *bytes, size_t n, uint8_t seed)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(seed + i * 7 + i / 251);
}

void put_frame(struct maker *m, size_t n, uint8_t seed)
{
	uint8_t *bytes = buffer_reserve(&m->out, n);

	assert_true(bytes);
	fill_frame(bytes, n, seed);
	m->out.length += n;
}

uint64_t sum_of_frame(size_t n, uint8_t seed)
{
	uint8_t *bytes = malloc(n + 1);
	uint64_t sum;

	assert_true(bytes);
	fill_frame(bytes, n, seed);
	sum = hash_bytes(bytes, n);
	free(bytes);
	return sum;
}

void put_pcap_header(struct maker *m, uint32_t magic, unsigned minor, uint32_t link)
{
	put_u32(m, magic);
	put_u16(m, 2);
	put_u16(m, (uint16_t)minor);
	put_u64(m, 0);
	put_u32(m, 65535);
	put_u32(m, link);
}

void put_pcap_record(struct maker *m, uint32_t seconds, uint32_t fraction, uint32_t length)
{
	put_u32(m, seconds);
	put_u32(m, fraction);
	put_u32(m, length);
	put_u32(m, length + 4);
	put_frame(m, length, (uint8_t)seconds);
}

size_t begin_block(struct maker *m, uint32_t type)
{
	size_t position = m->out.length;

	put_u32(m, type);
	put_u32(m, 0);
	return position;
}

void end_block(struct maker *m, size_t position)
{
	size_t end;
	uint32_t total;

	while (m->out.length % 4 != position % 4)
		buffer_put_u8(&m->out, 0);
	total = (uint32_t)(m->out.length - position) + 4;
	put_u32(m, total);
	end = m->out.length;
	m->out.length = position + 4;
	put_u32(m, total);
	m->out.length = end;
}

void put_section(struct maker *m)
{
	size_t block = begin_block(m, BLOCK_SECTION);

	put_u32(m, 0x1a2b3c4d);
	put_u16(m, 1);
	put_u16(m, 0);
	put_u64(m, UINT64_MAX);
	end_block(m, block);
}

void put_option(struct maker *m, uint16_t code, const void *bytes, uint16_t length)
{
	put_u16(m, code);
	put_u16(m, length);
	if (length)
		buffer_put(&m->out, bytes, length);
	for (unsigned i = length; i % 4; i++)
		buffer_put_u8(&m->out, 0);
}

void put_interface(struct maker *m, uint16_t link, uint32_t snap, int unit)
{
	size_t block = begin_block(m, 1);
	uint8_t byte = (uint8_t)unit;

	put_u16(m, link);
	put_u16(m, 0);
	put_u32(m, snap);
	if (unit >= 0) {
		put_option(m, 9, &byte, 1);
		put_option(m, 0, NULL, 0);
	}
	end_block(m, block);
}

static void put_timed(struct maker *m, uint64_t ticks, uint32_t length)
{
	put_u32(m, (uint32_t)(ticks >> 32));
	put_u32(m, (uint32_t)ticks);
	put_u32(m, length);
	put_u32(m, length + 4);
	put_frame(m, length, (uint8_t)ticks);
}

void put_enhanced(struct maker *m, uint32_t interface, uint64_t ticks, uint32_t length)
{
	size_t block = begin_block(m, 6);

	put_u32(m, interface);
	put_timed(m, ticks, length);
	end_block(m, block);
}

void put_obsolete(struct maker *m, uint16_t interface, uint64_t ticks, uint32_t length)
{
	size_t block = begin_block(m, 2);

	put_u16(m, interface);
	put_u16(m, 0xffff);
	put_timed(m, ticks, length);
	end_block(m, block);
}

void put_simple(struct maker *m, uint32_t wire_length, uint32_t captured)
{
	size_t block = begin_block(m, 3);

	put_u32(m, wire_length);
	put_frame(m, captured, 3);
	end_block(m, block);
}

int file_of(const void *bytes, size_t length)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	ssize_t written;

	assert_true(fd >= 0);
	written = length ? write(fd, bytes, length) : 0;
	assert_true(written == (ssize_t)length);
	assert_true(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

void see_fd(int fd, size_t chunk, int capacity, struct seen *ret_seen)
{
	struct capture_source *s;
	struct diagnosis again = { "" };
	int n;

	memset(ret_seen, 0, sizeof(*ret_seen));
	ret_seen->opened = capture_fd_open(fd, chunk, &s, &ret_seen->diagnosis);
	if (ret_seen->opened < 0)
		return;
	(void)snprintf(ret_seen->format, sizeof(ret_seen->format), "%s", capture_source_format(s));
	while (ret_seen->n + capacity <= SEEN_MAX) {
		struct capture_frame *f = ret_seen->frames + ret_seen->n;

		n = capture_source_read(s, f, capacity, &ret_seen->diagnosis);
		ret_seen->end = n;
		if (n <= 0)
			break;
		for (int i = 0; i < n; i++) {
			ret_seen->sums[ret_seen->n + i] = hash_bytes(f[i].bytes, f[i].length);
			f[i].bytes = NULL;
		}
		ret_seen->n += n;
	}
	ret_seen->position = capture_source_position(s);
	/* The end stays the end, and an error the same. */
	n = capture_source_read(s, ret_seen->frames + ret_seen->n, 1, &again);
	assert_true(n == ret_seen->end && strcmp(again.text, ret_seen->diagnosis.text) == 0);
	capture_source_close(s);
}

void see(const void *bytes, size_t length, size_t chunk, int capacity, struct seen *ret_seen)
{
	see_fd(file_of(bytes, length), chunk, capacity, ret_seen);
}
