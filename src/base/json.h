/* One JSON document on its way out: commas, names and indentation are kept here. */
#ifndef SEKIMORI_BASE_JSON_H
#define SEKIMORI_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 16

struct json {
	FILE *out;
	bool for_html; /* "<" is escaped, so that nothing in it ends a script element */
	int depth;
	int line_depth; /* elements down to this depth have a line each */
	bool any[JSON_DEPTH_MAX];
};

void json_init(struct json *j, FILE *out, bool for_html, int line_depth);

/* NAME is NULL for the elements of an array. At most JSON_DEPTH_MAX - 1 are open at once. */
void json_open_object(struct json *j, const char *name);
void json_open_array(struct json *j, const char *name);
void json_close_object(struct json *j);
void json_close_array(struct json *j);
void json_text(struct json *j, const char *name, const char *text); /* NULL: null */
void json_number(struct json *j, const char *name, uint64_t n);
void json_real(struct json *j, const char *name,
	       double x); /* six digits; what is no number: null */
void json_bool(struct json *j, const char *name, bool b);
void json_null(struct json *j, const char *name);

/* The document is whole. Returns 0 or -EIO. */
int json_end(struct json *j);

#endif
