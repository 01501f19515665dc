/*
 * One number line for everything that can fail: 0 or more is success, -errno is the system's word,
 * and what the system has no word for lies below ERR_BASE.
 *
 * The number says what kind of thing went wrong. Where and with which value goes into a
 * struct diagnosis that the caller hands down; stages fill it and never print.
 */
#ifndef SEKIMORI_BASE_ERROR_H
#define SEKIMORI_BASE_ERROR_H

#include <stdarg.h>

#include "base/macros.h"

enum sekimori_error {
	ERR_BASE = -10000,
	ERR_FORMAT = -10001,  /* not a file or value of the kind that was asked for */
	ERR_DAMAGED = -10002, /* of the right kind, but broken part-way */
	ERR_UNSUPPORTED =
		-10003,         /* would need a library that this build lacks, or a newer version */
	ERR_LIMIT = -10004,     /* a documented bound is reached */
	ERR_USAGE = -10005,     /* the person's words make no sense */
	ERR_CATALOGUE = -10006, /* SQLite refused */
	ERR_THREADS = -10007,   /* the system gives no thread, for which EAGAIN is no good word */
};

/* The place and the value that made a call fail, as one line for a person. Empty when nothing is
 * known. */
struct diagnosis {
	char text[512];
};

/* Returns a static, translated text for any negative return value of ours. Never NULL. */
const char *error_text(int error);

/*
 * Writes the line, cutting what does not fit. D may be NULL. Returns ERROR, so that a failing
 * function ends in `return diagnose(d, ERR_FORMAT, ...)`.
 */
int diagnose(struct diagnosis *d, int error, const char *format, ...) printf_like(3, 4);

/* Puts words before what D already says ("file: line"). Returns ERROR. */
int diagnose_prefix(struct diagnosis *d, int error, const char *format, ...) printf_like(3, 4);

#endif
