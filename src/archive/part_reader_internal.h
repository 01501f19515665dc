/* What opening a part and reading from it share. */
#ifndef SEKIMORI_ARCHIVE_PART_READER_INTERNAL_H
#define SEKIMORI_ARCHIVE_PART_READER_INTERNAL_H

#include "archive/part_internal.h"

#define NAME_SHOWN 200

struct part {
	int fd;
	char name[NAME_SHOWN + 1];
	uint64_t bytes;
	uint32_t version;
	struct part_footer footer;
	struct part_group *groups;
	struct group_hashes *hashes;
	struct code_reader codes[CODE_COUNT];
	struct part_series *series; /* NULL until loaded */
	uint32_t *v4;
	struct net_addr *v6;
};

/* Says where in the file, and what. Returns ERR_DAMAGED. */
int part_damaged(const struct part *p, struct diagnosis *d, uint64_t offset, const char *what);

/*
 * Fills ret_bytes from OFFSET on and holds them against their checksum; after them come
 * BITS_PADDING zeros. Returns 0, ERR_DAMAGED or -errno.
 */
must_check int part_read_checked(const struct part *p, uint64_t offset, uint8_t *ret_bytes,
				 size_t length, uint64_t hash, struct diagnosis *d);

#endif
