#include "part_fixture.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"

#define MS_PER_HOUR 3600000ULL
#define NS_PER_MS   1000000ULL

uint64_t random_next(struct random *r)
{
	r->state += 0x9e3779b97f4a7c15ULL;
	return hash_mix(r->state);
}

uint64_t random_below(struct random *r, uint64_t bound)
{
	return (uint64_t)((unsigned __int128)random_next(r) * bound >> 64);
}

/* The peer NUMBER of the load: always the same address. */
static struct net_addr load_peer(const struct load_shape *shape, uint64_t number, uint64_t seed)
{
	uint64_t a = hash_mix(number ^ seed), b = hash_mix(a);

	if (number < shape->n_v4)
		return addr_from_v4((uint32_t)a);
	if (shape->clustered_v6) {
		return (struct net_addr){ .hi = 0x20010db800000000ULL + (a & 0xffff) * 0x10001,
					  .lo = a >> 62 ? 1 + (b & 0xff) : b };
	}
	return (struct net_addr){ .hi = 0x2000000000000000ULL | a >> 3, .lo = b };
}

static struct part_series load_series(uint64_t number, uint64_t seed)
{
	static const uint16_t ports[] = { 80, 443, 25, 22, 53, 8080, 3389 };
	uint64_t a = hash_mix(number / 4 + seed);

	return (struct part_series){
		.host = a % 5 ? addr_from_v4(0xc0000200U + (uint32_t)(a >> 48))
			      : (struct net_addr){ 0x20010db8000000ffULL, a >> 52 },
		.port = number % 4 ? ports[(number + a) % 7] : (uint16_t)(number * 7),
		.protocol = SIGHTING_PROTOCOL_TCP,
		.marks = (uint8_t)(number % 16 == 3 ? MARK_FTP_DATA : 0),
	};
}

static int by_time(const void *left, const void *right)
{
	const struct sighting *a = left, *b = right;

	return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

static struct sighting load_one(const struct load_shape *shape, uint64_t seed, struct random *r)
{
	uint64_t n_peers = (uint64_t)shape->n_v4 + shape->n_v6, peer = random_below(r, n_peers);
	uint64_t ms =
		shape->first_hour * MS_PER_HOUR + random_below(r, shape->n_hours * MS_PER_HOUR);
	struct part_series series = load_series(random_below(r, shape->n_series), seed);

	return (struct sighting){
		.time_ns = ms * NS_PER_MS + random_below(r, NS_PER_MS),
		.host = series.host,
		.port = series.port,
		.protocol = series.protocol,
		.marks = series.marks,
		.peer = load_peer(shape, peer, seed),
		.peer_port = (uint16_t)(shape->fixed_ports ? hash_mix(peer) : random_next(r)),
	};
}

struct sighting *load_make(const struct load_shape *shape, uint64_t seed)
{
	struct sighting *sightings = calloc(shape->n_records, sizeof(*sightings));
	struct random r = { seed };

	if (!sightings)
		abort();
	for (size_t i = 0; i < shape->n_records; i++) {
		if (shape->repeats && i && random_below(&r, 4)) {
			sightings[i] = sightings[random_below(&r, i)];
			sightings[i].time_ns += random_below(&r, 4000) * NS_PER_MS;
			sightings[i].peer_port += (uint16_t)random_below(&r, 3);
		} else {
			sightings[i] = load_one(shape, seed, &r);
		}
	}
	if (shape->in_order)
		qsort(sightings, shape->n_records, sizeof(*sightings), by_time);
	return sightings;
}

int load_write(const struct sighting *sightings, size_t n)
{
	int fd = memfd_create("part", MFD_CLOEXEC), r;
	struct part_writer *w;

	if (fd < 0 || part_writer_new(&w))
		abort();
	r = part_writer_append(w, sightings, n);
	assert(r >= 0 && (size_t)r == n);
	r = part_writer_write(w, fd);
	assert(r == 0);
	part_writer_free(w);
	return fd;
}

static int by_part_order(const void *left, const void *right)
{
	const struct sighting *a = left, *b = right;
	uint64_t hour_a = a->time_ns / NS_PER_MS / MS_PER_HOUR,
		 hour_b = b->time_ns / NS_PER_MS / MS_PER_HOUR;
	int by_address;

	if (hour_a != hour_b)
		return hour_a < hour_b ? -1 : 1;
	by_address = addr_compare(a->host, b->host);
	if (by_address)
		return by_address;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->marks != b->marks)
		return a->marks < b->marks ? -1 : 1;
	by_address = addr_compare(a->peer, b->peer);
	if (by_address)
		return by_address;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->peer_port < b->peer_port ? -1 : a->peer_port > b->peer_port;
}

