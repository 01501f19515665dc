/*
 * What a part costs: bytes a record by column, nanoseconds a record for each step, next to what a
 * memcpy of the same records takes in the same run. How to read it: bench/README.md.
 *
 *     bench_part [LOAD [RECORDS]]      LOAD: random (default), ipv6, campus, hour, full
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "archive/part_writer_internal.h"
#include "base/hash.h"

#define MS_PER_HOUR  3600000ULL
#define BATCH        256u
#define CAMPUS_HOSTS 270u
#define MEMCPY_BYTES (64u << 20)
#define FIRST_HOUR   429528u /* 2019-01-01T00Z */

struct load {
	const char *name;
	uint32_t n_series, n_peers, n_hours;
	bool v6, skewed;
};

static const struct load loads[] = {
	{ "random", 1000, 900000, 744, false, false }, { "ipv6", 1000, 900000, 744, true, false },
	{ "campus", 1016, 200000, 64, false, true },   { "hour", 1016, 200000, 1, false, true },
	{ "full", 1000, 2000000, 744, true, false },
};

static const char *const columns[COLUMN_COUNT] = {
	[COLUMN_SERIES] = "series of a group",
	[COLUMN_PAIR_COUNTS] = "pairs of a series",
	[COLUMN_PEER_LIST] = "peers of a group",
	[COLUMN_PEERS] = "peers of a series",
	[COLUMN_PACKETS] = "packets",
	[COLUMN_TIMES] = "times",
	[COLUMN_PORTS] = "peer ports",
};

static uint64_t random_state = 1;

static uint64_t random_next(void)
{
	random_state += 0x9e3779b97f4a7c15ULL;
	return hash_mix(random_state);
}

static uint64_t random_below(uint64_t bound)
{
	return (uint64_t)((unsigned __int128)random_next() * bound >> 64);
}

/*
 * By the clock, and by what all threads together used of processors: the latter stands on a busy
 * machine too.
 */
struct spent {
	uint64_t clock_ns, cpu_ns;
};

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static struct spent now(void)
{
	return (struct spent){ read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID) };
}

/* Adds what went by since START to what was SPENT, and sets START to now. */
static void add_since(struct spent *start, struct spent *spent)
{
	struct spent end = now();

	spent->clock_ns += end.clock_ns - start->clock_ns;
	spent->cpu_ns += end.cpu_ns - start->cpu_ns;
	*start = end;
}

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bench_part: %s failed\n", what);
	exit(1);
}

/* ---- loads ---- */

static void set_series(struct sighting *s, uint64_t number)
{
	s->host = addr_from_v4(0xa3d10000U + (uint32_t)(hash_mix(number / 4) >> 48));
	s->port = (uint16_t)(number % 4 ? 1 + (hash_mix(number) & 1023) : 80);
	s->protocol = SIGHTING_PROTOCOL_TCP;
}

static struct net_addr peer_address(const struct load *l, uint64_t number)
{
	uint64_t a = hash_mix(number + 1), b = hash_mix(a);

	return l->v6 ? (struct net_addr){ 0x2000000000000000ULL | a >> 3, b }
		     : addr_from_v4((uint32_t)a);
}

/* A number below BOUND, small ones more likely: uniform in its logarithm. */
static uint64_t skewed_below(uint64_t bound)
{
	uint64_t octave = random_below(bit_length(bound) + 1),
		 x = random_below(UINT64_C(1) << octave);

	return x < bound ? x : random_below(bound);
}

/* Everything uniform: the most that a record can cost. */
static void random_load(const struct load *l, struct sighting *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		set_series(&s[i], random_below(l->n_series));
		s[i].peer = peer_address(l, random_below(l->n_peers));
		s[i].peer_port = (uint16_t)random_next();
		s[i].time_ns = (FIRST_HOUR * MS_PER_HOUR + random_below(l->n_hours * MS_PER_HOUR)) *
			       1000000;
	}
}

/*
 * Users and scanners as they come by a campus. Half of the visits are of users: one service, some
 * packets seconds apart, ports that count up. Half are sweeps: one peer, many services, from one
 * port or from ephemeral ones.
 */
static void campus_load(const struct load *l, struct sighting *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint64_t peer = random_below(l->n_peers), ms = l->n_hours * MS_PER_HOUR * i / n;
		bool sweep = hash_mix(peer) % 10 == 0, one_port = hash_mix(peer) & 1024;
		size_t many = sweep ? 1 + skewed_below(200) : 1 + skewed_below(16);
		uint64_t series = skewed_below(l->n_series), port = 32768 + random_below(28232);

		for (size_t k = 0; k < many && i < n; k++, i++) {
			if (sweep)
				series = random_below(l->n_series);
			set_series(&s[i], series);
			s[i].peer = peer_address(l, peer);
			port = sweep && !one_port ? 32768 + random_below(28232)
						  : port + (sweep ? 0 : random_below(3));
			s[i].peer_port = (uint16_t)port;
			ms += random_below(sweep ? 2000 : 8000);
			s[i].time_ns =
				(FIRST_HOUR * MS_PER_HOUR + ms % (l->n_hours * MS_PER_HOUR)) *
				1000000;
		}
	}
}

