#include <stdlib.h>
#include <string.h>

#include "identify/fingerprint.h"

void fingerprint_match_finish(struct fingerprint_match *match)
{
	for (size_t i = 0; i < match->n_values; i++)
		free(match->values[i].value);
	free(match->values);
	*match = (struct fingerprint_match){ 0 };
}

const char *fingerprint_value(const struct fingerprint_match *match, const char *name)
{
	for (size_t i = 0; i < match->n_values; i++)
		if (!strcmp(match->values[i].name, name))
			return match->values[i].value;
	return NULL;
}
