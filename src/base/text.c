#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define COLUMN_GAP 2

struct text_table {
	int columns;
	enum text_align *aligns;
	char **cells; /* the first row is the headings */
	size_t n_cells, room;
	bool lost;
};

int text_char_width(const char *text, size_t *ret_bytes)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t n = mbrtowc(&wide, text, MB_CUR_MAX, &state);
	int cells;

	if (n == 0 || n == (size_t)-1 || n == (size_t)-2) {
		*ret_bytes = 1;
		return 1;
	}
	*ret_bytes = n;
	cells = wcwidth(wide);
	return cells < 0 ? 1 : cells;
}

int text_width(const char *text)
{
	int width = 0;

	while (*text) {
		size_t bytes;

		width += text_char_width(text, &bytes);
		text += bytes;
	}
	return width;
}

const char *text_number(uint64_t n, char ret_text[TEXT_NUMBER_MAX])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	char *out = ret_text;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return ret_text;
}

const char *text_bytes(uint64_t n, char ret_text[TEXT_NUMBER_MAX])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)n;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_LENGTH(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(ret_text, TEXT_NUMBER_MAX, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return ret_text;
}

struct text_table *text_table_new(int columns, const char *const *headings,
				  const enum text_align *aligns)
{
	struct text_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->columns = columns;
	t->aligns = malloc((size_t)columns * sizeof(*aligns));
	if (!t->aligns) {
		free(t);
		return NULL;
	}
	memcpy(t->aligns, aligns, (size_t)columns * sizeof(*aligns));
	for (int i = 0; i < columns; i++)
		text_table_cell(t, headings[i]);
	return t;
}

void text_table_free(struct text_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->aligns);
	free(t);
}

unsigned text_turning(const char *text)
{
	const unsigned char *p =
		(const unsigned char *)text; /* UTF-8: E2, 80 or 81, the last six bits */

	if (p[0] == 0xd8 && p[1] == 0x9c)
		return 0x61c;
	if (p[0] != 0xe2)
		return 0;
	if (p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae)))
		return 0x2000U + (p[2] & 0x3fU);
	if (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
		return 0x2040U + (p[2] & 0x3fU);
	return 0;
}

void text_defuse(char *text)
{
	while (*text) {
		mbstate_t state = { 0 };
		wchar_t wide;
		size_t n = mbrtowc(&wide, text, MB_CUR_MAX, &state);

		if (n == (size_t)-1 || n == (size_t)-2) {
			n = 1;
			*text = '?';
		} else if (iswcntrl((wint_t)wide) || text_turning(text)) {
			memset(text, '?', n);
		}
		text += n;
	}
}

void text_table_cell(struct text_table *t, const char *text)
{
	char *copy = strdup(text ? text : "");

	if (copy && t->n_cells == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		char **grown = realloc(t->cells, room * sizeof(*grown));

		if (grown) {
			t->cells = grown;
			t->room = room;
		}
	}
	if (!copy || t->n_cells == t->room) {
		free(copy);
		t->lost = true;
		return;
	}
	text_defuse(copy);
	t->cells[t->n_cells++] = copy;
}

void text_table_number(struct text_table *t, uint64_t n)
{
	char text[TEXT_NUMBER_MAX];

	text_table_cell(t, text_number(n, text));
}

const char *text_estimate(uint64_t n, bool estimated, char ret_text[TEXT_NUMBER_MAX])
{
	char text[TEXT_NUMBER_MAX];

	(void)snprintf(ret_text, TEXT_NUMBER_MAX, "%s%.*s", estimated ? "~" : "",
		       TEXT_NUMBER_MAX - 2, text_number(n, text));
	return ret_text;
}

void text_table_estimate(struct text_table *t, uint64_t n, bool estimated)
{
	char text[TEXT_NUMBER_MAX];

	text_table_cell(t, text_estimate(n, estimated, text));
}

/* SPACES are owed to the line from the cells before; they are paid only when something follows. */
static void print_cell(const struct text_table *t, size_t i, int width, int *spaces, FILE *out)
{
	int pad = width - text_width(t->cells[i]);
	bool right = t->aligns[i % (size_t)t->columns] == TEXT_RIGHT;

	if (!*t->cells[i]) {
		*spaces += width + COLUMN_GAP;
		return;
	}
	fprintf(out, "%*s%s", *spaces + (right ? pad : 0), "", t->cells[i]);
	*spaces = COLUMN_GAP + (right ? 0 : pad);
}

static int *find_widths(const struct text_table *t)
{
	int *widths = calloc((size_t)t->columns, sizeof(*widths));

	for (size_t i = 0; widths && i < t->n_cells; i++) {
		int *w = &widths[i % (size_t)t->columns];

		*w = MAX(*w, text_width(t->cells[i]));
	}
	return widths;
}

int text_table_width(const struct text_table *t)
{
	int *widths = find_widths(t), all = 0;

	for (int i = 0; widths && i < t->columns; i++)
		all += widths[i] + (i ? COLUMN_GAP : 0);
	free(widths);
	return all;
}

int text_table_print(const struct text_table *t, FILE *out)
{
	bool bold = text_wants_colour(out);
	int *widths, spaces = 0;

	if (t->lost)
		return -ENOMEM;
	widths = find_widths(t);
	if (!widths)
		return -ENOMEM;
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t column = i % (size_t)t->columns;

		if (i == 0 && bold)
			fputs("\033[1m", out);
		print_cell(t, i, widths[column], &spaces, out);
		if (i == (size_t)t->columns - 1 && bold)
			fputs("\033[0m", out);
		if (column == (size_t)t->columns - 1) {
			fputc('\n', out);
			spaces = 0;
		}
	}
	free(widths);
	return ferror(out) ? -EIO : 0;
}

bool text_wants_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void text_csv(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void text_csv_for_excel(FILE *out, const char *text)
{
	char *guarded = NULL;

	if (*text && strchr("=+-@\t\r", *text) && asprintf(&guarded, "'%s", text) >= 0)
		text = guarded;
	text_csv(out, text);
	free(guarded);
}

int text_utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text; /* Unicode 15, table 3-7 */
	int n = p[0] < 0x80                   ? 1
		: p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		: (p[0] & 0xf0) == 0xe0       ? 3
		: p[0] >= 0xf0 && p[0] < 0xf5 ? 4
					      : 0;

	for (int i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void print_json(FILE *out, const char *text, bool for_html)
{
	const unsigned char *p = (const unsigned char *)text;

	fputc('"', out);
	while (*p) {
		int n = text_utf8_length((const char *)p);

		if (!n) {
			fputs("\\ufffd", out);
		} else if (*p == '"' || *p == '\\') {
			fprintf(out, "\\%c", *p);
		} else if (*p < 0x20 || *p == 0x7f || (for_html && *p == '<')) {
			fprintf(out, "\\u%04x", *p);
		} else if (*p == 0xc2 && p[1] < 0xa0) {
			fprintf(out, "\\u%04x", p[1]); /* terminals obey these controls, too */
		} else if (text_turning((const char *)p)) {
			fprintf(out, "\\u%04x", text_turning((const char *)p));
		} else {
			(void)fwrite(p, 1, (size_t)n, out);
		}
		p += n ? n : 1;
	}
	fputc('"', out);
}

void text_json(FILE *out, const char *text)
{
	print_json(out, text, false);
}

void text_json_for_html(FILE *out, const char *text)
{
	print_json(out, text, true);
}
