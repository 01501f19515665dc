/* Sentences broken into lines. */
#include <string.h>

#include "base/text.h"

/* What must not begin a line: it belongs to what is before it. */
static bool is_closing(const char *c, size_t bytes)
{
	static const char *const closing[] = { "、", "。", "，", "．", "）", "」", "』", "】",
					       "：", "；", "！", "？", "・", "ー", "々", ".",
					       ",",  ":",  ";",  ")",  "!",  "?",  "%" };

	for (size_t i = 0; i < ARRAY_LENGTH(closing); i++) {
		if (strlen(closing[i]) == bytes && !memcmp(c, closing[i], bytes))
			return true;
	}
	return false;
}

/* What must not end a line. */
static bool is_opening(const char *c, size_t bytes)
{
	static const char *const opening[] = { "（", "「", "『", "【", "(" };

	for (size_t i = 0; i < ARRAY_LENGTH(opening); i++) {
		if (strlen(opening[i]) == bytes && !memcmp(c, opening[i], bytes))
			return true;
	}
	return false;
}

/*
 * Bytes from TEXT, which is no blank, to where a line may end; their cells, at most MOST, in
 * *ret_width.
 */
static size_t find_piece(const char *text, int most, int *ret_width)
{
	size_t at = 0, bytes, next_bytes;

	*ret_width = 0;
	while (text[at]) {
		int width = text_char_width(text + at, &bytes), next;
		const char *c = text + at;

		*ret_width += width;
		at += bytes;
		if (!text[at] || text[at] == ' ')
			break;
		next = text_char_width(text + at, &next_bytes);
		if (*ret_width + next > most)
			break;
		if ((width == 2 || next == 2) && !is_closing(text + at, next_bytes) &&
		    !is_opening(c, bytes))
			break;
	}
	return at;
}

int text_wrap(FILE *out, int columns, int column, int indent, const char *text)
{
	int blanks = 0;
	bool fresh = column == 0; /* nothing stands in the line yet */

	while (*text) {
		size_t bytes;
		int width;

		if (*text == ' ') {
			blanks++;
			text++;
			continue;
		}
		bytes = find_piece(text, columns - indent, &width);
		if (!fresh && column + blanks + width > columns) {
			fputc('\n', out);
			column = 0;
			blanks = indent;
		}
		fprintf(out, "%*s%.*s", blanks, "", (int)bytes, text);
		column += blanks + width;
		fresh = false;
		blanks = 0;
		text += bytes;
	}
	return column;
}
