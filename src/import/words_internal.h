/* Texts of other tools, which need not end in a NUL: to numbers, addresses, times and UTF-8. */
#ifndef SEKIMORI_IMPORT_WORDS_INTERNAL_H
#define SEKIMORI_IMPORT_WORDS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"

#define WORDS_TEXT_MAX 4096 /* bytes of a text that is kept; evidence has a bound of its own */

/* A text within another. */
struct words {
	const char *at;
	size_t n;
};

static inline struct words words_of(const char *text)
{
	return (struct words){ text, strlen(text) };
}

static inline bool words_are(struct words w, const char *text)
{
	return w.n == strlen(text) && memcmp(w.at, text, w.n) == 0;
}

bool words_begin(struct words w, const char *text);
bool words_equal_caseless(struct words w, const char *text);
struct words words_trim(struct words w); /* blanks of both ends */

/* What is before SEPARATOR, which is taken off *w, or all of it. False when *w was used up. */
must_check bool words_split(struct words *w, char separator, struct words *ret_part);

/* Digits only, and no more than fit; for a port 0 to 65535. */
must_check bool words_number(struct words w, uint64_t *ret_number);
must_check bool words_port(struct words w, uint16_t *ret_port);

/* One to four hexadecimal digits. */
must_check bool words_hex(struct words w, unsigned *ret_number);

/* An address, whole; IPv6 with a zone ("fe80::1%eth0") without it. */
must_check bool words_addr(struct words w, struct net_addr *ret_addr);

/* "tcp" 6, "udp" 17, "sctp" 132, also in capitals, or the number. */
must_check bool words_protocol(struct words w, uint8_t *ret_protocol);

/* Seconds since 1970, with a fraction or without; milliseconds, where they are too many for
 * seconds. */
must_check bool words_epoch(struct words w, uint64_t *ret_time_ns);

/* ISO 8601 / RFC 3339; without a zone it is UTC, or the site's where LOCAL. Up to 9 digits of a
 * fraction. */
must_check bool words_time(struct words w, bool local, uint64_t *ret_time_ns);

/* "Mon Jul  1 11:40:48 2013", in the site's zone where LOCAL, else in UTC. */
must_check bool words_ctime(struct words w, bool local, uint64_t *ret_time_ns);

/*
 * A copy that is UTF-8: bytes that are none, and NULs, become U+FFFD; of what is longer than MAX
 * bytes the first ones. NULL when out of memory.
 */
must_check char *words_copy(struct words w, size_t max);

/* The same for a message: cut at 60 bytes, control characters as '?'. Returns ret_text. */
#define WORDS_SHOWN_MAX 64
const char *words_show(struct words w, char ret_text[WORDS_SHOWN_MAX]);

#endif
