/* Builds captures byte by byte, for the tests: every field can be made wrong. */
#ifndef SEKIMORI_TESTS_CAPTURE_MAKER_H
#define SEKIMORI_TESTS_CAPTURE_MAKER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "capture/source.h"

#define MAGIC_MICRO     0xa1b2c3d4U
#define MAGIC_NANO      0xa1b23c4dU
#define MAGIC_KUZNETZOV 0xa1b2cd34U

#define BLOCK_SECTION 0x0a0d0d0aU

/* A capture under construction. The caller owns `out`. */
struct maker {
	struct buffer out;
	bool big_endian;
};

void put_u16(struct maker *m, uint16_t x);
void put_u32(struct maker *m, uint32_t x);
void put_u64(struct maker *m, uint64_t x);

/* N bytes of a pattern that tells frames apart. */
void put_frame(struct maker *m, size_t n, uint8_t seed);

void put_pcap_header(struct maker *m, uint32_t magic, unsigned minor, uint32_t link);
void put_pcap_record(struct maker *m, uint32_t seconds, uint32_t fraction, uint32_t length);

/* Opens a block; end_block pads it and writes both lengths. Returns its position. */
size_t begin_block(struct maker *m, uint32_t type);
void end_block(struct maker *m, size_t position);

void put_section(struct maker *m);
void put_option(struct maker *m, uint16_t code, const void *bytes, uint16_t length);

/* An interface with a time unit as in if_tsresol, when UNIT is not negative. */
void put_interface(struct maker *m, uint16_t link, uint32_t snap, int unit);
void put_enhanced(struct maker *m, uint32_t interface, uint64_t ticks, uint32_t length);
void put_obsolete(struct maker *m, uint16_t interface, uint64_t ticks, uint32_t length);
void put_simple(struct maker *m, uint32_t wire_length, uint32_t captured);

enum packing {
	PACK_PLAIN,
	PACK_GZIP,
	PACK_ZSTD,
	PACK_XZ,
	PACK_BZIP2,
	PACK_COUNT
};

bool pack_is_built_in(enum packing how);
const char *pack_name(enum packing how);

/* Appends the bytes to OUT as one member, frame or stream. */
void pack(enum packing how, const void *bytes, size_t length, struct buffer *out);

/* What came out of a source, without its memory. */
#define SEEN_MAX 4096
struct seen {
	int opened; /* what open returned */
	int n;
	struct capture_frame frames[SEEN_MAX]; /* `bytes` is NULL */
	uint64_t sums[SEEN_MAX];               /* of the frames' bytes */
	int end;                               /* what the read after the last frame returned */
	uint64_t position;
	char format[CAPTURE_FORMAT_MAX];
	struct diagnosis diagnosis;
};

/* The sum of a frame that put_frame makes. */
uint64_t sum_of_frame(size_t n, uint8_t seed);

/* Reads it all from a file without name, CHUNK bytes at a time, CAPACITY frames a call. */
void see(const void *bytes, size_t length, size_t chunk, int capacity, struct seen *ret_seen);
void see_fd(int fd, size_t chunk, int capacity, struct seen *ret_seen);

/* A file without name that holds the bytes, at its beginning. */
int file_of(const void *bytes, size_t length);

#endif
