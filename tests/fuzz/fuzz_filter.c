/*
 * Any bytes as the frames of a line, through the kernel filter's header: it must agree with decoder
 * and observer (tests/flow/filter_agreement.h). A frame is two bytes, big-endian, with its length,
 * and so many bytes; what is left over is one, too.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"

#include "../flow/filter_agreement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW        1548288000000000000ULL
#define STEP_NS    (600 * 1000000000ULL)
#define FRAMES_MAX 64

static struct config config;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void prepare(void)
{
	struct net_prefix p;

	if (config.networks.n_prefixes)
		return;
	config_init(&config);
	require(prefix_parse("192.0.2.0/24", &p, NULL) == 0 &&
		prefix_set_add(&config.networks, p) == 0);
	require(prefix_parse("2001:db8::/64", &p, NULL) == 0 &&
		prefix_set_add(&config.networks, p) == 0);
}

/* A block of its own for each frame: a sanitizer sees a read behind the end. */
static void see(struct agreement *a, uint64_t time_ns, const uint8_t *bytes, size_t n)
{
	struct filter_facts facts = { 0 };
	enum filter_outcome o;
	uint8_t *copy = malloc(n ? n : 1);
	const char *wrong;

	require(copy);
	memcpy(copy, bytes, n);
	agreement_tick(a, time_ns);
	wrong = agreement_see(a, time_ns, copy, (uint32_t)n, &o, &facts);
	if (wrong)
		(void)fprintf(stderr, "%s (outcome %s)\n", wrong, filter_outcome_name(o));
	require(!wrong);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	uint64_t time_ns = NOW;
	struct agreement a;

	prepare();
	require(agreement_init(&a, &config, 42) == 0);
	for (int i = 0; i < FRAMES_MAX && cursor_left(&c) > 2; i++, time_ns += STEP_NS) {
		size_t n = cursor_u16_be(&c);
		const uint8_t *bytes;

		n = MIN(n, cursor_left(&c));
		bytes = cursor_take(&c, n);
		see(&a, time_ns, bytes, n);
	}
	require(!agreement_end(&a, time_ns));
	agreement_finish(&a);
	return 0;
}
