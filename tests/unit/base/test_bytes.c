/* Bytes out (buffer) and bytes in (cursor). */
#include <string.h>

#include "base/buffer.h"
#include "base/cursor.h"

#include "unit.h"

static void test_there_and_back(void **state)
{
	struct buffer b;
	struct cursor c;

	(void)state;
	buffer_init(&b);
	buffer_put_u8(&b, 0x12);
	buffer_put_u16(&b, 0x3456);
	buffer_put_u32(&b, 0x789abcde);
	buffer_put_u64(&b, 0xf0123456789abcdeULL);
	buffer_put(&b, "words", 5);
	buffer_put(&b, NULL, 0);
	assert_false(b.failed);
	assert_int_equal(b.length, 20);
	assert_memory_equal(b.bytes, "\x12\x56\x34\xde\xbc\x9a\x78\xde", 8);
	buffer_patch_u32(&b, 3, 0x01020304);
	c = cursor_over(b.bytes, b.length);
	assert_int_equal(cursor_u8(&c), 0x12);
	assert_int_equal(cursor_u16_le(&c), 0x3456);
	assert_int_equal(cursor_u32_le(&c), 0x01020304);
	assert_true(cursor_u64_le(&c) == 0xf0123456789abcdeULL);
	assert_memory_equal(cursor_take(&c, 5), "words", 5);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.overrun);
	buffer_clear(&b);
	assert_int_equal(b.length, 0);
	buffer_finish(&b);
}

static void test_growth(void **state)
{
	struct buffer b;

	(void)state;
	buffer_init(&b);
	for (uint32_t i = 0; i < 100000; i++)
		buffer_put_u32(&b, i);
	assert_int_equal(b.length, 400000);
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(
			b.bytes[4 * i] | b.bytes[4 * i + 1] << 8 | b.bytes[4 * i + 2] << 16, i);
	/* More than there can be: it fails once and for all, and keeps what it has. */
	assert_null(buffer_reserve(&b, SIZE_MAX - 8));
	assert_true(b.failed);
	buffer_put_u8(&b, 1);
	assert_int_equal(b.length, 400000);
	buffer_finish(&b);
}

static void test_overrun(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7 };
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cursor_u32_be(&c), 0x01020304);
	assert_int_equal(cursor_u32_be(&c), 0);
	assert_true(c.overrun);
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(cursor_u8(&c), 0);
	assert_null(cursor_take(&c, 1));

	c = cursor_over(bytes, sizeof(bytes));
	assert_true(cursor_u64_be(&c) == 0x0102030400000000ULL);
	assert_true(c.overrun);

	c = cursor_over(bytes, sizeof(bytes));
	cursor_skip(&c, 2);
	cursor_cut(&c, 2);
	assert_int_equal(cursor_u16_be(&c), 0x0304);
	assert_null(cursor_take(&c, 1));
	assert_true(c.overrun);

	c = cursor_over(bytes, sizeof(bytes));
	cursor_cut(&c, 100);
	assert_int_equal(cursor_left(&c), 7);
	assert_non_null(cursor_take(&c, 7));
	assert_non_null(cursor_take(&c, 0));
	assert_false(c.overrun);
	assert_null(cursor_take(&c, SIZE_MAX));
	assert_true(c.overrun);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_there_and_back),
					    cmocka_unit_test(test_growth),
					    cmocka_unit_test(test_overrun) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
