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

/* A whole sentence, broken into lines that begin with INDENT blanks; ends the line. */
void text_say(struct text_report *t, int indent, const char *format, ...) printf_like(3, 4);

/* TEXT in CELLS cells, or more where it needs more. */
void text_right(FILE *out, const char *text, int cells);
void text_left(FILE *out, const char *text, int cells);

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

/* "80/tcp". Returns ret_text. */
const char *text_port(uint16_t port, uint8_t protocol, char ret_text[16]);

/* Port and service, two cells of a table. */
void text_cell_port(struct text_table *table, uint16_t port, uint8_t protocol);

/* How many rows of N are shown. */
size_t text_rows(const struct text_report *t, size_t n);

/* "24 Jan". */
const char *text_short_day(const struct report *r, uint32_t day, char ret_text[REPORT_NAME_MAX]);

/* Figures 1, 2, 4 and 5 as one chart, a line a day; 3 as another. */
void text_days(struct text_report *t);
void text_days_seen(const struct text_report *t);

/* Hosts that share a set of ports, those with unusually many, those seen nearly every day. */
void text_sets(struct text_report *t);
void text_outliers(struct text_report *t);
void text_nearly_daily(struct text_report *t);

void text_busy_days(struct text_report *t);
void text_changes(struct text_report *t);
void text_floods(struct text_report *t);
void text_gaps(struct text_report *t);

#endif
