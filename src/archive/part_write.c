/*
 * The second half of the part writer: from records in memory, and their dictionaries, to bytes in
 * the file.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/part_writer_internal.h"
#include "base/hash.h"
#include "base/threads.h"

#define BATCH_RECORDS 65536u /* that a thread packs before it waits for its turn to write */
#define SLICE_RECORDS 65536u /* that a thread gives their final keys before it looks for more */

struct packed_group {
	struct part_group group;
	struct group_hashes hashes;
	size_t first_record;
};

struct part_write {
	struct part_writer *w;
	int fd;

	struct part_dictionaries dictionaries;
	uint64_t codes_hash;

	struct packed_group *groups;
	uint32_t n_groups;
	struct code_writer codes[CODE_COUNT];

	atomic_size_t next_slice;
	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t turn_over;
	struct part_frequencies frequencies;
	uint32_t next_group;
	uint64_t next_ticket, turn;
	struct buffer summaries;
	uint64_t details_bytes;
	int error;
};

static int write_all(int fd, const uint8_t *bytes, size_t length)
{
	ssize_t n;

	while (length) {
		n = write(fd, bytes, length);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

/* ---- order ---- */

static void key_slice(const struct part_dictionaries *d, struct sort_key *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t series = d->series_rank[records[i].hi >> 32],
			 peer = (uint32_t)records[i].hi;
		uint64_t ms = records[i].lo >> KEY_PORT_BITS, hour = ms / PART_MS_PER_HOUR;

		peer = peer & PEER_ID_IS_V6 ? d->v6_rank[peer & ~PEER_ID_IS_V6] : d->v4_rank[peer];
		records[i].hi = (hour << KEY_SERIES_BITS | series) << KEY_PEER_BITS | peer;
		records[i].lo = (ms - hour * PART_MS_PER_HOUR) << KEY_PORT_BITS |
				(records[i].lo & ((1u << KEY_PORT_BITS) - 1));
	}
}

static void key_slices(void *write)
{
	struct part_write *p = write;
	size_t start;

	while ((start = p->next_slice++ * SLICE_RECORDS) < p->w->n_records) {
		key_slice(&p->dictionaries, p->w->records + start,
			  MIN(p->w->n_records - start, (size_t)SLICE_RECORDS));
	}
}

/*
 * The first record at or after START that is of another hour, found by ever longer steps and then
 * halving them.
 */
static size_t hour_end(const struct sort_key *records, size_t start, size_t n)
{
	size_t low = start, step = 1, high;
	uint32_t hour = key_hour(records[start]);

	while (low + step < n && key_hour(records[low + step]) == hour) {
		low += step;
		step *= 2;
	}
	high = MIN(low + step, n);
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (key_hour(records[middle]) == hour) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return high;
}

static int find_groups(struct part_write *p)
{
	const struct sort_key *records = p->w->records;
	size_t n = p->w->n_records, room = p->w->n_hours + n / PART_GROUP_RECORDS_MAX + 1, end;

	p->groups = malloc(room * sizeof(*p->groups));
	if (!p->groups)
		return -ENOMEM;
	for (size_t start = 0; start < n; start = end) {
		end = MIN(hour_end(records, start, n), start + PART_GROUP_RECORDS_MAX);
		p->groups[p->n_groups].first_record = start;
		p->groups[p->n_groups++].group.n_records = (uint32_t)(end - start);
	}
	return 0;
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
	while (p->next_group < p->n_groups && records < BATCH_RECORDS)
		records += p->groups[p->next_group++].group.n_records;
	*ret_end = p->next_group;
	*ret_ticket = p->next_ticket;
	some = records > 0 && !p->error;
	p->next_ticket += some;
	pthread_mutex_unlock(&p->lock);
	return some;
}

static void count_groups(void *write)
{
	struct part_write *p = write;
	struct part_frequencies *f = calloc(1, sizeof(*f));
	uint32_t first, end;
	uint64_t ticket;

	while (f && take_groups(p, &first, &end, &ticket)) {
		for (; first < end; first++) {
			const struct packed_group *g = &p->groups[first];

			part_count(p->w->records + g->first_record, g->group.n_records, f);
		}
	}
	pthread_mutex_lock(&p->lock);
	if (!f)
		p->error = -ENOMEM;
	for (int code = 0; f && code < CODE_COUNT; code++) {
		for (unsigned int i = 0; i < CODE_SYMBOLS_MAX; i++)
			p->frequencies.of[code][i] += f->of[code][i];
	}
	pthread_mutex_unlock(&p->lock);
	free(f);
}

/* Writes a batch of details when those before it are written, and sets its summaries aside. */
static void write_in_turn(struct part_write *p, struct packer *k, uint64_t ticket, int error)
{
	pthread_mutex_lock(&p->lock);
	while (p->turn != ticket)
		pthread_cond_wait(&p->turn_over, &p->lock);
	if (!p->error)
		p->error = error;
	if (!p->error)
		p->error = write_all(p->fd, k->details.bytes, k->details.length);
	buffer_put(&p->summaries, k->summaries.bytes, k->summaries.length);
	if (!p->error && p->summaries.failed)
		p->error = -ENOMEM;
	p->details_bytes += k->details.length;
	p->turn++;
	pthread_cond_signal(&p->turn_over);
	pthread_mutex_unlock(&p->lock);
	buffer_clear(&k->details);
	buffer_clear(&k->summaries);
}

static void pack_groups(void *write)
{
	struct part_write *p = write;
	struct packer packer;
	uint32_t first, end;
	uint64_t ticket;
	int r = packer_init(&packer, p->codes, p->w->series_ids.count,
			    p->w->v4_ids.count + p->w->v6_ids.count);

	while (take_groups(p, &first, &end, &ticket)) {
		for (; !r && first < end; first++) {
			struct packed_group *g = &p->groups[first];

			r = packer_add(&packer, p->w->records + g->first_record, g->group.n_records,
				       &g->group, &g->hashes);
		}
		write_in_turn(p, &packer, ticket, r);
	}
	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < COLUMN_COUNT; i++)
		p->w->column_bits[i] += packer.column_bits[i];
	pthread_mutex_unlock(&p->lock);
	packer_finish(&packer);
}

