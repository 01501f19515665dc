#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/config_internal.h"
#include "base/i18n.h"
#include "base/text.h"
#include "base/zone.h"

#define FILE_MAX_BYTES (1u << 20)

#define DIGITS "0123456789"

static int holiday_order(const void *a, const void *b)
{
	const struct config_holiday *x = a, *y = b;

	return (x->day > y->day) - (x->day < y->day);
}

static int holiday_order_then_place(const void *a, const void *b)
{
	const struct config_holiday *x = a, *y = b;
	int order = holiday_order(a, b);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

void config_sort_holidays(struct config *c)
{
	size_t kept = 0;

	if (!c->n_holidays)
		return;
	for (size_t i = 0; i < c->n_holidays; i++)
		c->holidays[i].place = i;
	qsort(c->holidays, c->n_holidays, sizeof(*c->holidays), holiday_order_then_place);
	for (size_t i = 0; i < c->n_holidays; i++) {
		/* What is said later of the same day stands. */
		if (kept && c->holidays[kept - 1].day == c->holidays[i].day)
			free(c->holidays[--kept].name);
		c->holidays[kept++] = c->holidays[i];
	}
	c->n_holidays = kept;
}

const char *config_holiday(const struct config *c, int32_t day)
{
	const struct config_holiday key = { .day = day };
	const struct config_holiday *found =
		c->n_holidays
			? bsearch(&key, c->holidays, c->n_holidays, sizeof(key), holiday_order)
			: NULL;

	return found ? found->name : NULL;
}

/* 2019-01-01, 2019/01/01 or 2019/1/1. */
static bool parse_date(const char *text, int32_t *ret_day)
{
	int numbers[3];
	char separator = '\0';

	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		size_t n = strspn(text, DIGITS);

		if (n < 1 || n > 4 || (i == 0) != (n == 4) || (i && n > 2))
			return false;
		numbers[i] = atoi(text);
		text += n;
		if (i == 0)
			separator = *text;
		if (i < 2 && (*text++ != separator || (separator != '-' && separator != '/')))
			return false;
	}
	return !*text && zone_day_of_date(numbers[0], numbers[1], numbers[2], ret_day);
}

int config_add_holiday(struct config *c, const char *date, const char *name, struct diagnosis *d)
{
	struct config_holiday h = { 0 };

	if (!parse_date(date, &h.day)) {
		return diagnose(d, ERR_USAGE, _("\"%.60s\" is not a date (2019-01-01 or 2019/1/1)"),
				date);
	}
	if (c->n_holidays == c->holidays_room) {
		size_t room = c->holidays_room ? 2 * c->holidays_room : 64;
		struct config_holiday *grown = realloc(c->holidays, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		c->holidays = grown;
		c->holidays_room = room;
	}
	h.name = strdup(name);
	if (!h.name)
		return -ENOMEM;
	c->holidays[c->n_holidays++] = h;
	return 0;
}

/* The file as a string, to be freed, and how many bytes it has. */
static int read_whole(const char *path, char **ret_text, size_t *ret_length, struct diagnosis *d)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t n;
	bool failed;

	if (!file)
		return diagnose(d, -errno, "%s: %s", path, strerror(errno));
	text = malloc(FILE_MAX_BYTES + 2);
	n = text ? fread(text, 1, FILE_MAX_BYTES + 1, file) : 0;
	failed = ferror(file);
	(void)fclose(file);
	if (!text)
		return -ENOMEM;
	if (failed || n > FILE_MAX_BYTES) {
		free(text);
		return failed ? diagnose(d, -EIO, "%s: %s", path, strerror(EIO))
			      : diagnose(d, ERR_USAGE,
					 _("%s: more than 1 MiB is no table of holidays"), path);
	}
	text[n] = '\0';
	*ret_text = text;
	*ret_length = n;
	return 0;
}

static int line_number(const char *text, const char *at)
{
	int n = 1;

	for (; text < at; text++)
		n += *text == '\n';
	return n;
}

/* Converts *TEXT, which is freed and replaced. */
static int convert(iconv_t converter, char **text, size_t length, const char *path,
		   struct diagnosis *d)
{
	size_t left = length, room = 3 * length; /* one byte is one character of up to three */
	char *in = *text, *converted = malloc(room + 1), *out = converted;

	if (!converted)
		return -ENOMEM;
	if (iconv(converter, &in, &left, &out, &room) == (size_t)-1) {
		free(converted);
		return diagnose(
			d, ERR_USAGE,
			_("%s:%d: neither UTF-8 nor Shift_JIS; iconv -f ENCODING -t UTF-8 converts it"),
			path, line_number(*text, in));
	}
	*out = '\0';
	free(*text);
	*text = converted;
	return 0;
}

/* Whole files are judged: a single line in Shift_JIS may be UTF-8 by chance. */
static int make_utf8(char **text, size_t length, const char *path, struct diagnosis *d)
{
	const char *nul = memchr(*text, '\0', length), *at = *text;
	iconv_t converter;
	int n = 1, error;

	if (nul) {
		return diagnose(
			d, ERR_USAGE,
			_("%s:%d: a NUL byte, as in UTF-16; iconv -f UTF-16 -t UTF-8 converts it"),
			path, line_number(*text, nul));
	}
	while (*at && n) {
		n = text_utf8_length(at);
		at += n;
	}
	if (n)
		return 0;
	/* What Windows, and so the Japanese Cabinet Office's list, calls Shift_JIS. */
	converter = iconv_open("UTF-8", "CP932");
	if (converter == (iconv_t)-1) {
		return diagnose(
			d, ERR_USAGE,
			_("%s:%d: not UTF-8, and this system converts no Shift_JIS; iconv -f CP932 -t UTF-8 elsewhere does"),
			path, line_number(*text, at));
	}
	error = convert(converter, text, length, path, d);
	iconv_close(converter);
	return error;
}

static int take_row(struct config *c, char *line, bool first, struct diagnosis *d)
{
	char *fields[CONFIG_CSV_FIELDS_MAX];
	int n = config_csv_split(line, fields, d);
	const char *name = n > 1 ? fields[1] : "";

	if (n < 0)
		return n;
	if ((!*fields[0] && !*name) || (first && !strspn(fields[0], DIGITS)))
		return 0;
	if (!*name) {
		return diagnose(d, ERR_USAGE, _("\"%.60s\" lacks the holiday's name after a comma"),
				fields[0]);
	}
	return config_add_holiday(c, fields[0], name, d);
}

int config_holidays_read(struct config *c, const char *path, struct diagnosis *d)
{
	char *text = NULL, *rest;
	size_t length = 0;
	int error = read_whole(path, &text, &length, d), number = 0;

	if (!error)
		error = make_utf8(&text, length, path, d);
	if (error < 0)
		goto out;
	rest = text + (strncmp(text, "\xef\xbb\xbf", 3) ? 0 : 3); /* a byte order mark */
	while (!error && rest) {
		error = take_row(c, strsep(&rest, "\n"), ++number == 1, d);
		if (error < 0)
			diagnose_prefix(d, error, "%s:%d", path, number);
	}
	config_sort_holidays(c);
out:
	free(text);
	return error;
}
