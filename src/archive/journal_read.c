#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "archive/journal_internal.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/zone.h"

#define SEARCH_BYTES     65536u
#define SEARCH_TRIES     1000 /* what looks like a group behind a broken one, and is none */
#define JOIN_LOOKED_BACK 64   /* gaps that a new one may go on from */
#define PACKED_MAX       (ZSTD_COMPRESSBOUND(JOURNAL_UNPACKED_MAX))

struct journal_reader {
	int fd;
	const char *name;
	uint64_t id;
	uint64_t bytes;                  /* of the file, when it was opened */
	uint64_t offset;                 /* of the next group */
	uint64_t next;                   /* its number */
	bool missed;                     /* there were groups before it that are broken */
	bool has_up_to;                  /* the group at hand */
	uint64_t up_to_ns;               /* as the last whole group says */
	size_t of_kind[BATCH_GAP_KINDS]; /* the manifest's last gap of each kind, + 1 */

	struct buffer packed, unpacked;
	struct cursor sections; /* of the group at hand */
	struct sighting *sightings;
	uint32_t room;

	journal_sightings_fn fn;
	void *user;
	struct batch_manifest *m;
	struct buffer *memory;
	struct journal_loss loss;
	struct diagnosis *d;
};

/* As in a part: a fuzzer cannot guess checksums. */
static bool hash_differs(const void *bytes, size_t length, uint64_t expected)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)bytes, (void)length, (void)expected;
	return false;
#else
	return hash_bytes(bytes, length) != expected;
#endif
}

static int damaged(const struct journal_reader *r, const char *what)
{
	return diagnose(r->d, ERR_DAMAGED, _("byte %" PRIu64 ": %s"), r->offset, what);
}

