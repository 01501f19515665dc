#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/period_internal.h"

/*
 * IPv4: the address space in blocks of 2^16. Every file's dictionary ascends, so each block is a
 * stretch of it; the block's addresses are bits of a map that the first cache holds, and an id is
 * the number of bits below. Linear in the dictionaries, and a look at each of them for each block.
 */
#define BLOCK_BITS  16
#define BLOCK_WORDS (1u << (BLOCK_BITS - 6))
#define IDS_MAX     (1u << 31)

/* A block of few addresses must cost little: which words have any is a bit of its own. */
struct block {
	uint64_t bits[BLOCK_WORDS]; /* all clear between blocks */
	uint64_t words[BLOCK_WORDS / 64];
	uint32_t before[BLOCK_WORDS]; /* of a word that has any: ids before it */
};

static uint32_t block_of(const struct period_file *f, size_t at)
{
	return f->ids[at] >> BLOCK_BITS;
}

/* The lowest block that any file still has something of; UINT32_MAX at the end. */
static uint32_t next_block(const struct period_file *files, size_t n, const size_t *at)
{
	uint32_t lowest = UINT32_MAX;

	for (size_t f = 0; f < n; f++) {
		if (at[f] < files[f].n_v4)
			lowest = MIN(lowest, block_of(&files[f], at[f]));
	}
	return lowest;
}

static void mark_block(const struct period_file *files, size_t n, const size_t *at, uint32_t block,
		       struct block *b)
{
	for (size_t f = 0; f < n; f++) {
		for (size_t i = at[f]; i < files[f].n_v4 && block_of(&files[f], i) == block; i++) {
			uint32_t low = files[f].ids[i] & ((1u << BLOCK_BITS) - 1);

			b->bits[low / 64] |= 1ULL << (low % 64);
			b->words[low / 64 / 64] |= 1ULL << (low / 64 % 64);
		}
	}
}

static void number_word(struct period_ids *ids, uint32_t block, struct block *b, uint32_t word)
{
	b->before[word] = ids->n_v4;
	for (uint64_t rest = b->bits[word]; rest; rest &= rest - 1) {
		ids->v4[ids->n_v4++] =
			block << BLOCK_BITS | word * 64 | (uint32_t)__builtin_ctzll(rest);
	}
}

static void clear_block(struct block *b)
{
	for (uint32_t i = 0; i < BLOCK_WORDS / 64; i++) {
		for (uint64_t rest = b->words[i]; rest; rest &= rest - 1)
			b->bits[i * 64 + (uint32_t)__builtin_ctzll(rest)] = 0;
		b->words[i] = 0;
	}
}

/* Appends the block's addresses to the ids, and says how many ids lie before each word. */
static int number_block(struct period_ids *ids, uint32_t block, struct block *b)
{
	if (ids->n_v4 > IDS_MAX - 64 * BLOCK_WORDS)
		return ERR_LIMIT;
	if (ids->n_v4 + 64 * BLOCK_WORDS > ids->v4_room) {
		size_t room = 2 * ids->v4_room + (size_t)64 * BLOCK_WORDS;
		uint32_t *grown = realloc(ids->v4, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		ids->v4 = grown;
		ids->v4_room = room;
	}
	for (uint32_t i = 0; i < BLOCK_WORDS / 64; i++) {
		for (uint64_t rest = b->words[i]; rest; rest &= rest - 1)
			number_word(ids, block, b, i * 64 + (uint32_t)__builtin_ctzll(rest));
	}
	return 0;
}

static void replace_block(struct period_file *files, size_t n, size_t *at, uint32_t block,
			  const struct block *b)
{
	for (size_t f = 0; f < n; f++) {
		while (at[f] < files[f].n_v4 && block_of(&files[f], at[f]) == block) {
			uint32_t low = files[f].ids[at[f]] & ((1u << BLOCK_BITS) - 1);
			uint64_t below = b->bits[low / 64] & ((1ULL << (low % 64)) - 1);

			files[f].ids[at[f]++] =
				b->before[low / 64] + (uint32_t)__builtin_popcountll(below);
		}
	}
}

static int make_v4(struct period_ids *ids, struct period_file *files, size_t n)
{
	struct block *b = calloc(1, sizeof(*b));
	size_t *at = calloc(n + 1, sizeof(*at));
	int error = b && at ? 0 : -ENOMEM;
	uint32_t block;

	while (!error && (block = next_block(files, n, at)) != UINT32_MAX) {
		mark_block(files, n, at, block, b);
		error = number_block(ids, block, b);
		if (!error)
			replace_block(files, n, at, block, b);
		clear_block(b);
	}
	free(b);
	free(at);
	return error;
}

/* ---- IPv6: the files' dictionaries merged ---- */

struct merge {
	struct period_file *files;
	size_t *at;
	uint32_t *heap; /* files, the one with the lowest next address first */
	size_t n;
};

static bool comes_before(const struct merge *m, uint32_t a, uint32_t b)
{
	return addr_compare_numeric(m->files[a].v6[m->at[a]], m->files[b].v6[m->at[b]]) < 0;
}

static void sift_down(struct merge *m, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;
		uint32_t moved = m->heap[i];

		if (child >= m->n)
			return;
		if (child + 1 < m->n && comes_before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!comes_before(m, m->heap[child], moved))
			return;
		m->heap[i] = m->heap[child];
		m->heap[child] = moved;
		i = child;
	}
}

