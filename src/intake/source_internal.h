/*
 * What is taken in: a capture file, or another tool's records, which become the shortest frames
 * that say the same, so that everything behind is one: identity, growth, marks, the account.
 */
#ifndef SEKIMORI_INTAKE_SOURCE_INTERNAL_H
#define SEKIMORI_INTAKE_SOURCE_INTERNAL_H

#include "capture/source.h"

#include "intake/intake.h"

struct intake_source;

/*
 * Opens PATH by its content; standard input, which gives its bytes once, by the first of them.
 * Returns 0, or what capture_file_open and records_open say.
 */
must_check int intake_source_open(const char *path, const struct intake_source_options *options,
				  struct intake_source **ret_source, struct diagnosis *d);
void intake_source_close(struct intake_source *s); /* takes NULL */

/* As capture_source_read. Of records, only those are frames that tell of a SYN+ACK. */
must_check int intake_source_read(struct intake_source *s, struct capture_frame *ret_frames,
				  int capacity, struct diagnosis *d);

/* The marks that a record itself tells of; 0 for frames of captures. */
static inline uint8_t intake_frame_marks(const struct capture_frame *f)
{
	return f->flags >> 4;
}

const char *intake_source_format(const struct intake_source *s);
uint64_t intake_source_position(const struct intake_source *s);
uint64_t intake_source_bytes_read(const struct intake_source *s);

/* NULL for a capture. Belongs to the source. */
const struct records_account *intake_source_records(const struct intake_source *s);

#endif
