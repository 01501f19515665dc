#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "archive/part_reader_internal.h"
#include "base/i18n.h"

uint64_t part_records(const struct part *p)
{
	return p->footer.n_records;
}

bool part_has_details(const struct part *p)
{
	return p->version == PART_VERSION;
}

uint64_t part_file_bytes(const struct part *p)
{
	return p->bytes;
}

uint32_t part_group_count(const struct part *p)
{
	return p->footer.n_groups;
}

const struct part_group *part_groups(const struct part *p)
{
	return p->groups;
}

uint32_t part_series_count(const struct part *p)
{
	return p->footer.n_series;
}

const struct part_series *part_series(const struct part *p)
{
	return p->series;
}

uint32_t part_peer_count(const struct part *p)
{
	return p->footer.n_v4 + p->footer.n_v6;
}

uint32_t part_peer_v4_count(const struct part *p)
{
	return p->footer.n_v4;
}

const uint32_t *part_peers_v4(const struct part *p)
{
	return p->v4;
}

const struct net_addr *part_peers_v6(const struct part *p)
{
	return p->v6;
}

struct net_addr part_peer(const struct part *p, uint32_t id)
{
	return id < p->footer.n_v4 ? addr_from_v4(p->v4[id]) : p->v6[id - p->footer.n_v4];
}

/* ---- dictionaries ---- */

static int load_series(struct part *p, uint8_t *bytes, struct diagnosis *d)
{
	const struct part_footer *f = &p->footer;
	struct part_series *series;
	int r = part_read_checked(p, PART_HEADER_BYTES, bytes, f->series_bytes, f->series_hash, d);

	if (r)
		return r;
	series = malloc(f->n_series * sizeof(*series));
	if (!series)
		return -ENOMEM;
	r = series_unpack(bytes, f->series_bytes, series, f->n_series);
	if (r) {
		free(series);
		return r == ERR_DAMAGED
			       ? part_damaged(p, d, PART_HEADER_BYTES, _("impossible series"))
			       : r;
	}
	p->series = series;
	return 0;
}

static int load_peers(struct part *p, uint8_t *bytes, struct diagnosis *d)
{
	const struct part_footer *f = &p->footer;
	uint64_t start = PART_HEADER_BYTES + (uint64_t)f->series_bytes;
	struct bit_reader b = bits_over(bytes, f->peers_bytes);
	int r = part_read_checked(p, start, bytes, f->peers_bytes, f->peers_hash, d);

	if (r)
		return r;
	p->v4 = malloc(f->n_v4 * sizeof(*p->v4) + 1);
	p->v6 = malloc(f->n_v6 * sizeof(*p->v6) + 1);
	if (!p->v4 || !p->v6)
		return -ENOMEM;
	if (!peers_v4_unpack(&b, p->v4, f->n_v4) || !bits_to_byte(&b) ||
	    !peers_v6_unpack(&b, p->v6, f->n_v6) || !bits_at_end(&b))
		return part_damaged(p, d, start, _("impossible peers"));
	return 0;
}

int part_load_dictionaries(struct part *p, struct diagnosis *d)
{
	uint8_t *bytes;
	int r;

	if (p->series)
		return 0;
	bytes = malloc(MAX(p->footer.series_bytes, p->footer.peers_bytes) + (size_t)BITS_PADDING);
	if (!bytes)
		return -ENOMEM;
	r = load_peers(p, bytes, d);
	if (!r)
		r = load_series(p, bytes, d);
	free(bytes);
	if (r) {
		free(p->v4);
		free(p->v6);
		p->v4 = NULL;
		p->v6 = NULL;
	}
	return r;
}

/* ---- groups ---- */

/* A block into scratch that grows as it must. */
static int make_block_room(size_t length, uint8_t **block, size_t *room)
{
	if (length + BITS_PADDING <= *room)
		return 0;
	free(*block);
	*block = malloc(length + BITS_PADDING);
	*room = *block ? length + BITS_PADDING : 0;
	return *block ? 0 : -ENOMEM;
}

static int make_summary_room(struct part_summary *s, const struct part_group *g)
{
	if (s->list_room < g->n_pairs) {
		free(s->list);
		s->list = malloc(g->n_pairs * sizeof(*s->list));
		s->list_room = s->list ? g->n_pairs : 0;
		if (!s->list)
			return -ENOMEM;
	}
	if (part_summary_make_room(s, g->n_series, g->n_pairs))
		return -ENOMEM;
	return make_block_room(g->summary_bytes, &s->block, &s->block_room);
}

int part_read_summary(struct part *p, uint32_t group, struct part_summary *ret_summary,
		      struct diagnosis *d)
{
	const struct part_group *g = &p->groups[group];
	struct part_universe universe = { p->footer.n_series, part_peer_count(p) };
	int r = make_summary_room(ret_summary, g);

	if (!r) {
		r = part_read_checked(p, g->summary_offset, ret_summary->block, g->summary_bytes,
				      p->hashes[group].summary, d);
	}
	if (!r && !summary_unpack(ret_summary->block, g, universe, p->codes, ret_summary))
		return part_damaged(p, d, g->summary_offset, _("impossible summary"));
	return r;
}

static int make_detail_room(struct part_detail *detail, const struct part_group *g)
{
	if (detail->room < g->n_records) {
		free(detail->ms);
		free(detail->peer_port);
		detail->ms = malloc(g->n_records * sizeof(*detail->ms));
		detail->peer_port = malloc(g->n_records * sizeof(*detail->peer_port));
		detail->room = detail->ms && detail->peer_port ? g->n_records : 0;
		if (!detail->room)
			return -ENOMEM;
	}
	return make_block_room(MAX(g->times_bytes, g->ports_bytes), &detail->block,
			       &detail->block_room);
}

static int read_times(struct part *p, uint32_t group, const struct part_summary *summary,
		      struct part_detail *detail, struct diagnosis *d)
{
	const struct part_group *g = &p->groups[group];
	int r = part_read_checked(p, g->times_offset, detail->block, g->times_bytes,
				  p->hashes[group].times, d);

	if (!r && !times_unpack(detail->block, g, summary, p->codes, detail->ms))
		return part_damaged(p, d, g->times_offset, _("impossible times"));
	return r;
}

static int read_ports(struct part *p, uint32_t group, const struct part_summary *summary,
		      struct part_detail *detail, struct diagnosis *d)
{
	const struct part_group *g = &p->groups[group];
	int r = part_read_checked(p, g->ports_offset, detail->block, g->ports_bytes,
				  p->hashes[group].ports, d);

	if (!r && !ports_unpack(detail->block, g, summary, p->codes, detail->peer_port))
		return part_damaged(p, d, g->ports_offset, _("impossible ports"));
	return r;
}

int part_read_detail(struct part *p, uint32_t group, const struct part_summary *summary,
		     int columns, struct part_detail *ret_detail, struct diagnosis *d)
{
	const struct part_group *g = &p->groups[group];
	int r = part_group_has_details(g) ? make_detail_room(ret_detail, g) : -ENODATA;

	assert(summary->n_series == g->n_series && summary->n_pairs == g->n_pairs);
	if (!r && columns & PART_TIMES)
		r = read_times(p, group, summary, ret_detail, d);
	if (!r && columns & PART_PEER_PORTS)
		r = read_ports(p, group, summary, ret_detail, d);
	if (!r)
		ret_detail->n_records = g->n_records;
	return r;
}
