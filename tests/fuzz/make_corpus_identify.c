/* Writes the corpus of fuzz_identify into the folder that is named: the samples of the unit tests.
 */
#include <stdio.h>
#include <string.h>

#include "identify/reading.h"

#include "../unit/identify/samples.h"

static int write_sample(const char *folder, const struct sample *s)
{
	uint8_t head[2] = { 254, (uint8_t)(s->datagram | (s->port < 1024) << 1 | 4) };
	char path[4096];
	FILE *f;

	for (size_t i = 0; s->asked && i < readers_count; i++)
		if (!strcmp(readers[i].protocol, s->asked))
			head[0] = (uint8_t)i;
	snprintf(path, sizeof(path), "%s/%s", folder, s->name);
	f = fopen(path, "wb");
	if (!f)
		return -1;
	fwrite(head, 1, sizeof(head), f);
	fwrite(s->bytes, 1, s->length, f);
	return fclose(f);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < samples_count; i++)
		if (write_sample(argv[1], &samples[i]) < 0)
			return 1;
	return argc != 2;
}
