#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/journal.h"
#include "archive/overlay_internal.h"

struct overlay {
	struct live_batch **list; /* sorted by name */
	size_t n;
	uint64_t generation;
};

static void free_batch(struct live_batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n_parts; i++)
		close(b->parts[i]);
	free(b->parts);
	buffer_finish(&b->manifest);
	buffer_finish(&b->memory);
	free(b);
}

void overlay_free(struct overlay *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		free_batch(o->list[i]);
	free(o->list);
	free(o);
}

/* ---- one journal ---- */

struct packing {
	struct part_writer *writer;
	struct live_batch *batch;
	struct batch_part *parts; /* as its manifest has them */
};

static int end_part(struct packing *p)
{
	struct live_batch *b = p->batch;
	struct batch_part part = { .records = part_writer_records(p->writer) };
	int *grown = realloc(b->parts, (b->n_parts + 1) * sizeof(*grown)), fd, error;
	struct batch_part *more = realloc(p->parts, (b->n_parts + 1) * sizeof(*more));
	struct stat st;

	b->parts = grown ? grown : b->parts;
	p->parts = more ? more : p->parts;
	if (!grown || !more)
		return -ENOMEM;
	(void)snprintf(part.name, sizeof(part.name), "part-%04zu", b->n_parts);
	fd = memfd_create(part.name, MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = part_writer_write(p->writer, fd);
	if (!error && fstat(fd, &st) < 0)
		error = -errno;
	if (error < 0) {
		close(fd);
		return error;
	}
	part.bytes = (uint64_t)st.st_size;
	p->parts[b->n_parts] = part;
	b->parts[b->n_parts++] = fd;
	part_writer_reset(p->writer);
	return 0;
}

static int take_sightings(void *user, const struct sighting *list, size_t n)
{
	struct packing *p = user;

	for (size_t at = 0; at < n;) {
		int took = part_writer_append(p->writer, list + at, n - at), error = 0;

		if (took < 0)
			return took;
		at += (size_t)took;
		if (at < n)
			error = end_part(p);
		if (error < 0)
			return error;
	}
	return 0;
}

/* Hands the parts over to the manifest, and that to its text. */
static int print_manifest(struct packing *p, struct batch_manifest *m)
{
	m->parts = p->parts;
	m->n_parts = p->batch->n_parts;
	p->parts = NULL;
	return batch_manifest_print(m, &p->batch->manifest);
}

static int pack(struct archive *a, struct packing *p, struct diagnosis *d)
{
	struct batch_manifest m;
	int error = journal_read(a, p->batch->name, take_sightings, p, &m, &p->batch->memory, d);

	if (error < 0)
		return error;
	if (part_writer_records(p->writer))
		error = end_part(p);
	if (!error)
		error = print_manifest(p, &m);
	batch_manifest_finish(&m);
	return error;
}

/* Of the journal itself, and not of us. */
static bool is_its_own(int error)
{
	return error == ERR_FORMAT || error == ERR_DAMAGED || error == ERR_UNSUPPORTED ||
	       error == ERR_LIMIT || error == -EIO || error == -EACCES || error == -ELOOP ||
	       error == -EPERM;
}

/*
 * What cannot be read is there all the same: who asks is told. -ENOENT: it was made a batch
 * meanwhile.
 */
static int load(struct archive *a, const char *name, uint64_t file_bytes,
		struct live_batch **ret_batch, struct diagnosis *d)
{
	struct live_batch *b = calloc(1, sizeof(*b));
	struct packing p = { .batch = b };
	struct diagnosis words = { "" };
	int error;

	if (!b)
		return -ENOMEM;
	(void)snprintf(b->name, sizeof(b->name), "%s", name);
	b->file_bytes = file_bytes;
	error = part_writer_new(&p.writer);
	if (!error)
		error = pack(a, &p, &words);
	part_writer_free(p.writer);
	free(p.parts);
	if (is_its_own(error)) {
		b->error = error;
		b->words = words;
		error = 0;
	}
	if (error < 0) {
		free_batch(b);
		return error == -ENOENT ? error : diagnose(d, error, "%s", words.text);
	}
	*ret_batch = b;
	return 0;
}

/* ---- all of them ---- */

static struct live_batch **find(struct overlay *o, const char *name)
{
	for (size_t i = 0; o && i < o->n; i++) {
		if (o->list[i] && !strcmp(o->list[i]->name, name))
			return &o->list[i];
	}
	return NULL;
}

/* One that has not grown since it was loaded is taken over from what there was. */
static int load_or_keep(struct archive *a, const char *name, struct overlay *fresh,
			struct diagnosis *d)
{
	struct live_batch **known = find(a->overlay, name);
	struct stat st;
	int error;

	if (fstatat(a->live_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : diagnose(d, -errno, "%s/live/%s: %s", a->path, name,
						  strerror(errno));
	if (known && (*known)->file_bytes == (uint64_t)st.st_size) {
		fresh->list[fresh->n++] = *known;
		*known = NULL;
		return 0;
	}
	error = load(a, name, (uint64_t)st.st_size, &fresh->list[fresh->n], d);
	fresh->n += !error;
	return error == -ENOENT ? 0 : error;
}

int archive_load_journals(struct archive *a, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	struct overlay *fresh = calloc(1, sizeof(*fresh));
	size_t n = 0, before = a->overlay ? a->overlay->n : 0, kept = 0;
	int error = fresh ? journal_list(a, &names, &n, d) : -ENOMEM;

	if (!error) {
		fresh->list = calloc(n + 1, sizeof(struct live_batch *));
		error = fresh->list ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < n && !error; i++)
		error = load_or_keep(a, names[i], fresh, d);
	free(names);
	/* Taken over or not, what was there goes: where this failed it was of an earlier moment. */
	for (size_t i = 0; i < before; i++)
		kept += !a->overlay->list[i];
	if (fresh) {
		fresh->generation = a->overlay ? a->overlay->generation : 0;
		fresh->generation += kept != before || fresh->n != before;
	}
	overlay_free(a->overlay);
	a->overlay = fresh;
	return error;
}

void archive_forget_journal(struct archive *a, const char *name)
{
	struct live_batch **known = find(a->overlay, name);
	struct overlay *o = a->overlay;

	if (!known)
		return;
	free_batch(*known);
	o->n--;
	memmove(known, known + 1, (size_t)(o->list + o->n - known) * sizeof(struct live_batch *));
	o->generation++;
}

uint64_t archive_live_generation(const struct archive *a)
{
	return a->overlay ? a->overlay->generation : 0;
}

bool archive_is_live(const struct archive *a, const char *name)
{
	return overlay_find(a, name) != NULL;
}

const struct live_batch *overlay_find(const struct archive *a, const char *name)
{
	struct live_batch **known = find(a->overlay, name);

	return known ? *known : NULL;
}

size_t archive_live_count(const struct archive *a)
{
	return a->overlay ? a->overlay->n : 0;
}

const char *archive_live_name(const struct archive *a, size_t i)
{
	return a->overlay->list[i]->name;
}

/* ---- one of them, read like a batch ---- */

static int cannot_be_read(const struct live_batch *b, struct diagnosis *d)
{
	return diagnose(d, b->error, "%s", b->words.text);
}

int overlay_manifest(const struct archive *a, const struct live_batch *b,
		     struct batch_manifest *ret_manifest, struct diagnosis *d)
{
	int error;

	if (b->error)
		return cannot_be_read(b, d);
	error = batch_manifest_parse((const char *)b->manifest.bytes, b->manifest.length,
				     ret_manifest, d);
	return error < 0 ? diagnose_prefix(d, error, "%s/live/%s", a->path, b->name) : 0;
}

int overlay_memory(const struct live_batch *b, struct buffer *ret_bytes)
{
	buffer_init(ret_bytes);
	buffer_put(ret_bytes, b->memory.bytes, b->memory.length);
	return ret_bytes->failed ? -ENOMEM : 0;
}

int overlay_open_part(const struct archive *a, const struct live_batch *b, const char *part,
		      struct part **ret_part, struct diagnosis *d)
{
	char name[sizeof("part-0000") + 20];

	if (b->error)
		return cannot_be_read(b, d);
	for (size_t i = 0; i < b->n_parts; i++) {
		(void)snprintf(name, sizeof(name), "part-%04zu", i);
		if (!strcmp(name, part))
			return part_open_descriptor(b->parts[i], name, ret_part, d);
	}
	return diagnose(d, -ENOENT, "%s/live/%s/%s: %s", a->path, b->name, part, strerror(ENOENT));
}
