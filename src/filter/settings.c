#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"

struct filter_settings filter_settings_default(const struct config *config)
{
	return (struct filter_settings){
		.config = config,
		.ring_bytes = FILTER_RING_BYTES,
		.frames_per_second = { FILTER_FRAMES_PER_SECOND, FILTER_FRAMES_PER_SECOND },
	};
}

static struct filter_addr gap(const struct filter_range *before, const struct filter_range *after)
{
	struct filter_addr a = before->last, b = after->first;

	return (struct filter_addr){ b.hi - a.hi - (b.lo < a.lo), b.lo - a.lo };
}

static bool is_narrower(struct filter_addr a, struct filter_addr b)
{
	return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

static void close_narrowest(struct filter_range *ranges, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i + 1 < n; i++) {
		if (is_narrower(gap(&ranges[i], &ranges[i + 1]),
				gap(&ranges[best], &ranges[best + 1])))
			best = i;
	}
	ranges[best].last = ranges[best + 1].last;
	memmove(&ranges[best + 1], &ranges[best + 2], (n - best - 2) * sizeof(*ranges));
}

static int fill_ranges(const struct prefix_set *networks, struct filter_config *c)
{
	size_t n = networks->n_ranges;
	struct filter_range *ranges = calloc(n ? n : 1, sizeof(*ranges));

	if (!ranges)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct addr_range *r = &networks->ranges[i];

		ranges[i] = (struct filter_range){ { r->first.hi, r->first.lo },
						   { r->last.hi, r->last.lo } };
	}
	for (; n > FILTER_RANGES_MAX; n--)
		close_narrowest(ranges, n);
	memcpy(c->ranges, ranges, n * sizeof(*ranges));
	c->n_ranges = (uint32_t)n;
	free(ranges);
	return 0;
}

int filter_config_fill(const struct filter_settings *settings, uint64_t seed,
		       struct filter_config *ret_config)
{
	_Static_assert(sizeof(ret_config->control_ports) ==
			       sizeof(settings->config->control_ports.words),
		       "one bit a port in both");

	memset(ret_config, 0, sizeof(*ret_config));
	ret_config->seed = seed;
	ret_config->ring_for_others = settings->ring_bytes / 4 * 3;
	ret_config->flags = settings->consume ? FILTER_CONSUME : 0;
	for (int i = 0; i < FILTER_BUDGETS; i++)
		ret_config->frames_per_second[i] = settings->frames_per_second[i];
	memcpy(ret_config->control_ports, settings->config->control_ports.words,
	       sizeof(ret_config->control_ports));
	return fill_ranges(&settings->config->networks, ret_config);
}

/*
 * The kernel goes on meanwhile. What it refreshes just now stays: only a slot that still holds what
 * was read is cleared.
 */
void filter_streams_turn(struct filter_streams *s)
{
	uint8_t last = (uint8_t)s->epoch;
	uint8_t next = last < FILTER_EPOCH_LAST ? (uint8_t)(last + 1) : 1;

	for (size_t i = 0; i < FILTER_STREAM_SLOTS; i++) {
		uint8_t epoch = __atomic_load_n(&s->slots[i], __ATOMIC_RELAXED);

		if (epoch && epoch != last)
			(void)__atomic_compare_exchange_n(&s->slots[i], &epoch, 0, false,
							  __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&s->remembered, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->epoch, next, __ATOMIC_RELEASE);
}

const char *filter_outcome_name(enum filter_outcome o)
{
	static const char *const names[FILTER_OUTCOMES] = {
		[FILTER_NOTHING] = "nothing",
		[FILTER_FOREIGN_SYN] = "foreign-syn",
		[FILTER_SHORT] = "short",
		[FILTER_SIGHTING] = "sighting",
		[FILTER_ANSWER] = "answer",
		[FILTER_SYN] = "syn",
		[FILTER_UP_LINK] = "up-link",
		[FILTER_UP_TUNNEL] = "up-tunnel",
		[FILTER_UP_UDP_TUNNEL] = "up-udp-tunnel",
		[FILTER_UP_EXTENSIONS] = "up-extensions",
		[FILTER_UP_CONTROL] = "up-control",
		[FILTER_UP_WORD] = "up-word",
		[FILTER_UP_STREAM] = "up-stream",
	};

	return (unsigned)o < FILTER_OUTCOMES ? names[o] : "?";
}
