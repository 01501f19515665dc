/* For the tests and the fuzz target: a source over any descriptor, with a buffer of any size. */
#ifndef SEKIMORI_CAPTURE_SOURCE_INTERNAL_H
#define SEKIMORI_CAPTURE_SOURCE_INTERNAL_H

#include <stddef.h>

#include "capture/source.h"

/* Plain files are read ahead, by a thread, with chunks from this size on: smaller ones are not
 * worth it. */
#define CAPTURE_AHEAD_CHUNK_MIN 65536

/*
 * capture_file_open over a descriptor, from where it stands. Takes the descriptor over, even when
 * it fails. CHUNK_BYTES (at least 1) is how much is read at a time; only speed depends on it.
 */
must_check int capture_fd_open(int fd, size_t chunk_bytes, struct capture_source **ret_source,
			       struct diagnosis *d);

#endif
