/* A piece of text within bytes from outside: not ended by a NUL, never read past its length. */
#ifndef SEKIMORI_IDENTIFY_SPAN_H
#define SEKIMORI_IDENTIFY_SPAN_H

#include <string.h>
#include <strings.h>

#include "base/cursor.h"

struct span {
	const char *at;
	size_t n;
};

static inline struct span span_over(const void *at, size_t n)
{
	return (struct span){ .at = at, .n = n };
}

static inline struct span span_rest(const struct cursor *c)
{
	return span_over(c->at, cursor_left(c));
}

static inline struct cursor span_cursor(struct span s)
{
	return cursor_over(s.at, s.n);
}

static inline struct span span_skip(struct span s, size_t n)
{
	n = n < s.n ? n : s.n;
	return span_over(s.at + n, s.n - n);
}

static inline struct span span_first(struct span s, size_t n)
{
	return span_over(s.at, n < s.n ? n : s.n);
}

static inline bool span_starts(struct span s, const char *words)
{
	size_t n = strlen(words);

	return s.n >= n && !memcmp(s.at, words, n);
}

/* ASCII letters of either case. */
static inline bool span_starts_nocase(struct span s, const char *words)
{
	size_t n = strlen(words);

	return s.n >= n && !strncasecmp(s.at, words, n);
}

static inline bool span_is(struct span s, const char *words)
{
	return s.n == strlen(words) && span_starts(s, words);
}

static inline bool span_is_nocase(struct span s, const char *words)
{
	return s.n == strlen(words) && span_starts_nocase(s, words);
}

/* Position of the first C, or the length. */
static inline size_t span_index(struct span s, char c)
{
	const char *found = s.n ? memchr(s.at, c, s.n) : NULL;

	return found ? (size_t)(found - s.at) : s.n;
}

/* Where WORDS begin, in letters of either case, or the length. */
static inline size_t span_find(struct span s, const char *words)
{
	size_t n = strlen(words);

	for (size_t i = 0; i + n <= s.n; i++)
		if (!strncasecmp(s.at + i, words, n))
			return i;
	return s.n;
}

static inline bool span_has(struct span s, const char *words)
{
	return span_find(s, words) < s.n;
}

static inline bool span_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline struct span span_trim(struct span s)
{
	while (s.n && span_is_blank(s.at[0]))
		s = span_skip(s, 1);
	while (s.n && span_is_blank(s.at[s.n - 1]))
		s.n--;
	return s;
}

/*
 * Takes the next line off REST, without its end. Returns false when no line end has come yet: the
 * rest is then the line.
 */
static inline bool span_line(struct span *rest, struct span *ret_line)
{
	size_t n = span_index(*rest, '\n');
	bool whole = n < rest->n;

	*ret_line = span_over(rest->at, n);
	*rest = span_skip(*rest, n + 1);
	if (ret_line->n && ret_line->at[ret_line->n - 1] == '\r')
		ret_line->n--;
	return whole;
}

/* Takes the next word off REST, which ends at a blank. */
static inline struct span span_word(struct span *rest)
{
	struct span word;
	size_t n = 0;

	*rest = span_trim(*rest);
	while (n < rest->n && !span_is_blank(rest->at[n]))
		n++;
	word = span_over(rest->at, n);
	*rest = span_trim(span_skip(*rest, n));
	return word;
}

#endif
