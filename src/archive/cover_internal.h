/* The comparison of a capture with a batch of a longer one, with its bound. */
#ifndef SEKIMORI_ARCHIVE_COVER_INTERNAL_H
#define SEKIMORI_ARCHIVE_COVER_INTERNAL_H

#include "archive/batch.h"

/* Records of an hour that are held at once, of each of the two: 16 bytes each. */
#define COVER_RECORDS_MAX 1500000u

/*
 * batch_writer_is_covered, an hour with more than MOST records in slices: about MOST of each side
 * are held at once, and the hour is read as often as there are slices. Where there is no memory, or
 * where so many records are the same that a slice is too large: not covered.
 */
must_check int cover_compare(struct batch_writer *b, const char *batch,
			     const struct batch_manifest *m, uint32_t most, bool *ret_covered,
			     struct diagnosis *d);

#endif
