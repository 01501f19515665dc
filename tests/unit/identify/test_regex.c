/* Ruby's patterns by PCRE2, and the grams that stand before them. */
#include <stdlib.h>
#include <string.h>

#include "identify/fingerprint_internal.h"

#include "unit.h"

#define NONE       "\1" /* does not match */
#define TEXT_BYTES 16384

/* What the pattern's first capture has, or its whole match where it has none, or NONE. */
static char *capture(const char *pattern, const char *flags, const char *text, size_t length)
{
	struct fingerprint_regex r = { 0 };
	struct fingerprint_text_grams text_grams;
	struct fingerprint_grams grams;
	struct fingerprint_captures c;
	struct diagnosis d = { "" };
	struct fingerprint_matcher *m;
	struct buffer translated;
	char *found = NULL;
	int n;

	buffer_init(&translated);
	n = fingerprint_regex_compile(pattern, flags, &translated, &r, &d);
	if (n < 0)
		fail_msg("%s: %s", pattern, d.text);
	m = fingerprint_matcher_new((uint32_t)n);
	assert_non_null(m);
	fingerprint_matcher_start(m, length);
	if (fingerprint_regex_match(&r, m, fingerprint_reading_of(text, length), text, length,
				    &c) == 1) {
		int i = c.n > 1;

		found = strndup(text + c.offsets[2 * i], c.offsets[2 * i + 1] - c.offsets[2 * i]);
		/* No gram may keep a text back that matches. */
		fingerprint_grams_of_pattern(r.text, &grams);
		fingerprint_grams_of_text(text, length, &text_grams);
		if (!fingerprint_grams_held(&grams, &text_grams))
			fail_msg("the grams of %s are not in %s", pattern, text);
	}
	fingerprint_matcher_free(m);
	fingerprint_regex_finish(&r);
	buffer_finish(&translated);
	return found ? found : strdup(NONE);
}

static void assert_capture(const char *pattern, const char *flags, const char *text,
			   const char *expected)
{
	char *found = capture(pattern, flags, text, strlen(text));

	if (strcmp(found, expected) != 0)
		fail_msg("%s (%s) in \"%s\": \"%s\", not \"%s\"", pattern, flags ? flags : "", text,
			 found, expected);
	free(found);
}

static void lines_and_flags(void **state)
{
	(void)state;
	assert_capture("^b$", NULL, "a\nb\nc", "b");
	assert_capture("\\Ab", NULL, "a\nb", NONE);
	assert_capture("b\\z", NULL, "b\n", NONE);
	assert_capture("b\\Z", NULL, "b\n", "b");
	assert_capture("b\\Z", NULL, "b\nc", NONE);
	assert_capture("a.b", NULL, "a\nb", NONE);
	assert_capture("a.b", NULL, "a\rb", "a\rb");
	assert_capture("a.b", "REG_DOT_NEWLINE", "a\nb", "a\nb");
	assert_capture("a.b", "REG_MULTILINE", "a\nb", "a\nb");
	assert_capture("a.b", "REG_LINE_ANY_CRLF", "a\nb", "a\nb");
	assert_capture("abc", NULL, "ABC", NONE);
	assert_capture("abc", "REG_ICASE", "ABC", "ABC");
	assert_capture("a.C", "REG_DOT_NEWLINE,REG_ICASE", "A\nc", "A\nc");
	assert_capture("a.C", "REG_ICASE, REG_MULTILINE", "A\nc", "A\nc");
}

