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

/* Of a longer text only so much is looked at; a longer value is cut. */
#define FINGERPRINT_TEXT_MAX  8192
#define FINGERPRINT_VALUE_MAX 4096

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
 * Returns 0, -ENOMEM, or ERR_UNSUPPORTED from a build without expat and PCRE2; error_text says the
 * rest.
 */
must_check int fingerprints_new(bool empty, struct fingerprints **ret_set);
void fingerprints_free(struct fingerprints *set); /* takes NULL */

/*
 * Adds a file, or every *.xml of a folder; of one key, those with the higher preference are asked
 * first. Returns 0; ERR_FORMAT, ERR_DAMAGED with file, line and value in D, -ENOMEM or -errno: then
 * nothing is added.
 */
must_check int fingerprints_add(struct fingerprints *set, const char *path, struct diagnosis *d);

/*
 * Matches TEXT against the fingerprints of KEY, in order; the first one that matches is told.
 * Returns 1, 0 when none does, or -ENOMEM. The match is the caller's to finish, and points into the
 * set.
 */
must_check int fingerprints_match(const struct fingerprints *set, const char *key, const char *text,
				  size_t length, struct fingerprint_match *ret_match);
void fingerprint_match_finish(struct fingerprint_match *match);

/* NULL when it has none. */
const char *fingerprint_value(const struct fingerprint_match *match, const char *name);

/*
 * The value of that name ("service.cpe23", "os.cpe23", "hw.cpe23") as a formatted string of CPE 2.3
 * (NISTIR 7695, 6.2): the format's own are URIs of 2.2. Allocated; NULL when there is none, it is
 * none, or memory is short.
 */
char *fingerprint_cpe(const struct fingerprint_match *match, const char *name);

/* What an example came to. Texts are valid during the call. */
struct fingerprint_verdict {
	const char *file, *key, *description;
	int line, example_line;
	const char *text; /* of the example, decoded; NULL: the fingerprint has none */
	size_t length;
	const char *wrong; /* for a person; NULL: as it is written */
};

typedef void fingerprint_verdict_fn(void *arg, const struct fingerprint_verdict *verdict);

/*
 * Holds every example of a file or folder against its fingerprint: the pattern matches, and gives
 * each value that the example states. Returns as fingerprints_add.
 */
must_check int fingerprints_verify(const char *path, fingerprint_verdict_fn *told, void *arg,
				   struct diagnosis *d);

#endif
