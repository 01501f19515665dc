/* What the files of fingerprint*.c share. */
#ifndef SEKIMORI_IDENTIFY_FINGERPRINT_INTERNAL_H
#define SEKIMORI_IDENTIFY_FINGERPRINT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/buffer.h"
#include "identify/fingerprint.h"
#include "identify/fingerprint_gram_internal.h"
#include "identify/fingerprint_regex_internal.h"

#define FINGERPRINT_FILE_MAX_BYTES (32U << 20)
#define FINGERPRINT_PARAMS_MAX     64
#define FINGERPRINT_DEPTH_MAX      16

/* The words of a file, freed together with it. */
struct fingerprint_words {
	struct fingerprint_words_chunk *chunk;
};

/* A copy of LENGTH bytes with a NUL behind, or NULL when out of memory. */
const char *fingerprint_words_keep(struct fingerprint_words *w, const char *text, size_t length);
void fingerprint_words_finish(struct fingerprint_words *w);

struct fingerprint_param {
	const char *name;
	const char *value; /* at POS 0: the template */
	uint32_t pos;      /* of the capture, from 1 */
	bool has_names;    /* the template names other params in braces */
	bool temporary;    /* "_tmp.…": for templates only */
	bool cpe;          /* "….cpe23" */
};

struct fingerprint {
	struct fingerprint_regex regex;
	const char *description;
	int line;
	double certainty;
	struct fingerprint_param *params;
	size_t n_params;
};

struct fingerprint_file {
	const char *path, *key, *protocol; /* NULL: no protocol */
	double preference;
	unsigned generation; /* files added later are asked first */
	struct fingerprint *fingerprints;
	struct fingerprint_grams *grams; /* one of each fingerprint */
	size_t n, room;
	uint32_t captures; /* the most that a pattern of the file has */
	struct fingerprint_words words;
};

/* An example as it is written in the file. */
struct fingerprint_written {
	const char *text; /* decoded, or a file's content */
	size_t length;
	const char *const
		*attributes; /* name, value, …, NULL; those of the format begin with "_" */
	int line;
};

/* Tells an example, after the whole of its fingerprint is read; NULL for one that has none. Returns
 * 0, or what ends the reading. */
typedef int fingerprint_example_fn(void *arg, const struct fingerprint_file *file, size_t index,
				   const struct fingerprint_written *example);

/*
 * Reads a file's BYTES. PATH is for words, for the key of a file that names none, and for the
 * folder of the files that examples name. EXAMPLE may be NULL: then examples are not looked at.
 * Returns 0, ERR_DAMAGED with path, line and value in D, -ENOMEM, or what EXAMPLE returned.
 */
must_check int fingerprint_file_read(const char *path, const void *bytes, size_t length,
				     fingerprint_example_fn *example, void *arg,
				     struct fingerprint_file **ret_file, struct diagnosis *d);
void fingerprint_file_free(struct fingerprint_file *file); /* takes NULL */

/* Reads a whole file, of at most LIMIT bytes. Returns 0, -EFBIG, -ENOMEM or -errno. */
must_check int fingerprint_bytes_load(const char *path, size_t limit, struct buffer *ret_bytes);

/* Bytes of base64, blanks left out. Returns false where it is none. */
must_check bool fingerprint_base64_decode(const char *text, size_t length, struct buffer *ret);

/* Every file that PATH stands for: itself, or the *.xml of a folder in the order of their names.
 * Returns 0, what TOLD returned, or -errno. */
must_check int fingerprint_path_walk(const char *path, struct diagnosis *d,
				     int (*told)(void *arg, const char *path, struct diagnosis *d),
				     void *arg);

/* Reads MATCH out of a text that fingerprint INDEX of FILE matched. Returns 0 or -ENOMEM. */
must_check int fingerprint_match_fill(const struct fingerprint_file *file, size_t index,
				      const char *text, const struct fingerprint_captures *captures,
				      struct fingerprint_match *ret_match);

/* A file that is built in. */
struct fingerprint_built_in {
	const char *name;
	const uint8_t *bytes;
	size_t length;
};

extern const struct fingerprint_built_in fingerprint_built_in[];
extern const size_t n_fingerprint_built_in;

#endif