static void options_within(void **state)
{
	(void)state;
	assert_capture("(?i)abc", NULL, "ABC", "ABC");
	assert_capture("(?m)a.b", NULL, "a\nb", "a\nb");
	assert_capture("(?mi)A.b", NULL, "a\nB", "a\nB");
	assert_capture("(?i:a)b", NULL, "Ab", "Ab");
	assert_capture("(?i:a)b", NULL, "AB", NONE);
	assert_capture("x(?i)a(?-i)b", NULL, "xAb", "xAb");
	assert_capture("x(?i)a(?-i)b", NULL, "xAB", NONE);
	/* In Ruby an option encloses the choices that come after it: x(?i:a|b). */
	assert_capture("x(?i)a|b", NULL, "xB", "xB");
	assert_capture("x(?i)a|b", NULL, "b", NONE);
	assert_capture("^(?:(?i)a|b)c$", NULL, "Bc", "Bc");
	assert_capture("^(?:(?i)a|b)c$", NULL, "BC", NONE);
	assert_capture("(?x) a b # (c\n d", NULL, "abd", "abd");
	assert_capture("a(?# b )c", NULL, "ac", "ac");
}

static void escapes(void **state)
{
	(void)state;
	assert_capture("^(\\h+)$", NULL, "09afAF", "09afAF");
	assert_capture("^\\h+$", NULL, " \t", NONE);
	assert_capture("^[\\h:]+$", NULL, "0f:aa", "0f:aa");
	assert_capture("^\\H+$", NULL, "xyz ", "xyz ");
	assert_capture("a\\vb", NULL, "a\vb", "a\vb");
	assert_capture("a\\vb", NULL, "a\nb", NONE);
	assert_capture("a[\\v]b", NULL, "a\vb", "a\vb");
	assert_capture("\\u00e9", NULL, "caf\xc3\xa9", "\xc3\xa9");
	assert_capture("\\u{e9}", NULL, "caf\xc3\xa9", "\xc3\xa9");
	assert_capture("[\\u00e9]+", NULL, "caf\xc3\xa9", "\xc3\xa9");
	assert_capture("^\\p{Alnum}+$", NULL, "a1", "a1");
	assert_capture("^\\P{Alnum}+$", NULL, "-:", "-:");
	assert_capture("^\\p{^Alnum}+$", NULL, "-:", "-:");
	assert_capture("^[\\p{Digit}.]+$", NULL, "1.2", "1.2");
	assert_capture("^\\p{Greek}+$", NULL, "\xce\xb1", "\xce\xb1");
	assert_capture("\\Qa", NULL, "Qa", "Qa");
	assert_capture("\\N", NULL, "x", NONE);
	assert_capture("\\x41\\/\\-\\_", NULL, "A/-_", "A/-_");
	assert_capture("(a)\\1", NULL, "aa", "a");
	assert_capture("(?<q>['\"]).\\k<q>", NULL, "'x'", "'");
}

static void repeats_and_classes(void **state)
{
	(void)state;
	assert_capture("^x{,2}$", NULL, "xx", "xx");
	assert_capture("^x{,2}$", NULL, "xxx", NONE);
	assert_capture("^x{2}?$", NULL, "", "");         /* (?:x{2})? */
	assert_capture("^x{2}+$", NULL, "xxxx", "xxxx"); /* (?:x{2})+ */
	assert_capture("^a(bc){2}?d$", NULL, "ad", "ad");
	assert_capture("^a(?:b[c}]){2}+d$", NULL, "abcb}bcbcd", "abcb}bcbcd");
	assert_capture("^x{1,2}?", NULL, "xx", "x");
	assert_capture("^a{b}{$", NULL, "a{b}{", "a{b}{");
	assert_capture("^[a[bc]d]+$", NULL, "abcd", "abcd");
	assert_capture("^[[:digit:]a]+$", NULL, "1a", "1a");
	assert_capture("^[]x]+$", NULL, "x]", "x]");
	assert_capture("^[^]x]+$", NULL, "ab", "ab");
	assert_capture("(?:x)(y)", NULL, "xy", "y");
	assert_capture("(x)(?<n>y)", NULL, "xy", "y"); /* with names, those alone capture */
	assert_capture("a(?=b)", NULL, "ab", "a");
	assert_capture("(?<!a)b", NULL, "cb", "b");
	assert_capture("(?>a+)b", NULL, "aab", "aab");
	assert_capture("^(.+)* end", NULL, "one two end here end of it all and more",
		       "one two end here");
	assert_capture("^(?:.+)*(\\d)x", NULL, "a1x2xb", "2");
	assert_capture("^(\\d+)*$", NULL, "", "");
}

