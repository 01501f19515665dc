/* What a second leaves in the ledger: clocks that are set, sleep, silence, lines that go and come
 * back, what was lost. The lines are made up here, and the clocks are turned by hand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#include "unit.h"
#include "watch/watch_internal.h"

#define SECOND 1000000000ULL
#define HOUR   (3600 * SECOND)
#define YEAR   (365 * 86400 * SECOND)
#define BOOT   (5000 * SECOND)
#define WALL   (1700000000 * SECOND)
#define SILENT 60

static struct config config;
static struct watch w;
static char said[1024];
static int times_said, journals_ended, end_error;
static size_t ended_gaps;             /* that went with the journal that ended */
static struct watch_time looks_again; /* what clocks say at a second look, if something else */

/* ---- in the place of live/ and watch.c ---- */

struct live_source {
	enum live_state state;
	struct live_counts counts;
};

static struct live_source sources[2];

enum live_state live_tend(struct live_source *s, uint64_t now_ns)
{
	assert_true(now_ns == w.now.boot_ns);
	return s->state;
}

void live_counts_read(struct live_source *s, struct live_counts *ret_counts)
{
	*ret_counts = s->counts;
}

void watch_say(struct watch *watch, const char *format, ...)
{
	va_list args;

	assert_ptr_equal(watch, &w);
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	times_said++;
}

int watch_end_journal(struct watch *watch, const struct prefix_set *networks, uint64_t next_ns)
{
	assert_ptr_equal(watch, &w);
	assert_null(networks);
	assert_int_equal(next_ns, w.now.wall_ns);
	journals_ended++;
	ended_gaps = w.ledger.n;
	return end_error;
}

struct watch_time watch_now(void)
{
	return looks_again.boot_ns ? looks_again : w.now;
}

/* ---- a sensor ---- */

static int set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	memset(sources, 0, sizeof(sources));
	config_init(&config);
	config.sensor.silent_s = SILENT;
	w.config = &config;
	w.n_lines = 2;
	w.now = (struct watch_time){ .boot_ns = BOOT, .wall_ns = WALL, .awake_ns = BOOT };
	w.started = w.second = w.now;
	for (int i = 0; i < 2; i++) {
		snprintf(w.lines[i].name, sizeof(w.lines[i].name), "eth%d", i);
		w.lines[i].frames_ns = BOOT;
		w.merge_lines[i].source = &sources[i];
	}
	ledger_init(&w.ledger);
	mirror_init(&w.mirror, &config.networks, BOOT);
	said[0] = '\0';
	times_said = journals_ended = end_error = 0;
	looks_again = (struct watch_time){ 0 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ledger_finish(&w.ledger);
	config_finish(&config);
	return 0;
}

static void turn_clocks(uint64_t ns)
{
	w.now.boot_ns += ns;
	w.now.awake_ns += ns;
	w.now.wall_ns += ns;
}

/* Seconds with a frame on each of the first N_BUSY lines. */
static void pass(unsigned seconds, size_t n_busy)
{
	while (seconds--) {
		turn_clocks(SECOND);
		for (size_t i = 0; i < n_busy; i++)
			sources[i].counts.frames++;
		watch_follow_clock(&w);
		watch_second(&w);
	}
}

static void assert_gap(size_t i, enum batch_gap_kind kind, const char *interface, uint64_t from_ns,
		       uint64_t to_ns, uint64_t count)
{
	assert_true(i < w.ledger.n);
	assert_int_equal(w.ledger.list[i].kind, kind);
	assert_string_equal(w.ledger.list[i].interface, interface);
	assert_int_equal(w.ledger.list[i].from_ns, from_ns);
	assert_int_equal(w.ledger.list[i].to_ns, to_ns);
	assert_int_equal(w.ledger.list[i].count, count);
}

/* ---- clocks ---- */

static void a_quiet_life(void **state)
{
	(void)state;
	pass(200, 2);
	assert_int_equal(w.ledger.n, 0);
	assert_int_equal(journals_ended, 0);
	assert_int_equal(w.second.wall_ns, WALL + 200 * SECOND);
}

/* Years ahead: no gap of years, only the moment, by each of the clocks; each is of a journal of its
 * own. */
