/*
 * Where frames come from. Comes in: a capture file, or later a live interface.
 * Goes out: frames with their time, link type and captured bytes, in the order of the source.
 *
 * Ours is the file hot path (pcap, pcapng, plain or compressed): it hands out frames in place,
 * many a call. One thread a source.
 */
#ifndef SEKIMORI_CAPTURE_SOURCE_H
#define SEKIMORI_CAPTURE_SOURCE_H

#include <stdint.h>

#include "base/error.h"

/* No frame is longer: the bound of libpcap and Wireshark for the link types read here. */
#define CAPTURE_FRAME_MAX  262144
#define CAPTURE_BATCH      64 /* what one call of capture_source_read is asked for on the hot path */
#define CAPTURE_FORMAT_MAX 64

enum capture_frame_flags {
	CAPTURE_TIME_BORROWED = 1, /* without time: the previous frame's, else the file's */
	CAPTURE_HAS_FCS = 2,       /* the file says that a frame check sequence ends the bytes */
};

struct capture_frame {
	uint64_t time_ns;     /* UTC; times before 1970 are 0, those past 2554 are UINT64_MAX */
	const uint8_t *bytes; /* `length` bytes, valid until the source's next call */
	uint32_t length;      /* captured; may exceed the snap length that the file states */
	uint32_t wire_length; /* as it was on the line, in the file's words */
	uint16_t link_type;   /* a LINKTYPE_ number of the tcpdump.org registry */
	uint8_t flags;
};

struct capture_source;

/*
 * Opens a capture file by its content, never its name: pcap (micro- and nanoseconds, both byte
 * orders) or pcapng, each plain or compressed by gzip, zstd, xz or bzip2.
 * PATH "-" is standard input, which stays open.
 * Returns 0; ERR_FORMAT when it is none of these; ERR_DAMAGED when its head is cut or broken;
 * ERR_UNSUPPORTED when the library for its compression is not built in or its version is newer;
 * ERR_LIMIT when decompressing takes too much memory; or -errno. D then says what was found,
 * without the path.
 */
must_check int capture_file_open(const char *path, struct capture_source **ret_source,
				 struct diagnosis *d);

/*
 * Hands out up to CAPACITY frames; fewer does not mean that the end is near.
 * Returns their number; 0 at the end of the source; or a negative error once all frames before the
 * damage have been handed out: ERR_DAMAGED, ERR_UNSUPPORTED or ERR_LIMIT as when opening, or -errno
 * of a failed read. D then says what is wrong, and where: the position of the block in bytes of the
 * (decompressed) capture. After an error the same error comes again.
 */
must_check int capture_source_read(struct capture_source *s, struct capture_frame *ret_frames,
				   int capacity, struct diagnosis *d);

/* What it is, for people: "pcapng, zstd". Valid as long as the source. */
const char *capture_source_format(const struct capture_source *s);

/* Bytes of the (decompressed) capture that are done with; and bytes taken from the file. */
uint64_t capture_source_position(const struct capture_source *s);
uint64_t capture_source_bytes_read(const struct capture_source *s);

/* NULL is fine. */
void capture_source_close(struct capture_source *s);

#endif
