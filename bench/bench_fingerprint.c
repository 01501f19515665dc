/*
 * What a fingerprint costs: matches a second over every example of a folder of Recog's format, next
 * to the plain way in the same run: a loop of pcre2_match over the key's patterns, without JIT. And
 * the worst text: examples pumped up to 16 KiB, so that patterns run as long as they can. How to
 * read it: bench/README.md.
 *
 *     bench_fingerprint FOLDER [EVERY]      EVERY: of how many examples one is pumped (default 50)
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <inttypes.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "identify/fingerprint_internal.h"

#define ROUNDS     5
#define TEXT_BYTES 16384
#define TAIL       "\1~\1" /* so that hardly any pattern comes to its end */
#define SAMPLE     53
#define POSITIONS  12

struct example {
	char *key, *text;
	size_t length;
};

struct bench {
	struct example *examples;
	size_t n, room;
	struct fingerprint_file **files;
	size_t n_files, files_room;
	struct fingerprints *set;
};

enum way {
	WAY_OURS,
	WAY_JIT,   /* its JIT, but no grams */
	WAY_PLAIN, /* neither */
	WAYS
};

static const char *const way_names[WAYS] = { "fingerprints_match", "the same without grams",
					     "plain loop, no JIT" };

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "bench_fingerprint: %s\n", what);
	exit(1);
}

static void on_example(void *arg, const struct fingerprint_verdict *v)
{
	struct bench *b = arg;

	if (!v->text)
		return;
	b->examples = array_make_room(b->examples, b->n, &b->room, sizeof(*b->examples));
	require(b->examples != NULL, "out of memory");
	b->examples[b->n++] =
		(struct example){ strdup(v->key), memcpy(malloc(v->length + 1), v->text, v->length),
				  v->length };
}

static int on_file(void *arg, const char *path, struct diagnosis *d)
{
	struct bench *b = arg;
	struct buffer bytes;

	b->files = array_make_room(b->files, b->n_files, &b->files_room, sizeof(*b->files));
	require(b->files && !fingerprint_bytes_load(path, FINGERPRINT_FILE_MAX_BYTES, &bytes),
		path);
	require(!fingerprint_file_read(path, bytes.bytes, bytes.length, NULL, NULL,
				       &b->files[b->n_files++], d),
		d->text);
	buffer_finish(&bytes);
	return 0;
}

static uint32_t plain_options(enum way way)
{
	return way == WAY_PLAIN ? PCRE2_NO_JIT : 0;
}

/* What somebody would write first: every pattern in turn. Compiled code is at hand. */
static bool match_plainly(const struct bench *b, const struct example *e, enum way way,
			  pcre2_match_data *data)
{
	enum fingerprint_reading reading = fingerprint_reading_of(e->text, e->length);

	for (size_t f = 0; f < b->n_files; f++) {
		struct fingerprint_file *file = b->files[f];

		for (size_t i = 0; i < file->n && !strcmp(file->key, e->key); i++) {
			struct fingerprint_regex *r = &file->fingerprints[i].regex;
			void *code = r->code[r->characters ? READ_CHARACTERS : reading];

			if (code && pcre2_match(code, (PCRE2_SPTR)e->text, e->length, 0,
						plain_options(way), data, NULL) >= 0)
				return true;
		}
	}
	return false;
}

static bool match_ours(const struct bench *b, const struct example *e)
{
	struct fingerprint_match m;
	int found = fingerprints_match(b->set, e->key, e->text, e->length, &m);

	require(found >= 0, "out of memory");
	if (found)
		fingerprint_match_finish(&m);
	return found > 0;
}

/* So that each way has its code compiled, and by the JIT, before it is measured. */
static void warm(const struct bench *b)
{
	struct fingerprint_matcher *m = fingerprint_matcher_new(100);
	struct fingerprint_captures c;

	require(m != NULL, "out of memory");
	for (size_t f = 0; f < b->n_files; f++)
		for (size_t i = 0; i < b->files[f]->n; i++)
			for (int reading = 0; reading < 2; reading++)
				(void)!fingerprint_regex_match(&b->files[f]->fingerprints[i].regex,
							       m, reading, "x", 1, &c);
	fingerprint_matcher_free(m);
	for (size_t i = 0; i < b->n; i++)
		match_ours(b, &b->examples[i]);
}

