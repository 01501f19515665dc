/* From a pattern that matched to names and values. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "identify/fingerprint_internal.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* A value while it is being made; LENGTH counts without the NUL. Absent: no value. */
struct draft {
	const char *text;
	size_t length;
	bool absent;
};

/* What is not UTF-8 is replaced, what is too long cut; at a NUL it ends. Returns -ENOMEM or 0. */
static int value_clean(const struct draft *from, char **ret_value)
{
	struct buffer b;
	char one[5] = { 0 };

	buffer_init(&b);
	for (size_t i = 0; i < from->length && from->text[i];) {
		size_t left = MIN(from->length - i, sizeof(one) - 1), size;
		int n;

		memcpy(one, from->text + i, left);
		one[left] = 0;
		n = text_utf8_length(one);
		size = n > 0 ? (size_t)n : strlen(REPLACEMENT);
		if (b.length + size > FINGERPRINT_VALUE_MAX)
			break;
		buffer_put(&b, n > 0 ? one : REPLACEMENT, size);
		i += n > 0 ? (size_t)n : 1;
	}
	buffer_put_u8(&b, 0);
	if (b.failed) {
		buffer_finish(&b);
		return -ENOMEM;
	}
	*ret_value = (char *)b.bytes;
	return 0;
}

/*
 * What a stranger said, as part of a name of the Common Platform Enumeration (its binding to a URI,
 * NISTIR 7695, 6.1): no sign of it may end the component or begin another.
 */
static void put_for_cpe(struct buffer *b, const char *text, size_t length)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (isalnum(c) || c == '.' || c == '-' || c == '_') {
			buffer_put_u8(b, c);
		} else if (c == ' ') {
			buffer_put_u8(b, '_');
		} else {
			buffer_put_u8(b, '%');
			buffer_put_u8(b, (uint8_t)hex[c >> 4]);
			buffer_put_u8(b, (uint8_t)hex[c & 15]);
		}
	}
}

static size_t param_find(const struct fingerprint *f, const char *name, size_t length)
{
	size_t i = 0;

	while (i < f->n_params && (strlen(f->params[i].name) != length ||
				   strncmp(f->params[i].name, name, length) != 0))
		i++;
	return i;
}

/*
 * Puts values where a template has names. A value is never looked at for names: it may be a
 * stranger's. Without one a CPE gets "-" (not applicable), anything else is left out.
 */
static void template_fill(const struct fingerprint *f, const struct fingerprint_param *p,
			  const struct draft *drafts, struct buffer *b, bool *ret_absent)
{
	const char *at = p->value;

	while (*at && b->length < FINGERPRINT_VALUE_MAX) {
		size_t plain = strcspn(at, "{"), n = 0;
		const struct draft *value;

		buffer_put(b, at, plain);
		at += plain;
		if (!*at)
			break;
		n = strcspn(at + 1, "{} \t\r\n\v\f");
		if (!n || at[1 + n] != '}') {
			buffer_put_u8(b, (uint8_t)*at++);
			continue;
		}
		value = &drafts[param_find(f, at + 1, n)];
		if (value->absent && !p->cpe)
			*ret_absent = true;
		else if (value->absent)
			buffer_put_u8(b, '-');
		else if (p->cpe)
			put_for_cpe(b, value->text, MIN(value->length, FINGERPRINT_VALUE_MAX));
		else
			buffer_put(b, value->text, MIN(value->length, FINGERPRINT_VALUE_MAX));
		at += n + 2;
	}
}

static void draft_plain(const struct fingerprint_param *p, const char *text,
			const struct fingerprint_captures *c, struct draft *ret)
{
	*ret = (struct draft){ .absent = true };
	if (!p->pos) {
		*ret = (struct draft){ p->value, strlen(p->value), p->has_names };
	} else if (p->pos < c->n && c->offsets[2 * p->pos] != SIZE_MAX &&
		   c->offsets[2 * p->pos + 1] >= c->offsets[2 * p->pos]) {
		size_t start = c->offsets[2 * p->pos];

		*ret = (struct draft){ text + start, c->offsets[2 * p->pos + 1] - start, false };
	}
}

static int value_add(struct fingerprint_match *m, const char *name, const struct draft *from)
{
	char *value = NULL;
	int error;

	if (from->absent)
		return 0;
	error = value_clean(from, &value);
	if (error)
		return error;
	m->values[m->n_values++] = (struct fingerprint_value){ name, value };
	return 0;
}

int fingerprint_match_fill(const struct fingerprint_file *file, size_t index, const char *text,
			   const struct fingerprint_captures *captures,
			   struct fingerprint_match *ret_match)
{
	const struct fingerprint *f = &file->fingerprints[index];
	struct fingerprint_match m = { f->description, file->path, f->line, f->certainty, NULL, 0 };
	struct draft drafts[FINGERPRINT_PARAMS_MAX];
	struct buffer made[FINGERPRINT_PARAMS_MAX];
	int error = 0;

	m.values = calloc(f->n_params + 1, sizeof(*m.values));
	if (!m.values)
		return -ENOMEM;
	for (size_t i = 0; i < f->n_params; i++) {
		buffer_init(&made[i]);
		draft_plain(&f->params[i], text, captures, &drafts[i]);
	}
	/* In the order of the file: a template may use those before it, and all that are none. */
	for (size_t i = 0; i < f->n_params; i++) {
		if (!f->params[i].has_names)
			continue;
		drafts[i].absent = false;
		template_fill(f, &f->params[i], drafts, &made[i], &drafts[i].absent);
		drafts[i].text = (const char *)made[i].bytes;
		drafts[i].length = made[i].length;
		if (made[i].failed)
			error = -ENOMEM;
	}
	for (size_t i = 0; i < f->n_params && !error; i++)
		if (!f->params[i].temporary)
			error = value_add(&m, f->params[i].name, &drafts[i]);
	if (!error && file->protocol && !fingerprint_value(&m, "service.protocol"))
		error = value_add(&m, "service.protocol",
				  &(struct draft){ file->protocol, strlen(file->protocol), false });
	for (size_t i = 0; i < f->n_params; i++)
		buffer_finish(&made[i]);
	if (error)
		fingerprint_match_finish(&m);
	else
		*ret_match = m;
	return error;
}
