#include "intake/intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/i18n.h"
#include "base/zone.h"

#include "intake/appender_internal.h"
#include "intake/digest_internal.h"
#include "intake/enough_internal.h"
#include "intake/source_internal.h"

#define PROGRESS_FRAMES (1u << 20)
#define READ_AGAIN_MAX  5

struct intake {
	const struct intake_request *ask;
	struct intake_account *account;
	struct diagnosis *d;

	struct intake_source *source;
	struct observer *observer;
	struct appender *appender;
	struct sighting *slot; /* of the appender: the next one */
	uint64_t digest;       /* of the frames so far */
	uint64_t head_digest, start_digest;
	uint64_t first_ns; /* of the new frames; UINT64_MAX before the first */
	uint64_t new_last_ns;
	uint64_t last_ns; /* of all */
	uint64_t end_ns;  /* of the last one: what is remembered goes on from there */

	/* Batches of captures that begin with the same frame, by their end; the next one to be met.
	 */
	struct catalogue_capture *candidates;
	size_t n_candidates, next;
	bool *enough; /* of each: there is no need to read it anew */
	/* Under which is read: today's, and all that those candidates knew which are not enough. */
	struct prefix_set networks;
	/* Those of them whose frames are the first of this capture. */
	size_t *met;
	size_t n_met;
	size_t n_kept; /* the first of them hold all that is wanted; those after are read anew */

	struct batch_writer *batch; /* of the appender, when all is in it */
};

void intake_account_init(struct intake_account *a)
{
	memset(a, 0, sizeof(*a));
}

void intake_account_finish(struct intake_account *a)
{
	catalogue_captures_free(a->known, a->n_known);
	catalogue_captures_free(a->overlaps, a->n_overlaps);
	intake_account_init(a);
}

/* ---- what is known already ---- */

static int begin_identity(struct intake *in)
{
	int error = catalogue_find_captures(in->ask->catalogue, in->head_digest, &in->candidates,
					    &in->n_candidates, in->d);

	if (error < 0)
		return error;
	in->met = calloc(in->n_candidates + 1, sizeof(*in->met));
	in->enough = calloc(in->n_candidates + 1, sizeof(*in->enough));
	if (!in->met || !in->enough)
		return -ENOMEM;
	error = enough_judge(in->ask, in->candidates, in->n_candidates, in->enough, &in->networks);
	if (!error)
		observer_use_networks(in->observer, &in->networks);
	return error;
}

/* All sightings so far are in the store. */
static int forget_sightings(struct intake *in)
{
	in->account->sightings = 0;
	in->account->marked = 0;
	in->first_ns = UINT64_MAX;
	in->new_last_ns = 0;
	return appender_restart(in->appender, &in->slot, in->d);
}

/* The frames so far end where a candidate ends: are they its frames? */
static int meet_candidates(struct intake *in)
{
	int error = 0;

	while (!error && in->next < in->n_candidates &&
	       in->candidates[in->next].end_frames <= in->account->frames) {
		struct catalogue_capture *k = &in->candidates[in->next];

		if (k->end_frames == in->account->frames && k->end_digest == in->digest) {
			in->met[in->n_met++] = in->next;
			if (in->enough[in->next] && in->n_kept + 1 == in->n_met) {
				in->n_kept++;
				in->start_digest = in->digest;
				in->account->known_frames = in->account->frames;
				error = forget_sightings(in);
			}
		}
		in->next++;
	}
	return error;
}

/* ---- frames ---- */

/* The memory of the batch that ended just before this capture begins. */
static int continue_memory(struct intake *in, uint64_t first_ns)
{
	char batch[BATCH_NAME_MAX];
	struct diagnosis words = { "" };
	struct buffer memory;
	int found = catalogue_find_previous(in->ask->catalogue, in->head_digest, first_ns,
					    OBSERVER_MEMORY_NS, batch, in->d),
	    error;

	if (found <= 0)
		return found;
	error = batch_read_memory(in->ask->archive, batch, &memory, &words);
	if (error < 0) {
		buffer_finish(&memory);
		return catalogue_pass_over_memory(in->ask->catalogue, batch, error, &words, in->d);
	}
	if (memory.length)
		error = observer_load(in->observer, memory.bytes, memory.length);
	buffer_finish(&memory);
	/* A newer version's memory is no reason not to read a capture. */
	return error == ERR_UNSUPPORTED ? 0 : error;
}

static int see_first_frame(struct intake *in, const struct capture_frame *f)
{
	int error;

	in->head_digest = in->digest;
	in->start_digest = 0;
	error = begin_identity(in);
	return error < 0 ? error : continue_memory(in, f->time_ns);
}

