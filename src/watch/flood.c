#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#include "watch/flood_internal.h"

#define NO_ROW 0 /* the first row is that of all who have none of their own: no host, no port */

struct series {
	uint64_t key; /* 0: none */
	uint32_t written;
	uint16_t row; /* when it is only counted */
};

struct flood {
	struct flood_settings settings;
	uint64_t seed;
	uint32_t used, written; /* series; sightings */
	uint32_t others_written;
	size_t n_rows; /* with the first */
	struct series series[FLOOD_SERIES];
	struct batch_flood rows[FLOOD_ROWS_MAX];
	uint8_t registers[FLOOD_ROWS_MAX][FLOOD_REGISTERS];
};

/* A sighting that is written down takes some 100 bytes at most while it is made into a batch and
 * counted, and the hour before may still be at it. */
#define BYTES_OF_ONE 128

struct flood_settings flood_settings_for(uint64_t memory_bytes)
{
	uint64_t all = memory_bytes / BYTES_OF_ONE;

	return (struct flood_settings){
		.of_series = (uint32_t)MIN(all / 8, UINT32_MAX),
		.of_all = (uint32_t)MIN(all, UINT32_MAX),
	};
}

int flood_new(const struct flood_settings *settings, struct flood **ret_flood)
{
	struct flood *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->settings = *settings;
	flood_begin(f, 0);
	*ret_flood = f;
	return 0;
}

void flood_free(struct flood *f)
{
	free(f);
}

void flood_begin(struct flood *f, uint64_t seed)
{
	f->seed = seed;
	f->used = f->written = f->others_written = 0;
	memset(f->series, 0, sizeof(f->series));
	memset(f->registers, 0, sizeof(f->registers));
	f->rows[0] = (struct batch_flood){ .packets = 0 };
	f->n_rows = 1;
}

static uint64_t hash_addr(const struct flood *f, struct net_addr a)
{
	return hash_mix(a.hi ^ f->seed ^ hash_mix(a.lo + f->seed));
}

static uint64_t series_key(const struct flood *f, const struct sighting *s)
{
	uint64_t rest = (uint64_t)s->port << 16 | (uint64_t)s->protocol << 8 | s->marks;
	uint64_t key = hash_mix(hash_addr(f, s->host) ^ rest * 0x9e3779b97f4a7c15ULL);

	return key ? key : 1;
}

/* NULL: there are too many to tell them apart. */
static struct series *find_series(struct flood *f, uint64_t key)
{
	size_t at = key % FLOOD_SERIES;

	while (f->series[at].key && f->series[at].key != key)
		at = (at + 1) % FLOOD_SERIES;
	if (f->series[at].key)
		return &f->series[at];
	if (f->used >= FLOOD_SERIES / 2)
		return NULL;
	f->used++;
	f->series[at] = (struct series){ .key = key, .row = NO_ROW };
	return &f->series[at];
}

static uint16_t make_row(struct flood *f, const struct sighting *s)
{
	if (f->n_rows == FLOOD_ROWS_MAX)
		return NO_ROW;
	f->rows[f->n_rows] = (struct batch_flood){
		.host = s->host, .port = s->port, .protocol = s->protocol, .marks = s->marks
	};
	return (uint16_t)f->n_rows++;
}

static void count(struct flood *f, size_t row, const struct sighting *s)
{
	uint64_t h = hash_addr(f, s->peer);
	uint8_t rank = (uint8_t)(1 + __builtin_clzll((h << 10) | 1ULL << 9));
	uint8_t *place = &f->registers[row][h >> 54];
	struct batch_flood *r = &f->rows[row];

	r->first_ns = r->packets++ ? MIN(r->first_ns, s->time_ns) : s->time_ns;
	r->last_ns = MAX(r->last_ns, s->time_ns);
	*place = MAX(*place, rank);
}

/* Of a series, or of all those that are not told apart. */
static bool may_write(const struct flood *f, uint32_t written)
{
	if (written >= f->settings.of_series)
		return false;
	return written < FLOOD_FIRST || f->written < f->settings.of_all;
}

bool flood_admit(struct flood *f, const struct sighting *s)
{
	struct series *one = find_series(f, series_key(f, s));
	uint32_t *written = one ? &one->written : &f->others_written;

	if (may_write(f, *written)) {
		++*written;
		f->written++;
		return true;
	}
	if (one && one->row == NO_ROW)
		one->row = make_row(f, s);
	count(f, one ? one->row : NO_ROW, s);
	return false;
}

static uint64_t estimate(const uint8_t *registers)
{
	const double m = FLOOD_REGISTERS, alpha = 0.7213 / (1 + 1.079 / m);
	double sum = 0, raw;
	unsigned empty = 0;

	for (unsigned i = 0; i < FLOOD_REGISTERS; i++) {
		sum += 1.0 / (double)(1ULL << registers[i]);
		empty += !registers[i];
	}
	raw = alpha * m * m / sum;
	if (raw <= 2.5 * m && empty)
		raw = m * log(m / empty);
	return (uint64_t)(raw + 0.5);
}

size_t flood_rows(struct flood *f, const struct batch_flood **ret_rows)
{
	size_t first = f->rows[0].packets ? 0 : 1;

	for (size_t i = first; i < f->n_rows; i++)
		f->rows[i].peers = MIN(estimate(f->registers[i]), f->rows[i].packets);
	*ret_rows = f->rows + first;
	return f->n_rows - first;
}