/* Takes the lowest address off, and gives it the last id or the next one. */
static void merge_one(struct merge *m, struct period_ids *ids)
{
	uint32_t f = m->heap[0];
	struct period_file *file = &m->files[f];
	struct net_addr a = file->v6[m->at[f]];

	if (!ids->n_v6 || !addr_equal(ids->v6[ids->n_v6 - 1], a))
		ids->v6[ids->n_v6++] = a;
	file->ids[file->n_v4 + m->at[f]] = ids->n_v4 + ids->n_v6 - 1;
	if (++m->at[f] == file->n_v6)
		m->heap[0] = m->heap[--m->n];
	sift_down(m, 0);
}

static int make_v6(struct period_ids *ids, struct period_file *files, size_t n)
{
	struct merge m = { .files = files };
	size_t total = 0;
	int error = -ENOMEM;

	for (size_t f = 0; f < n; f++)
		total += files[f].n_v6;
	if (total > IDS_MAX - ids->n_v4)
		return ERR_LIMIT;
	m.at = calloc(n + 1, sizeof(*m.at));
	m.heap = malloc((n + 1) * sizeof(*m.heap));
	ids->v6 = malloc((total + 1) * sizeof(*ids->v6));
	if (!m.at || !m.heap || !ids->v6)
		goto out;
	error = 0;
	for (size_t f = 0; f < n; f++) {
		if (files[f].n_v6)
			m.heap[m.n++] = (uint32_t)f;
	}
	for (size_t i = m.n; i-- > 0;)
		sift_down(&m, i);
	while (m.n)
		merge_one(&m, ids);
	for (size_t f = 0; f < n; f++) {
		free(files[f].v6);
		files[f].v6 = NULL;
	}
out:
	free(m.at);
	free(m.heap);
	return error;
}

static int judge_inside(struct period_ids *ids, const struct prefix_set *networks)
{
	uint32_t n = period_ids_count(ids);
	bool any = false;

	ids->inside = malloc((size_t)n + 1);
	if (!ids->inside)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		ids->inside[i] = prefix_set_contains(networks, period_ids_addr(ids, i));
		any |= ids->inside[i];
	}
	if (!any) {
		free(ids->inside);
		ids->inside = NULL;
	}
	return 0;
}

static int judge_wanted(struct period_ids *ids, const struct config *config)
{
	uint32_t n = period_ids_count(ids);

	if (config->peers == CONFIG_PEERS_ALL)
		return 0;
	ids->unwanted = malloc((size_t)n + 1);
	if (!ids->unwanted)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		ids->unwanted[i] = !config_wants_peer(config, period_ids_addr(ids, i));
	return 0;
}

int period_ids_make(struct period_ids *ids, struct period_file *files, size_t n,
		    const struct config *config)
{
	int error = make_v4(ids, files, n);

	if (!error)
		error = make_v6(ids, files, n);
	if (!error)
		error = judge_inside(ids, &config->networks);
	return error < 0 ? error : judge_wanted(ids, config);
}

void period_ids_finish(struct period_ids *ids)
{
	free(ids->v4);
	free(ids->v6);
	free(ids->inside);
	free(ids->unwanted);
	memset(ids, 0, sizeof(*ids));
}

static int order_v4(const void *key, const void *element)
{
	uint32_t a = *(const uint32_t *)key, b = *(const uint32_t *)element;

	return (a > b) - (a < b);
}

static int order_v6(const void *key, const void *element)
{
	return addr_compare_numeric(*(const struct net_addr *)key,
				    *(const struct net_addr *)element);
}

uint32_t period_file_rank(const struct period_file *f, struct net_addr peer)
{
	uint32_t v4 = addr_v4(peer);
	const uint32_t *at4;
	const struct net_addr *at6;

	if (addr_is_v4(peer)) {
		at4 = f->n_v4 ? bsearch(&v4, f->ids, f->n_v4, sizeof(v4), order_v4) : NULL;
		return at4 ? (uint32_t)(at4 - f->ids) : UINT32_MAX;
	}
	at6 = f->n_v6 ? bsearch(&peer, f->v6, f->n_v6, sizeof(peer), order_v6) : NULL;
	return at6 ? f->n_v4 + (uint32_t)(at6 - f->v6) : UINT32_MAX;
}
