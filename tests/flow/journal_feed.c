/*
 * A sensor without a line: sees a capture's frames, writes journals of them, makes batches of
 * these.
 *
 *   journal_feed write STORE CAPTURE GROUP SPLIT SKIP NET...
 *   journal_feed absorb STORE NET...
 *
 * The first appends sightings in groups of GROUP, and begins a new journal after SPLIT of them; it
 * leaves the first SKIP out. On its output, for each group that is synced, a line with the number
 * of sightings that are, SKIP included. What fails is said on standard error and tried again, but
 * not for ever. The second makes batches of all journals that nobody holds. Exit status 0, or 2
 * when it had to give up.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/zone.h"
#include "capture/source.h"
#include "decode/packet.h"
#include "observe/observer.h"

#include "watch/absorb.h"

#define TRIES     5
#define GROUP_MAX 65536

struct feed {
	struct archive *archive;
	struct config config;
	struct observer *observer;
	struct journal_writer *journal;
	struct sighting list[GROUP_MAX];
	size_t n, group;
	uint64_t split, skip, seen, synced;
	uint64_t now_ns; /* of the last frame */
	uint64_t frames[VERDICT_COUNT + OUTCOME_COUNT];
};

static int fail(const char *what, int error, const struct diagnosis *d)
{
	fprintf(stderr, "%s: %s\n", what, d->text[0] ? d->text : error_text(error));
	return error;
}

/* ---- writing ---- */

static int begin_journal(struct feed *f)
{
	int error = -EAGAIN;

	for (int i = 0; i < TRIES && error < 0; i++) {
		struct diagnosis d = { "" };

		error = journal_create(f->archive, f->now_ns, "eth1: xdp", &f->config.networks,
				       &f->journal, &d);
		if (error < 0)
			fail("create", error, &d);
	}
	return error;
}

static int append(struct feed *f, const struct buffer *memory)
{
	struct batch_count counts[] = {
		{ "sighting", f->frames[VERDICT_COUNT + OUTCOME_SIGHTING] },
		{ "foreign-syn-ack", f->frames[VERDICT_COUNT + OUTCOME_FOREIGN] },
		{ "tcp", f->frames[VERDICT_COUNT + OUTCOME_OTHER] },
	};
	const struct journal_group g = { .up_to_ns = f->now_ns,
					 .sightings = f->list,
					 .n_sightings = f->n,
					 .counts = counts,
					 .n_counts = ARRAY_LENGTH(counts),
					 .memory = memory };
	char line[32];
	int error = -EAGAIN, n;

	for (int i = 0; i < TRIES && error < 0; i++) {
		struct diagnosis d = { "" };

		error = journal_append(f->journal, &g, &d);
		if (error < 0)
			fail("append", error, &d);
	}
	if (error < 0)
		return error;
	f->synced += f->n;
	f->n = 0;
	n = snprintf(line, sizeof(line), "%" PRIu64 "\n", f->synced);
	return write(STDOUT_FILENO, line, (size_t)n) == n ? 0 : -EPIPE;
}

/* The last group has the observer's memory. */
static int end_journal(struct feed *f)
{
	struct buffer memory;
	int error;

	buffer_init(&memory);
	observer_save(f->observer, f->now_ns, &memory);
	error = append(f, &memory);
	buffer_finish(&memory);
	journal_close(f->journal);
	f->journal = NULL;
	return error;
}

static int see(struct feed *f, const struct capture_frame *frame)
{
	struct packet packet;
	enum verdict verdict = decode_frame(frame->link_type, frame->bytes, frame->length, &packet);
	enum outcome outcome = OUTCOME_OTHER;
	int error = 0;

	f->now_ns = frame->time_ns;
	if (!f->journal)
		error = begin_journal(f);
	if (verdict == VERDICT_TCP) {
		outcome = observer_see(f->observer, frame->time_ns, &packet, &f->list[f->n]);
		f->frames[VERDICT_COUNT + outcome]++;
	} else {
		f->frames[verdict]++;
	}
	if (error < 0 || verdict != VERDICT_TCP || outcome != OUTCOME_SIGHTING)
		return error;
	if (f->seen++ < f->skip)
		return 0;
	if (++f->n == f->group)
		error = append(f, NULL);
	if (!error && journal_sightings(f->journal) >= f->split) {
		error = end_journal(f);
		memset(f->frames, 0, sizeof(f->frames));
		if (!error)
			error = begin_journal(f);
	}
	return error;
}

static int write_journals(struct feed *f, const char *path)
{
	struct capture_frame frames[CAPTURE_BATCH];
	struct capture_source *source;
	struct diagnosis d = { "" };
	int n, error = capture_file_open(path, &source, &d);

	if (error < 0)
		return fail(path, error, &d);
	error = observer_new(&f->config, &f->observer);
	while (!error && (n = capture_source_read(source, frames, CAPTURE_BATCH, &d)) > 0) {
		for (int i = 0; i < n && !error; i++)
			error = see(f, &frames[i]);
	}
	if (!error && f->journal)
		error = end_journal(f);
	journal_close(f->journal);
	observer_free(f->observer);
	capture_source_close(source);
	return error;
}

/* ---- all ---- */

static int absorb(struct feed *f)
{
	struct catalogue *catalogue;
	struct diagnosis d = { "" };
	int error = catalogue_open(f->archive, &f->config, 0, &catalogue, &d);

	if (error < 0)
		return fail("catalogue", error, &d);
	error = catalogue_remember(catalogue, &f->config.networks, NULL, &d);
	if (!error)
		error = absorb_dead(f->archive, catalogue, &d);
	catalogue_close(catalogue);
	return error < 0 ? fail("absorb", error, &d) : 0;
}

static int take_networks(struct feed *f, char **words)
{
	struct diagnosis d = { "" };
	int error = 0;

	for (; *words && !error; words++) {
		struct net_prefix p;

		error = prefix_parse(*words, &p, &d);
		if (!error)
			error = prefix_set_add(&f->config.networks, p);
	}
	return error < 0 ? fail("network", error, &d) : 0;
}

static int run(struct feed *f, int argc, char **argv)
{
	bool writes = argc > 7 && !strcmp(argv[1], "write");
	struct diagnosis d = { "" };
	int error;

	if (!writes && (argc < 4 || strcmp(argv[1], "absorb") != 0))
		return fail("usage", ERR_USAGE, &d);
	error = zone_set("UTC", &d);
	if (!error)
		error = take_networks(f, argv + (writes ? 7 : 3));
	if (!error)
		error = archive_open(argv[2], ARCHIVE_CREATE, &f->archive, &d);
	if (error < 0)
		return fail(argv[2], error, &d);
	if (!writes)
		return absorb(f);
	f->group = (size_t)MIN(strtoull(argv[4], NULL, 10), GROUP_MAX - 1ULL);
	f->split = strtoull(argv[5], NULL, 10);
	f->skip = f->synced = strtoull(argv[6], NULL, 10);
	return write_journals(f, argv[3]);
}

int main(int argc, char **argv)
{
	struct feed *f = calloc(1, sizeof(*f));
	int error;

	if (!f)
		return 2;
	config_init(&f->config);
	error = run(f, argc, argv);
	archive_close(f->archive);
	config_finish(&f->config);
	free(f);
	return error < 0 ? 2 : 0;
}