/* Both codes are in, so both passes go over all groups from the first. */
static int pass_over_groups(struct part_write *p, void (*pass)(void *write))
{
	p->next_group = 0;
	p->next_ticket = 0;
	run_on_two_threads(pass, p);
	return p->error;
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
	part_put_header(&head);
	if (!head.failed)
		r = write_all(p->fd, head.bytes, head.length);
	buffer_finish(&head);
	if (!r)
		r = write_all(p->fd, p->dictionaries.bytes.bytes, p->dictionaries.bytes.length);
	if (!r)
		r = write_all(p->fd, codes, CODES_BYTES);
	return r;
}

static void put_directory(const struct part_write *p, struct buffer *b)
{
	for (uint32_t i = 0; i < p->n_groups; i++) {
		const struct part_group *g = &p->groups[i].group;
		const struct group_hashes *h = &p->groups[i].hashes;

		buffer_put_u32(b, g->hour);
		buffer_put_u32(b, g->n_series);
		buffer_put_u32(b, g->n_pairs);
		buffer_put_u32(b, g->n_records);
		buffer_put_u32(b, g->summary_bytes);
		buffer_put_u32(b, g->times_bytes);
		buffer_put_u32(b, g->ports_bytes);
		buffer_put_u64(b, h->summary);
		buffer_put_u64(b, h->times);
		buffer_put_u64(b, h->ports);
	}
}

static void put_footer(const struct part_write *p, uint64_t directory_hash, struct buffer *b)
{
	size_t start = b->length;
	struct buffer hashed;

	buffer_put_u32(b, p->n_groups);
	buffer_put_u32(b, p->w->series_ids.count);
	buffer_put_u32(b, p->w->v4_ids.count);
	buffer_put_u32(b, p->w->v6_ids.count);
	buffer_put_u64(b, p->w->n_records);
	buffer_put_u32(b, p->dictionaries.series_bytes);
	buffer_put_u32(b, p->dictionaries.peers_bytes);
	buffer_put_u64(b, p->details_bytes);
	buffer_put_u64(b, p->summaries.length);
	buffer_put_u64(b, p->dictionaries.series_hash);
	buffer_put_u64(b, p->dictionaries.peers_hash);
	buffer_put_u64(b, p->codes_hash);
	buffer_put_u64(b, directory_hash);
	buffer_init(&hashed);
	part_put_header(&hashed);
	if (!b->failed)
		buffer_put(&hashed, b->bytes + start, PART_HASHED_FOOTER);
	b->failed |= hashed.failed;
	buffer_put_u64(b, b->failed ? 0 : hash_bytes(hashed.bytes, hashed.length));
	buffer_put(b, PART_END_MAGIC, PART_MAGIC_BYTES);
	buffer_finish(&hashed);
}

static int write_tail(struct part_write *p)
{
	struct buffer tail;
	int r = write_all(p->fd, p->summaries.bytes, p->summaries.length);

	buffer_init(&tail);
	put_directory(p, &tail);
	put_footer(p, tail.failed ? 0 : hash_bytes(tail.bytes, tail.length), &tail);
	if (!r && tail.failed)
		r = -ENOMEM;
	if (!r)
		r = write_all(p->fd, tail.bytes, tail.length);
	buffer_finish(&tail);
	return r;
}

void part_put_header(struct buffer *b)
{
	buffer_put(b, PART_MAGIC, PART_MAGIC_BYTES);
	buffer_put_u32(b, PART_VERSION);
	buffer_put_u32(b, 0);
}

static int write_part(struct part_write *p)
{
	int r = part_dictionaries_make(&p->dictionaries, p->w);

	if (r)
		return r;
	run_on_two_threads(key_slices, p);
	part_dictionaries_drop_ranks(&p->dictionaries);
	r = sort_keys(p->w->records, p->w->n_records);
	if (!r)
		r = find_groups(p);
	if (!r)
		r = pass_over_groups(p, count_groups);
	if (!r)
		r = write_head(p);
	part_dictionaries_finish(&p->dictionaries);
	if (!r)
		r = pass_over_groups(p, pack_groups);
	return r ? r : write_tail(p);
}

int part_writer_write(struct part_writer *w, int fd)
{
	struct part_write *p = calloc(1, sizeof(*p));
	int r;

	assert(w->n_records && !w->written);
	if (!p)
		return -ENOMEM;
	w->written = true;
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
	free(p);
	return r;
}
