/* What servers say, and what is to be read from it. */
#ifndef SEKIMORI_TESTS_UNIT_IDENTIFY_SAMPLES_H
#define SEKIMORI_TESTS_UNIT_IDENTIFY_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sample {
	const char *bytes;
	size_t length;
	const char *name;
	uint16_t port;
	const char *asked;
	bool datagram;
	/* Expected; NULL: nothing. */
	const char *protocol, *product, *version, *extra, *hostname;
	const char *key, *text; /* one of the texts for the fingerprints */
};

extern const struct sample samples[];
extern const size_t samples_count;

#endif