void load_sort(struct sighting *sightings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sightings[i].time_ns -= sightings[i].time_ns % NS_PER_MS;
	qsort(sightings, n, sizeof(*sightings), by_part_order);
}

void load_bare(struct sighting *sightings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sightings[i].time_ns -= sightings[i].time_ns % (MS_PER_HOUR * NS_PER_MS);
		sightings[i].peer_port = 0;
	}
}

int load_write_bare(int fd, struct diagnosis *d)
{
	int bare = memfd_create("bare", MFD_CLOEXEC), r;
	struct part *p;

	if (bare < 0)
		abort();
	r = part_open_fd(fd, &p, d);
	if (!r) {
		r = part_write_summaries(p, bare, d);
		part_close(p);
	}
	if (!r)
		return bare;
	close(bare);
	return r;
}

int part_open_fd(int fd, struct part **ret_part, struct diagnosis *d)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return part_open(AT_FDCWD, path, ret_part, d);
}

static size_t expand_group(const struct part *p, uint32_t group, const struct part_summary *s,
			   const struct part_detail *detail, struct sighting *ret_sightings)
{
	uint64_t hour_ms = part_groups(p)[group].hour * MS_PER_HOUR;
	size_t at = 0;

	for (uint32_t i = 0, pair = 0; i < s->n_series; i++) {
		const struct part_series *series = &part_series(p)[s->series[i]];

		for (; pair < s->pair_end[i]; pair++) {
			for (uint32_t k = 0; k < s->packets[pair]; k++, at++) {
				ret_sightings[at] = (struct sighting){
					.time_ns = (hour_ms + (detail ? detail->ms[at] : 0)) *
						   NS_PER_MS,
					.host = series->host,
					.port = series->port,
					.protocol = series->protocol,
					.marks = series->marks,
					.peer = part_peer(p, s->peer[pair]),
					.peer_port = detail ? detail->peer_port[at] : 0,
				};
			}
		}
	}
	return at;
}

int part_read_all(struct part *p, struct sighting **ret_sightings, size_t *ret_n,
		  struct diagnosis *d)
{
	struct sighting *sightings = calloc(part_records(p), sizeof(*sightings));
	struct part_summary summary;
	struct part_detail detail;
	size_t n = 0;
	int r = part_load_dictionaries(p, d);

	if (!sightings)
		abort();
	part_summary_init(&summary);
	part_detail_init(&detail);
	for (uint32_t i = 0; !r && i < part_group_count(p); i++) {
		r = part_read_summary(p, i, &summary, d);
		if (!r && part_has_details(p)) {
			r = part_read_detail(p, i, &summary, PART_TIMES | PART_PEER_PORTS, &detail,
					     d);
		}
		if (!r) {
			n += expand_group(p, i, &summary, part_has_details(p) ? &detail : NULL,
					  sightings + n);
		}
	}
	part_summary_finish(&summary);
	part_detail_finish(&detail);
	if (r) {
		free(sightings);
		return r;
	}
	*ret_sightings = sightings;
	*ret_n = n;
	return 0;
}
