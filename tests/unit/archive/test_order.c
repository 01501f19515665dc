/*
 * What brings a part's records into order, each piece against a plain one: records put apart by
 * hour, the sort of an hour, the ranks of IPv4 addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/hour_sort_internal.h"
#include "archive/hours_internal.h"
#include "archive/v4_table_internal.h"

#include "part_fixture.h"

/* ---- hours ---- */

struct plain_record {
	uint32_t hour;
	uint32_t number; /* in the order of arrival */
	uint64_t key;
	uint16_t port;
};

static int by_hour_then_arrival(const void *left, const void *right)
{
	const struct plain_record *a = left, *b = right;

	if (a->hour != b->hour)
		return a->hour < b->hour ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* The hours hold just these, in their order of arrival. */
static void assert_hours_are(const struct hours *h, const struct plain_record *sorted, size_t n)
{
	size_t at = 0;

	assert_int_equal(h->n_records, n);
	for (size_t i = 0; i < h->n; i++) {
		struct hour_chunk c = { 0 };
		uint32_t records = 0;

		for (; hours_chunk(h, &h->list[i], &c); records += c.n) {
			for (uint32_t k = 0; k < c.n; k++, at++) {
				assert_true(at < n);
				assert_int_equal(h->list[i].hour, sorted[at].hour);
				assert_true(c.keys[k] == sorted[at].key);
				assert_int_equal(c.ports[k], sorted[at].port);
			}
		}
		assert_int_equal(records, h->list[i].n_records);
		assert_true(records > 0);
		assert_true(i == 0 || h->list[i - 1].hour < h->list[i].hour);
	}
	assert_int_equal(at, n);
}

static void add_all(struct hours *h, struct plain_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct plain_record *r = &records[i];

		assert_int_equal(hours_add(h, r->hour, r->key, r->port), 0);
		assert_true(hours_have(h, r->hour));
	}
	assert_false(hours_have(h, 5000000));
	hours_end(h);
	qsort(records, n, sizeof(*records), by_hour_then_arrival);
	assert_hours_are(h, records, n);
}

/* Hours of one record and of many; STRAYS in a thousand come out of order. */
static struct plain_record *draw_records(struct random *r, size_t n, uint32_t n_hours,
					 unsigned strays)
{
	struct plain_record *records = calloc(n, sizeof(*records));

	assert_non_null(records);
	for (size_t i = 0; i < n; i++) {
		bool stray = random_below(r, 1000) < strays;

		records[i].hour =
			429000 + (uint32_t)(stray ? random_below(r, n_hours) : i * n_hours / n);
		records[i].number = (uint32_t)i;
		records[i].key = random_next(r);
		records[i].port = (uint16_t)random_next(r);
	}
	return records;
}

static void test_hours(void **state)
{
	static const struct {
		size_t n;
		uint32_t n_hours;
		unsigned strays;
	} shapes[] = { { 1, 1, 0 },          { 16, 1, 0 },       { 17, 1, 0 },
		       { 100000, 1, 0 },     { 50000, 700, 20 }, { 50000, 700, 1000 },
		       { 30000, 30000, 500 } };
	struct random r = { 5 };
	struct hours h;

	(void)state;
	assert_int_equal(hours_init(&h), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++) {
		struct plain_record *records =
			draw_records(&r, shapes[i].n, shapes[i].n_hours, shapes[i].strays);

		add_all(&h, records, shapes[i].n);
		hours_reset(&h);
		assert_int_equal(h.n_records, 0);
		assert_false(hours_have(&h, records[0].hour));
		free(records);
	}
	hours_finish(&h);
}

/* The chunk's whole pages, and how many of them are in memory. */
static size_t count_pages(const struct hour_chunk *c, size_t *ret_present)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)(c->keys - 1) + page - 1) / page * page;
	uintptr_t to = (uintptr_t)(c->ports + c->n) / page * page;
	unsigned char there[64] = { 0 };
	size_t n = from < to ? (to - from) / page : 0;

	assert_true(n <= sizeof(there));
	if (n)
		assert_int_equal(mincore((void *)from, to - from, there), 0);
	for (size_t i = 0; i < n; i++)
		*ret_present += there[i] & 1;
	return n;
}