static void clock_set_years_ahead(void **state)
{
	(void)state;
	pass(3, 2);
	w.now.wall_ns += YEAR;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 2);
	assert_gap(0, BATCH_GAP_CLOCK, "", WALL + 3 * SECOND, WALL + 4 * SECOND, 0);
	assert_gap(1, BATCH_GAP_CLOCK, "", WALL + YEAR + 3 * SECOND, WALL + YEAR + 4 * SECOND, 0);
	assert_int_equal(journals_ended, 1);
	assert_int_equal(ended_gaps, 1);
	assert_non_null(strstr(said, "+31536000 "));
	pass(5, 2);
	assert_int_equal(w.ledger.n, 2);
	assert_int_equal(times_said, 1);
	/* And back: the year between was never watched, nor missed. */
	w.now.wall_ns -= YEAR;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 4);
	assert_gap(2, BATCH_GAP_CLOCK, "", WALL + YEAR + 9 * SECOND, WALL + YEAR + 10 * SECOND, 0);
	assert_gap(3, BATCH_GAP_CLOCK, "", WALL + 9 * SECOND, WALL + 10 * SECOND, 0);
	assert_int_equal(journals_ended, 2);
	assert_int_equal(ended_gaps, 3);
}

/* An hour of it was not seen, for all that one knows. */
static void clock_set_forward(void **state)
{
	(void)state;
	pass(3, 2);
	w.now.wall_ns += HOUR;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_CLOCK, "", WALL + 3 * SECOND, WALL + 4 * SECOND + HOUR, 0);
	assert_int_equal(journals_ended, 1);
	assert_int_equal(ended_gaps, 1);
	pass(5, 2);
	assert_int_equal(w.ledger.n, 1);
}

/* An hour of it comes twice. A gap never ends before it begins. */
static void clock_set_back(void **state)
{
	(void)state;
	pass(3, 2);
	w.now.wall_ns -= HOUR;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_CLOCK, "", WALL + 3 * SECOND - HOUR, WALL + 4 * SECOND, 0);
	assert_int_equal(journals_ended, 1);
	assert_non_null(strstr(said, "-3600 "));
	pass(5, 2);
	assert_int_equal(w.ledger.n, 1);
}

/* What else the second has to tell is told by the clock as it is then. */
static void clock_set_in_a_bad_second(void **state)
{
	(void)state;
	sources[1].state = LIVE_GONE;
	pass(3, 2);
	w.now.wall_ns += YEAR;
	sources[0].counts.lost = 7;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 5);
	assert_gap(3, BATCH_GAP_LOST, "eth0", WALL + YEAR + 3 * SECOND, WALL + YEAR + 4 * SECOND,
		   7);
	assert_gap(4, BATCH_GAP_DOWN, "eth1", WALL + YEAR + 3 * SECOND, WALL + YEAR + 4 * SECOND,
		   0);
	assert_int_equal(w.lines[1].down_ns, WALL + YEAR + SECOND);
	assert_int_equal(w.started.wall_ns, WALL + YEAR);
}

/* Too many journals wait for the disk: what was set is told all the same. */
static void clock_set_while_the_disk_is_full(void **state)
{
	(void)state;
	end_error = -EBUSY;
	pass(3, 2);
	w.now.wall_ns += YEAR;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 2);
	pass(5, 2);
	assert_int_equal(w.ledger.n, 2);
	assert_int_equal(times_said, 1);
}

/* It was kept waiting after it had read one clock and before the other. */
static void held_up_between_two_clocks(void **state)
{
	(void)state;
	pass(3, 2);
	w.now.wall_ns += 30 * SECOND;
	looks_again = w.now;
	looks_again.boot_ns += 31 * SECOND;
	looks_again.awake_ns += 31 * SECOND;
	looks_again.wall_ns += SECOND;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 0);
	assert_int_equal(journals_ended, 0);
	assert_int_equal(times_said, 0);
}

/* Frames that were on the line just before bear the time of the clock as it was. */
static void frames_by_both_clocks(void **state)
{
	const uint64_t steps[] = { YEAR, -YEAR, HOUR, -HOUR };

	(void)state;
	for (int i = 0; i < 4; i++) {
		pass(3, 2);
		assert_int_equal(watch_frame_time(&w, w.now.wall_ns, 0), w.now.wall_ns);
		w.now.wall_ns += steps[i];
		watch_follow_clock(&w);
		assert_int_equal(journals_ended, i + 1);
		assert_int_equal(watch_frame_time(&w, w.now.wall_ns - steps[i] - 40, 0),
				 w.now.wall_ns - 40);
		assert_int_equal(watch_frame_time(&w, w.now.wall_ns - 20, 0), w.now.wall_ns - 20);
		pass(3, 2);
		/* Then it is what it says. */
		assert_int_equal(watch_frame_time(&w, w.now.wall_ns - steps[i] - 40, 0),
				 w.now.wall_ns - steps[i] - 40);
	}
	assert_int_equal(journals_ended, 4);
}

/* The frames themselves show it first: clocks are looked at once more, so that none of them comes
 * into the journal of the others. */
