/* What the line looks like, from what came by in a span: each finding, and none where all is well.
 */
#include "networks.h"
#include "unit.h"
#include "watch/mirror_internal.h"

#define SECOND 1000000000ULL

static struct prefix_set networks;
static struct mirror mirror;

static int set_up(void **state)
{
	struct net_prefix p;

	(void)state;
	prefix_set_init(&networks);
	if (prefix_parse("192.0.2.0/24", &p, NULL) < 0 || prefix_set_add(&networks, p) < 0)
		return -1;
	mirror_init(&mirror, &networks, SECOND);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	prefix_set_finish(&networks);
	return 0;
}

static void see(const char *src, const char *dst, int flags, uint16_t port, uint64_t time_ns)
{
	bool ours = prefix_set_contains(&networks, addr(src));
	struct packet p = { .src = addr(src),
			    .dst = addr(dst),
			    .sport = port,
			    .dport = 443,
			    .tcp_flags = (uint8_t)flags };

	mirror_see(&mirror, time_ns, &p,
		   !packet_is_synack(&p) ? OUTCOME_OTHER
		   : ours                ? OUTCOME_SIGHTING
					 : OUTCOME_FOREIGN);
}

/* N of them, each of another connection, a second apart. */
static void see_many(int n, const char *src, const char *dst, int flags)
{
	static uint16_t port = 1024;

	for (int i = 0; i < n; i++)
		see(src, dst, flags, port++, (uint64_t)i * SECOND);
}

#define SYN    TCP_SYN
#define SYNACK (TCP_SYN | TCP_ACK)
#define OURS   "192.0.2.7"
#define THEIRS "198.51.100.9"
#define OTHERS "203.0.113.5"

/* Ends the first span, ten seconds after the start. */
static unsigned judge(uint64_t frames, uint64_t syns_dropped)
{
	const struct mirror_lines lines = { .frames = frames, .foreign_syns = syns_dropped };

	assert_false(mirror_tick(&mirror, 10 * SECOND, &lines));
	assert_true(mirror_tick(&mirror, 11 * SECOND, &lines));
	return mirror.findings;
}

static void well(void **state)
{
	(void)state;
	see_many(50, THEIRS, OURS, SYN);
	see_many(50, OURS, THEIRS, SYNACK);
	see_many(50, OURS, THEIRS, SYN);
	see_many(50, THEIRS, OURS, SYNACK);
	assert_int_equal(judge(10000, 0), 0);
}

static void quiet_is_well(void **state)
{
	(void)state;
	see_many(3, OURS, THEIRS, SYNACK);
	assert_int_equal(judge(100, 0), 0);
}

static void no_frames(void **state)
{
	(void)state;
	assert_int_equal(judge(0, 0), 1u << MIRROR_NO_FRAMES);
}

static void none_of_ours(void **state)
{
	(void)state;
	see_many(20, THEIRS, OTHERS, SYNACK);
	assert_int_equal(judge(100, 500), 1u << MIRROR_NONE_OF_OURS);
}

static void a_forgotten_network(void **state)
{
	(void)state;
	see_many(50, THEIRS, OTHERS, SYNACK);
	see_many(20, OURS, THEIRS, SYNACK);
	assert_int_equal(judge(100, 20), 1u << MIRROR_FOREIGN);
}

static void only_in(void **state)
{
	(void)state;
	see_many(20, THEIRS, OURS, SYN);
	assert_int_equal(judge(100, 0), 1u << MIRROR_ONLY_IN);
}

static void only_in_as_the_filter_tells(void **state)
{
	(void)state;
	assert_int_equal(judge(100, 20), 1u << MIRROR_ONLY_IN);
}

static void only_out(void **state)
{
	(void)state;
	see_many(20, OURS, THEIRS, SYNACK);
	assert_int_equal(judge(100, 0), 1u << MIRROR_ONLY_OUT);
}

static void doubled(void **state)
{
	(void)state;
	see_many(20, THEIRS, OURS, SYN);
	for (int i = 0; i < 40; i++)
		see(OURS, THEIRS, SYNACK, (uint16_t)(2000 + i / 2),
		    (uint64_t)(i / 2) * SECOND + (uint64_t)(i % 2) * 1000);
	assert_int_equal(judge(100, 0), 1u << MIRROR_DOUBLED);
}

/* A server whose answer gets lost sends it again after a second. */
static void sent_again_is_no_double(void **state)
{
	(void)state;
	see_many(20, THEIRS, OURS, SYN);
	for (int i = 0; i < 40; i++)
		see(OURS, THEIRS, SYNACK, (uint16_t)(2000 + i / 2), (uint64_t)i * SECOND);
	assert_int_equal(judge(100, 0), 0);
}

static void cut(void **state)
{
	(void)state;
	mirror_see_cut(&mirror);
	mirror_see_cut(&mirror);
	assert_int_equal(judge(150, 0), 1u << MIRROR_CUT);
}

static void what_was_wrong_may_be_mended(void **state)
{
	const struct mirror_lines lines = { .frames = 200 };

	(void)state;
	see_many(20, OURS, THEIRS, SYNACK);
	assert_int_equal(judge(100, 0), 1u << MIRROR_ONLY_OUT);
	see_many(20, OURS, THEIRS, SYNACK);
	see_many(20, THEIRS, OURS, SYN);
	assert_false(mirror_tick(&mirror, 70 * SECOND, &lines));
	assert_true(mirror_tick(&mirror, 71 * SECOND, &lines));
	assert_int_equal(mirror.findings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(well, set_up, tear_down),
		cmocka_unit_test_setup_teardown(quiet_is_well, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_frames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(none_of_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_forgotten_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_in_as_the_filter_tells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(doubled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sent_again_is_no_double, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_wrong_may_be_mended, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
