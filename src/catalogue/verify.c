#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/journal.h"
#include "base/i18n.h"
#include "catalogue/verify_internal.h"

#define WORDS_MAX 1024

void check_found(struct check *k, const char *format, ...)
{
	char words[WORDS_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	k->findings++;
	if (k->fn) {
		k->fn(k->user, words);
	}
}

/* An error about one file is a finding; without memory nothing can be told. Returns what ends the
 * check. */
static int found_error(struct check *k, int error, const struct diagnosis *d)
{
	if (error < 0 && error != -ENOMEM) {
		check_found(k, "%s", d->text[0] ? d->text : error_text(error));
	}
	return error == -ENOMEM ? error : 0;
}

/* ---- parts ---- */

struct place {
	const char *store, *batch;
	const struct batch_part *part;
	bool bare; /* as the manifest has it */
};

static int check_groups(struct check *k, struct part *p, const struct place *at)
{
	struct part_summary summary;
	struct part_detail detail;
	int error = 0;

	part_summary_init(&summary);
	part_detail_init(&detail);
	for (uint32_t g = 0; g < part_group_count(p) && !error; g++) {
		struct diagnosis d = { "" };

		error = part_read_summary(p, g, &summary, &d);
		if (!error && part_has_details(p)) {
			error = part_read_detail(p, g, &summary, PART_TIMES | PART_PEER_PORTS,
						 &detail, &d);
		}
		diagnose_prefix(&d, error, "%s/archive/%s", at->store, at->batch);
		error = found_error(k, error, &d);
	}
	part_summary_finish(&summary);
	part_detail_finish(&detail);
	return error;
}

static int check_open_part(struct check *k, struct part *p, const struct place *at)
{
	struct diagnosis d = { "" };
	int error;

	if (part_file_bytes(p) != at->part->bytes) {
		check_found(
			k, _("%s/archive/%s/%s has %" PRIu64 " bytes, its manifest says %" PRIu64),
			at->store, at->batch, at->part->name, part_file_bytes(p), at->part->bytes);
	}
	if (part_records(p) != at->part->records) {
		check_found(
			k,
			_("%s/archive/%s/%s has %" PRIu64 " sightings, its manifest says %" PRIu64),
			at->store, at->batch, at->part->name, part_records(p), at->part->records);
	}
	if (part_has_details(p) == at->bare) {
		check_found(
			k,
			at->bare
				? _("%s/archive/%s/%s has details, its manifest says that they are gone")
				: _("%s/archive/%s/%s has no details, its manifest says nothing of that"),
			at->store, at->batch, at->part->name);
	}
	error = part_load_dictionaries(p, &d);
	if (error < 0) {
		diagnose_prefix(&d, error, "%s/archive/%s", at->store, at->batch);
		return found_error(k, error, &d);
	}
	return check_groups(k, p, at);
}

static int check_part(struct check *k, const struct place *at)
{
	struct diagnosis d = { "" };
	struct part *p;
	int error = batch_open_part(k->catalogue->archive, at->batch, at->part->name, &p, &d);

	if (error < 0) {
		return found_error(k, error, &d);
	}
	error = check_open_part(k, p, at);
	part_close(p);
	return error;
}

/* ---- batches ---- */

static bool belongs(const struct batch_manifest *m, const char *file)
{
	if (!strcmp(file, "manifest") || !strcmp(file, "memory")) {
		return true;
	}
	for (size_t i = 0; i < m->n_parts; i++) {
		if (!strcmp(file, m->parts[i].name)) {
			return true;
		}
	}
	return false;
}

static int check_files(struct check *k, const char *batch, const struct batch_manifest *m)
{
	struct archive *a = k->catalogue->archive;
	char(*files)[ARCHIVE_FILE_MAX] = NULL;
	struct diagnosis d = { "" };
	struct buffer memory;
	size_t n = 0;
	int error = archive_list_files(a, batch, &files, &n, &d);

	for (size_t i = 0; i < n && !error; i++) {
		if (!belongs(m, files[i])) {
			check_found(k, _("%s/archive/%s/%s does not belong to the batch"),
				    archive_path(a), batch, files[i]);
		}
	}
	free(files);
	if (error < 0) {
		return found_error(k, error, &d);
	}
	error = batch_read_memory(a, batch, &memory, &d);
	buffer_finish(&memory);
	return found_error(k, error, &d);
}

static int check_manifest(struct check *k, const char *batch, const struct batch_manifest *m)
{
	const char *store = archive_path(k->catalogue->archive);
	uint64_t records = 0;
	int error = check_files(k, batch, m);

	if (*m->journal && !m->n_replaces && strcmp(m->journal, batch) != 0) {
		check_found(k, _("%s/archive/%s/manifest is of the journal %s"), store, batch,
			    m->journal);
	}
	for (size_t i = 0; i < m->n_parts && !error; i++) {
		const struct place at = { store, batch, &m->parts[i], m->bare };

		error = check_part(k, &at);
		records += m->parts[i].records;
	}
	if (!error && records != m->sightings) {
		check_found(k,
			    _("%s/archive/%s/manifest says %" PRIu64
			      " sightings, its parts have %" PRIu64),
			    store, batch, m->sightings, records);
	}
	return error;
}

static int check_batch(struct check *k, const char *batch)
{
	struct batch_manifest m;
	struct diagnosis d = { "" };
	int error = batch_read_manifest(k->catalogue->archive, batch, &m, &d);

	if (error < 0) {
		return found_error(k, error, &d);
	}
	error = check_manifest(k, batch, &m);
	batch_manifest_finish(&m);
	return error;
}

static int check_strays(struct check *k)
{
	struct archive *a = k->catalogue->archive;
	char(*files)[ARCHIVE_FILE_MAX] = NULL;
	struct diagnosis d = { "" };
	size_t n = 0;
	int error = archive_list_files(a, NULL, &files, &n, &d);

	for (size_t i = 0; i < n && !error; i++) {
		if (!batch_name_is_sound(files[i])) {
			check_found(k, _("%s/archive/%s is no batch"), archive_path(a), files[i]);
		}
	}
	free(files);
	return found_error(k, error, &d);
}

/* ---- journals ---- */

/* Torn at its end is what a crash leaves, and what is just being written. */
static int check_journal(struct check *k, const char *name)
{
	struct archive *a = k->catalogue->archive;
	struct journal_loss loss = { 0 };
	struct diagnosis d = { "" };
	int error = journal_check(a, name, &loss, &d);

	if (error == -ENOENT) {
		return 0; /* it is a batch now */
	}
	if (!error && loss.broken_at) {
		check_found(k,
			    _("%s/live/%s: byte %" PRIu64
			      ": a group is broken, with whole ones behind it"),
			    archive_path(a), name, loss.broken_at);
	}
	return found_error(k, error, &d);
}

static int check_journals(struct check *k, struct diagnosis *d)
{
	struct archive *a = k->catalogue->archive;
	char(*files)[ARCHIVE_FILE_MAX] = NULL;
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n_files = 0, n = 0;
	int error = journal_list_files(a, &files, &n_files, d);

	for (size_t i = 0; i < n_files && !error; i++) {
		if (!journal_file_is_known(files[i])) {
			check_found(k, _("%s/live/%s is no journal"), archive_path(a), files[i]);
		}
	}
	free(files);
	if (!error) {
		error = journal_list(a, &names, &n, d);
	}
	for (size_t i = 0; i < n && !error; i++) {
		error = check_journal(k, names[i]);
	}
	free(names);
	return error;
}

/* What a sensor found to be unreadable, until somebody has looked. */
static int check_aside(struct check *k, struct diagnosis *d)
{
	struct archive *a = k->catalogue->archive;
	char(*files)[ARCHIVE_FILE_MAX] = NULL;
	size_t n = 0;
	int error = journal_list_aside(a, &files, &n, d);

	for (size_t i = 0; i < n && !error; i++) {
		check_found(k, _("%s/%s/%s is a journal that could not be read"), archive_path(a),
			    JOURNAL_ASIDE, files[i]);
	}
	free(files);
	return error;
}

int check_archive(struct check *k, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0;
	int error = check_strays(k);

	if (!error) {
		error = archive_list_committed(k->catalogue->archive, &names, &n, d);
	}
	/* They may have been committed since they were loaded: the batches are what is looked at.
	 */
	for (size_t i = 0; i < n && !error; i++) {
		archive_forget_journal(k->catalogue->archive, names[i]);
		error = check_batch(k, names[i]);
	}
	free(names);
	if (!error)
		error = check_journals(k, d);
	return error < 0 ? error : check_aside(k, d);
}

int catalogue_verify(struct catalogue *c, catalogue_finding_fn fn, void *user, struct diagnosis *d)
{
	struct check k = { .catalogue = c, .fn = fn, .user = user };
	int error = check_archive(&k, d);

	if (!error) {
		error = check_counts(&k, d);
	}
	return error < 0 ? error : k.findings;
}