static void characters_and_bytes(void **state)
{
	char *found;

	(void)state;
	assert_capture("^a.b$", NULL,
		       "a\xc2\xb7"
		       "b",
		       "a\xc2\xb7"
		       "b");
	assert_capture("^a.b$", NULL,
		       "a\xb7"
		       "b",
		       "a\xb7"
		       "b");
	assert_capture("^a..b$", NULL,
		       "a\xc2\xb7"
		       "b",
		       NONE);
	assert_capture("^[\xc3\xa9]$", NULL, "\xc3\xa9", "\xc3\xa9");
	assert_capture("^[\xc3\xa9]$", NULL, "\xc3", NONE);
	assert_capture("^\xc3\xa9{2}$", NULL, "\xc3\xa9\xc3\xa9", "\xc3\xa9\xc3\xa9");
	assert_capture("^(.*)\xe3\x82\xb9$", NULL, "\xe3\x83\x9b\xe3\x82\xb9", "\xe3\x83\x9b");
	assert_capture("link", "REG_ICASE", "LIN\xe2\x84\xaa", "LIN\xe2\x84\xaa");
	found = capture("^a\\x00(b+)", NULL, "a\0bb", 4);
	assert_string_equal(found, "bb");
	free(found);
}

/* What the grams must not ask for. capture() holds each text against the pattern's grams. */
static void grams_of_what_may_be_missing(void **state)
{
	(void)state;
	assert_capture("ab(?:cde)?fg", NULL, "abfg", "abfg");
	assert_capture("ab(?:cde){0,2}fg", NULL, "abfg", "abfg");
	assert_capture("ab(?:cde)*?fg", NULL, "abfg", "abfg");
	assert_capture("abcd?efg", NULL, "abcefg", "abcefg");
	assert_capture("abcd*efg", NULL, "abcefg", "abcefg");
	assert_capture("abcd{0}efg", NULL, "abcefg", "abcefg");
	assert_capture("abcd+efg", NULL, "abcdddefg", "abcdddefg");
	assert_capture("abc|def", NULL, "def", "def");
	assert_capture("x(?:abc|def)y", NULL, "xdefy", "xdefy");
	assert_capture("x(?:abc(?:d(efg)|hij)k|lmn)y", NULL, "xlmny", "xlmny");
	assert_capture("(?!abc)d", NULL, "d", "d");
	assert_capture("(?<=abc)d", NULL, "abcd", "d");
	assert_capture("(a)?(?(1)bcd|efg)", NULL, "efg", "efg");
	assert_capture("[abc]?def", NULL, "def", "def");
	assert_capture("[a\\]bc]{0}def", NULL, "def", "def");
	assert_capture("abc\\d\\.\\d", NULL, "abc1.2", "abc1.2");
	assert_capture("\\x41\\x42\\x43", NULL, "ABC", "ABC");
	assert_capture("(?<abc>x)\\k<abc>yz", NULL, "xxyz", "x");
	assert_capture("(?x)ab c  d", NULL, "abcd", "abcd");
	assert_capture("\xc3\xa9?abc", NULL, "abc", "abc");
	assert_capture("abc\xc3\xa9?def", NULL, "abcdef", "abcdef");
	assert_capture("(?i)OPENSSH", NULL, "openssh", "openssh");
}

static void grams_keep_back_what_cannot_match(void **state)
{
	static const char *const patterns[] = { "^OpenSSH_(\\d+)", "(?i)openssh_",
						"^(?:Open(?:SSH_))x?", "O?penSSH_",
						"(?:a|b)penSSH_" };
	struct fingerprint_text_grams text;
	struct fingerprint_grams grams;

	(void)state;
	fingerprint_grams_of_text("nginx/1.22.1", 12, &text);
	for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++) {
		fingerprint_grams_of_pattern(patterns[i], &grams);
		assert_false(fingerprint_grams_held(&grams, &text));
	}
	fingerprint_grams_of_pattern("^\\d+$", &grams);
	assert_true(fingerprint_grams_held(&grams, &text));
}

