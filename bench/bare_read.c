/*
 * The limit: what it costs at least to take in a capture file. Reads it in pieces of 1 MiB and
 * counts the bytes; with --parse walks the records too, and counts TCP segments with SYN and ACK
 * set, at fixed offsets: Ethernet without tags, no IP options. It trusts the file no further than
 * to stay inside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES     (1U << 20)
#define FILE_HEADER     24
#define RECORD_HEADER   16
#define FRAME_MAX       65535
#define SYN_ACK         0x12
#define SYN_ACK_RST_FIN 0x17

struct counts {
	uint64_t bytes, frames, synacks;
};

static uint8_t room[RECORD_HEADER + FRAME_MAX + PIECE_BYTES];

static uint32_t u32_le(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static bool is_synack(const uint8_t *frame, uint32_t length)
{
	uint32_t type;

	if (length < 74)
		return false;
	type = (uint32_t)frame[12] << 8 | frame[13];
	if (type == 0x0800 && frame[14] == 0x45 && frame[23] == 6)
		return (frame[47] & SYN_ACK_RST_FIN) == SYN_ACK;
	if (type == 0x86dd && frame[20] == 6)
		return (frame[67] & SYN_ACK_RST_FIN) == SYN_ACK;
	return false;
}

/* Returns how many of the N bytes were whole records, or -1 for a length that cannot be. */
static ssize_t walk(const uint8_t *bytes, size_t n, struct counts *c)
{
	size_t at = 0;

	while (n - at >= RECORD_HEADER) {
		uint32_t length = u32_le(bytes + at + 8);

		if (length > FRAME_MAX)
			return -1;
		if (n - at - RECORD_HEADER < length)
			break;
		c->frames++;
		c->synacks += is_synack(bytes + at + RECORD_HEADER, length);
		at += RECORD_HEADER + length;
	}
	return (ssize_t)at;
}

static int bare_read(int fd, bool parse, struct counts *c)
{
	size_t held = 0, skip = FILE_HEADER;
	ssize_t n;

	while ((n = read(fd, room + held, PIECE_BYTES)) > 0) {
		ssize_t used;

		c->bytes += (uint64_t)n;
		if (!parse)
			continue;
		if (c->bytes < FILE_HEADER)
			return -EINVAL;
		held += (size_t)n;
		used = walk(room + skip, held - skip, c);
		if (used < 0)
			return -EINVAL;
		held -= skip + (size_t)used;
		memmove(room, room + skip + used, held);
		skip = 0;
	}
	return n < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	bool parse = argc == 3 && strcmp(argv[1], "--parse") == 0;
	struct counts c = { 0 };
	int fd, ret;

	if (argc != 2 && !parse) {
		(void)fprintf(stderr, "Usage: sekimori-bare-read [--parse] FILE\n");
		return 2;
	}
	fd = open(argv[argc - 1], O_RDONLY | O_CLOEXEC);
	ret = fd < 0 ? -errno : bare_read(fd, parse, &c);
	if (fd >= 0)
		close(fd);
	if (ret < 0) {
		(void)fprintf(stderr, "%s: %s\n", argv[argc - 1], strerror(-ret));
		return 1;
	}
	printf("%llu bytes, %llu frames, %llu SYN+ACKs\n", (unsigned long long)c.bytes,
	       (unsigned long long)c.frames, (unsigned long long)c.synacks);
	return 0;
}