/* One hour gives its memory back; the other one stays as it is, and the arena is used again. */
static void test_hours_are_released(void **state)
{
	struct random r = { 6 };
	struct plain_record *records = draw_records(&r, 900000, 2, 300), *again;
	struct hour_chunk c = { 0 }, *chunks = calloc(1000, sizeof(*chunks));
	struct hour_release release = { 0 };
	struct hours h;
	size_t n = 0, n_chunks = 0, pages = 0, before = 0, after = 0;

	(void)state;
	assert_non_null(chunks);
	assert_int_equal(hours_init(&h), 0);
	add_all(&h, records, 900000);
	while (hours_chunk(&h, &h.list[0], &c)) {
		for (uint32_t k = 0; k < c.n; k++, n++)
			assert_true(c.keys[k] == records[n].key && c.ports[k] == records[n].port);
		assert_true(n_chunks < 1000);
		pages += count_pages(&c, &before);
		chunks[n_chunks++] = c;
		hours_release(&release, &c);
	}
	hours_release_rest(&release);
	for (size_t i = 0; i < n_chunks; i++)
		(void)count_pages(&chunks[i], &after);
	assert_true(pages > 500);
	assert_int_equal(before, pages);
	assert_int_equal(after, 0);
	free(chunks);
	assert_int_equal(n, h.list[0].n_records);
	for (c = (struct hour_chunk){ 0 }; hours_chunk(&h, &h.list[1], &c);) {
		for (uint32_t k = 0; k < c.n; k++, n++)
			assert_true(c.keys[k] == records[n].key && c.ports[k] == records[n].port);
	}
	assert_int_equal(n, 900000);
	hours_reset(&h);
	again = draw_records(&r, 900000, 3, 10);
	add_all(&h, again, 900000);
	hours_finish(&h);
	free(records);
	free(again);
}

/* ---- the sort of an hour ---- */

static int by_key(const void *left, const void *right)
{
	const struct sort_key *a = left, *b = right;

	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

/* PAIRS of PAIR_BITS bits; rests come in order but for DISORDER in a thousand. */
static void sort_some(struct random *r, size_t n, uint64_t pairs, unsigned pair_bits,
		      unsigned disorder)
{
	struct sort_key *plain = calloc(n, sizeof(*plain));
	struct hour_sort s;

	assert_non_null(plain);
	assert_int_equal(hour_sort_init(&s, n), 0);
	for (size_t i = 0; i < n; i++) {
		uint64_t pair = random_below(r, pairs);

		plain[i].hi = (pair * 0x9e3779b97f4a7c15ULL) >> (64 - pair_bits);
		plain[i].lo = random_below(r, 1000) < disorder ? random_below(r, n) : i / 2;
		s.words[0][i] = plain[i].hi << HOUR_SORT_PLACE_BITS | i;
		s.rests[i] = plain[i].lo;
	}
	hour_sort_run(&s, n);
	qsort(plain, n, sizeof(*plain), by_key);
	assert_memory_equal(s.sorted, plain, n * sizeof(*plain));
	hour_sort_finish(&s);
	free(plain);
}

static void test_hour_sort(void **state)
{
	static const size_t sizes[] = { 1, 2, 47, 48, 49, 500, 7000, 50000, HOUR_SORT_RECORDS };
	static const unsigned bits[] = { 1, 10, 11, 12, 30, 41, 46 };
	struct random r = { 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		for (size_t k = 0; k < ARRAY_LENGTH(bits); k++) {
			sort_some(&r, sizes[i], 1, bits[k], 500);
			sort_some(&r, sizes[i], sizes[i] / 20 + 1, bits[k], 10);
			sort_some(&r, sizes[i], 1 + sizes[i] * 5, bits[k], 1000);
		}
	}
}

/* ---- ranks ---- */

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static void rank_some(struct v4_table *t, struct random *r, uint32_t n)
{
	uint32_t *v4 = calloc(n, sizeof(*v4)), *plain = calloc(n, sizeof(*plain));
	const uint32_t *sorted, *rank;

	assert_non_null(v4);
	assert_non_null(plain);
	for (uint32_t i = 0; i < n;) {
		uint32_t address = i ? (uint32_t)random_next(r) : UINT32_MAX * (n & 1), id;
		uint64_t hash = v4_table_hash(t, address);

		if (v4_table_find(t, address, hash) != ID_NONE)
			continue;
		assert_int_equal(v4_table_add(t, address, hash, &id), 0);
		assert_int_equal(id, i);
		v4[i] = plain[i] = address;
		i++;
	}
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(v4_table_find(t, v4[i], v4_table_hash(t, v4[i])), i);
	qsort(plain, n, sizeof(*plain), by_number);
	v4_table_rank(t, &sorted, &rank);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(sorted[i], plain[i]);
		assert_int_equal(sorted[rank[i]], v4[i]);
	}
	free(v4);
	free(plain);
}

static void test_v4_ranks(void **state)
{
	/* Also as full as a table gets, one less and one more. */
	static const uint32_t counts[] = { 1, 2, 1023, 1024, 1025, 4096, 4097, 262144, 262145 };
	struct random r = { 8 };
	struct v4_table t;

	(void)state;
	v4_table_init(&t, 99);
	for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
		rank_some(&t, &r, counts[i]);
		v4_table_clear(&t);
	}
	rank_some(&t, &r, 10); /* in a table that is far too large */
	v4_table_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_hours_are_released),
		cmocka_unit_test(test_hour_sort),
		cmocka_unit_test(test_v4_ranks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
