/*
 * What the sensor's keeper does once an hour, at a time that is given:
 *
 *     retain STORE NOW_S [records=DAYS] [summaries=DAYS] [disk=BYTES]
 *
 * Prints what was done, a word and a number a line. Exit status 2 with the words on stderr.
 */
#include "watch/retain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

static void take_word(struct config_sensor *s, const char *word)
{
	const char *value = strchr(word, '=');

	if (!value) {
		(void)fprintf(stderr, "retain: %s\n", word);
		exit(2);
	}
	value++;
	if (!strncmp(word, "records=", strlen("records=")))
		s->keep_record_days = (uint32_t)number(value);
	if (!strncmp(word, "summaries=", strlen("summaries=")))
		s->keep_summary_days = (uint32_t)number(value);
	if (!strncmp(word, "disk=", strlen("disk=")))
		s->max_disk_bytes = number(value);
}

static void print_account(const struct retain_account *a)
{
	printf("bared %" PRIu64 "\n", a->bared_batches);
	printf("bared_until_ns %" PRIu64 "\n", a->bared_until_ns);
	printf("dropped %" PRIu64 "\n", a->dropped_batches);
	printf("dropped_until_ns %" PRIu64 "\n", a->dropped_until_ns);
	printf("freed %" PRIu64 "\n", a->freed_bytes);
	printf("disk %" PRIu64 "\n", a->disk_bytes);
	printf("over %d\n", a->over);
	printf("passed_over %" PRIu64 "\n", a->passed_over);
	if (a->passed_over)
		(void)fprintf(stderr, "retain: %s\n", a->words.text);
}

static int apply(const char *path, struct config *config, uint64_t now_ns, struct diagnosis *d)
{
	struct retain_account account = { 0 };
	struct catalogue *c = NULL;
	struct archive *a = NULL;
	int error = archive_open(path, ARCHIVE_WRITE, &a, d);

	if (!error)
		error = catalogue_open(a, config, 0, &c, d);
	if (!error)
		error = retain_apply(a, c, &config->sensor, now_ns, &account, d);
	print_account(&account);
	catalogue_close(c);
	archive_close(a);
	return error;
}

int main(int argc, char **argv)
{
	struct diagnosis d = { "" };
	struct config config;
	int error;

	if (argc < 3)
		return 2;
	config_init(&config);
	for (int i = 3; i < argc; i++)
		take_word(&config.sensor, argv[i]);
	error = apply(argv[1], &config, number(argv[2]) * 1000000000ULL, &d);
	config_finish(&config);
	if (error < 0)
		(void)fprintf(stderr, "retain: %s\n", d.text[0] ? d.text : error_text(error));
	return error < 0 ? 2 : 0;
}