static void refused(void **state)
{
	static const char *const wrong[] = {
		"(",       ")",       "[a",     "a(?",     "(?P<n>a)", "(?R)",   "(?|a)",
		"(*UTF)a", "(*F)",    "[a&&b]", "[[^a]b]", "\\C-a",    "\\",     "\\u12",
		"\\u{}",   "\\p",     "[\\H]",  "(?#a",    "(?~a)",    "(?s)a.", "*a",
		"a{2,1}",  "(?<=a+)", "[b-a]",  "\\1",     "(?i",      "\\C",
	};
	struct fingerprint_regex r;
	struct diagnosis d;
	struct buffer text;

	(void)state;
	buffer_init(&text);
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		d.text[0] = 0;
		if (fingerprint_regex_compile(wrong[i], NULL, &text, &r, &d) != ERR_DAMAGED ||
		    !d.text[0])
			fail_msg("%s is not refused in words", wrong[i]);
	}
	assert_int_equal(fingerprint_regex_compile("a", "REG_ICASE,REG_OTHER", &text, &r, &d),
			 ERR_DAMAGED);
	assert_string_equal(d.text, "no flag of a pattern: \"REG_OTHER\"");
	buffer_finish(&text);
}

/* Patterns that would go on for hours: the test ends, and they match nothing. */
static void no_text_stalls(void **state)
{
	static const char *const patterns[] = { "^(?:a|aa)+$", "^(a+)+$", "^(?:a*)*b$",
						"(?m)a.*a.*a.*a.*c", "a+a+a+a+a+c" };
	char *text = malloc(TEXT_BYTES + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', TEXT_BYTES);
	text[TEXT_BYTES - 1] = '!';
	text[TEXT_BYTES] = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++)
		assert_capture(patterns[i], NULL, text, NONE);
	/* No place has steps enough for a limit here, but there are many, and each scans the rest.
	 */
	for (size_t i = 1500; i < TEXT_BYTES - 1; i += 1500)
		text[i] = '\n';
	assert_capture("a(?=a).*a[^!]*!(?:x|z)", NULL, text, NONE);
	memset(text, 'a', 300);
	memcpy(text + 300, "!", 2);
	for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++)
		assert_capture(patterns[i], NULL, text, NONE);
	free(text);
}

/* A long text is matched in strides; none of its places is left out, and each sees what is before
 * it. */
static void long_texts(void **state)
{
	char text[3001];

	(void)state;
	for (size_t at = 0; at + 5 < sizeof(text); at += 7) {
		memset(text, '.', sizeof(text) - 1);
		text[sizeof(text) - 1] = 0;
		memcpy(text + at, "<xyz>", 5);
		assert_capture("(?<=<)x(y)z", NULL, text, "y");
		assert_capture("^(<xyz>)", NULL, text, at ? NONE : "<xyz>");
	}
	for (size_t n = 600; n < 1000; n++) { /* characters of three bytes, and none cut */
		char tail[] = "\xe3\x82\xb9xy";

		for (size_t at = 0; at < 3 * n; at += 3)
			memcpy(text + at, "\xe3\x83\x9b", 3);
		memcpy(text + 3 * n - 3, tail, sizeof(tail));
		assert_capture("(.)xy", NULL, text, "\xe3\x82\xb9");
		assert_capture("[^\xe3\x83\x9b](.)?y", NULL, text, "x");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_flags),
		cmocka_unit_test(options_within),
		cmocka_unit_test(escapes),
		cmocka_unit_test(repeats_and_classes),
		cmocka_unit_test(characters_and_bytes),
		cmocka_unit_test(grams_of_what_may_be_missing),
		cmocka_unit_test(grams_keep_back_what_cannot_match),
		cmocka_unit_test(refused),
		cmocka_unit_test(no_text_stalls),
		cmocka_unit_test(long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
