/* From the site's configuration to what the kernel works with. */
#include <stdio.h>
#include <stdlib.h>

#include "filter/filter.h"
#include "filter/frame.h"
#include "unit.h"

static struct filter_config filled;

static void add(struct config *c, const char *prefix)
{
	struct net_prefix p;

	assert_int_equal(prefix_parse(prefix, &p, NULL), 0);
	assert_int_equal(prefix_set_add(&c->networks, p), 0);
}

static void fill(const struct config *c)
{
	struct filter_settings s = filter_settings_default(c);

	assert_int_equal(filter_config_fill(&s, 1, &filled), 0);
}

static bool is_ours(const char *text)
{
	struct net_addr a;

	assert_true(addr_parse(text, &a));
	return filter_is_ours(&filled, (struct filter_addr){ a.hi, a.lo });
}

static void test_networks(void **state)
{
	struct config c;

	(void)state;
	config_init(&c);
	fill(&c);
	assert_false(is_ours("192.0.2.1"));
	add(&c, "192.0.2.0/24");
	add(&c, "203.0.113.128/25");
	add(&c, "2001:db8::/32");
	fill(&c);
	assert_int_equal(filled.n_ranges, 3);
	assert_true(is_ours("192.0.2.0") && is_ours("192.0.2.255"));
	assert_false(is_ours("192.0.1.255") || is_ours("192.0.3.0"));
	assert_false(is_ours("203.0.113.127"));
	assert_true(is_ours("203.0.113.128") && is_ours("203.0.113.255"));
	assert_true(is_ours("2001:db8::") && is_ours("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
	assert_false(is_ours("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff") || is_ours("2001:db9::"));
	assert_false(is_ours("0.0.0.0") || is_ours("::") || is_ours("ffff::"));
	config_finish(&c);
}

/* More than fit: none of the site's is lost, and the gaps that were closed are the narrow ones. */
static void test_too_many(void **state)
{
	char text[PREFIX_TEXT_MAX];
	struct config c;

	(void)state;
	config_init(&c);
	add(&c, "192.0.2.0/24");
	add(&c, "2001:db8::/32");
	for (int i = 0; i < 200; i++) {
		(void)snprintf(text, sizeof(text), "10.%d.0.0/%d", i, i < 150 ? 17 : 28);
		add(&c, text);
	}
	fill(&c);
	assert_int_equal(filled.n_ranges, FILTER_RANGES_MAX);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(text, sizeof(text), "10.%d.0.15", i);
		assert_true(is_ours(text));
	}
	assert_true(is_ours("192.0.2.9") && is_ours("2001:db8::9"));
	/* 138 of 149 narrow gaps are closed; the wide ones behind stay. */
	assert_true(is_ours("10.0.128.1"));
	assert_false(is_ours("10.160.128.1") || is_ours("11.0.0.1") || is_ours("192.0.3.1"));
	config_finish(&c);
}

static void test_the_rest(void **state)
{
	struct filter_settings s;
	struct config c;

	(void)state;
	config_init(&c);
	s = filter_settings_default(&c);
	assert_int_equal(filter_config_fill(&s, 1, &filled), 0);
	assert_true(filter_is_control(&filled, 21));
	assert_false(filter_is_control(&filled, 22) || filter_is_control(&filled, 20));
	assert_int_equal(filled.flags, 0);
	s.consume = true;
	s.frames_per_second[FILTER_BUDGET_WORDS] = 5;
	assert_int_equal(filter_config_fill(&s, 1, &filled), 0);
	assert_int_equal(filled.flags, FILTER_CONSUME);
	assert_int_equal(filled.frames_per_second[FILTER_BUDGET_WORDS], 5);
	assert_int_equal(filled.frames_per_second[FILTER_BUDGET_TUNNELS], FILTER_FRAMES_PER_SECOND);
	for (int o = 0; o < FILTER_OUTCOMES; o++) {
		assert_false(filter_is_drop((enum filter_outcome)o) &&
			     filter_is_up((enum filter_outcome)o));
		assert_string_not_equal(filter_outcome_name((enum filter_outcome)o), "?");
	}
	config_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
