/* The pieces of the text form: eighty columns, for people. */
#ifndef SEKIMORI_REPORT_TEXT_INTERNAL_H
#define SEKIMORI_REPORT_TEXT_INTERNAL_H

#include "base/text.h"
#include "report/print_internal.h"

#define TEXT_COLUMNS 80

struct text_report {
	const struct report *r;
	const struct report_text_options *options;
	FILE *out;
	int error; /* the first one; stays */
};

/* A blank line and a heading. */
void text_heading(const struct text_report *t, const char *heading);

/* Prints and frees. NULL is out of memory. */
void text_end_table(struct text_report *t, struct text_table *table);

/* "and 187 more; --rows all shows them", where SHOWN are fewer than N. */
void text_more(const struct text_report *t, size_t shown, size_t n);

/* LEAD, then N words, a blank between them, broken into lines that begin with INDENT blanks. */
typedef const char *(*text_word_fn)(const struct report *r, const void *list, size_t i,
				    char *ret_text, size_t room);
void text_words(const struct text_report *t, const char *lead, int indent, text_word_fn word,
		const void *list, size_t n);

/* "Thu 24 Jan" in the reader's language. Returns ret_text. */
const char *text_day(const struct report *r, uint32_t day, char ret_text[REPORT_NAME_MAX]);

/* "24 Jan". */
const char *text_short_day(const struct report *r, uint32_t day, char ret_text[REPORT_NAME_MAX]);

/* Figures 1, 2, 4 and 5 as one chart, a line a day; 3 as another. */
void text_days(struct text_report *t);
void text_days_seen(const struct text_report *t);

#endif
