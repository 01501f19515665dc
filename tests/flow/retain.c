/*
 * What the sensor's keeper does, at a time that is given, and what a sensor leaves for it:
 *
 *     retain STORE NOW_S apply [records=DAYS] [summaries=DAYS] [disk=BYTES]
 *     retain STORE NOW_S compact
 *     retain STORE NOW_S watch SENSOR FILE...
 *
 * The last makes a journal of each capture, as if it had been the line in the hours that it
 * touches, with a gap in it, and a batch of the journal. Prints what was done, a word and a number
 * a line. Exit status 2 with the words on stderr.
 */
#include "watch/retain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source.h"
#include "observe/observer.h"

#include "watch/absorb.h"
#include "watch/compact.h"

#define HOUR_NS (3600 * 1000000000ULL)
#define CHUNK   4096

static void print(const char *word, uint64_t number)
{
	printf("%s %" PRIu64 "\n", word, number);
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

struct store {
	struct config config;
	struct archive *archive;
	struct catalogue *catalogue;
	struct diagnosis *d;
};

/* ---- a sensor ---- */

struct line {
	struct observer *observer; /* goes on from file to file */
	struct journal_writer *journal;
	struct sighting list[CHUNK];
	size_t n;
	uint64_t up_to_ns, frames, sightings;
	unsigned files;
};

static int write_group(struct store *s, struct line *l, bool last)
{
	struct batch_count counts[2] = { { .name = "sighting" }, { .name = "tcp" } };
	struct batch_gap gap = { .from_ns = l->up_to_ns - 2000000000ULL,
				 .to_ns = l->up_to_ns - 1000000000ULL,
				 .count = l->files,
				 .kind = BATCH_GAP_LOST };
	struct journal_group g = { .up_to_ns = l->up_to_ns,
				   .sightings = l->list,
				   .n_sightings = l->n,
				   .counts = counts,
				   .n_counts = 2 };
	struct buffer memory;
	int error;

	counts[0].count = l->sightings;
	counts[1].count = l->frames - l->sightings;
	buffer_init(&memory);
	if (last) {
		observer_save(l->observer, l->up_to_ns, &memory);
		g.memory = &memory;
		g.gaps = &gap;
		g.n_gaps = 1;
	}
	l->n = 0;
	error = journal_append(l->journal, &g, s->d);
	buffer_finish(&memory);
	return error;
}

static int see_frame(struct store *s, struct line *l, const struct capture_frame *f)
{
	struct packet packet;

	l->frames++;
	l->up_to_ns = f->time_ns;
	if (decode_frame(f->link_type, f->bytes, f->length, &packet) != VERDICT_TCP ||
	    observer_see(l->observer, f->time_ns, &packet, &l->list[l->n]) != OUTCOME_SIGHTING)
		return 0;
	l->sightings++;
	return ++l->n == CHUNK ? write_group(s, l, false) : 0;
}

static int see_all(struct store *s, struct line *l, struct capture_source *source,
		   const char *sensor)
{
	struct capture_frame frames[CAPTURE_BATCH];
	int n, error = 0;

	while (!error && (n = capture_source_read(source, frames, CAPTURE_BATCH, s->d)) > 0) {
		if (!l->journal) {
			error = journal_create(s->archive,
					       frames[0].time_ns - frames[0].time_ns % HOUR_NS,
					       sensor, &s->config.networks, &l->journal, s->d);
		}
		for (int i = 0; i < n && !error; i++)
			error = see_frame(s, l, &frames[i]);
	}
	return error;
}

static int watch_file(struct store *s, struct line *l, const char *sensor, const char *path)
{
	struct capture_source *source;
	int error = capture_file_open(path, &source, s->d);

	if (error < 0)
		return error;
	l->files++;
	l->frames = l->sightings = 0;
	error = see_all(s, l, source, sensor);
	capture_source_close(source);
	l->up_to_ns += HOUR_NS - l->up_to_ns % HOUR_NS;
	if (!error && l->journal)
		error = write_group(s, l, true);
	journal_close(l->journal);
	l->journal = NULL;
	return error < 0 ? error : absorb_dead(s->archive, s->catalogue, s->d);
}

static int watch(struct store *s, char **words, int n)
{
	struct line *l = calloc(1, sizeof(*l));
	int error = l ? observer_new(&s->config, &l->observer) : -1;

	for (int i = 1; i < n && !error; i++)
		error = watch_file(s, l, words[0], words[i]);
	if (l)
		observer_free(l->observer);
	free(l);
	return error;
}

/* ---- its keeper ---- */

static int compact(struct store *s, uint64_t now_ns)
{
	struct compact_account a;
	int error = compact_apply(s->archive, s->catalogue, now_ns, &a, s->d);

	print("made", a.made);
	print("of", a.of);
	print("passed_over", a.passed_over);
	if (a.passed_over)
		(void)fprintf(stderr, "retain: %s\n", a.words.text);
	return error;
}

static void take_setting(struct config_sensor *c, const char *word)
{
	const char *value = strchr(word, '=');

	if (!value) {
		(void)fprintf(stderr, "retain: %s\n", word);
		exit(2);
	}
	value++;
	if (!strncmp(word, "records=", strlen("records=")))
		c->keep_record_days = (uint32_t)number(value);
	if (!strncmp(word, "summaries=", strlen("summaries=")))
		c->keep_summary_days = (uint32_t)number(value);
	if (!strncmp(word, "disk=", strlen("disk=")))
		c->max_disk_bytes = number(value);
}

static int apply(struct store *s, uint64_t now_ns, char **words, int n)
{
	struct retain_account a;
	int error;

	for (int i = 0; i < n; i++)
		take_setting(&s->config.sensor, words[i]);
	error = retain_apply(s->archive, s->catalogue, &s->config.sensor, now_ns, &a, s->d);
	print("bared", a.bared_batches);
	print("bared_until_ns", a.bared_until_ns);
	print("dropped", a.dropped_batches);
	print("dropped_until_ns", a.dropped_until_ns);
	print("as_of_ns", a.as_of_ns);
	print("freed", a.freed_bytes);
	print("disk", a.disk_bytes);
	print("over", a.over);
	print("passed_over", a.passed_over);
	if (a.passed_over)
		(void)fprintf(stderr, "retain: %s\n", a.words.text);
	return error;
}

static int work(struct store *s, uint64_t now_ns, char **words, int n)
{
	if (!strcmp(words[0], "watch") && n > 1)
		return watch(s, words + 1, n - 1);
	return strcmp(words[0], "compact") ? apply(s, now_ns, words + 1, n - 1)
					   : compact(s, now_ns);
}

int main(int argc, char **argv)
{
	struct diagnosis d = { "" };
	struct store s = { .d = &d };
	int error;

	if (argc < 4)
		return 2;
	config_init(&s.config);
	error = archive_open(argv[1], ARCHIVE_WRITE, &s.archive, &d);
	if (!error)
		error = catalogue_open(s.archive, &s.config, 0, &s.catalogue, &d);
	if (!error)
		error = work(&s, number(argv[2]) * 1000000000ULL, argv + 3, argc - 3);
	catalogue_close(s.catalogue);
	archive_close(s.archive);
	config_finish(&s.config);
	if (error < 0)
		(void)fprintf(stderr, "retain: %s\n", d.text[0] ? d.text : error_text(error));
	return error < 0 ? 2 : 0;
}
