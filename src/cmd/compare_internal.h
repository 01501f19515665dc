#ifndef SEKIMORI_CMD_COMPARE_INTERNAL_H
#define SEKIMORI_CMD_COMPARE_INTERNAL_H

#include "cmd/cmd_internal.h"

#include "compare/compare.h"

/*
 * Reads the call's files; REQUEST has what was seen. Of one that is damaged, what comes before
 * counts: that is said on stderr, and RET_WHOLE is false. Returns 0, or an error with the words in
 * D; the caller frees.
 */
must_check int cmd_compare_read_files(struct cmd_call *call, const struct compare_request *request,
				      struct compare_active **ret_active, bool *ret_whole,
				      struct diagnosis *d);

#endif
