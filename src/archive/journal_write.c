#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "archive/journal_internal.h"
#include "base/hash.h"
#include "base/zone.h"

#define ZSTD_LEVEL   1
#define CREATE_TRIES 100

struct journal_writer {
	struct archive *archive;
	int fd;
	char name[BATCH_NAME_MAX];
	uint64_t id;
	uint32_t number; /* of the next group */
	uint64_t end;    /* of the whole groups, which are synced */
	uint64_t sightings;
	bool ragged; /* there may be something behind the end */
	ZSTD_CCtx *zstd;
	struct buffer sections, packed; /* of the group at hand */
};

/* ---- sections ---- */

static size_t begin_section(struct buffer *b, enum journal_section kind)
{
	buffer_put_u8(b, (uint8_t)kind);
	buffer_put_u32(b, 0);
	return b->length;
}

static void end_section(struct buffer *b, size_t start)
{
	if (!b->failed)
		buffer_patch_u32(b, start - 4, (uint32_t)(b->length - start));
}

static void put_text(struct buffer *b, const char *text)
{
	size_t length = MIN(strlen(text), (size_t)JOURNAL_TEXT_MAX);

	buffer_put_u16(b, (uint16_t)length);
	buffer_put(b, text, length);
}

static void put_head(struct buffer *b, uint64_t started_ns, const char *sensor,
		     const struct prefix_set *networks)
{
	size_t start = begin_section(b, JOURNAL_HEAD);
	uint8_t bytes[16];

	buffer_put_u64(b, started_ns);
	put_text(b, sensor);
	put_text(b, zone_name());
	buffer_put_u32(b, (uint32_t)networks->n_prefixes);
	for (size_t i = 0; i < networks->n_prefixes; i++) {
		addr_to_bytes(networks->prefixes[i].addr, bytes);
		buffer_put(b, bytes, sizeof(bytes));
		buffer_put_u8(b, networks->prefixes[i].length);
	}
	end_section(b, start);
}

static uint8_t *put_varint(uint8_t *at, uint64_t x)
{
	for (; x >= 128; x >>= 7)
		*at++ = (uint8_t)(x | 128);
	*at++ = (uint8_t)x;
	return at;
}

static uint8_t *put_addr(uint8_t *at, struct net_addr a)
{
	uint8_t bytes[16];
	size_t skipped = addr_is_v4(a) ? 12 : 0;

	addr_to_bytes(a, bytes);
	memcpy(at, bytes + skipped, sizeof(bytes) - skipped);
	return at + sizeof(bytes) - skipped;
}

static uint8_t *put_u16(uint8_t *at, uint16_t x)
{
	at[0] = (uint8_t)x;
	at[1] = (uint8_t)(x >> 8);
	return at + 2;
}

static uint8_t *put_record(uint8_t *at, const struct sighting *s, uint64_t step_ms)
{
	bool other = s->protocol != SIGHTING_PROTOCOL_TCP;

	*at++ = (uint8_t)((addr_is_v4(s->host) ? 0 : JOURNAL_HOST_V6) |
			  (addr_is_v4(s->peer) ? 0 : JOURNAL_PEER_V6) |
			  (other ? JOURNAL_NOT_TCP : 0) |
			  (s->marks & MARK_STORED_ALL) << JOURNAL_MARKS_SHIFT);
	/* Zigzag: what goes back is odd. */
	at = put_varint(at, step_ms << 1 ^ (step_ms >> 63 ? UINT64_MAX : 0));
	at = put_addr(at, s->host);
	at = put_u16(at, s->port);
	at = put_addr(at, s->peer);
	at = put_u16(at, s->peer_port);
	if (other)
		*at++ = s->protocol;
	return at;
}

