#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "base/zone.h"
#include "import/words_internal.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

bool words_begin(struct words w, const char *text)
{
	size_t n = strlen(text);

	return w.n >= n && memcmp(w.at, text, n) == 0;
}

bool words_equal_caseless(struct words w, const char *text)
{
	return w.n == strlen(text) && strncasecmp(w.at, text, w.n) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct words words_trim(struct words w)
{
	while (w.n > 0 && is_blank(w.at[0])) {
		w.at++;
		w.n--;
	}
	while (w.n > 0 && is_blank(w.at[w.n - 1]))
		w.n--;
	return w;
}

bool words_split(struct words *w, char separator, struct words *ret_part)
{
	const char *found;

	if (!w->at)
		return false;
	found = memchr(w->at, separator, w->n);
	if (found) {
		*ret_part = (struct words){ w->at, (size_t)(found - w->at) };
		w->n -= ret_part->n + 1;
		w->at = found + 1;
	} else {
		*ret_part = *w;
		*w = (struct words){ NULL, 0 };
	}
	return true;
}

bool words_number(struct words w, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (w.n == 0 || w.n > 19)
		return false;
	for (size_t i = 0; i < w.n; i++) {
		unsigned digit = (unsigned)(w.at[i] - '0');

		if (digit > 9)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

bool words_port(struct words w, uint16_t *ret_port)
{
	uint64_t number;

	if (!words_number(w, &number) || number > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)number;
	return true;
}

bool words_hex(struct words w, unsigned *ret_number)
{
	unsigned number = 0;

	if (w.n == 0 || w.n > 4)
		return false;
	for (size_t i = 0; i < w.n; i++) {
		char c = w.at[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
							: 16;

		if (digit > 15)
			return false;
		number = number * 16 + digit;
	}
	*ret_number = number;
	return true;
}

bool words_addr(struct words w, struct net_addr *ret_addr)
{
	const char *zone = memchr(w.at ? w.at : "", '%', w.n);
	char text[ADDR_TEXT_MAX];

	if (zone)
		w.n = (size_t)(zone - w.at);
	if (w.n == 0 || w.n >= sizeof(text) || memchr(w.at, '\0', w.n))
		return false;
	memcpy(text, w.at, w.n);
	text[w.n] = '\0';
	return addr_parse(text, ret_addr);
}

bool words_protocol(struct words w, uint8_t *ret_protocol)
{
	static const struct {
		const char *name;
		uint8_t number;
	} known[] = { { "tcp", 6 }, { "udp", 17 }, { "quic", 17 }, { "sctp", 132 } };
	uint64_t number;

	for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
		if (words_equal_caseless(w, known[i].name)) {
			*ret_protocol = known[i].number;
			return true;
		}
	}
	if (!words_number(w, &number) || (number != 6 && number != 17 && number != 132))
		return false;
	*ret_protocol = (uint8_t)number;
	return true;
}

bool words_epoch(struct words w, uint64_t *ret_time_ns)
{
	struct words whole;
	uint64_t number, unit_ns = NS_PER_SECOND, fraction = 0;

	if (!words_split(&w, '.', &whole) || !words_number(whole, &number))
		return false;
	/* That many seconds are the year 5138; that many milliseconds 1973. */
	if (number >= 100000000000)
		unit_ns = NS_PER_MS;
	if (number >= UINT64_MAX / unit_ns)
		return false;
	if (w.at) {
		size_t digits = MIN(w.n, 9);

		if (w.n == 0)
			return false;
		for (size_t i = 0; i < w.n; i++) {
			if (w.at[i] < '0' || w.at[i] > '9')
				return false;
		}
		if (!words_number((struct words){ w.at, digits }, &fraction))
			return false;
		for (; digits < 9; digits++)
			fraction *= 10;
	}
	*ret_time_ns = number * unit_ns + fraction / (NS_PER_SECOND / unit_ns);
	return true;
}

bool words_time(struct words w, bool local, uint64_t *ret_time_ns)
{
	char text[ZONE_TEXT_MAX];
	size_t used = w.n;

	if (w.n < 10 || w.n + 3 > sizeof(text) || memchr(w.at, '\0', w.n))
		return false;
	memcpy(text, w.at, w.n);
	text[used] = '\0';
	if (text[4] == '/' && text[7] == '/') { /* argus */
		text[4] = text[7] = '-';
		if (text[10] == '.')
			text[10] = ' ';
	}
	/* "+0000", as Suricata writes it. */
	if (used > 5 && (text[used - 5] == '+' || text[used - 5] == '-') && used > 19) {
		memmove(text + used - 1, text + used - 2, 3);
		text[used - 2] = ':';
		used++;
	} else if (used > 4 && strcmp(text + used - 4, " UTC") == 0) {
		memcpy(text + used - 4, "Z", 2);
		used -= 3;
	}
	if (!local && strspn(text + 10, "T 0123456789:.") == used - 10)
		memcpy(text + used, used == 10 ? " 00:00Z" : "Z", used == 10 ? 8 : 2);
	return zone_parse(text, ret_time_ns, NULL) == 0;
}

bool words_ctime(struct words w, bool local, uint64_t *ret_time_ns)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[ZONE_TEXT_MAX], month[4], written[64];
	int day, hour, minute, second, year;
	const char *found;

	if (w.n >= sizeof(text) || w.n == 0)
		return false;
	memcpy(text, w.at, w.n);
	text[w.n] = '\0';
	if (sscanf(text, "%*3s %3s %2d %2d:%2d:%2d %4d", month, &day, &hour, &minute, &second,
		   &year) != 6)
		return false;
	found = strstr(months, month);
	if (!found || strlen(month) != 3 || (found - months) % 3 != 0)
		return false;
	snprintf(written, sizeof(written), "%04d-%02d-%02dT%02d:%02d:%02d%s", year,
		 (int)(found - months) / 3 + 1, day, hour, minute, second, local ? "" : "Z");
	return zone_parse(written, ret_time_ns, NULL) == 0;
}

/* Bytes of the character at AT, which has N bytes to its end; 0 when it is none. */
static size_t character_bytes(const char *at, size_t n)
{
	char next[5] = "";

	memcpy(next, at, MIN(n, 4));
	return next[0] ? (size_t)text_utf8_length(next) : 0;
}

char *words_copy(struct words w, size_t max)
{
	char *copy = malloc(MIN(w.n, max) * 3 + 1);
	size_t used = 0;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < w.n && used < max;) {
		size_t n;

		if ((signed char)w.at[i] > 0) { /* ASCII, most of all there is */
			copy[used++] = w.at[i++];
			continue;
		}
		n = character_bytes(w.at + i, w.n - i);
		const char *from = n ? w.at + i : REPLACEMENT;

		if (used + (n ? n : 3) > max)
			break;
		memcpy(copy + used, from, n ? n : 3);
		used += n ? n : 3;
		i += n ? n : 1;
	}
	copy[used] = '\0';
	return copy;
}

const char *words_show(struct words w, char ret_text[WORDS_SHOWN_MAX])
{
	bool cut = w.n > WORDS_SHOWN_MAX - 4;
	size_t n = cut ? WORDS_SHOWN_MAX - 4 : w.n;

	for (size_t i = 0; i < n; i++)
		ret_text[i] = w.at[i] ? w.at[i] : '?';
	ret_text[n] = '\0';
	text_defuse(ret_text);
	if (cut)
		memcpy(ret_text + n, "...", 4);
	return ret_text;
}
