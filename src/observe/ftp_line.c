#include <ctype.h>
#include <string.h>

#include "observe/ftp_internal.h"

struct words {
	const char *at, *end;
};

static bool number(struct words *w, unsigned long most, unsigned long *ret_n)
{
	const char *start = w->at;
	unsigned long n = 0;

	for (; w->at < w->end && isdigit((unsigned char)*w->at) && w->at - start < 6; w->at++)
		n = 10 * n + (unsigned long)(*w->at - '0');
	*ret_n = n;
	return w->at > start && n <= most;
}

static bool sign(struct words *w, char c)
{
	if (w->at == w->end || *w->at != c)
		return false;
	w->at++;
	return true;
}

static void skip_blanks(struct words *w)
{
	while (w->at < w->end && *w->at == ' ')
		w->at++;
}

/* h1,h2,h3,h4,p1,p2 (RFC 959, 4.1.2); some servers put blanks between the numbers. */
static bool read_host_port(struct words w, struct ftp_line *l)
{
	unsigned long n[6];

	for (int i = 0; i < 6; i++) {
		skip_blanks(&w);
		if (i && !sign(&w, ','))
			return false;
		skip_blanks(&w);
		if (!number(&w, 255, &n[i]))
			return false;
	}
	/* A number that goes on past the captured bytes would be another one. */
	l->addr = addr_from_v4((uint32_t)(n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]));
	l->has_addr = true;
	l->port = (uint16_t)(n[4] << 8 | n[5]);
	return l->port != 0;
}

/* d proto d address d port d, where proto and address may be empty in a reply (RFC 2428, 2 and 3)
 */
static bool read_extended(struct words w, bool reply, struct ftp_line *l)
{
	char text[ADDR_TEXT_MAX];
	unsigned long family, port;
	size_t n = 0;
	char d;

	if (w.at == w.end)
		return false;
	d = *w.at++;
	if (!number(&w, 2, &family) && !reply)
		return false;
	if (!sign(&w, d))
		return false;
	while (w.at < w.end && *w.at != d && n + 1 < sizeof(text))
		text[n++] = *w.at++;
	text[n] = '\0';
	l->has_addr = n && addr_parse(text, &l->addr);
	if ((!reply && !l->has_addr) || !sign(&w, d) || !number(&w, 65535, &port) || !port ||
	    !sign(&w, d))
		return false;
	l->port = (uint16_t)port;
	return true;
}

static void skip_to(struct words *w, bool (*wanted)(char c))
{
	while (w->at < w->end && !wanted(*w->at))
		w->at++;
}

static bool is_digit(char c)
{
	return isdigit((unsigned char)c);
}

static bool is_open(char c)
{
	return c == '(';
}

static bool is_word(char c)
{
	return !isblank((unsigned char)c);
}

/* The reply's text is free; the numbers are what counts. Some servers leave out the parentheses. */
static bool read_passive_reply(struct words w, struct ftp_line *l)
{
	while (w.at < w.end) {
		skip_to(&w, is_digit);
		if (read_host_port(w, l))
			return true;
		while (w.at < w.end && is_digit(*w.at))
			w.at++;
	}
	return false;
}

struct ftp_line ftp_line_read(const char *text, size_t length)
{
	struct ftp_line l = { FTP_LINE_OTHER };
	struct words w = { text + 4, text + length };
	bool good;

	if (length < 4)
		return l;
	switch (FTP_WORD((uint8_t)text[0], (uint8_t)text[1], (uint8_t)text[2], (uint8_t)text[3])) {
	case FTP_WORD('P', 'O', 'R', 'T'):
		skip_to(&w, is_word);
		good = read_host_port(w, &l);
		break;
	case FTP_WORD('E', 'P', 'R', 'T'):
		skip_to(&w, is_word);
		good = read_extended(w, false, &l);
		break;
	case FTP_WORD('2', '2', '7', ' '):
		good = read_passive_reply(w, &l);
		break;
	case FTP_WORD('2', '2', '9', ' '):
		skip_to(&w, is_open);
		good = sign(&w, '(') && read_extended(w, true, &l);
		break;
	case FTP_WORD('L', 'P', 'R', 'T'):
	case FTP_WORD('2', '2', '8', ' '):
		good = false; /* long addresses (RFC 1639): announced, but not read here */
		break;
	case FTP_WORD('2', '3', '4', ' '):
	case FTP_WORD('3', '3', '4', ' '):
		/* The answer to AUTH: from here on the words are sealed (RFC 4217, 4.2; RFC 2228).
		 */
		l.kind = FTP_LINE_TLS;
		return l;
	default:
		return l;
	}
	l.kind = good ? FTP_LINE_LISTEN : FTP_LINE_BROKEN;
	return l;
}
