/*
 * A batch's manifest from the outside: whatever the text, parsing it ends in an answer or an error;
 * what is taken prints and parses to the same again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/batch.h"
#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_again(const struct batch_manifest *m)
{
	struct batch_manifest again;
	struct buffer first, second;

	buffer_init(&first);
	buffer_init(&second);
	require(batch_manifest_print(m, &first) == 0);
	require(batch_manifest_parse((const char *)first.bytes, first.length, &again, NULL) == 0);
	require(batch_manifest_print(&again, &second) == 0);
	require(first.length == second.length && !memcmp(first.bytes, second.bytes, first.length));
	require(again.n_parts == m->n_parts && again.n_counts == m->n_counts &&
		again.n_replaces == m->n_replaces && again.n_gaps == m->n_gaps &&
		again.bare == m->bare && again.n_floods == m->n_floods &&
		again.networks.n_prefixes == m->networks.n_prefixes);
	batch_manifest_finish(&again);
	buffer_finish(&first);
	buffer_finish(&second);
}

static void parse(const void *text, size_t length)
{
	struct batch_manifest m;
	struct diagnosis d = { "" };

	if (batch_manifest_parse(text, length, &m, &d) == 0) {
		check_again(&m);
		batch_manifest_finish(&m);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char sum[32];
	struct buffer text;

	/* As it is, and with the sum that lets the parser see its lines. */
	parse(data, size);
	buffer_init(&text);
	buffer_put(&text, data, size);
	(void)snprintf(sum, sizeof(sum), "sum %016llx\n",
		       (unsigned long long)hash_bytes(text.bytes, text.length));
	buffer_put(&text, sum, strlen(sum));
	require(!text.failed);
	parse(text.bytes, text.length);
	buffer_finish(&text);
	return 0;
}
