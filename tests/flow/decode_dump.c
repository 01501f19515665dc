/*
 * What the decoder says of each frame of a capture, one line a frame:
 * number verdict [src sport dst dport flags payload-length]
 * Reads microsecond and nanosecond pcap of either byte order itself, so that it tests the decoder
 * alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "decode/packet.h"

#define FILE_HEADER_BYTES   24
#define RECORD_HEADER_BYTES 16

static uint32_t read_u32(struct cursor *c, bool big_endian)
{
	return big_endian ? cursor_u32_be(c) : cursor_u32_le(c);
}

static void print_frame(unsigned long number, enum verdict v, const struct packet *p)
{
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

	printf("%lu %s", number, verdict_name(v));
	if (v == VERDICT_TCP) {
		printf(" %s %u %s %u 0x%02x %u", addr_format(p->src, src), p->sport,
		       addr_format(p->dst, dst), p->dport, p->tcp_flags, p->payload_length);
	}
	putchar('\n');
}

static int dump(struct cursor file)
{
	uint32_t magic = cursor_u32_be(&file);
	bool big_endian = magic == 0xa1b2c3d4 || magic == 0xa1b23c4d;
	uint16_t link_type;

	if (!big_endian && magic != 0xd4c3b2a1 && magic != 0x4d3cb2a1)
		return -1;
	cursor_skip(&file, FILE_HEADER_BYTES - 8);
	link_type = (uint16_t)read_u32(&file, big_endian);
	for (unsigned long number = 1; cursor_left(&file) >= RECORD_HEADER_BYTES; number++) {
		struct packet p;
		uint32_t captured;
		const uint8_t *bytes;

		cursor_skip(&file, 8);
		captured = read_u32(&file, big_endian);
		cursor_skip(&file, 4);
		bytes = cursor_take(&file, captured);
		if (!bytes)
			return -1;
		print_frame(number, decode_frame(link_type, bytes, captured, &p), &p);
	}
	return 0;
}

static uint8_t *read_file(const char *path, size_t *ret_length)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long length = -1;

	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0)
		length = ftell(f);
	if (length > 0 && fseek(f, 0, SEEK_SET) == 0)
		bytes = malloc((size_t)length);
	if (bytes && fread(bytes, 1, (size_t)length, f) != (size_t)length) {
		free(bytes);
		bytes = NULL;
	}
	(void)fclose(f);
	*ret_length = bytes ? (size_t)length : 0;
	return bytes;
}

int main(int argc, char **argv)
{
	size_t length;
	uint8_t *bytes = argc == 2 ? read_file(argv[1], &length) : NULL;
	int result;

	if (!bytes) {
		(void)fprintf(stderr, "usage: decode_dump FILE\n");
		return 2;
	}
	result = dump(cursor_over(bytes, length));
	if (result < 0)
		(void)fprintf(stderr, "%s: not a whole pcap file\n", argv[1]);
	free(bytes);
	return result < 0 ? 1 : 0;
}
