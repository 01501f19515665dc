/*
 * Fingerprints in the format of Recog: what a text that a service said tells of it.
 *
 * Comes in: XML files (each <fingerprints matches="KEY"> of any number of <fingerprint>), and texts
 * with the key that says where they came from ("ssh.banner", "http_header.server", …). Goes out:
 * pairs of name and value as the format defines them ("service.product", "os.cpe23", …).
 * The format: https://github.com/rapid7/recog, its README and schema. Texts are hostile: matching
 * is bounded by limits of PCRE2, and a text that meets them matches nothing.
 */
#ifndef SEKIMORI_IDENTIFY_FINGERPRINT_H
#define SEKIMORI_IDENTIFY_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct fingerprints;

struct fingerprint_value {
	const char *name;
	char *value; /* UTF-8; bytes that are none are replaced; ends at the first NUL */
};

struct fingerprint_match {
	const char *description, *file; /* of the fingerprints' */
	int line;
	double certainty; /* 0 to 1 */
	struct fingerprint_value *values;
	size_t n_values;
};

/*
 * Starts with the set that is built in, or, with EMPTY, without any. Files added later are asked
 * first. Once no more are added, any number of threads may match at a time.
 */
must_check int fingerprints_new(bool empty, struct fingerprints **ret_set);
void fingerprints_free(struct fingerprints *set); /* takes NULL */

/*
 * Adds a file, or every *.xml of a folder. Returns 0, ERR_DAMAGED with file, line and value in D
 * (then nothing of that file is added), or -errno.
 */
must_check int fingerprints_add(struct fingerprints *set, const char *path, struct diagnosis *d);

/*
 * Matches TEXT against the fingerprints of KEY, in order; the first one that matches is told.
 * Returns 1, 0 when none does, or -ENOMEM. The match is the caller's to finish.
 */
must_check int fingerprints_match(const struct fingerprints *set, const char *key, const char *text,
				  size_t length, struct fingerprint_match *ret_match);
void fingerprint_match_finish(struct fingerprint_match *match);

/* NULL when it has none. */
const char *fingerprint_value(const struct fingerprint_match *match, const char *name);

#endif