static void frames_show_the_clock(void **state)
{
	const uint64_t steps[] = { YEAR, -YEAR };

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint64_t last_ns, next_ns;

		pass(3, 2);
		next_ns = w.now.wall_ns + steps[i] - 30;
		last_ns = watch_frame_time(&w, w.now.wall_ns - 50, 0);
		looks_again = w.now;
		looks_again.wall_ns += steps[i];
		last_ns = watch_frame_time(&w, w.now.wall_ns - 40, last_ns);
		assert_int_equal(journals_ended, i);
		assert_int_equal(watch_frame_time(&w, next_ns, last_ns), next_ns);
		assert_int_equal(journals_ended, i + 1);
		looks_again = (struct watch_time){ 0 };
	}
}

/* What a time server does all day is no step. */
static void clock_nudged(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		w.now.wall_ns += i % 2 ? SECOND : -SECOND;
		pass(1, 2);
	}
	assert_int_equal(w.ledger.n, 0);
	assert_int_equal(journals_ended, 0);
	w.now.wall_ns += SECOND + 1;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 1);
	assert_int_equal(journals_ended, 1);
}

/* While the machine sleeps, it is the sensor that is not there, and no line is silent. */
static void machine_sleeps(void **state)
{
	(void)state;
	pass(3, 2);
	w.now.boot_ns += 8 * 3600 * SECOND;
	w.now.wall_ns += 8 * 3600 * SECOND;
	pass(1, 0);
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_STOPPED, "", WALL + 3 * SECOND, WALL + (8 * 3600 + 4) * SECOND, 0);
	assert_int_equal(journals_ended, 0);
	assert_int_equal(times_said, 0);
	/* What was quiet before and after it is, once that is long enough without the night. */
	pass(SILENT - 2, 1);
	assert_int_equal(w.ledger.n, 1);
	pass(1, 1);
	assert_int_equal(w.ledger.n, 2);
	assert_int_equal(w.ledger.list[1].kind, BATCH_GAP_SILENT);
	assert_string_equal(w.ledger.list[1].interface, "eth1");
}

/* Nobody has slept who was only kept waiting for the processor. */
static void machine_is_busy(void **state)
{
	(void)state;
	turn_clocks(20 * SECOND);
	pass(1, 2);
	assert_int_equal(w.ledger.n, 0);
}

/* ---- silence ---- */

static void one_line_is_silent(void **state)
{
	(void)state;
	pass(10, 2);
	pass(SILENT - 1, 1);
	assert_int_equal(w.ledger.n, 0);
	pass(1, 1);
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_SILENT, "eth1", WALL + 10 * SECOND, WALL + (10 + SILENT) * SECOND,
		   0);
	assert_string_equal(said, "eth1: no frame for 60 seconds");
	pass(100, 1);
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_SILENT, "eth1", WALL + 10 * SECOND, WALL + (110 + SILENT) * SECOND,
		   0);
	assert_int_equal(times_said, 1);
	/* It ends with a frame, and begins anew after as long. */
	pass(SILENT, 2);
	pass(SILENT - 1, 1);
	assert_int_equal(w.ledger.n, 1);
	pass(1, 1);
	assert_int_equal(w.ledger.n, 2);
	assert_int_equal(times_said, 2);
}

/* Frames that a driver hands out but has no count of speak as well. */
static void taken_is_not_silent(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * SILENT; i++) {
		sources[1].counts.taken++;
		pass(1, 1);
	}
	assert_int_equal(w.ledger.n, 0);
}

/* A new configuration has another limit: all of the silence is told, once. */
static void limit_is_lowered_in_a_silence(void **state)
{
	(void)state;
	config.sensor.silent_s = 600;
	pass(300, 1);
	assert_int_equal(w.ledger.n, 0);
	config.sensor.silent_s = SILENT;
	pass(2, 1);
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_SILENT, "eth1", WALL, WALL + 302 * SECOND, 0);
	assert_int_equal(times_said, 1);
}

static void limit_is_raised_in_a_silence(void **state)
{
	(void)state;
	pass(SILENT + 40, 1);
	config.sensor.silent_s = 600;
	pass(600, 1);
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_SILENT, "eth1", WALL, WALL + (SILENT + 640) * SECOND, 0);
	assert_int_equal(times_said, 1);
}

/* Silence that is longer than the clock is old: it was set to the beginning of time. */
static void clock_set_to_nothing_in_a_silence(void **state)
{
	(void)state;
	pass(SILENT - 1, 0);
	w.now.wall_ns = 5 * SECOND;
	pass(1, 0);
	for (size_t i = 0; i < w.ledger.n; i++)
		assert_true(w.ledger.list[i].from_ns <= WALL + SILENT * SECOND);
	assert_int_equal(w.ledger.n, 4);
	assert_gap(2, BATCH_GAP_SILENT, "eth0", 0, 6 * SECOND, 0);
}

/* ---- lines ---- */

