#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <zstd.h>

#include "archive/archive_internal.h"
#include "base/hash.h"
#include "base/i18n.h"

#define SYNC_THREADS      4
#define MEMORY_ZSTD_LEVEL 3
#define FOLDER_TRIES      100

struct batch_writer {
	struct archive *archive;
	char folder[BATCH_NAME_MAX]; /* under pending/ */
	int fd;                      /* of the folder, locked */
	struct batch_part *parts;
	size_t n_parts;
	bool committed;
};

static int make_folder(struct batch_writer *b)
{
	struct archive *a = b->archive;
	static atomic_uint serial;

	for (int i = 0; i < FOLDER_TRIES; i++) {
		(void)snprintf(b->folder, sizeof(b->folder), "%ld-%u", (long)getpid(),
			       atomic_fetch_add(&serial, 1));
		if (mkdirat(a->pending_fd, b->folder, 0755) == 0) {
			b->fd = openat(a->pending_fd, b->folder,
				       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (b->fd < 0 || flock(b->fd, LOCK_EX) < 0)
				return -errno;
			archive_own(a, b->fd);
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	return -errno;
}

int batch_writer_new(struct archive *a, struct batch_writer **ret_writer, struct diagnosis *d)
{
	struct batch_writer *b = calloc(1, sizeof(*b));
	int error;

	if (!b)
		return -ENOMEM;
	b->archive = a;
	b->fd = -1;
	/* Under the lock, so that nobody sweeps the folder between its making and its own lock. */
	error = archive_lock(a);
	if (!error) {
		error = make_folder(b);
		archive_unlock(a);
	}
	if (error < 0) {
		error = diagnose(d, error, "%s/pending: %s", a->path, strerror(-error));
		batch_writer_free(b);
		return error;
	}
	*ret_writer = b;
	return 0;
}

void batch_writer_free(struct batch_writer *b)
{
	if (!b)
		return;
	if (b->fd >= 0) {
		/* What cannot be removed now is swept by the next writer. */
		if (!b->committed && archive_remove_folder(b->archive->pending_fd, b->folder) < 0)
			b->committed = false;
		close(b->fd);
	}
	free(b->parts);
	free(b);
}

static int say_write_error(const struct batch_writer *b, const char *name, int error,
			   struct diagnosis *d)
{
	return diagnose(d, error, "%s/pending/%s/%s: %s", b->archive->path, b->folder, name,
			error_text(error));
}

/* The next part: from a writer, or what stays of OLD. */
static int add_part(struct batch_writer *b, struct part_writer *w, struct part *old,
		    struct diagnosis *d)
{
	struct batch_part part = { .records = w ? part_writer_records(w) : part_records(old) };
	struct batch_part *grown = realloc(b->parts, (b->n_parts + 1) * sizeof(*grown));
	struct diagnosis words = { "" };
	struct stat st = { 0 };
	int fd, error = 0;

	if (!grown)
		return -ENOMEM;
	b->parts = grown;
	(void)snprintf(part.name, sizeof(part.name), "part-%04zu", b->n_parts);
	fd = openat(b->fd, part.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return say_write_error(b, part.name, -errno, d);
	archive_own(b->archive, fd);
	error = w ? part_writer_write(w, fd) : part_write_summaries(old, fd, &words);
	if (!error && fstat(fd, &st) < 0)
		error = -errno;
	/* The disk may begin now; the sync comes when the batch is sealed. */
	if (!error)
		(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	close(fd);
	if (error < 0) {
		return words.text[0] ? diagnose(d, error, "%s", words.text)
				     : say_write_error(b, part.name, error, d);
	}
	part.bytes = (uint64_t)st.st_size;
	b->parts[b->n_parts++] = part;
	return 0;
}

int batch_writer_add_part(struct batch_writer *b, struct part_writer *w, struct diagnosis *d)
{
	return add_part(b, w, NULL, d);
}

int batch_writer_add_bare(struct batch_writer *b, struct part *p, struct diagnosis *d)
{
	return add_part(b, NULL, p, d);
}

size_t batch_writer_part_count(const struct batch_writer *b)
{
	return b->n_parts;
}

struct archive *batch_writer_archive(const struct batch_writer *b)
{
	return b->archive;
}

int batch_writer_open_part(struct batch_writer *b, size_t i, struct part **ret_part,
			   struct diagnosis *d)
{
	int error = part_open(b->fd, b->parts[i].name, ret_part, d);

	return error < 0 ? diagnose_prefix(d, error, "%s/pending/%s", b->archive->path, b->folder)
			 : 0;
}

int batch_writer_restart(struct batch_writer *b, struct diagnosis *d)
{
	for (; b->n_parts; b->n_parts--) {
		const char *name = b->parts[b->n_parts - 1].name;

		if (unlinkat(b->fd, name, 0) < 0)
			return say_write_error(b, name, -errno, d);
	}
	return 0;
}

static int write_file(struct batch_writer *b, const char *name, const struct buffer *content)
{
	int fd = openat(b->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), error = 0;
	size_t done = 0;

	if (fd < 0)
		return -errno;
	archive_own(b->archive, fd);
	while (done < content->length && !error) {
		ssize_t n = write(fd, content->bytes + done, content->length - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			error = n == 0 ? -ENOSPC : -errno;
		}
	}
	close(fd);
	return error;
}

static int write_memory(struct batch_writer *b, const struct buffer *memory)
{
	struct buffer body, file;
	size_t bound = ZSTD_compressBound(memory->length), packed;
	uint8_t *room;
	int error = -ENOMEM;

	buffer_init(&body);
	buffer_init(&file);
	buffer_put_u32(&body, (uint32_t)memory->length);
	room = buffer_reserve(&body, bound);
	if (room) {
		packed = ZSTD_compress(room, bound, memory->bytes, memory->length,
				       MEMORY_ZSTD_LEVEL);
		if (!ZSTD_isError(packed)) {
			body.length += packed;
			buffer_put_u64(&file, hash_bytes(body.bytes, body.length));
			buffer_put(&file, body.bytes, body.length);
			error = file.failed ? -ENOMEM : write_file(b, "memory", &file);
		}
	}
	buffer_finish(&body);
	buffer_finish(&file);
	return error;
}

/* The files of the folder, several at once: the disk puts their journals together. */
struct syncing {
	struct batch_writer *batch;
	atomic_size_t next; /* the parts, then memory and manifest */
	atomic_int error;
};

static const char *const other_files[] = { "memory", "manifest" };

static void *sync_files(void *user)
{
	struct syncing *s = user;
	size_t n_parts = s->batch->n_parts, i;

	while ((i = atomic_fetch_add(&s->next, 1)) < n_parts + ARRAY_LENGTH(other_files)) {
		const char *name = i < n_parts ? s->batch->parts[i].name : other_files[i - n_parts];
		int fd = openat(s->batch->fd, name, O_RDONLY | O_CLOEXEC);

		/* There is no memory where there is nothing to remember. */
		if (fd < 0 ? errno != ENOENT || name != other_files[0] : fsync(fd) < 0)
			atomic_store(&s->error, -errno);
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static int sync_all_files(struct batch_writer *b)
{
	struct syncing s = { .batch = b };
	pthread_t threads[SYNC_THREADS];
	size_t started = 0;

	while (started < SYNC_THREADS && started <= b->n_parts &&
	       pthread_create(&threads[started], NULL, sync_files, &s) == 0)
		started++;
	sync_files(&s);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	return atomic_load(&s.error);
}

static int copy_parts(const struct batch_writer *b, struct batch_manifest *m)
{
	struct batch_part *parts = b->n_parts ? malloc(b->n_parts * sizeof(*parts)) : NULL;

	if (b->n_parts && !parts)
		return -ENOMEM;
	if (parts)
		memcpy(parts, b->parts, b->n_parts * sizeof(*parts));
	free(m->parts);
	m->parts = parts;
	m->n_parts = b->n_parts;
	m->sightings = 0;
	for (size_t i = 0; i < b->n_parts; i++)
		m->sightings += b->parts[i].records;
	return 0;
}

int batch_writer_seal(struct batch_writer *b, struct batch_manifest *m, const struct buffer *memory,
		      struct diagnosis *d)
{
	struct buffer text;
	int error = copy_parts(b, m);

	buffer_init(&text);
	if (!error)
		error = batch_manifest_print(m, &text);
	if (!error && memory->length)
		error = write_memory(b, memory);
	if (!error)
		error = write_file(b, "manifest", &text);
	if (!error)
		error = sync_all_files(b);
	if (!error && fsync(b->fd) < 0)
		error = -errno;
	buffer_finish(&text);
	return error < 0 ? say_write_error(b, "manifest", error, d) : 0;
}

/* "20190124T091500Z-0123456789abcdef", with "+" when it replaces others: see archive_list. A
 * journal's batch has its name, by which the journal is void from then on. */
static void name_batch(const struct batch_manifest *m, char ret_name[BATCH_NAME_MAX])
{
	time_t first = (time_t)(m->first_ns / 1000000000ULL);
	uint64_t identity[5] = { m->head_digest, m->start_digest, m->end_digest, m->end_frames, 0 };
	struct tm tm;
	char when[24];

	if (*m->journal && !m->n_replaces) {
		(void)snprintf(ret_name, BATCH_NAME_MAX, "%s", m->journal);
		return;
	}
	for (size_t i = 0; i < m->networks.n_prefixes; i++) {
		const struct net_prefix *p = &m->networks.prefixes[i];

		identity[4] = hash_mix(identity[4] ^ p->addr.hi ^ hash_mix(p->addr.lo + p->length));
	}
	/* What heals a damaged batch is read just like it. */
	for (size_t i = 0; i < m->n_replaces; i++) {
		const char *name = m->replaces[i];

		identity[4] = hash_mix(identity[4] ^ hash_bytes(name, strlen(name)));
	}
	gmtime_r(&first, &tm);
	(void)strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	(void)snprintf(ret_name, BATCH_NAME_MAX, "%.20s-%016" PRIx64 "%s", when,
		       hash_bytes(identity, sizeof(identity)), m->n_replaces ? "+" : "");
}

int batch_writer_commit(struct batch_writer *b, const struct batch_manifest *m,
			char ret_name[BATCH_NAME_MAX], struct diagnosis *d)
{
	struct archive *a = b->archive;

	int error = archive_note_commit(a);

	if (error < 0)
		return diagnose(d, error, "%s/lock: %s", a->path, strerror(-error));
	name_batch(m, ret_name);
	if (renameat(a->pending_fd, b->folder, a->archive_fd, ret_name) < 0) {
		error = errno == ENOTEMPTY ? -EEXIST : -errno;
		return diagnose(d, error, "%s/archive/%s: %s", a->path, ret_name, strerror(-error));
	}
	b->committed = true;
	if (fsync(a->archive_fd) < 0 || fsync(a->pending_fd) < 0)
		return diagnose(d, -errno, "%s/archive: %s", a->path, strerror(errno));
	flock(b->fd, LOCK_UN);
	return 0;
}