static int see_frame(struct intake *in, const struct capture_frame *f)
{
	struct intake_account *a = in->account;
	struct packet packet;
	enum verdict verdict;
	enum outcome outcome;
	int error = 0;

	in->digest = digest_add_frame(in->digest, f);
	if (a->frames++ == 0)
		error = see_first_frame(in, f);
	if (f->flags & CAPTURE_TIME_BORROWED)
		a->borrowed_times++;
	in->first_ns = MIN(in->first_ns, f->time_ns);
	in->new_last_ns = MAX(in->new_last_ns, f->time_ns);
	in->last_ns = MAX(in->last_ns, f->time_ns);
	in->end_ns = f->time_ns;
	verdict = decode_frame(f->link_type, f->bytes, f->length, &packet);
	a->verdicts[verdict]++;
	if (verdict == VERDICT_TCP) {
		outcome = observer_see(in->observer, f->time_ns, &packet, in->slot);
		a->outcomes[outcome]++;
		if (outcome == OUTCOME_SIGHTING) {
			a->sightings++;
			in->slot->marks |= intake_frame_marks(f);
			a->marked += in->slot->marks != 0;
			if (!error)
				error = appender_add(in->appender, &in->slot, in->d);
		}
	}
	if (!error && in->next < in->n_candidates &&
	    in->candidates[in->next].end_frames <= a->frames)
		error = meet_candidates(in);
	return error;
}

static int see_all_frames(struct intake *in)
{
	struct capture_frame frames[CAPTURE_BATCH];
	uint64_t told = 0;
	int n, error = 0;

	while (!error && (n = intake_source_read(in->source, frames, CAPTURE_BATCH,
						 &in->account->damage_words)) > 0) {
		for (int i = 0; i < n && !error; i++)
			error = see_frame(in, &frames[i]);
		if (in->ask->progress.fn && in->account->frames - told >= PROGRESS_FRAMES) {
			told = in->account->frames;
			in->ask->progress.fn(in->ask->progress.user, told,
					     intake_source_bytes_read(in->source));
		}
	}
	if (error < 0)
		return error;
	in->account->damage = n;
	return 0;
}

/* ---- the end ---- */

static int fill_manifest(struct intake *in, struct batch_manifest *m)
{
	static const char *const outcome_names[OUTCOME_COUNT] = { "sighting", "foreign-syn-ack",
								  "tcp" };
	const struct intake_account *a = in->account;
	int error = 0;

	m->capture = strdup(in->ask->path);
	m->format = strdup(a->format);
	m->zone = strdup(zone_name());
	if (!m->capture || !m->format || !m->zone)
		return -ENOMEM;
	m->head_digest = in->head_digest;
	m->start_frames = a->known_frames;
	m->start_digest = in->start_digest;
	m->end_frames = a->frames;
	m->end_digest = in->digest;
	m->end_bytes = a->bytes;
	m->first_ns = a->first_ns;
	m->last_ns = in->last_ns;
	m->end_ns = in->end_ns;
	for (int i = 0; i < OUTCOME_COUNT && !error; i++)
		error = batch_manifest_add_count(m, outcome_names[i], a->outcomes[i]);
	for (int i = 0; i < VERDICT_COUNT && !error; i++) {
		if (i != VERDICT_TCP && a->verdicts[i]) {
			error = batch_manifest_add_count(m, verdict_name((enum verdict)i),
							 a->verdicts[i]);
		}
	}
	for (size_t i = in->n_kept; i < in->n_met && !error; i++)
		error = batch_manifest_add_replaced(m, in->candidates[in->met[i]].batch);
	return error < 0 ? error : prefix_set_add_all(&m->networks, &in->networks);
}

static int write_batch(struct intake *in, struct batch_manifest *m)
{
	struct buffer memory;
	int error;

	buffer_init(&memory);
	observer_save(in->observer, in->end_ns, &memory);
	error = memory.failed ? -ENOMEM : batch_writer_seal(in->batch, m, &memory, in->d);
	if (!error) {
		error = catalogue_commit(in->ask->catalogue, in->batch, m, in->candidates,
					 in->n_candidates, in->d);
	}
	buffer_finish(&memory);
	return error;
}

/* Hands the candidates that were met over to the account. */
static int account_known(struct intake *in)
{
	struct intake_account *a = in->account;

	a->n_replaced = in->n_met - in->n_kept;
	a->known = calloc(in->n_kept + 2, sizeof(*a->known)); /* one more: find_cover */
	if (!a->known)
		return -ENOMEM;
	for (size_t i = 0; i < in->n_kept; i++) {
		a->known[a->n_known++] = in->candidates[in->met[i]];
		in->candidates[in->met[i]].capture = NULL;
	}
	return 0;
}

/* Its own beginning, or what this reading replaces. */
static bool was_met(const struct intake *in, const char *batch)
{
	for (size_t i = 0; i < in->n_met; i++) {
		if (strcmp(in->candidates[in->met[i]].batch, batch) == 0)
			return true;
	}
	return false;
}

/* A capture that has grown does not overlap with its own beginning, though time may step back. */
static int find_overlaps(struct intake *in)
{
	struct intake_account *a = in->account;
	size_t n_found, n = 0;
	int error;

	error = catalogue_find_overlaps(in->ask->catalogue, a->first_ns, a->last_ns,
					INTAKE_OVERLAPS_MAX + in->n_met, &a->overlaps, &n_found,
					in->d);
	if (error < 0)
		return error;
	for (size_t i = 0; i < n_found; i++) {
		if (n < INTAKE_OVERLAPS_MAX && !was_met(in, a->overlaps[i].batch)) {
			a->overlaps[n++] = a->overlaps[i];
		} else {
			free(a->overlaps[i].capture);
		}
	}
	a->n_overlaps = n;
	return 0;
}