static double measure(const struct bench *b, enum way way, pcre2_match_data *data)
{
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now_s();

		for (size_t i = 0; i < b->n; i++)
			require(way == WAY_OURS ? match_ours(b, &b->examples[i])
						: match_plainly(b, &b->examples[i], way, data),
				"an example is not matched");
		best = MIN(best, now_s() - start);
	}
	return best;
}

/* EXAMPLE with the byte at AT so often that it is 16 KiB, and an end that does not fit. */
static void pump(const struct example *e, size_t at, size_t piece, char text[TEXT_BYTES])
{
	size_t n = MIN(at, (size_t)TEXT_BYTES / 2);
	size_t rest = MIN(e->length - at, (size_t)1024), end = TEXT_BYTES - strlen(TAIL);

	memcpy(text, e->text, n);
	for (size_t i = 0; n < end - rest; i++)
		text[n++] = e->text[at + i % piece];
	memcpy(text + n, e->text + at, rest);
	memcpy(text + end, TAIL, strlen(TAIL));
}

/* The P-th way of pumping example E; from where, and how many bytes again and again. */
static void pump_one(const struct example *e, size_t p, char text[TEXT_BYTES])
{
	size_t at = p * e->length / POSITIONS;
	size_t piece = p % 3 == 0 ? e->length - at : p % 3;

	pump(e, at, MIN(MAX(piece, 1), e->length - at), text);
}

static double match_timed(const struct bench *b, const struct example *e, enum way way,
			  pcre2_match_data *data)
{
	double start = now_s();

	if (way == WAY_OURS)
		match_ours(b, e);
	else
		match_plainly(b, e, way, data);
	return now_s() - start;
}

/* The plain loop gets what was ever our worst, and a sample of the others: it takes its time. */
static void worst(const struct bench *b, size_t every, pcre2_match_data *data)
{
	double longest = 0, sum = 0, plain = 0;
	char text[TEXT_BYTES];
	size_t n = 0;

	for (size_t i = 0; i < b->n; i += every) {
		const struct example *e = &b->examples[i];
		struct example pumped = { e->key, text, sizeof(text) };

		for (size_t p = 0; p < POSITIONS && e->length; p++, n++) {
			double took;

			pump_one(e, p, text);
			took = match_timed(b, &pumped, WAY_OURS, data);
			sum += took;
			if (took > longest) /* once more: the machine is shared */
				took = MIN(took, match_timed(b, &pumped, WAY_OURS, data));
			if (took > longest || n % SAMPLE == 0)
				plain = MAX(plain, match_timed(b, &pumped, WAY_PLAIN, data));
			longest = MAX(longest, took);
		}
	}
	printf("worst of %zu texts of 16 KiB: %.1f ms, mean %.3f ms; "
	       "the plain loop's worst of some of them: %.1f ms\n",
	       n, longest * 1e3, sum / (double)n * 1e3, plain * 1e3);
}

int main(int argc, char **argv)
{
	pcre2_match_data *data = pcre2_match_data_create(100, NULL);
	struct bench b = { 0 };
	struct diagnosis d = { "" };
	double took[WAYS], start;

	require(argc >= 2 && data, "usage: bench_fingerprint FOLDER [EVERY]");
	require(!fingerprints_new(true, &b.set), "no fingerprints in this build");
	start = now_s();
	require(!fingerprints_add(b.set, argv[1], &d), d.text);
	printf("loaded in %.1f ms\n", (now_s() - start) * 1e3);
	require(!fingerprints_verify(argv[1], on_example, &b, &d), d.text);
	require(!fingerprint_path_walk(argv[1], &d, on_file, &b), d.text);
	start = now_s();
	warm(&b);
	printf("JIT of all, both readings: %.1f ms\n", (now_s() - start) * 1e3);
	for (int way = 0; way < WAYS; way++)
		took[way] = measure(&b, way, data);
	printf("%-24s %14s %10s\n", "", "matches/s", "to plain");
	for (int way = 0; way < WAYS; way++)
		printf("%-24s %14.0f %10.1f\n", way_names[way], (double)b.n / took[way],
		       took[WAY_PLAIN] / took[way]);
	worst(&b, argc > 2 ? (size_t)MAX(atoi(argv[2]), 1) : 50, data);
	return 0;
}
