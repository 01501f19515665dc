/* Gaps join while they go on, and stay apart where they differ; nothing taken is forgotten or told
 * twice. */
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "watch/ledger_internal.h"

#define SECOND 1000000000ULL

static struct ledger ledger;

static void note(enum batch_gap_kind kind, const char *interface, uint64_t from_s, uint64_t to_s,
		 uint64_t count)
{
	struct batch_gap g = {
		.kind = kind, .from_ns = from_s * SECOND, .to_ns = to_s * SECOND, .count = count
	};

	strncpy(g.interface, interface, sizeof(g.interface) - 1);
	ledger_note(&ledger, &g);
}

static void joins_what_goes_on(void **state)
{
	size_t n;
	struct batch_gap *list;

	(void)state;
	ledger_init(&ledger);
	for (unsigned i = 0; i < 100; i++)
		note(BATCH_GAP_LOST, "eth1", 1000 + i, 1001 + i, 7);
	list = ledger_take(&ledger, &n);
	assert_int_equal(n, 1);
	assert_true(list[0].from_ns == 1000 * SECOND && list[0].to_ns == 1100 * SECOND);
	assert_int_equal(list[0].count, 700);
	assert_int_equal(ledger.lost, 700);
	free(list);
	/* It goes on: the next post tells the rest, those who ask hear of one. */
	note(BATCH_GAP_LOST, "eth1", 1100, 1101, 1);
	list = ledger_take(&ledger, &n);
	assert_int_equal(n, 1);
	assert_true(list[0].from_ns == 1100 * SECOND && list[0].count == 1);
	assert_int_equal(ledger.n_recent, 1);
	assert_int_equal(ledger.recent[0].count, 701);
	free(list);
	ledger_finish(&ledger);
}

static void keeps_apart_what_differs(void **state)
{
	size_t n;
	struct batch_gap *list;

	(void)state;
	ledger_init(&ledger);
	note(BATCH_GAP_LOST, "eth1", 1000, 1001, 1);
	note(BATCH_GAP_LOST, "eth2", 1000, 1001, 2);
	note(BATCH_GAP_DOWN, "eth1", 1000, 1001, 0);
	note(BATCH_GAP_LOST, "eth1", 1010, 1011, 4); /* nine seconds later: another one */
	list = ledger_take(&ledger, &n);
	assert_int_equal(n, 4);
	assert_int_equal(ledger.n_recent, 4);
	free(list);
	list = ledger_take(&ledger, &n);
	assert_int_equal(n, 0);
	assert_null(list);
	ledger_finish(&ledger);
}

static void remembers_the_newest(void **state)
{
	(void)state;
	ledger_init(&ledger);
	for (unsigned i = 0; i < 3 * LEDGER_RECENT_MAX; i++)
		note(BATCH_GAP_DOWN, "eth1", 1000 + 100 * i, 1001 + 100 * i, i);
	assert_int_equal(ledger.n_recent, LEDGER_RECENT_MAX);
	assert_int_equal(ledger.recent[LEDGER_RECENT_MAX - 1].count, 3 * LEDGER_RECENT_MAX - 1);
	assert_int_equal(ledger.recent[0].count, 2 * LEDGER_RECENT_MAX);
	assert_int_equal(ledger.n, 3 * LEDGER_RECENT_MAX);
	ledger_finish(&ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_what_goes_on),
		cmocka_unit_test(keeps_apart_what_differs),
		cmocka_unit_test(remembers_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
