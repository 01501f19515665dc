/*
 * Words and tables for people: columns aligned by display width, so that Japanese fits; nothing a
 * stranger's bytes say reaches the terminal as a control sequence.
 */
#ifndef SEKIMORI_BASE_TEXT_H
#define SEKIMORI_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/macros.h"

#define TEXT_NUMBER_MAX 32

/* Terminal cells that the text takes in the current locale; a byte that is no character counts one.
 */
int text_width(const char *text);

/* Those of the character at TEXT, and its bytes in *ret_bytes. */
int text_char_width(const char *text, size_t *ret_bytes);

/* Bytes of the well-formed UTF-8 character at TEXT (a string; its NUL counts 1), or 0. */
int text_utf8_length(const char *text);

/* "57,866,550". Returns ret_text. */
const char *text_number(uint64_t n, char ret_text[TEXT_NUMBER_MAX]);

/* The same; "~12,345" where it is an estimate. */
const char *text_estimate(uint64_t n, bool estimated, char ret_text[TEXT_NUMBER_MAX]);

/* "3.6 GiB". Returns ret_text. */
const char *text_bytes(uint64_t n, char ret_text[TEXT_NUMBER_MAX]);

/*
 * Prints TEXT in lines of at most COLUMNS cells, broken at blanks and between Japanese characters;
 * COLUMN is where the first line goes on, later ones begin with INDENT blanks. A word that is wider
 * than a line is broken anywhere. Returns the column at the end; the line is not ended.
 */
int text_wrap(FILE *out, int columns, int column, int indent, const char *text);

enum text_align {
	TEXT_LEFT,
	TEXT_RIGHT
};

/*
 * The code of a character that ends a line or turns its direction (U+061C, U+200E, U+200F, U+2028
 * to U+202E, U+2066 to U+2069), with which a stranger's words would rearrange those around them; 0
 * for any other.
 */
unsigned text_turning(const char *text);

/* In place: control characters, those that turn a line, and bytes that are none, become '?', so
 * that a terminal obeys nobody's file name. */
void text_defuse(char *text);

/* A table that knows its widths only when its last row is in. */
struct text_table;

/* COLUMNS headings (copied), aligned as told. Returns NULL when out of memory. */
struct text_table *text_table_new(int columns, const char *const *headings,
				  const enum text_align *aligns);
void text_table_free(struct text_table *t);

/* Copies the next cell; rows fill from left to right. Control bytes become U+FFFD or '?'. Never
 * fails: what could not be kept makes the print fail. */
void text_table_cell(struct text_table *t, const char *text);
void text_table_number(struct text_table *t, uint64_t n);

/* The same; "~12,345" where it is an estimate. */
void text_table_estimate(struct text_table *t, uint64_t n, bool estimated);

/* Cells of the widest row, as printed. */
int text_table_width(const struct text_table *t);

/*
 * Prints the headings (bold on a colour terminal) and all rows, no trailing spaces.
 * Returns 0, -ENOMEM when a cell was lost, or -EIO.
 */
must_check int text_table_print(const struct text_table *t, FILE *out);

/* Is this stream a terminal that wants colour? NO_COLOR (no-color.org) and TERM=dumb say no. */
bool text_wants_colour(FILE *out);

/* A CSV field after RFC 4180: quoted only where it must be. */
void text_csv(FILE *out, const char *text);

/* The same for Excel, which takes what begins like a formula for one: a ' before it. */
void text_csv_for_excel(FILE *out, const char *text);

/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void text_json(FILE *out, const char *text);

/* The same, with "<" escaped: nothing in it ends a script element of a page. */
void text_json_for_html(FILE *out, const char *text);

#endif
