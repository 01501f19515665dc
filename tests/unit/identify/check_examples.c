/*
 * Every example of a folder of fingerprints, held against its fingerprint.
 * check_examples own FOLDER: ours. All are as written, each fingerprint has one, and asked for by
 * its key among those that are built in, its own fingerprint answers.
 * check_examples foreign FOLDER: somebody else's. All are as written.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "identify/fingerprint.h"

#define SKIPPED 77

struct account {
	struct fingerprints *set;
	bool own;
	unsigned examples, wrong, without, first;
};

static const char *base_name(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

/* Is its own fingerprint the first of the key that matches? */
static bool comes_first(const struct fingerprints *set, const struct fingerprint_verdict *v)
{
	struct fingerprint_match m;
	bool own;

	if (fingerprints_match(set, v->key, v->text, v->length, &m) != 1)
		return false;
	own = m.line == v->line && !strcmp(base_name(m.file), base_name(v->file));
	fingerprint_match_finish(&m);
	return own;
}

static void told(void *arg, const struct fingerprint_verdict *v)
{
	struct account *a = arg;
	bool first;

	if (!v->text) {
		a->without++;
		if (a->own)
			printf("%s:%d: %s\n", v->file, v->line, v->wrong);
		return;
	}
	a->examples++;
	if (v->wrong) {
		a->wrong++;
		printf("%s:%d: %s: %s\n", v->file, v->example_line, v->description, v->wrong);
	}
	first = comes_first(a->set, v);
	a->first += first;
	if (!first && a->own)
		printf("%s:%d: another fingerprint comes before \"%s\"\n", v->file, v->example_line,
		       v->description);
}

static int judge(const struct account *a)
{
	printf("%u examples, %u not as written; %u fingerprints have none; "
	       "%u examples are answered by their own fingerprint first\n",
	       a->examples, a->wrong, a->without, a->first);
	if (!a->examples || a->wrong)
		return 1;
	return a->own && (a->without || a->first != a->examples);
}

int main(int argc, char **argv)
{
	struct account a = { .own = argc == 3 && !strcmp(argv[1], "own") };
	struct diagnosis d = { "" };
	int error;

	if (argc != 3 || (!a.own && strcmp(argv[1], "foreign") != 0))
		return 2;
	error = fingerprints_new(!a.own, &a.set);
	if (error == ERR_UNSUPPORTED || access(argv[2], R_OK) < 0) {
		printf("skipped: %s\n", error ? error_text(error) : "there is no such folder");
		fingerprints_free(error ? NULL : a.set);
		return SKIPPED;
	}
	if (!error && !a.own)
		error = fingerprints_add(a.set, argv[2], &d);
	if (!error)
		error = fingerprints_verify(argv[2], told, &a, &d);
	if (error)
		printf("%d: %s\n", error, d.text);
	else
		error = judge(&a);
	fingerprints_free(a.set);
	return error != 0;
}
