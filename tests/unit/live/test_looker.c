/* Looks at an interface that take as long as the test likes: whoever asks does not wait for them.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/looker_internal.h"

static struct looker *looker;
static atomic_bool held_up;         /* the kernel answers nobody */
static atomic_uint begun, ended;    /* looks */
static atomic_int result;           /* of the next look */
static _Thread_local bool is_asker; /* the thread that must not look itself */
static const struct interface before = { .name = "eth1", .route = 7, .index = 3, .missed = 5 };

/* ---- in the place of the kernel and the clock ---- */

int interface_look(struct interface *i)
{
	int error;

	assert_false(is_asker);
	assert_int_equal(i->route, 7);
	atomic_fetch_add(&begun, 1);
	while (atomic_load(&held_up))
		sched_yield();
	error = atomic_load(&result);
	if (!error) {
		i->missed++;
		i->up = true;
	}
	atomic_fetch_add(&ended, 1);
	return error;
}

int test_wait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until);

/* While the kernel answers nobody, the time is over; else the answer comes. */
int test_wait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	(void)until;
	return atomic_load(&held_up) ? ETIMEDOUT : pthread_cond_wait(c, m);
}

/* ---- */

static int set_up(void **state)
{
	(void)state;
	is_asker = true;
	held_up = false;
	begun = ended = 0;
	result = 0;
	return looker_new(&before, &looker);
}

static int tear_down(void **state)
{
	(void)state;
	held_up = false;
	looker_free(looker);
	looker = NULL;
	return 0;
}

static void assert_seen(int error, uint64_t missed, bool up)
{
	struct interface seen;

	assert_int_equal(looker_look(looker, &seen), error);
	assert_string_equal(seen.name, "eth1");
	assert_int_equal(seen.index, 3);
	assert_int_equal(seen.missed, missed);
	assert_int_equal(seen.up, up);
}

static void each_look_is_a_new_one(void **state)
{
	(void)state;
	assert_seen(0, 6, true);
	assert_seen(0, 7, true);
	assert_int_equal(begun, 2);
}

static void an_error_changes_nothing(void **state)
{
	(void)state;
	assert_seen(0, 6, true);
	result = -EIO;
	assert_seen(-EIO, 6, true);
	result = 0;
	assert_seen(0, 7, true);
}

static void the_kernel_is_busy(void **state)
{
	struct interface seen;

	(void)state;
	held_up = true;
	for (int i = 0; i < 5; i++)
		assert_seen(0, 5, false); /* as it was */
	while (atomic_load(&begun) < 1)
		sched_yield();
	assert_seen(0, 5, false);
	assert_int_equal(begun, 1); /* it is asked once, and not again before it answers */
	assert_int_equal(ended, 0);
	held_up = false;
	while (atomic_load(&ended) < 1)
		sched_yield();
	do {
		assert_int_equal(looker_look(looker, &seen), 0);
	} while (seen.missed < 7);
	assert_true(seen.up);
}

static void ends_with_a_look_under_way(void **state)
{
	(void)state;
	held_up = true;
	assert_seen(0, 5, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_look_is_a_new_one),
		TEST(an_error_changes_nothing),
		TEST(the_kernel_is_busy),
		TEST(ends_with_a_look_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
