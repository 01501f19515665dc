#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/i18n.h"
#include "base/text.h"
#include "identify/fingerprint_internal.h"
#include "identify/fingerprint_regex_internal.h"

/*
 * What a text may cost. PCRE2 counts backtracking anew from each place where a match may begin, so
 * its limits bound a place and not a text, of which three nested ".*" take the third power. What
 * bounds the text is the processor's time, looked at after some places: twice as many as before
 * where those took next to nothing.
 */
#define MATCH_LIMIT 5000
#define DEPTH_LIMIT 2000
#define HEAP_KIB    1024
#define STRIDE      8
#define STRIDE_MAX  32
#define STRIDE_NS   20000
#define STRIDE_FROM 512 /* a shorter text cannot take long */
#define BUDGET_NS   50000000

#define PARENS_MAX    100
#define PATTERN_BYTES 16384

struct fingerprint_matcher {
	pcre2_match_data *data;
	pcre2_match_context *context;
	uint64_t end_ns;  /* of this thread's processor time; 0: the text is short */
	uint64_t look_ns; /* on the wall's clock: not before it can be over */
};

/* Of what is written into a regex after its file is read. */
static pthread_mutex_t prepare_lock = PTHREAD_MUTEX_INITIALIZER;

/* The format's flags. Ruby has one option for two of them, and its ^ and $ are always a line's. */
static int flags_parse(const char *flags, uint32_t *ret_options, struct diagnosis *d)
{
	static const struct {
		const char *name;
		uint32_t options;
	} known[] = {
		{ "REG_ICASE", PCRE2_CASELESS },
		{ "REG_DOT_NEWLINE", PCRE2_DOTALL },
		{ "REG_MULTILINE", PCRE2_DOTALL },
		{ "REG_LINE_ANY_CRLF", PCRE2_DOTALL },
	};
	uint32_t options = PCRE2_MULTILINE;

	for (const char *at = flags ? flags : ""; *at;) {
		size_t length = strcspn(at, ", "), i = 0;

		while (i < ARRAY_LENGTH(known) &&
		       (strlen(known[i].name) != length || strncmp(known[i].name, at, length) != 0))
			i++;
		if (length && i == ARRAY_LENGTH(known))
			return diagnose(d, ERR_DAMAGED, _("no flag of a pattern: \"%.40s\""), at);
		if (length)
			options |= known[i].options;
		at += length;
		at += *at != 0;
	}
	*ret_options = options;
	return 0;
}

static pcre2_code *compile(const struct fingerprint_regex *regex, enum fingerprint_reading reading,
			   int *ret_error, size_t *ret_at)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	uint32_t options = regex->options;
	pcre2_code *code = NULL;

	options |=
		PCRE2_DUPNAMES | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP | PCRE2_USE_OFFSET_LIMIT;
	options |=
		reading == READ_CHARACTERS ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : PCRE2_NEVER_UTF;

	if (!context) {
		*ret_error = PCRE2_ERROR_NOMEMORY;
		return NULL;
	}
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, PARENS_MAX);
	code = pcre2_compile((PCRE2_SPTR)regex->text, PCRE2_ZERO_TERMINATED, options, ret_error,
			     ret_at, context);
	pcre2_compile_context_free(context);
	return code;
}

static int compile_error(int error, size_t at, struct diagnosis *d)
{
	PCRE2_UCHAR words[128] = { 0 };

	if (error == PCRE2_ERROR_NOMEMORY || error == PCRE2_ERROR_HEAP_FAILED)
		return -ENOMEM;
	pcre2_get_error_message(error, words, sizeof(words));
	return diagnose(d, ERR_DAMAGED, "%s (at %zu)", (const char *)words, at);
}

int fingerprint_regex_compile(const char *pattern, const char *flags, struct buffer *text,
			      struct fingerprint_regex *ret_regex, struct diagnosis *d)
{
	struct fingerprint_regex r = { 0 };
	uint32_t captures = 0;
	bool named = false;
	int error = flags_parse(flags, &r.options, d), code_error = 0;
	enum fingerprint_reading reading;
	size_t at = 0;

	buffer_clear(text);
	if (!error && strlen(pattern) > PATTERN_BYTES)
		error = diagnose(d, ERR_DAMAGED, _("a pattern of more than %d bytes"),
				 PATTERN_BYTES);
	if (!error)
		error = fingerprint_regex_translate(pattern, text, &r.characters, &named, d);
	if (error)
		return error;
	if (named) /* in Ruby groups without a name capture nothing then */
		r.options |= PCRE2_NO_AUTO_CAPTURE;
	r.text = (const char *)text->bytes;
	reading = r.characters ? READ_CHARACTERS : READ_BYTES;
	r.code[reading] = compile(&r, reading, &code_error, &at);
	if (!r.code[reading])
		return compile_error(code_error, at, d);
	pcre2_pattern_info(r.code[reading], PCRE2_INFO_CAPTURECOUNT, &captures);
	*ret_regex = r;
	return (int)captures;
}

void fingerprint_regex_finish(struct fingerprint_regex *regex)
{
	for (int i = 0; i < 2; i++) {
		pcre2_code_free(regex->code[i]);
		regex->code[i] = NULL;
	}
}