/* ---- printing ---- */

static void print_time(const char *what, struct spent spent, size_t n)
{
	printf("  %-28s %8.1f ms, %8.1f ms of processors, %7.2f ns a record\n", what,
	       (double)spent.clock_ns / 1e6, (double)spent.cpu_ns / 1e6,
	       (double)spent.cpu_ns / (double)n);
}

static void print_bytes(const char *what, uint64_t bytes, size_t n)
{
	printf("  %-28s %10" PRIu64 " bytes %8.4f a record\n", what, bytes,
	       (double)bytes / (double)n);
}

static void bench_memcpy(size_t bytes, size_t n)
{
	void *(*volatile copy)(void *to, const void *from, size_t length) =
		memcpy; /* not to be optimised away */
	char *from = malloc(bytes), *to = malloc(bytes);
	struct spent start, spent = { 0, 0 };

	check(from && to, "malloc");
	memset(from, 1, bytes);
	memset(to, 2, bytes);
	start = now();
	copy(to, from, bytes);
	add_since(&start, &spent);
	free(from);
	free(to);
	print_time("memcpy of 16 bytes a record", spent, n);
}

/* ---- steps ---- */

static void bench_write(const struct sighting *s, size_t n, int fd)
{
	struct spent start, append = { 0, 0 }, written = { 0, 0 };
	struct part_writer *w;

	check(part_writer_new(&w) == 0, "new");
	start = now();
	for (size_t i = 0; i < n; i += BATCH) {
		size_t some = MIN(n - i, (size_t)BATCH);

		check(part_writer_append(w, s + i, some) == (int)some, "append");
	}
	add_since(&start, &append);
	check(part_writer_write(w, fd) == 0, "write");
	add_since(&start, &written);
	print_time("append", append, n);
	print_time("write, two threads", written, n);
	for (int i = 0; i < COLUMN_COUNT; i++)
		print_bytes(columns[i], w->column_bits[i] / 8, n);
	part_writer_free(w);
}

static void print_sections(const struct part *p, int fd, size_t n)
{
	uint8_t footer[PART_FOOTER_BYTES];
	uint32_t lengths[2];

	check(pread(fd, footer, sizeof(footer), (off_t)(part_file_bytes(p) - sizeof(footer))) > 0,
	      "pread");
	memcpy(lengths, footer + 24, sizeof(lengths));
	print_bytes("dictionary of series", le32toh(lengths[0]), n);
	print_bytes("dictionary of peers", le32toh(lengths[1]), n);
	print_bytes("directory, codes, footer",
		    (uint64_t)part_group_count(p) * PART_ENTRY_BYTES + CODES_BYTES +
			    PART_FOOTER_BYTES + PART_HEADER_BYTES,
		    n);
	print_bytes("the file", part_file_bytes(p), n);
}

static void bench_read(int fd, size_t n)
{
	struct part_summary summary;
	struct part_detail detail;
	struct spent start, dictionaries = { 0, 0 }, summaries = { 0, 0 }, details = { 0, 0 };
	struct diagnosis d;
	struct part *p;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	part_summary_init(&summary);
	part_detail_init(&detail);
	start = now();
	check(part_open(AT_FDCWD, path, &p, &d) == 0 && part_load_dictionaries(p, &d) == 0, "open");
	add_since(&start, &dictionaries);
	for (uint32_t i = 0; i < part_group_count(p); i++) {
		check(part_read_summary(p, i, &summary, &d) == 0, "read summary");
		add_since(&start, &summaries);
		check(part_read_detail(p, i, &summary, PART_TIMES | PART_PEER_PORTS, &detail, &d) ==
			      0,
		      "read detail");
		add_since(&start, &details);
	}
	print_sections(p, fd, n);
	print_time("open, read dictionaries", dictionaries, n);
	print_time("read all summaries", summaries, n);
	print_time("read all details", details, n);
	part_summary_finish(&summary);
	part_detail_finish(&detail);
	part_close(p);
}

int main(int argc, char **argv)
{
	const struct load *l = &loads[0];
	size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 5000000;
	struct rusage before, after;
	struct sighting *s;
	int fd = memfd_create("part", MFD_CLOEXEC);

	for (size_t i = 0; argc > 1 && i < ARRAY_LENGTH(loads); i++)
		l = strcmp(argv[1], loads[i].name) == 0 ? &loads[i] : l;
	s = calloc(n, sizeof(*s));
	check(s && fd >= 0 && n && n <= PART_RECORDS_MAX, "setting up");
	if (l->skewed) {
		campus_load(l, s, n);
	} else {
		random_load(l, s, n);
	}
	printf("%s: %zu records, %u series, %u peers, %u hours\n", l->name, n, l->n_series,
	       l->n_peers, l->n_hours);
	(void)getrusage(RUSAGE_SELF, &before);
	bench_write(s, n, fd);
	(void)getrusage(RUSAGE_SELF, &after);
	printf("  %-28s %8ld MiB\n", "writer's peak memory",
	       (after.ru_maxrss - before.ru_maxrss) >> 10);
	free(s);
	bench_read(fd, n);
	bench_memcpy(16 * n, n);
	return 0;
}
