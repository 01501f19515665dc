/*
 * The two capture formats over the byte window. Each has a begin, which reads the head, and a read,
 * which hands out frames as capture_source_read does.
 */
#ifndef SEKIMORI_CAPTURE_READER_INTERNAL_H
#define SEKIMORI_CAPTURE_READER_INTERNAL_H

#include <stdbool.h>

#include "capture/bytes_internal.h"
#include "capture/source.h"

/* What the magic is when read as little-endian. */
#define PCAPNG_SECTION_HEADER 0x0a0d0d0aU

/* The two lengths of a record stood the other way round before version 2.3; in 2.3 either way. */
enum pcap_lengths {
	PCAP_LENGTHS_RIGHT,
	PCAP_LENGTHS_SWAPPED,
	PCAP_LENGTHS_UNSURE,
};

struct capture_pcap {
	bool big_endian;
	enum pcap_lengths lengths;
	uint32_t record_bytes; /* of a record's header */
	uint32_t fraction_ns;  /* what one unit of the time's second word is */
	uint16_t link_type;
	uint8_t flags;
};

bool capture_pcap_is(uint32_t magic_le);

/* Reads the file header. Returns 0, ERR_DAMAGED, ERR_UNSUPPORTED or an error of reading. */
must_check int capture_pcap_begin(struct capture_pcap *p, struct capture_bytes *b,
				  struct diagnosis *d);
must_check int capture_pcap_read(struct capture_pcap *p, struct capture_bytes *b,
				 struct capture_frame *ret_frames, int capacity,
				 struct diagnosis *d);

/* ns = (ticks * multiply >> shift) / divide + offset */
struct capture_interface {
	uint64_t multiply, divide;
	int64_t offset_s;
	uint32_t snap_bytes; /* 0: no limit */
	uint16_t link_type;
	uint8_t shift;
	uint8_t flags;
};

struct capture_pcapng {
	bool big_endian; /* of the section */
	struct capture_interface *interfaces;
	size_t n_interfaces, interfaces_room;
	uint64_t last_time_ns; /* the last frame's, for those that have none */
};

/*
 * Reads the first section header. Untimed frames at the beginning take FILE_TIME_NS.
 * Returns as capture_pcap_begin.
 */
must_check int capture_pcapng_begin(struct capture_pcapng *g, struct capture_bytes *b,
				    uint64_t file_time_ns, struct diagnosis *d);
must_check int capture_pcapng_read(struct capture_pcapng *g, struct capture_bytes *b,
				   struct capture_frame *ret_frames, int capacity,
				   struct diagnosis *d);
void capture_pcapng_finish(struct capture_pcapng *g);

/* A cursor's reads in the byte order of the file. */
static inline uint32_t cursor_u32_in(struct cursor *c, bool big_endian)
{
	return big_endian ? cursor_u32_be(c) : cursor_u32_le(c);
}

static inline uint16_t cursor_u16_in(struct cursor *c, bool big_endian)
{
	return big_endian ? cursor_u16_be(c) : cursor_u16_le(c);
}

static inline uint64_t cursor_u64_in(struct cursor *c, bool big_endian)
{
	return big_endian ? cursor_u64_be(c) : cursor_u64_le(c);
}

#endif