static void goes_and_comes_back(void **state)
{
	(void)state;
	pass(5, 2);
	sources[0].state = LIVE_GONE;
	pass(100, 2);
	assert_non_null(strstr(said, "eth0 is gone"));
	assert_int_equal(w.lines[0].down_ns, WALL + 6 * SECOND);
	sources[0].state = LIVE_DOWN;
	pass(1, 2);
	assert_string_equal(said, "eth0 is down");
	assert_int_equal(w.lines[0].down_ns, WALL + 6 * SECOND);
	sources[0].state = LIVE_UP;
	pass(1, 2);
	assert_string_equal(said, "eth0 is back");
	assert_int_equal(w.lines[0].down_ns, 0);
	pass(50, 2);
	/* The second in which it came back is one of those in which it was away. */
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_DOWN, "eth0", WALL + 5 * SECOND, WALL + 107 * SECOND, 0);
	assert_int_equal(times_said, 3);
}

/* Gone and back between two looks: only its count of attachments tells. */
static void was_away_for_a_moment(void **state)
{
	(void)state;
	pass(5, 2);
	sources[1].counts.attached++;
	pass(10, 2);
	assert_int_equal(w.ledger.n, 1);
	assert_gap(0, BATCH_GAP_DOWN, "eth1", WALL + 5 * SECOND, WALL + 6 * SECOND, 0);
}

static void down_is_not_silent(void **state)
{
	(void)state;
	sources[1].state = LIVE_DOWN;
	pass(3 * SILENT, 1);
	assert_int_equal(w.ledger.n, 1);
	assert_int_equal(w.ledger.list[0].kind, BATCH_GAP_DOWN);
	sources[1].state = LIVE_UP;
	pass(SILENT, 1); /* its silence begins when it is back */
	assert_int_equal(w.ledger.n, 1);
	pass(1, 1);
	assert_int_equal(w.ledger.n, 2);
	assert_int_equal(w.ledger.list[1].kind, BATCH_GAP_SILENT);
}

static void what_was_lost(void **state)
{
	(void)state;
	pass(5, 2);
	sources[0].counts.lost = 7;
	sources[0].counts.missed = 4;
	sources[1].counts.over_budget = 9;
	w.unwritten = 3;
	pass(1, 2);
	assert_int_equal(w.ledger.n, 3);
	assert_gap(0, BATCH_GAP_LOST, "eth0", WALL + 5 * SECOND, WALL + 6 * SECOND, 11);
	assert_gap(1, BATCH_GAP_BUDGET, "eth1", WALL + 5 * SECOND, WALL + 6 * SECOND, 9);
	assert_gap(2, BATCH_GAP_DISK, "", WALL + 5 * SECOND, WALL + 6 * SECOND, 3);
	assert_int_equal(w.ledger.lost, 23);
	pass(20, 2); /* once */
	assert_int_equal(w.ledger.n, 3);
	assert_int_equal(w.ledger.lost, 23);
}

/* ---- the sensor before ---- */

static void nobody_watched(void **state)
{
	(void)state;
	watch_note_stopped(&w, 0, false); /* there was none */
	assert_int_equal(w.ledger.n, 0);
	watch_note_stopped(&w, WALL - 90 * SECOND, false);
	assert_gap(0, BATCH_GAP_STOPPED, "", WALL - 90 * SECOND, WALL, 0);
	watch_note_stopped(&w, WALL + YEAR, false); /* by a clock that was wrong */
	assert_gap(1, BATCH_GAP_CLOCK, "", WALL, WALL + YEAR, 0);
}

/* The sensor before was right again at its end, but its clock was far ahead at some time. */
static void the_clock_was_ahead(void **state)
{
	(void)state;
	watch_note_stopped(&w, WALL - 9 * SECOND, true);
	assert_gap(0, BATCH_GAP_CLOCK, "", WALL, WALL, 0);
	assert_gap(1, BATCH_GAP_STOPPED, "", WALL - 9 * SECOND, WALL, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_quiet_life),
		TEST(clock_set_years_ahead),
		TEST(clock_set_forward),
		TEST(clock_set_back),
		TEST(clock_set_in_a_bad_second),
		TEST(clock_set_while_the_disk_is_full),
		TEST(held_up_between_two_clocks),
		TEST(frames_by_both_clocks),
		TEST(frames_show_the_clock),
		TEST(clock_nudged),
		TEST(machine_sleeps),
		TEST(machine_is_busy),
		TEST(one_line_is_silent),
		TEST(taken_is_not_silent),
		TEST(limit_is_lowered_in_a_silence),
		TEST(limit_is_raised_in_a_silence),
		TEST(clock_set_to_nothing_in_a_silence),
		TEST(goes_and_comes_back),
		TEST(was_away_for_a_moment),
		TEST(down_is_not_silent),
		TEST(what_was_lost),
		TEST(nobody_watched),
		TEST(the_clock_was_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
