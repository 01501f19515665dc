#include <ctype.h>
#include <stdio.h>

#include "import/cpe_internal.h"

#define COMPONENTS 11 /* of 2.3: part to other */

static int part_of(char c)
{
	return c == 'a' ? 0 : c == 'o' ? 1 : c == 'h' ? 2 : -1;
}

struct writing {
	char *text;
	size_t used;
	bool full;
};

static void put(struct writing *w, char c)
{
	if (w->used + 1 < CPE_TEXT_MAX) {
		w->text[w->used++] = c;
	} else {
		w->full = true;
	}
}

/* One character of a component, quoted where 2.3 wants it (6.2.2.1 and 6.1.2.1.3). */
static void put_quoted(struct writing *w, char c)
{
	if (!isalnum((unsigned char)c) && c != '_' && c != '.' && c != '-')
		put(w, '\\');
	put(w, c);
}

/* A component of a URI: percent codes become what they stand for; empty is any, "-" none. */
static bool put_component(struct writing *w, struct words c)
{
	if (c.n == 0)
		put(w, '*');
	for (size_t i = 0; i < c.n; i++) {
		unsigned code;

		if ((unsigned char)c.at[i] <= ' ' || (unsigned char)c.at[i] >= 0x7f)
			return false;
		if (c.at[i] != '%') {
			put_quoted(w, c.at[i]);
			continue;
		}
		if (i + 2 >= c.n || !words_hex((struct words){ c.at + i + 1, 2 }, &code))
			return false;
		i += 2;
		if (code == 1 || code == 2) {
			put(w, code == 1 ? '?' : '*');
		} else if (code > ' ' && code < 0x7f) {
			put_quoted(w, (char)code);
		} else {
			return false;
		}
	}
	return true;
}

static int convert_uri(struct words uri, char ret_text[CPE_TEXT_MAX])
{
	struct writing w = { ret_text, 0, false };
	struct words component = { NULL, 0 };
	int part = uri.n > 0 ? part_of(uri.at[0]) : -1, n = 0;

	w.used = (size_t)snprintf(ret_text, CPE_TEXT_MAX, "cpe:2.3");
	while (n < COMPONENTS && words_split(&uri, ':', &component)) {
		if (n == 0 && component.n != 1)
			return -1;
		put(&w, ':');
		if (!put_component(&w, component))
			return -1;
		n++;
	}
	for (; n < COMPONENTS; n++) {
		put(&w, ':');
		put(&w, '*');
	}
	ret_text[w.used] = '\0';
	return w.full ? -1 : part;
}

int cpe_convert(struct words cpe, char ret_text[CPE_TEXT_MAX])
{
	cpe = words_trim(cpe);
	if (words_begin(cpe, "cpe:/"))
		return convert_uri((struct words){ cpe.at + 5, cpe.n - 5 }, ret_text);
	if (!words_begin(cpe, "cpe:2.3:") || cpe.n >= CPE_TEXT_MAX || cpe.n < 9)
		return -1;
	for (size_t i = 0; i < cpe.n; i++) {
		if ((unsigned char)cpe.at[i] <= ' ' || (unsigned char)cpe.at[i] >= 0x7f)
			return -1;
	}
	memcpy(ret_text, cpe.at, cpe.n);
	ret_text[cpe.n] = '\0';
	return part_of(cpe.at[8]);
}
