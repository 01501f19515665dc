#ifndef SEKIMORI_CMD_COMPARE_INTERNAL_H
#define SEKIMORI_CMD_COMPARE_INTERNAL_H

#include "cmd/cmd_internal.h"

#include "compare/compare.h"

/*
 * Reads the call's files into A. Of one that is damaged, what comes before counts: that is said on
 * stderr, and RET_WHOLE is false. Returns 0, or an error with the words in D.
 */
must_check int cmd_compare_read_files(struct cmd_call *call, struct compare_active *a,
				      bool *ret_whole, struct diagnosis *d);

/* Reads scans that the store keeps into A. Returns 0, or an error with the words in D. */
must_check int cmd_compare_read_scans(struct catalogue *c, const struct cmd_scans *scans,
				      struct compare_active *a, struct diagnosis *d);

#endif
