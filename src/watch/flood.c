#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#include "watch/flood_internal.h"

#define NO_ROW 0 /* the first row is that of all who have none of their own: no host, no port */

/* Of a series or of a host, by a hash. */
struct place {
	uint64_t key;    /* 0: none */
	uint32_t n : 31; /* sightings of the series that are written down; series of the host */
	uint32_t counted : 1; /* some of this hour were only counted */
	uint16_t row[2];      /* of these; for peers outside and inside */
};

struct flood {
	struct flood_settings settings;
	uint64_t seed;
	uint32_t used, written; /* series; sightings */
	uint32_t others_written;
	struct flood_figures figures;
	size_t n_rows; /* with the first */
	struct place series[FLOOD_SERIES], hosts[FLOOD_SERIES];
	struct batch_flood rows[FLOOD_ROWS_MAX];
	uint8_t registers[FLOOD_ROWS_MAX][FLOOD_REGISTERS];
};

/*
 * What one that is written down takes at most while its hour is made into a batch and counted:
 * measured with IPv6 peers that are all new, on as many services as are told apart.
 */
#define BYTES_OF_ONE 192

struct flood_settings flood_settings_for(uint64_t memory_bytes)
{
	uint32_t all = (uint32_t)MIN(memory_bytes / BYTES_OF_ONE, (uint64_t)INT32_MAX);

	return (struct flood_settings){
		.of_series = all / 8,
		.of_others = all / 64,
		.of_all = all,
		.of_host = all / (32 * FLOOD_FIRST),
		.series = all / (2 * FLOOD_FIRST),
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
	f->figures = (struct flood_figures){ 0 };
	memset(f->series, 0, sizeof(f->series));
	memset(f->hosts, 0, sizeof(f->hosts));
	flood_begin_rows(f);
}

void flood_begin_rows(struct flood *f)
{
	for (size_t i = 0; i < FLOOD_SERIES; i++) {
		memset(f->series[i].row, NO_ROW, sizeof(f->series[i].row));
		memset(f->hosts[i].row, NO_ROW, sizeof(f->hosts[i].row));
	}
	memset(f->registers, 0, sizeof(f->registers));
	f->rows[0] = (struct batch_flood){ .packets = 0 };
	f->n_rows = 1;
}

static uint64_t hash_addr(const struct flood *f, struct net_addr a)
{
	return hash_mix(a.hi ^ f->seed ^ hash_mix(a.lo + f->seed));
}

static uint64_t not_none(uint64_t key)
{
	return key ? key : 1;
}

static uint64_t host_key(const struct flood *f, const struct sighting *s)
{
	return not_none(hash_mix(hash_addr(f, s->host)));
}

static uint64_t series_key(const struct flood *f, const struct sighting *s)
{
	uint64_t rest = (uint64_t)s->port << 16 | (uint64_t)s->protocol << 8 | s->marks;

	return not_none(hash_mix(hash_addr(f, s->host) ^ rest * 0x9e3779b97f4a7c15ULL));
}

/* Where the key is, or would be. Half of the places are empty. */
static struct place *find(struct place *places, uint64_t key)
{
	size_t at = key % FLOOD_SERIES;

	while (places[at].key && places[at].key != key)
		at = (at + 1) % FLOOD_SERIES;
	return &places[at];
}

/*
 * NULL: there are too many to tell them apart. *ret_host is then the host that has too many, or
 * NULL where all together have.
 */
static struct place *find_series(struct flood *f, const struct sighting *s, struct place **ret_host)
{
	uint64_t key = series_key(f, s);
	struct place *series = find(f->series, key), *host;

	*ret_host = NULL;
	if (series->key)
		return series;
	host = find(f->hosts, host_key(f, s));
	if (host->key && host->n >= f->settings.of_host) {
		*ret_host = host;
		return NULL;
	}
	if (f->used >= MIN(f->settings.series, FLOOD_SERIES / 2))
		return NULL;
	f->used++;
	host->key = host_key(f, s);
	host->n++;
	series->key = key;
	return series;
}

/* OF_HOST: of all of the host that have no row of their own. */
static uint16_t make_row(struct flood *f, const struct sighting *s, bool of_host, bool inside)
{
	struct batch_flood *row = &f->rows[f->n_rows];

	if (f->n_rows == FLOOD_ROWS_MAX)
		return NO_ROW;
	*row = (struct batch_flood){ .host = s->host, .marks = inside ? MARK_INSIDE : 0 };
	if (!of_host) {
		row->port = s->port;
		row->protocol = s->protocol;
		row->marks |= s->marks;
	}
	return (uint16_t)f->n_rows++;
}

/* The row of a sighting that is not written down: the series' one, the host's, or that of all. */
static size_t find_row(struct flood *f, struct place *series, struct place *host,
		       const struct sighting *s, const struct prefix_set *networks)
{
	bool inside = networks && prefix_set_contains(networks, s->peer);
	struct place *one = series ? series : host;

	if (one && one->row[inside] == NO_ROW)
		one->row[inside] = make_row(f, s, !series, inside);
	return one ? one->row[inside] : NO_ROW;
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

/* WRITTEN of the series, or of all those that are not told apart. */
static bool may_write(const struct flood *f, uint32_t written, uint32_t most)
{
	return written < most && (written < FLOOD_FIRST || f->written < f->settings.of_all);
}

/* Takes it into the budgets, where there is room. */
static bool write_down(struct flood *f, struct place *one)
{
	if (!may_write(f, one ? one->n : f->others_written,
		       one ? f->settings.of_series : f->settings.of_others))
		return false;
	if (one)
		one->n++;
	else
		f->others_written++;
	f->written++;
	return true;
}

bool flood_admit(struct flood *f, const struct sighting *s, const struct prefix_set *networks)
{
	struct place *host, *one = find_series(f, s, &host);

	if (write_down(f, one))
		return true;
	count(f, find_row(f, one, host, s, networks), s);
	f->figures.packets++;
	if (one) {
		f->figures.series += !one->counted;
		one->counted = true;
	} else {
		f->figures.others = true;
	}
	return false;
}

struct flood_figures flood_figures(const struct flood *f)
{
	return f->figures;
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