static void put_sightings(struct buffer *b, const struct sighting *list, size_t n)
{
	size_t start = begin_section(b, JOURNAL_SIGHTINGS);
	uint64_t before = 0;
	uint8_t *room, *at;

	buffer_put_u32(b, (uint32_t)n);
	room = at = buffer_reserve(b, n * JOURNAL_RECORD_MAX);
	for (size_t i = 0; room && i < n; i++) {
		uint64_t ms = list[i].time_ns / NS_PER_MS;

		at = put_record(at, &list[i], ms - before);
		before = ms;
	}
	if (room)
		b->length += (size_t)(at - room);
	end_section(b, start);
}

static void put_gaps(struct buffer *b, const struct batch_gap *gaps, size_t n)
{
	size_t start = begin_section(b, JOURNAL_GAPS);

	buffer_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct batch_gap *g = &gaps[i];

		size_t length = strnlen(g->interface, sizeof(g->interface) - 1);

		buffer_put_u64(b, g->from_ns);
		buffer_put_u64(b, MAX(g->from_ns, g->to_ns));
		buffer_put_u64(b, g->count);
		buffer_put_u8(b, (uint8_t)g->kind);
		buffer_put_u8(b, (uint8_t)length);
		for (size_t k = 0; k < length; k++) {
			char c = g->interface[k];

			buffer_put_u8(b, c > ' ' && c < 127 ? (uint8_t)c : '?');
		}
	}
	end_section(b, start);
}

static void put_counts(struct buffer *b, const struct batch_count *counts, size_t n)
{
	size_t start = begin_section(b, JOURNAL_COUNTS);

	assert(n <= JOURNAL_COUNTS_MAX);
	buffer_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		size_t length = strnlen(counts[i].name, BATCH_VERDICT_MAX - 1);

		assert(length);
		buffer_put_u64(b, counts[i].count);
		buffer_put_u8(b, (uint8_t)length);
		buffer_put(b, counts[i].name, length);
	}
	end_section(b, start);
}

static void put_floods(struct buffer *b, const struct batch_flood *floods, size_t n)
{
	size_t start = begin_section(b, JOURNAL_FLOODS);
	uint8_t host[16];

	buffer_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct batch_flood *f = &floods[i];

		addr_to_bytes(f->host, host);
		buffer_put(b, host, sizeof(host));
		buffer_put_u16(b, f->port);
		buffer_put_u8(b, f->protocol);
		buffer_put_u8(b, f->marks);
		buffer_put_u64(b, f->first_ns - f->first_ns % NS_PER_MS);
		buffer_put_u64(b, f->last_ns - f->last_ns % NS_PER_MS);
		buffer_put_u64(b, f->packets);
		buffer_put_u64(b, f->peers);
	}
	end_section(b, start);
}

/* All but the sightings. */
static void put_rest(struct buffer *b, const struct journal_group *g)
{
	size_t start;

	if (g->n_gaps)
		put_gaps(b, g->gaps, g->n_gaps);
	if (g->n_counts)
		put_counts(b, g->counts, g->n_counts);
	if (g->n_floods)
		put_floods(b, g->floods, g->n_floods);
	if (g->memory) {
		start = begin_section(b, JOURNAL_MEMORY);
		buffer_put(b, g->memory->bytes, g->memory->length);
		end_section(b, start);
	}
	start = begin_section(b, JOURNAL_UP_TO);
	buffer_put_u64(b, g->up_to_ns);
	end_section(b, start);
}

/* ---- groups ---- */

/* What does not get smaller is left as it is: both lengths are then the same. */
static int pack_sections(struct journal_writer *w)
{
	struct buffer *out = &w->packed;
	size_t room = ZSTD_compressBound(w->sections.length), n;
	uint8_t *at = buffer_reserve(out, room);

	if (!at)
		return -ENOMEM;
	n = ZSTD_compressCCtx(w->zstd, at, room, w->sections.bytes, w->sections.length, ZSTD_LEVEL);
	if (ZSTD_isError(n))
		return -ENOMEM;
	if (n >= w->sections.length) {
		n = w->sections.length;
		memcpy(at, w->sections.bytes, n);
	}
	out->length += n;
	return 0;
}