/* Returns how many of LENGTH bytes there are, or -errno. */
static ssize_t read_at(const struct journal_reader *r, uint64_t offset, uint8_t *ret_bytes,
		       size_t length)
{
	size_t got = 0, want = offset < r->bytes ? MIN(length, r->bytes - offset) : 0;

	while (got < want) {
		ssize_t n = pread(r->fd, ret_bytes + got, want - got, (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diagnose(r->d, -errno, "%s", strerror(errno));
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* ---- gaps ---- */

/* A stretch that goes on from one of the last ones of its kind is the same. */
static bool join_gap(struct journal_reader *r, const struct batch_gap *g)
{
	struct batch_manifest *m = r->m;

	for (size_t i = m->n_gaps; i > 0 && m->n_gaps - i < JOIN_LOOKED_BACK; i--) {
		struct batch_gap *k = &m->gaps[i - 1];

		if (k->kind != g->kind || strcmp(k->interface, g->interface) != 0)
			continue;
		if (g->from_ns > k->to_ns || g->to_ns < k->from_ns)
			return false;
		k->from_ns = MIN(k->from_ns, g->from_ns);
		k->to_ns = MAX(k->to_ns, g->to_ns);
		k->count = k->count > UINT64_MAX - g->count ? UINT64_MAX : k->count + g->count;
		return true;
	}
	return false;
}

/* Too many to tell apart: the last one of its kind is told too large, and nothing is left out. */
static bool widen_gap(struct journal_reader *r, const struct batch_gap *g)
{
	struct batch_gap *k;

	if (r->m->n_gaps < JOURNAL_GAPS_MAX || !r->of_kind[g->kind])
		return false;
	k = &r->m->gaps[r->of_kind[g->kind] - 1];
	k->from_ns = MIN(k->from_ns, g->from_ns);
	k->to_ns = MAX(k->to_ns, g->to_ns);
	k->count = k->count > UINT64_MAX - g->count ? UINT64_MAX : k->count + g->count;
	if (strcmp(k->interface, g->interface) != 0)
		k->interface[0] = '\0';
	return true;
}

static int add_gap(struct journal_reader *r, const struct batch_gap *g)
{
	int error;

	if (join_gap(r, g) || widen_gap(r, g))
		return 0;
	error = batch_manifest_add_gap(r->m, g);
	r->of_kind[g->kind] = r->m->n_gaps;
	return error;
}

/* ---- sections ---- */

static char *take_text(struct cursor *c)
{
	size_t length = cursor_u16_le(c);
	const uint8_t *bytes = cursor_take(c, length);

	return bytes ? strndup((const char *)bytes, length) : NULL;
}

static int take_networks(struct journal_reader *r, struct cursor *c)
{
	uint32_t n = cursor_u32_le(c);

	if (n > JOURNAL_NETWORKS_MAX || n > cursor_left(c) / 17)
		return damaged(r, _("impossible networks"));
	for (uint32_t i = 0; i < n; i++) {
		struct net_prefix p = { .addr = addr_from_bytes(cursor_take(c, 16)) };
		int error;

		p.length = cursor_u8(c);
		if (p.length > (addr_is_v4(p.addr) ? 32 : 128) ||
		    !addr_equal(prefix_of(p.addr, p.length).addr, p.addr))
			return damaged(r, _("impossible networks"));
		error = prefix_set_add(&r->m->networks, p);
		if (error < 0)
			return error;
	}
	return 0;
}

/* It names the file, so that no copy under another name counts. */
static int take_head(struct journal_reader *r, struct cursor *c)
{
	uint64_t started_ns = cursor_u64_le(c);
	char name[BATCH_NAME_MAX];

	if (r->next || *r->m->journal)
		return damaged(r, _("a second head"));
	r->m->capture = take_text(c);
	r->m->zone = take_text(c);
	r->m->format = strdup("journal");
	if (c->overrun)
		return damaged(r, _("impossible head"));
	if (!r->m->capture || !r->m->zone || !r->m->format)
		return -ENOMEM;
	journal_make_name(started_ns, r->id, name);
	if (strcmp(name, r->name) != 0)
		return damaged(r, _("it is another journal's"));
	memcpy(r->m->journal, name, sizeof(name));
	r->m->first_ns = r->m->last_ns = r->m->end_ns = r->up_to_ns = started_ns;
	return take_networks(r, c);
}

static uint64_t take_varint(struct cursor *c)
{
	uint64_t x = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = cursor_u8(c);

		x |= (uint64_t)(byte & 127) << shift;
		if (!(byte & 128))
			return x;
	}
	c->overrun = true;
	return 0;
}

static struct net_addr take_addr(struct cursor *c, bool v6)
{
	static const uint8_t none[16];
	const uint8_t *bytes;

	if (!v6)
		return addr_from_v4(cursor_u32_be(c));
	bytes = cursor_take(c, 16);
	return addr_from_bytes(bytes ? bytes : none);
}

/* What has overrun makes no sense, and is looked for by the caller. */
static bool take_record(struct cursor *c, uint64_t *ms, struct sighting *s)
{
	uint8_t flags = cursor_u8(c);
	uint64_t step = take_varint(c);

	*ms += step >> 1 ^ (step & 1 ? UINT64_MAX : 0);
	s->host = take_addr(c, flags & JOURNAL_HOST_V6);
	s->port = cursor_u16_le(c);
	s->peer = take_addr(c, flags & JOURNAL_PEER_V6);
	s->peer_port = cursor_u16_le(c);
	s->protocol = flags & JOURNAL_NOT_TCP ? cursor_u8(c) : SIGHTING_PROTOCOL_TCP;
	s->marks = flags >> JOURNAL_MARKS_SHIFT & MARK_STORED_ALL;
	s->time_ns = *ms * NS_PER_MS;
	return flags < JOURNAL_FLAGS_END && *ms <= JOURNAL_MS_MAX &&
	       addr_is_v4(s->host) == !(flags & JOURNAL_HOST_V6) &&
	       addr_is_v4(s->peer) == !(flags & JOURNAL_PEER_V6);
}

static int take_sightings(struct journal_reader *r, struct cursor *c)
{
	uint32_t n = cursor_u32_le(c);
	uint64_t ms = 0;

	if (n > JOURNAL_CHUNK || n > cursor_left(c) / JOURNAL_RECORD_MIN)
		return damaged(r, _("impossible sightings"));
	if (n > r->room) {
		free(r->sightings);
		r->sightings = malloc(n * sizeof(*r->sightings));
		r->room = r->sightings ? n : 0;
		if (!r->sightings)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!take_record(c, &ms, &r->sightings[i]) || c->overrun)
			return damaged(r, _("impossible sightings"));
		r->m->first_ns = MIN(r->m->first_ns, r->sightings[i].time_ns);
		r->m->last_ns = MAX(r->m->last_ns, r->sightings[i].time_ns);
	}
	r->m->sightings += n;
	return n && r->fn ? r->fn(r->user, r->sightings, n) : 0;
}

static int take_gaps(struct journal_reader *r, struct cursor *c)
{
	uint32_t n = cursor_u32_le(c);
	int error = 0;

	if (n > cursor_left(c) / JOURNAL_GAP_MIN)
		return damaged(r, _("impossible gaps"));
	for (uint32_t i = 0; i < n && !error; i++) {
		struct batch_gap g = { 0 };
		const uint8_t *name;
		size_t length;

		g.from_ns = cursor_u64_le(c);
		g.to_ns = cursor_u64_le(c);
		g.count = cursor_u64_le(c);
		g.kind = (enum batch_gap_kind)cursor_u8(c);
		length = cursor_u8(c);
		name = cursor_take(c, length);
		if (!name || length >= sizeof(g.interface))
			return damaged(r, _("impossible gaps"));
		memcpy(g.interface, name, length);
		if (strlen(g.interface) != length || !batch_gap_is_sound(&g))
			return damaged(r, _("impossible gaps"));
		error = add_gap(r, &g);
	}
	return error;
}

/* They stand in the place of those before. */
static int take_counts(struct journal_reader *r, struct cursor *c)
{
	uint32_t n = cursor_u32_le(c);
	uint64_t frames = 0;
	int error = 0;

	if (n > JOURNAL_COUNTS_MAX)
		return damaged(r, _("impossible counts"));
	r->m->n_counts = 0;
	for (uint32_t i = 0; i < n && !error; i++) {
		uint64_t count = cursor_u64_le(c);
		size_t length = cursor_u8(c);
		const uint8_t *bytes = cursor_take(c, length);
		char name[BATCH_VERDICT_MAX] = "";

		if (!bytes || !length || length >= sizeof(name))
			return damaged(r, _("impossible counts"));
		memcpy(name, bytes, length);
		for (size_t k = 0; k < length; k++) {
			if (name[k] <= ' ' || name[k] == 127)
				return damaged(r, _("impossible counts"));
		}
		frames = frames > UINT64_MAX - count ? UINT64_MAX : frames + count;
		error = batch_manifest_add_count(r->m, name, count);
	}
	/* Every frame is in one of them. */
	r->m->end_frames = MIN(frames, (uint64_t)INT64_MAX);
	return error;
}

static struct batch_flood take_flood(struct cursor *c)
{
	const uint8_t *host = cursor_take(c, 16);
	struct batch_flood f = { 0 };

	if (host)
		f.host = addr_from_bytes(host);
	f.port = cursor_u16_le(c);
	f.protocol = cursor_u8(c);
	f.marks = cursor_u8(c);
	f.first_ns = cursor_u64_le(c);
	f.last_ns = cursor_u64_le(c);
	f.packets = cursor_u64_le(c);
	f.peers = cursor_u64_le(c);
	return f;
}

/* These too stand in the place of those before. */
static int take_floods(struct journal_reader *r, struct cursor *c)
{
	uint32_t n = cursor_u32_le(c);
	int error = 0;

	if (n > cursor_left(c) / JOURNAL_FLOOD_BYTES)
		return damaged(r, _("impossible floods"));
	r->m->n_floods = 0;
	for (uint32_t i = 0; i < n && !error; i++) {
		struct batch_flood f = take_flood(c);

		if (!batch_flood_is_sound(&f))
			return damaged(r, _("impossible floods"));
		r->m->first_ns = MIN(r->m->first_ns, f.first_ns);
		r->m->last_ns = MAX(r->m->last_ns, f.last_ns);
		error = batch_manifest_add_flood(r->m, &f);
	}
	return error;
}

static int take_memory(struct journal_reader *r, struct cursor *c)
{
	size_t length = cursor_left(c);

	buffer_clear(r->memory);
	buffer_put(r->memory, cursor_take(c, length), length);
	return r->memory->failed ? -ENOMEM : 0;
}

static int take_up_to(struct journal_reader *r, struct cursor *c)
{
	r->has_up_to = true;
	r->up_to_ns = r->m->end_ns = cursor_u64_le(c);
	r->m->first_ns = MIN(r->m->first_ns, r->up_to_ns);
	r->m->last_ns = MAX(r->m->last_ns, r->up_to_ns);
	return 0;
}

static int take_section(struct journal_reader *r)
{
	uint8_t kind = cursor_u8(&r->sections);
	size_t length = cursor_u32_le(&r->sections);
	const uint8_t *bytes = cursor_take(&r->sections, length);
	struct cursor c = cursor_over(bytes, bytes ? length : 0);
	int error;

	if (!bytes)
		return damaged(r, _("impossible group"));
	switch (kind) {
	case JOURNAL_HEAD:
		error = take_head(r, &c);
		break;
	case JOURNAL_SIGHTINGS:
		error = take_sightings(r, &c);
		break;
	case JOURNAL_GAPS:
		error = take_gaps(r, &c);
		break;
	case JOURNAL_COUNTS:
		error = take_counts(r, &c);
		break;
	case JOURNAL_MEMORY:
		error = take_memory(r, &c);
		break;
	case JOURNAL_UP_TO:
		error = take_up_to(r, &c);
		break;
	case JOURNAL_FLOODS:
		error = take_floods(r, &c);
		break;
	default:
		return damaged(r, _("impossible group"));
	}
	if (!error && (c.overrun || cursor_left(&c)))
		return damaged(r, _("impossible group"));
	return error;
}

/* ---- groups ---- */

static int unpack(struct journal_reader *r, const uint8_t *packed, size_t n_packed, size_t n)
{
	uint8_t *room;

	if (n_packed == n) {
		r->sections = cursor_over(packed, n);
		return 0;
	}
	if (ZSTD_getFrameContentSize(packed, n_packed) != n)
		return damaged(r, _("impossible group"));
	buffer_clear(&r->unpacked);
	room = buffer_reserve(&r->unpacked, n + 1);
	if (!room)
		return -ENOMEM;
	if (ZSTD_decompress(room, n, packed, n_packed) != n)
		return damaged(r, _("impossible group"));
	r->sections = cursor_over(room, n);
	return 0;
}

/*
 * The group at the reader's offset. Returns 1; 0 when there is no whole one, or one of an earlier
 * number; or an error.
 */
static int read_group(struct journal_reader *r, uint32_t *ret_number, uint64_t *ret_bytes)
{
	uint8_t header[JOURNAL_GROUP_BYTES], *bytes;
	ssize_t got = read_at(r, r->offset, header, sizeof(header));
	struct cursor c = cursor_over(header, sizeof(header));
	uint64_t sum = cursor_u64_le(&c), id = cursor_u64_le(&c);
	uint32_t number = cursor_u32_le(&c), packed = cursor_u32_le(&c);
	uint32_t unpacked = cursor_u32_le(&c);
	size_t length = sizeof(header) + packed;
	int error;

	if (got < (ssize_t)sizeof(header))
		return got < 0 ? (int)got : 0;
	if (id != r->id || number < r->next || packed > PACKED_MAX ||
	    unpacked > JOURNAL_UNPACKED_MAX || length > r->bytes - r->offset)
		return 0;
	buffer_clear(&r->packed);
	bytes = buffer_reserve(&r->packed, length);
	if (!bytes)
		return -ENOMEM;
	got = read_at(r, r->offset, bytes, length);
	if (got < (ssize_t)length)
		return got < 0 ? (int)got : 0;
	if (hash_differs(bytes + JOURNAL_SUM_BYTES, length - JOURNAL_SUM_BYTES, sum))
		return 0;
	error = unpack(r, bytes + sizeof(header), packed, unpacked);
	*ret_number = number;
	*ret_bytes = length;
	return error < 0 ? error : 1;
}

/*
 * The next whole group behind a broken one: each begins with its sum and the journal's id. Goes to
 * it. Returns 1, 0 when there is none, or an error.
 */
static int search_group(struct journal_reader *r, uint32_t *ret_number, uint64_t *ret_bytes)
{
	const uint64_t broken = r->offset;
	uint8_t *window = malloc(SEARCH_BYTES), id[sizeof(r->id)];
	int found = window ? 0 : -ENOMEM, tries = 0;
	ssize_t got = SEARCH_BYTES;

	for (size_t i = 0; i < sizeof(id); i++)
		id[i] = (uint8_t)(r->id >> (8 * i));
	for (uint64_t at = broken + 1; !found && got == SEARCH_BYTES;
	     at += SEARCH_BYTES - sizeof(id) + 1) {
		const uint8_t *p, *from = window;

		got = read_at(r, at, window, SEARCH_BYTES);
		if (got < 0)
			found = (int)got;
		while (!found &&
		       (p = memmem(from, (size_t)got - (size_t)(from - window), id, sizeof(id)))) {
			from = p + 1;
			if (at + (size_t)(p - window) < broken + 1 + JOURNAL_SUM_BYTES)
				continue;
			if (++tries > SEARCH_TRIES)
				break;
			r->offset = at + (size_t)(p - window) - JOURNAL_SUM_BYTES;
			found = read_group(r, ret_number, ret_bytes);
			/* Bytes that only look like one are no damage of their own. */
			if (found == ERR_DAMAGED)
				found = 0;
		}
	}
	free(window);
	if (found != 1)
		r->offset = broken;
	return found;
}

/* What broken groups told is not known: from where the last one ended to where this one does. */
static int note_missed(struct journal_reader *r, uint64_t from_ns)
{
	struct batch_gap g = { .from_ns = MIN(from_ns, r->up_to_ns),
			       .to_ns = MAX(from_ns, r->up_to_ns),
			       .kind = BATCH_GAP_DISK };

	r->missed = false;
	return add_gap(r, &g);
}

/* All sections of the group at hand. Those of many sightings have no time of their own. */
static int take_group(struct journal_reader *r)
{
	uint64_t from_ns = r->up_to_ns;
	int error = 0;

	r->has_up_to = false;
	while (!error && cursor_left(&r->sections))
		error = take_section(r);
	return !error && r->missed && r->has_up_to ? note_missed(r, from_ns) : error;
}

static int find_group(struct journal_reader *r, uint32_t *ret_number, uint64_t *ret_bytes)
{
	const uint64_t at = r->offset;
	int found = read_group(r, ret_number, ret_bytes);

	if (found == 0 && r->offset < r->bytes)
		found = search_group(r, ret_number, ret_bytes);
	if (found == 1 && *ret_number != r->next) {
		r->missed = true;
		r->loss.broken_at = r->loss.broken_at ? r->loss.broken_at : at;
	}
	return found;
}

/* Returns 0, what FN stopped with, or an error. */
static int read_groups(struct journal_reader *r)
{
	uint64_t length = 0;
	uint32_t number = 0;
	int result;

	while ((result = find_group(r, &number, &length)) == 1) {
		result = take_group(r);
		if (result)
			return result;
		r->offset += length;
		r->next = number + 1ULL;
	}
	r->loss.torn_bytes = r->bytes - r->offset;
	return !result && r->missed ? note_missed(r, r->up_to_ns) : result;
}

static int read_header(struct journal_reader *r)
{
	uint8_t bytes[JOURNAL_HEADER_BYTES];
	ssize_t got = read_at(r, 0, bytes, sizeof(bytes));
	struct cursor c = cursor_over(bytes, sizeof(bytes));
	uint32_t version;

	if (got < 0)
		return (int)got;
	if (got < (ssize_t)sizeof(bytes) ||
	    memcmp(cursor_take(&c, JOURNAL_MAGIC_BYTES), JOURNAL_MAGIC, JOURNAL_MAGIC_BYTES) != 0)
		return diagnose(r->d, ERR_FORMAT, _("not a journal"));
	version = cursor_u32_le(&c);
	if (version > JOURNAL_VERSION) {
		return diagnose(r->d, ERR_UNSUPPORTED,
				_("format version %" PRIu32 ", newer than %d"), version,
				JOURNAL_VERSION);
	}
	r->offset = sizeof(bytes);
	return version == JOURNAL_VERSION ? 0 : damaged(r, _("no such format version"));
}

static int read_head(struct journal_reader *r)
{
	uint64_t length = 0;
	uint32_t number = 0;
	int found = read_group(r, &number, &length), error;

	if (found < 0)
		return found;
	if (!found || number != 0)
		return damaged(r, _("the head is broken"));
	error = take_group(r);
	if (!error && !*r->m->journal)
		return damaged(r, _("no head"));
	r->offset += length;
	r->next = 1;
	return error;
}

static int read_all(struct journal_reader *r)
{
	struct stat st;
	int result;

	if (!journal_name_is_sound(r->name))
		return diagnose(r->d, ERR_FORMAT, _("not a journal"));
	if (fstat(r->fd, &st) < 0)
		return diagnose(r->d, -errno, "%s", strerror(errno));
	r->bytes = (uint64_t)st.st_size;
	r->id = strtoull(r->name + strlen("20261125T214500Z-"), NULL, 16);
	result = read_header(r);
	if (!result)
		result = read_head(r);
	return result ? result : read_groups(r);
}

/* NOLINTNEXTLINE(readability-function-size): what a journal gives */
int journal_read_fd(int fd, const char *name, journal_sightings_fn fn, void *user,
		    struct batch_manifest *ret_manifest, struct buffer *ret_memory,
		    struct journal_loss *ret_loss, struct diagnosis *d)
{
	struct batch_manifest m;
	struct buffer memory;
	struct journal_reader r = {
		.fd = fd, .name = name, .fn = fn, .user = user, .m = &m, .memory = &memory, .d = d
	};
	int result;

	batch_manifest_init(&m);
	buffer_init(&memory);
	result = read_all(&r);
	buffer_finish(&r.packed);
	buffer_finish(&r.unpacked);
	free(r.sightings);
	if (result) {
		batch_manifest_finish(&m);
		buffer_finish(&memory);
		return result;
	}
	*ret_manifest = m;
	*ret_memory = memory;
	if (ret_loss)
		*ret_loss = r.loss;
	return 0;
}
