/* Lists of names, and what archive/ has of them. */
#ifndef SEKIMORI_ARCHIVE_LIST_INTERNAL_H
#define SEKIMORI_ARCHIVE_LIST_INTERNAL_H

#include <dirent.h>

#include "archive/archive_internal.h"

/* The next entry; NULL at the end, or with an error, which a list that is cut short must not be
 * taken for: 0 or -errno. */
struct dirent *names_next_entry(DIR *dir, int *ret_error);

struct names {
	char (*list)[BATCH_NAME_MAX]; /* the owner frees it */
	size_t count, room;
};

must_check int names_add(struct names *n, const char *name);

/* In a sorted list. */
bool names_have(const struct names *n, const char *name);

/* Adds the names of all in DIR_FD that are short enough and do not begin with a dot, and sorts. */
must_check int names_of_folder(int dir_fd, struct names *ret_names);

/* All batches that lie in archive/, and which of all names are void: replaced by one of them. Both
 * sorted; both are to be freed, also after an error. */
must_check int archive_list_known(struct archive *a, struct names *ret_all, struct names *ret_void,
				  struct diagnosis *d);

/* archive_list_files of a folder. */
must_check int archive_collect_files(int dir_fd, char (**ret_names)[ARCHIVE_FILE_MAX],
				     size_t *ret_count);

#endif