/* The group of W's sections, whole, in W's packed bytes. */
static int make_group(struct journal_writer *w, uint32_t number)
{
	struct buffer *out = &w->packed;
	uint64_t sum;
	int error;

	if (w->sections.failed)
		return -ENOMEM;
	if (w->sections.length > JOURNAL_UNPACKED_MAX)
		return ERR_LIMIT;
	buffer_clear(out);
	buffer_put_u64(out, 0);
	buffer_put_u64(out, w->id);
	buffer_put_u32(out, number);
	buffer_put_u32(out, 0);
	buffer_put_u32(out, (uint32_t)w->sections.length);
	error = pack_sections(w);
	if (error < 0 || out->failed)
		return -ENOMEM;
	buffer_patch_u32(out, 20, (uint32_t)(out->length - JOURNAL_GROUP_BYTES));
	sum = hash_bytes(out->bytes + JOURNAL_SUM_BYTES, out->length - JOURNAL_SUM_BYTES);
	buffer_patch_u32(out, 0, (uint32_t)sum);
	buffer_patch_u32(out, 4, (uint32_t)(sum >> 32));
	return 0;
}

static int write_at(int fd, const struct buffer *b, uint64_t offset)
{
	size_t done = 0;

	while (done < b->length) {
		ssize_t n = pwrite(fd, b->bytes + done, b->length - done, (off_t)(offset + done));

		if (n == 0 || (n < 0 && errno != EINTR))
			return n == 0 ? -ENOSPC : -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Takes away what is behind the whole groups. */
static int cut_off(struct journal_writer *w)
{
	w->ragged = ftruncate(w->fd, (off_t)w->end) < 0;
	return w->ragged ? -errno : 0;
}

/* Groups of JOURNAL_CHUNK sightings, all else with the last. */
static int write_groups(struct journal_writer *w, const struct journal_group *g,
			uint32_t *ret_number, uint64_t *ret_end)
{
	uint32_t number = w->number;
	uint64_t end = w->end;
	size_t at = 0, n;
	int error;

	do {
		n = MIN(g->n_sightings - at, (size_t)JOURNAL_CHUNK);
		buffer_clear(&w->sections);
		if (n)
			put_sightings(&w->sections, g->sightings + at, n);
		at += n;
		if (at == g->n_sightings)
			put_rest(&w->sections, g);
		error = make_group(w, number++);
		if (!error)
			error = write_at(w->fd, &w->packed, end);
		end += w->packed.length;
	} while (!error && at < g->n_sightings);
	*ret_number = number;
	*ret_end = end;
	return error;
}

int journal_append(struct journal_writer *w, const struct journal_group *group, struct diagnosis *d)
{
	uint32_t number = 0;
	uint64_t end = 0;
	int error = w->ragged ? cut_off(w) : 0;

	if (!error) {
		w->ragged = true;
		error = write_groups(w, group, &number, &end);
		if (!error && fdatasync(w->fd) < 0)
			error = -errno;
	}
	if (error < 0) {
		/* Where that fails too, the next call begins with it. */
		if (w->ragged)
			(void)!cut_off(w);
		return diagnose(d, error, "%s/live/%s: %s", w->archive->path, w->name,
				error_text(error));
	}
	w->ragged = false;
	w->number = number;
	w->end = end;
	w->sightings += group->n_sightings;
	return 0;
}

/* ---- the file ---- */

/*
 * Nobody knows a journal that is only just made: it is called NAME.new until its head is on disk.
 * Who sweeps may take it for a dead one's before it is locked; then there is another try.
 */
static int make_file(struct journal_writer *w, uint64_t started_ns, char ret_new[ARCHIVE_FILE_MAX])
{
	struct archive *a = w->archive;
	struct stat st;

	for (int i = 0; i < CREATE_TRIES; i++) {
		if (getrandom(&w->id, sizeof(w->id), 0) != (ssize_t)sizeof(w->id))
			return -errno;
		journal_make_name(started_ns, w->id, w->name);
		(void)snprintf(ret_new, ARCHIVE_FILE_MAX, "%s" JOURNAL_NEW, w->name);
		w->fd = openat(a->live_fd, ret_new,
			       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (w->fd < 0 && errno != EEXIST)
			return -errno;
		if (w->fd >= 0 && flock(w->fd, LOCK_EX | LOCK_NB) == 0 && fstat(w->fd, &st) == 0 &&
		    st.st_nlink == 1) {
			archive_own(a, w->fd);
			return 0;
		}
		if (w->fd >= 0)
			close(w->fd);
		w->fd = -1;
	}
	return -EEXIST;
}

static int write_beginning(struct journal_writer *w, uint64_t started_ns, const char *sensor,
			   const struct prefix_set *networks)
{
	struct buffer header;
	int error;

	buffer_init(&header);
	buffer_put(&header, JOURNAL_MAGIC, JOURNAL_MAGIC_BYTES);
	buffer_put_u32(&header, JOURNAL_VERSION);
	buffer_put_u32(&header, 0);
	put_head(&w->sections, started_ns, sensor, networks);
	error = header.failed ? -ENOMEM : write_at(w->fd, &header, 0);
	buffer_finish(&header);
	if (!error)
		error = make_group(w, w->number++);
	if (!error)
		error = write_at(w->fd, &w->packed, JOURNAL_HEADER_BYTES);
	if (!error && fdatasync(w->fd) < 0)
		error = -errno;
	w->end = JOURNAL_HEADER_BYTES + w->packed.length;
	return error;
}

static int create(struct journal_writer *w, uint64_t started_ns, const char *sensor,
		  const struct prefix_set *networks)
{
	struct archive *a = w->archive;
	char fresh[ARCHIVE_FILE_MAX];
	int error = make_file(w, started_ns, fresh);

	if (error < 0)
		return error;
	error = write_beginning(w, started_ns, sensor, networks);
	if (!error && renameat(a->live_fd, fresh, a->live_fd, w->name) < 0)
		error = -errno;
	if (error < 0) {
		(void)unlinkat(a->live_fd, fresh, 0);
		return error;
	}
	if (fsync(a->live_fd) == 0)
		return 0;
	error = -errno;
	(void)unlinkat(a->live_fd, w->name, 0);
	return error;
}

/* NOLINTNEXTLINE(readability-function-size): what a head says */
int journal_create(struct archive *a, uint64_t started_ns, const char *sensor,
		   const struct prefix_set *networks, struct journal_writer **ret_writer,
		   struct diagnosis *d)
{
	struct journal_writer *w = calloc(1, sizeof(*w));
	int error = -ENOMEM;

	assert(a->writable && networks->n_prefixes <= JOURNAL_NETWORKS_MAX);
	if (!w)
		return -ENOMEM;
	w->archive = a;
	w->fd = -1;
	w->zstd = ZSTD_createCCtx();
	if (w->zstd)
		error = create(w, started_ns, sensor, networks);
	if (error < 0) {
		diagnose(d, error, "%s/live/%s: %s", a->path, w->name, error_text(error));
		journal_close(w);
		return error;
	}
	*ret_writer = w;
	return 0;
}

void journal_close(struct journal_writer *w)
{
	if (!w)
		return;
	if (w->ragged)
		(void)!cut_off(w);
	if (w->fd >= 0)
		close(w->fd);
	(void)ZSTD_freeCCtx(w->zstd);
	buffer_finish(&w->sections);
	buffer_finish(&w->packed);
	free(w);
}

const char *journal_name(const struct journal_writer *w)
{
	return w->name;
}

uint64_t journal_sightings(const struct journal_writer *w)
{
	return w->sightings;
}

uint64_t journal_bytes(const struct journal_writer *w)
{
	return w->end;
}
