#ifndef SEKIMORI_ARCHIVE_ARCHIVE_INTERNAL_H
#define SEKIMORI_ARCHIVE_ARCHIVE_INTERNAL_H

#include <sys/types.h>

#include "archive/batch.h"

struct overlay;

struct archive {
	char *path;
	int root_fd, archive_fd, live_fd; /* folders; -1 where only read and not there yet */
	int pending_fd;                   /* -1 when only reading */
	int lock_fd;                      /* -1 when only reading */
	uid_t owner_uid;
	gid_t owner_gid;
	bool writable;
	struct overlay *overlay; /* journals that were loaded; NULL: none */
};

/* Reads a whole file of at most MOST bytes into OUT. Returns 0, ERR_LIMIT, -ENOMEM or -errno. */
must_check int archive_slurp(int dir_fd, const char *name, size_t most, struct buffer *out);

/* A folder of the store; MAKE: it is made where it is not there, for the store's owner. Returns 0
 * or -errno. */
must_check int archive_open_folder(struct archive *a, const char *name, bool make, int *ret_fd);

/* Under the lock, before the rename: who is killed in between has only made others look. */
must_check int archive_note_commit(struct archive *a);

/* Opens a batch's folder in archive/. Returns 0 or -errno. */
must_check int archive_open_batch(struct archive *a, const char *batch, int *ret_fd);

/* Removes a folder and the plain files in it. Returns 0 or -errno; a folder that is gone is fine.
 */
must_check int archive_remove_folder(int dir_fd, const char *name);

/* ---- the parts of a batch that is being written ---- */

size_t batch_writer_part_count(const struct batch_writer *b);
struct archive *batch_writer_archive(const struct batch_writer *b);
must_check int batch_writer_open_part(struct batch_writer *b, size_t i, struct part **ret_part,
				      struct diagnosis *d);

#endif