enum fingerprint_reading fingerprint_reading_of(const char *text, size_t length)
{
	char four[5] = { 0 };
	size_t i = 0;

	while (i < length && !(text[i] & 0x80))
		i++;
	if (i == length)
		return READ_BYTES;
	while (i < length) {
		size_t left = MIN(length - i, sizeof(four) - 1);
		int n;

		memset(four, 0, sizeof(four));
		memcpy(four, text + i, left);
		n = text_utf8_length(four);
		if (!n)
			return READ_BYTES;
		i += (size_t)n;
	}
	return READ_CHARACTERS;
}

struct fingerprint_matcher *fingerprint_matcher_new(uint32_t captures)
{
	struct fingerprint_matcher *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->data = pcre2_match_data_create(captures + 1, NULL);
	m->context = pcre2_match_context_create(NULL);
	if (!m->data || !m->context) {
		fingerprint_matcher_free(m);
		return NULL;
	}
	pcre2_set_match_limit(m->context, MATCH_LIMIT);
	pcre2_set_depth_limit(m->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(m->context, HEAP_KIB);
	return m;
}

void fingerprint_matcher_free(struct fingerprint_matcher *m)
{
	if (!m)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	free(m);
}

/*
 * The second reading is compiled when a text first asks for it. Where there is no JIT, or no memory
 * that may be executed, matching is slower, that is all.
 */
static void prepare(struct fingerprint_regex *regex, enum fingerprint_reading reading)
{
	size_t at;
	int error;

	pthread_mutex_lock(&prepare_lock);
	if (!atomic_load(&regex->ready[reading])) {
		if (!regex->code[reading])
			regex->code[reading] = compile(regex, reading, &error, &at);
		if (regex->code[reading])
			(void)pcre2_jit_compile(regex->code[reading], PCRE2_JIT_COMPLETE);
	}
	atomic_store_explicit(&regex->ready[reading], true, memory_order_release);
	pthread_mutex_unlock(&prepare_lock);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* What counts is the processor's time, since others may have it; to ask for that is a system call,
 * so the wall's clock says when. */
static bool is_over(struct fingerprint_matcher *m, uint64_t now_ns)
{
	uint64_t spent_ns;

	if (now_ns < m->look_ns)
		return false;
	spent_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (spent_ns >= m->end_ns)
		return true;
	m->look_ns = now_ns + (m->end_ns - spent_ns);
	return false;
}

/* From the places START to LAST of the text. */
static int match_from(struct fingerprint_matcher *m, const pcre2_code *code, const char *text,
		      size_t length, size_t start, size_t last)
{
	int n;

	pcre2_set_offset_limit(m->context, last);
	n = pcre2_match(code, (PCRE2_SPTR)text, length, start, 0, m->data, m->context);
	if (n == PCRE2_ERROR_JIT_STACKLIMIT) /* the plain way has its memory from the heap */
		n = pcre2_match(code, (PCRE2_SPTR)text, length, start, PCRE2_NO_JIT, m->data,
				m->context);
	return n;
}

/* Stride by stride, each beginning at a character, while there is time. */
static int match_long(struct fingerprint_matcher *m, const pcre2_code *code, bool characters,
		      const char *text, size_t length)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), before;
	int n = PCRE2_ERROR_NOMATCH;
	size_t stride = STRIDE;

	for (size_t start = 0, next; start <= length && n == PCRE2_ERROR_NOMATCH; start = next) {
		if (is_over(m, now))
			return PCRE2_ERROR_MATCHLIMIT;
		next = start + stride;
		while (characters && next < length && (text[next] & 0xc0) == 0x80)
			next++;
		n = match_from(m, code, text, length, start, next - 1);
		before = now;
		now = clock_ns(CLOCK_MONOTONIC);
		stride = now - before < STRIDE_NS ? MIN(2 * stride, STRIDE_MAX) : STRIDE;
	}
	return n;
}

void fingerprint_matcher_start(struct fingerprint_matcher *m, size_t length)
{
	m->end_ns = 0;
	if (length <= STRIDE_FROM)
		return;
	m->end_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) + BUDGET_NS;
	m->look_ns = clock_ns(CLOCK_MONOTONIC) + BUDGET_NS;
}

int fingerprint_regex_match(struct fingerprint_regex *regex, struct fingerprint_matcher *m,
			    enum fingerprint_reading reading, const char *text, size_t length,
			    struct fingerprint_captures *ret_captures)
{
	const pcre2_code *code;
	int n;

	if (regex->characters)
		reading = READ_CHARACTERS;
	if (!atomic_load_explicit(&regex->ready[reading], memory_order_acquire))
		prepare(regex, reading);
	code = regex->code[reading];
	if (!code)
		return 0;
	if (m->end_ns)
		n = match_long(m, code, reading == READ_CHARACTERS, text, length);
	else
		n = match_from(m, code, text, length, 0, PCRE2_UNSET);
	if (n == PCRE2_ERROR_NOMEMORY)
		return -ENOMEM;
	if (n < 0)
		return 0;
	ret_captures->offsets = pcre2_get_ovector_pointer(m->data);
	ret_captures->n = (uint32_t)n;
	return 1;
}
