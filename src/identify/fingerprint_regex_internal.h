/*
 * Regular expressions as Ruby means them, by PCRE2: compiled at once, by its JIT at first use.
 * Matching has limits, so that no text can stall it.
 */
#ifndef SEKIMORI_IDENTIFY_FINGERPRINT_REGEX_INTERNAL_H
#define SEKIMORI_IDENTIFY_FINGERPRINT_REGEX_INTERNAL_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* How a text is read: as characters where it is UTF-8, as bytes otherwise. */
enum fingerprint_reading {
	READ_BYTES, /* the same for a text of ASCII alone, and quicker */
	READ_CHARACTERS,
};

struct fingerprint_regex {
	const char *text; /* translated; of the file's words */
	uint32_t options;
	bool characters; /* it has characters beyond ASCII itself: never read as bytes */
	void *code[2];   /* of each reading; NULL: not compiled, or it cannot be */
	atomic_bool ready[2];
};

/* Which reading fits. */
enum fingerprint_reading fingerprint_reading_of(const char *text, size_t length);

/* Where a pattern's captures lie in the text; those that took no part have start SIZE_MAX. */
struct fingerprint_captures {
	const size_t *offsets; /* start and end of each, the whole match first */
	uint32_t n;
};

/*
 * Writes PATTERN (Ruby's syntax) as PCRE2 wants it, with a NUL behind, and what else PCRE2 has to
 * be told of it. Returns 0, ERR_DAMAGED with words in D, or -ENOMEM.
 */
must_check int fingerprint_regex_translate(const char *pattern, struct buffer *ret_text,
					   bool *ret_utf, bool *ret_named, struct diagnosis *d);

/*
 * Compiles PATTERN with the format's FLAGS ("REG_ICASE,REG_MULTILINE"; may be NULL). Puts the
 * translated pattern into TEXT, where the regex has it from; who wants to forget TEXT gives it
 * another place. Returns the number of captures, ERR_DAMAGED with words in D, or -ENOMEM.
 */
must_check int fingerprint_regex_compile(const char *pattern, const char *flags,
					 struct buffer *text, struct fingerprint_regex *ret_regex,
					 struct diagnosis *d);
void fingerprint_regex_finish(struct fingerprint_regex *regex);

/* What matching takes beside a pattern and a text: one a thread. NULL when out of memory. */
struct fingerprint_matcher;

struct fingerprint_matcher *fingerprint_matcher_new(uint32_t captures);
void fingerprint_matcher_free(struct fingerprint_matcher *m);

/* Before the first of the patterns that a text of LENGTH bytes is matched against: together they
 * have 50 ms of the processor. */
void fingerprint_matcher_start(struct fingerprint_matcher *m, size_t length);

/* Returns 1, 0 when it does not match or a limit is met, or -ENOMEM. The captures are valid until
 * the matcher's next match. */
must_check int fingerprint_regex_match(struct fingerprint_regex *regex,
				       struct fingerprint_matcher *m,
				       enum fingerprint_reading reading, const char *text,
				       size_t length, struct fingerprint_captures *ret_captures);

#endif