/*
 * Does a batch of a longer capture hold all that was collected? Its digest is known only where it
 * ends, so the records themselves are compared. Where they cannot be read, nothing is known.
 */
static int is_covered_by(struct intake *in, const struct catalogue_capture *k, bool *ret_covered)
{
	struct batch_manifest m;
	int error = batch_read_manifest(in->ask->archive, k->batch, &m, NULL);

	*ret_covered = false;
	if (!error) {
		if (m.start_frames <= in->account->known_frames) {
			error = batch_writer_is_covered(in->batch, k->batch, &m, ret_covered, NULL);
		}
		batch_manifest_finish(&m);
	}
	return error == -ENOMEM ? error : 0;
}

/* A shorter copy of a capture that is in already. */
static int find_cover(struct intake *in)
{
	struct intake_account *a = in->account;
	bool covered = false;
	int error = 0;

	for (; in->next < in->n_candidates && !covered && !error; in->next++)
		error = is_covered_by(in, &in->candidates[in->next], &covered);
	if (!covered)
		return error;
	a->known[a->n_known++] = in->candidates[in->next - 1];
	in->candidates[in->next - 1].capture = NULL;
	a->known_frames = a->frames;
	a->n_replaced = 0;
	a->sightings = a->marked = 0;
	a->first_ns = a->last_ns = 0;
	return 0;
}

static int finish_capture(struct intake *in)
{
	struct intake_account *a = in->account;
	struct batch_manifest m;
	int error;

	snprintf(a->format, sizeof(a->format), "%s", intake_source_format(in->source));
	a->bytes = intake_source_position(in->source);
	if (intake_source_records(in->source)) {
		a->of_records = true;
		a->records = *intake_source_records(in->source);
	}
	a->first_ns = a->frames > a->known_frames ? in->first_ns : 0;
	a->last_ns = a->frames > a->known_frames ? in->new_last_ns : 0;
	a->n_foreign = observer_foreign_top(in->observer, a->foreign, INTAKE_FOREIGN_MAX);
	error = account_known(in);
	if (error < 0 || a->frames == a->known_frames)
		return error; /* nothing new, or nothing at all */
	error = appender_finish_batch(in->appender, &in->batch, in->d);
	if (!error)
		error = find_cover(in);
	if (error < 0 || a->frames == a->known_frames)
		return error;
	error = find_overlaps(in);
	if (error < 0)
		return error;
	batch_manifest_init(&m);
	error = fill_manifest(in, &m);
	if (!error)
		error = write_batch(in, &m);
	batch_manifest_finish(&m);
	return error;
}

static void finish_intake(struct intake *in)
{
	intake_source_close(in->source);
	observer_free(in->observer);
	appender_free(in->appender);
	catalogue_captures_free(in->candidates, in->n_candidates);
	free(in->met);
	free(in->enough);
	prefix_set_finish(&in->networks);
	free(in);
}

static int take_in(struct intake *in)
{
	int error = intake_source_open(in->ask->path, &in->ask->options, &in->source, in->d);

	if (!error)
		error = observer_new(in->ask->config, &in->observer);
	if (!error)
		error = appender_new(in->ask->archive, &in->appender);
	if (!error)
		in->slot = appender_first(in->appender);
	if (!error)
		error = see_all_frames(in);
	return error < 0 ? error : finish_capture(in);
}

/* A pipe gives its bytes once: standard input, or what the shell calls /dev/fd/63. */
static bool can_be_read_again(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int take_in_once(const struct intake_request *request, struct intake_account *ret_account,
			struct diagnosis *d)
{
	struct intake *in = calloc(1, sizeof(*in));
	int error;

	intake_account_finish(ret_account);
	if (!in)
		return -ENOMEM;
	in->ask = request;
	prefix_set_init(&in->networks);
	in->first_ns = UINT64_MAX;
	in->account = ret_account;
	in->d = d;
	error = take_in(in);
	finish_intake(in);
	return error;
}

int intake_capture(const struct intake_request *request, struct intake_account *ret_account,
		   struct diagnosis *d)
{
	int error = -EAGAIN;

	for (int i = 0; i < READ_AGAIN_MAX && error == -EAGAIN; i++) {
		error = take_in_once(request, ret_account, d);
		if (error == -EAGAIN && !can_be_read_again(request->path))
			break;
	}
	if (error == -EAGAIN) {
		return diagnose(
			d, error,
			_("another process took in a capture with the same beginning meanwhile; read it again"));
	}
	return error;
}

uint64_t intake_first_time(const char *path, const struct intake_source_options *options)
{
	struct intake_source *source;
	struct capture_frame frame;
	uint64_t first = UINT64_MAX;

	if (!can_be_read_again(path) || intake_source_open(path, options, &source, NULL) < 0)
		return UINT64_MAX;
	if (intake_source_read(source, &frame, 1, NULL) == 1)
		first = frame.time_ns;
	intake_source_close(source);
	return first;
}
