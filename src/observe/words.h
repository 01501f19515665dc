/*
 * The words by which a control connection of FTP is known, on whatever port. Numbers only, so that
 * a program for the kernel can take them too.
 */
#ifndef SEKIMORI_OBSERVE_WORDS_H
#define SEKIMORI_OBSERVE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* Four letters as one number, upper and lower case alike (digits, blank and '-' have the bit set
 * anyway). */
#define FTP_WORD(a, b, c, d)                                                                       \
	(((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d)) |        \
	 0x20202020u)

/* The first four bytes of a payload: do they open a control connection? */
static inline bool ftp_word_opens(uint32_t word)
{
	switch (word | 0x20202020u) {
	case FTP_WORD('P', 'O', 'R', 'T'):
	case FTP_WORD('E', 'P', 'R', 'T'):
	case FTP_WORD('P', 'A', 'S', 'V'):
	case FTP_WORD('E', 'P', 'S', 'V'):
	case FTP_WORD('A', 'U', 'T', 'H'):
	case FTP_WORD('2', '2', '7', ' '):
	case FTP_WORD('2', '2', '9', ' '):
	case FTP_WORD('3', '3', '1', ' '):
		return true;
	default:
		return false;
	}
}

#endif
