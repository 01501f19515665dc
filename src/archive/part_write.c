/*
 * The second half of the part writer: from records in memory, and their dictionaries, to bytes in
 * the file.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/part_writer_internal.h"
#include "base/hash.h"
#include "base/threads.h"

#define BATCH_RECORDS 65536u /* that a thread packs before it wants a place in the file */
#define SLICE_BYTES   ((size_t)1 << 20) /* of the summaries, that a thread writes at once */

struct packed_group {
	struct part_group group;
	struct group_hashes hashes;
};

struct part_write {
	struct part_writer *w;
	int fd;
	uint64_t start; /* where the next section begins in the file */

	struct part_dictionaries dictionaries;
	uint64_t codes_hash;

	struct ordered_groups ordered;
	struct packed_group *groups; /* [ordered.n] */
	struct part_frequencies frequencies;
	struct code_writer codes[CODE_COUNT];

	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t turn_over;
	uint32_t next_group;
	uint64_t next_ticket, turn;
	struct buffer summaries;
	uint64_t details_bytes;
	atomic_uint next_slice;
	atomic_int error; /* the first one */
};

static void fail(struct part_write *p, int error)
{
	int none = 0;

	if (error < 0)
		(void)atomic_compare_exchange_strong(&p->error, &none, error);
}

/* A section that follows those before it. */
static int write_next(struct part_write *p, const uint8_t *bytes, size_t length)
{
	int r = part_write_at(p->fd, bytes, length, p->start);

	p->start += length;
	return r;
}

/* ---- packing, on two threads ---- */

/* Takes the next groups, about BATCH_RECORDS of them. Returns false when none are left. */
static bool take_groups(struct part_write *p, uint32_t *ret_first, uint32_t *ret_end,
			uint64_t *ret_ticket)
{
	uint32_t records = 0;
	bool some;

	pthread_mutex_lock(&p->lock);
	*ret_first = p->next_group;
	while (p->next_group < p->ordered.n && records < BATCH_RECORDS)
		records += p->ordered.list[p->next_group++].n_records;
	*ret_end = p->next_group;
	*ret_ticket = p->next_ticket;
	some = records > 0 && !p->error;
	p->next_ticket += some;
	pthread_mutex_unlock(&p->lock);
	return some;
}

/*
 * A batch of details gets its place in the file when those before it have theirs; its summaries are
 * set aside. Then it is written, which the other thread need not wait for.
 */
static void write_batch(struct part_write *p, struct packer *k, uint64_t ticket, int error)
{
	uint64_t offset;

	fail(p, error);
	pthread_mutex_lock(&p->lock);
	while (p->turn != ticket)
		pthread_cond_wait(&p->turn_over, &p->lock);
	offset = p->start + p->details_bytes;
	p->details_bytes += k->details.length;
	buffer_put(&p->summaries, k->summaries.bytes, k->summaries.length);
	if (p->summaries.failed)
		fail(p, -ENOMEM);
	p->turn++;
	pthread_cond_signal(&p->turn_over);
	pthread_mutex_unlock(&p->lock);
	if (!p->error)
		fail(p, part_write_at(p->fd, k->details.bytes, k->details.length, offset));
	buffer_clear(&k->details);
	buffer_clear(&k->summaries);
}

static int pack_group(struct part_write *p, struct packer *packer, uint32_t group,
		      struct sort_key *scratch)
{
	const struct ordered_group *g = &p->ordered.list[group];

	return packer_add(packer, ordered_records(p->w, g, scratch), g->n_records,
			  &p->groups[group].group, &p->groups[group].hashes);
}

static void pack_groups(void *write)
{
	struct part_write *p = write;
	struct packer packer;
	struct sort_key *scratch = malloc((p->ordered.scratch_records + 1ULL) * sizeof(*scratch));
	uint32_t first, end;
	uint64_t ticket;
	int r = packer_init(&packer, p->codes, p->w->series_ids.count,
			    p->w->v4_ids.count + p->w->v6_ids.count);

	r = scratch ? r : -ENOMEM;
	while (take_groups(p, &first, &end, &ticket)) {
		for (; !r && first < end; first++)
			r = pack_group(p, &packer, first, scratch);
		write_batch(p, &packer, ticket, r);
	}
	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < COLUMN_COUNT; i++)
		p->w->column_bits[i] += packer.column_bits[i];
	pthread_mutex_unlock(&p->lock);
	packer_finish(&packer);
	free(scratch);
}

/* ---- the file ---- */

