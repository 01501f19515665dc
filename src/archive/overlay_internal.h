/* Journals as batches in memory: what archive_load_journals loaded. */
#ifndef SEKIMORI_ARCHIVE_OVERLAY_INTERNAL_H
#define SEKIMORI_ARCHIVE_OVERLAY_INTERNAL_H

#include "archive/archive_internal.h"

struct live_batch {
	char name[BATCH_NAME_MAX];
	uint64_t file_bytes; /* of the journal, when it was loaded */
	int error;           /* that kept it from being read, with these words; or 0 */
	struct diagnosis words;
	struct buffer manifest; /* as text */
	struct buffer memory;
	int *parts; /* files in memory */
	size_t n_parts;
};

/* NULL when it is none that was loaded. */
const struct live_batch *overlay_find(const struct archive *a, const char *name);

/* What batch_read_manifest and the others say of such a one. */
must_check int overlay_manifest(const struct archive *a, const struct live_batch *b,
				struct batch_manifest *ret_manifest, struct diagnosis *d);
must_check int overlay_memory(const struct live_batch *b, struct buffer *ret_bytes);
must_check int overlay_open_part(const struct archive *a, const struct live_batch *b,
				 const char *part, struct part **ret_part, struct diagnosis *d);

void overlay_free(struct overlay *o); /* takes NULL */

#endif