static int write_head(struct part_write *p)
{
	struct buffer head;
	struct bit_writer w;
	uint8_t codes[CODES_BYTES + BITS_PADDING];
	int r = -ENOMEM;

	w = bits_into(codes);
	for (int i = 0; i < CODE_COUNT; i++) {
		code_make(&p->codes[i], p->frequencies.of[i], part_code_symbols[i]);
		code_put(&w, &p->codes[i], part_code_symbols[i]);
	}
	(void)bits_end(&w);
	p->codes_hash = hash_bytes(codes, CODES_BYTES);
	buffer_init(&head);
	part_put_header(PART_VERSION, &head);
	if (!head.failed)
		r = write_next(p, head.bytes, head.length);
	buffer_finish(&head);
	if (!r)
		r = write_next(p, p->dictionaries.bytes.bytes, p->dictionaries.bytes.length);
	if (!r)
		r = write_next(p, codes, CODES_BYTES);
	return r;
}

static void put_directory(const struct part_write *p, struct buffer *b)
{
	for (uint32_t i = 0; i < p->ordered.n; i++)
		part_put_entry(&p->groups[i].group, &p->groups[i].hashes, b);
}

static struct part_footer make_footer(const struct part_write *p, uint64_t directory_hash)
{
	return (struct part_footer){
		.n_groups = p->ordered.n,
		.n_series = p->w->series_ids.count,
		.n_v4 = p->w->v4_ids.count,
		.n_v6 = p->w->v6_ids.count,
		.n_records = p->w->hours.n_records,
		.series_bytes = p->dictionaries.series_bytes,
		.peers_bytes = p->dictionaries.peers_bytes,
		.details_bytes = p->details_bytes,
		.summaries_bytes = p->summaries.length,
		.series_hash = p->dictionaries.series_hash,
		.peers_hash = p->dictionaries.peers_hash,
		.codes_hash = p->codes_hash,
		.directory_hash = directory_hash,
	};
}

static void write_summaries(void *write)
{
	struct part_write *p = write;
	size_t at;

	while (!p->error && (at = p->next_slice++ * SLICE_BYTES) < p->summaries.length) {
		fail(p, part_write_at(p->fd, p->summaries.bytes + at,
				      MIN(p->summaries.length - at, SLICE_BYTES), p->start + at));
	}
}

static int write_tail(struct part_write *p)
{
	struct part_footer footer;
	struct buffer tail;
	int r;

	p->start += p->details_bytes;
	run_on_two_threads(write_summaries, p);
	p->start += p->summaries.length;
	buffer_init(&tail);
	put_directory(p, &tail);
	footer = make_footer(p, tail.failed ? 0 : hash_bytes(tail.bytes, tail.length));
	part_put_footer(PART_VERSION, &footer, &tail);
	r = tail.failed ? -ENOMEM : p->error;
	if (!r)
		r = write_next(p, tail.bytes, tail.length);
	if (!r && lseek(p->fd, (off_t)p->start, SEEK_SET) < 0)
		r = -errno;
	buffer_finish(&tail);
	return r;
}

static int write_part(struct part_write *p)
{
	int r = part_dictionaries_rank(&p->dictionaries, p->w);

	if (r)
		return r;
	r = part_order(p->w, &p->dictionaries, &p->ordered, &p->frequencies);
	part_dictionaries_drop_ranks(&p->dictionaries);
	if (r)
		return r;
	p->groups = malloc(p->ordered.n * sizeof(*p->groups));
	if (!p->groups)
		return -ENOMEM;
	r = write_head(p);
	part_dictionaries_finish(&p->dictionaries);
	if (r)
		return r;
	run_on_two_threads(pack_groups, p);
	return p->error ? p->error : write_tail(p);
}

int part_writer_write(struct part_writer *w, int fd)
{
	struct part_write *p = calloc(1, sizeof(*p));
	off_t start = lseek(fd, 0, SEEK_CUR);
	int r;

	assert(part_writer_records(w) && !w->written);
	if (!p || start < 0) {
		free(p);
		return start < 0 ? -errno : -ENOMEM;
	}
	w->written = true;
	p->start = (uint64_t)start;
	p->w = w;
	p->fd = fd;
	part_dictionaries_init(&p->dictionaries);
	buffer_init(&p->summaries);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->turn_over, NULL);
	r = write_part(p);
	pthread_cond_destroy(&p->turn_over);
	pthread_mutex_destroy(&p->lock);
	part_dictionaries_finish(&p->dictionaries);
	buffer_finish(&p->summaries);
	free(p->groups);
	free(p->ordered.list);
	free(p);
	return r;
}
