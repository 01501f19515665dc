#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/part_reader_internal.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/i18n.h"

/* ---- bytes ---- */

/*
 * A checksum that differs is damage; but a fuzzer that had to guess checksums would never get any
 * further.
 */
static bool hash_differs(const void *bytes, size_t length, uint64_t expected)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)bytes, (void)length, (void)expected;
	return false;
#else
	return hash_bytes(bytes, length) != expected;
#endif
}

int part_damaged(const struct part *p, struct diagnosis *d, uint64_t offset, const char *what)
{
	return diagnose(d, ERR_DAMAGED, _("%s: byte %" PRIu64 ": %s"), p->name, offset, what);
}

/* Fills BYTES from OFFSET on, with zeros in the BITS_PADDING after them. */
static int read_at(const struct part *p, uint64_t offset, uint8_t *ret_bytes, size_t length,
		   struct diagnosis *d)
{
	size_t got = 0;
	ssize_t n;

	while (got < length) {
		n = pread(p->fd, ret_bytes + got, length - got, (off_t)(offset + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diagnose(d, -errno, "%s: %s", p->name, strerror(errno));
		if (n == 0)
			return part_damaged(p, d, offset + got, _("the file ends here"));
		got += (size_t)n;
	}
	memset(ret_bytes + length, 0, BITS_PADDING);
	return 0;
}

int part_read_checked(const struct part *p, uint64_t offset, uint8_t *ret_bytes, size_t length,
		      uint64_t hash, struct diagnosis *d)
{
	int r = read_at(p, offset, ret_bytes, length, d);

	if (!r && hash_differs(ret_bytes, length, hash))
		return part_damaged(p, d, offset, _("wrong checksum"));
	return r;
}

/* ---- footer and directory ---- */

static uint64_t directory_bytes(const struct part_footer *f)
{
	return (uint64_t)f->n_groups * PART_ENTRY_BYTES;
}

static uint64_t details_start(const struct part_footer *f)
{
	return PART_HEADER_BYTES + (uint64_t)f->series_bytes + f->peers_bytes + CODES_BYTES;
}

static int check_header(struct part *p, const uint8_t *bytes, struct diagnosis *d)
{
	struct cursor c = cursor_over(bytes, PART_HEADER_BYTES);
	uint32_t version;

	if (memcmp(cursor_take(&c, PART_MAGIC_BYTES), PART_MAGIC, PART_MAGIC_BYTES) != 0)
		return diagnose(d, ERR_FORMAT, _("%s: not a part of an archive"), p->name);
	version = cursor_u32_le(&c);
	if (version > PART_VERSION_BARE) {
		return diagnose(d, ERR_UNSUPPORTED,
				_("%s: format version %" PRIu32 ", newer than %u"), p->name,
				version, PART_VERSION_BARE);
	}
	p->version = version;
	return version >= PART_VERSION
		       ? 0
		       : part_damaged(p, d, PART_MAGIC_BYTES, _("no such format version"));
}

static void parse_footer(const uint8_t *bytes, struct part_footer *ret_footer)
{
	struct cursor c = cursor_over(bytes, PART_FOOTER_BYTES);

	ret_footer->n_groups = cursor_u32_le(&c);
	ret_footer->n_series = cursor_u32_le(&c);
	ret_footer->n_v4 = cursor_u32_le(&c);
	ret_footer->n_v6 = cursor_u32_le(&c);
	ret_footer->n_records = cursor_u64_le(&c);
	ret_footer->series_bytes = cursor_u32_le(&c);
	ret_footer->peers_bytes = cursor_u32_le(&c);
	ret_footer->details_bytes = cursor_u64_le(&c);
	ret_footer->summaries_bytes = cursor_u64_le(&c);
	ret_footer->series_hash = cursor_u64_le(&c);
	ret_footer->peers_hash = cursor_u64_le(&c);
	ret_footer->codes_hash = cursor_u64_le(&c);
	ret_footer->directory_hash = cursor_u64_le(&c);
	ret_footer->footer_hash = cursor_u64_le(&c);
}

/*
 * Every count is within its limit and within what its bytes can hold; the sections fill the file.
 */
static bool footer_is_sound(const struct part_footer *f, uint64_t file_bytes)
{
	uint64_t rest = file_bytes - PART_FOOTER_BYTES, n_peers = (uint64_t)f->n_v4 + f->n_v6;

	if (f->n_groups < 1 || f->n_groups > PART_GROUPS_MAX || f->n_series < 1 ||
	    f->n_series > PART_SERIES_MAX || n_peers < 1 || n_peers > PART_PEERS_MAX ||
	    f->n_records < f->n_groups || f->n_records < n_peers || f->n_records < f->n_series ||
	    f->n_records > PART_RECORDS_MAX)
		return false;
	if (n_peers > 8ULL * f->peers_bytes || f->details_bytes > rest || f->summaries_bytes > rest)
		return false;
	return details_start(f) + f->details_bytes + f->summaries_bytes + directory_bytes(f) ==
	       rest;
}

static int read_footer(struct part *p, struct diagnosis *d)
{
	uint8_t bytes[PART_HEADER_BYTES + PART_FOOTER_BYTES + BITS_PADDING],
		*footer = bytes + PART_HEADER_BYTES;
	uint64_t start = p->bytes - PART_FOOTER_BYTES;
	int r;

	if (p->bytes < PART_HEADER_BYTES)
		return diagnose(d, ERR_FORMAT, _("%s: not a part of an archive"), p->name);
	r = read_at(p, 0, bytes, PART_HEADER_BYTES, d);
	if (!r)
		r = check_header(p, bytes, d);
	if (r)
		return r;
	if (p->bytes < PART_HEADER_BYTES + PART_FOOTER_BYTES)
		return part_damaged(p, d, p->bytes, _("the file ends here"));
	r = read_at(p, start, footer, PART_FOOTER_BYTES, d);
	if (r)
		return r;
	parse_footer(footer, &p->footer);
	if (memcmp(footer + PART_FOOTER_BYTES - PART_MAGIC_BYTES, PART_END_MAGIC,
		   PART_MAGIC_BYTES) != 0)
		return part_damaged(p, d, start, _("no footer: the file is cut short"));
	if (hash_differs(bytes, PART_HEADER_BYTES + PART_HASHED_FOOTER, p->footer.footer_hash))
		return part_damaged(p, d, start, _("wrong checksum"));
	return footer_is_sound(&p->footer, p->bytes)
		       ? 0
		       : part_damaged(p, d, start, _("impossible footer"));
}

/*
 * A pair takes a bit of the summary at least, a first time 21 of the detail, a first port 8, what
 * follows one of each.
 */
static bool details_fit(const struct part_group *g)
{
	uint64_t following = g->n_records - g->n_pairs;

	return (uint64_t)g->n_pairs * SHORT_TIME_BITS + following <= 8ULL * g->times_bytes &&
	       8ULL * g->n_pairs + following <= 8ULL * g->ports_bytes;
}

static bool has_no_details(const struct part_group *g, const struct group_hashes *h)
{
	return !g->times_bytes && !g->ports_bytes && !hash_differs("", 0, h->times) &&
	       !hash_differs("", 0, h->ports);
}

static bool group_is_sound(const struct part *p, uint32_t i)
{
	const struct part_group *g = &p->groups[i];

	return g->n_series >= 1 && g->n_series <= g->n_pairs && g->n_pairs <= g->n_records &&
	       g->n_records <= PART_GROUP_RECORDS_MAX && g->n_series <= p->footer.n_series &&
	       g->n_pairs <= 8ULL * g->summary_bytes &&
	       (part_has_details(p) ? details_fit(g) : has_no_details(g, &p->hashes[i]));
}

static int parse_directory(struct part *p, struct cursor *c, uint64_t directory_start,
			   struct diagnosis *d)
{
	const struct part_footer *f = &p->footer;
	uint64_t detail = details_start(f), summary = detail + f->details_bytes, records = 0;
	const uint64_t details_end = summary, summaries_end = summary + f->summaries_bytes;

	for (uint32_t i = 0; i < f->n_groups; i++) {
		struct part_group *g = &p->groups[i];

		g->hour = cursor_u32_le(c);
		g->n_series = cursor_u32_le(c);
		g->n_pairs = cursor_u32_le(c);
		g->n_records = cursor_u32_le(c);
		g->summary_bytes = cursor_u32_le(c);
		g->times_bytes = cursor_u32_le(c);
		g->ports_bytes = cursor_u32_le(c);
		p->hashes[i].summary = cursor_u64_le(c);
		p->hashes[i].times = cursor_u64_le(c);
		p->hashes[i].ports = cursor_u64_le(c);
		g->summary_offset = summary;
		g->times_offset = detail;
		g->ports_offset = detail + g->times_bytes;
		summary += g->summary_bytes;
		detail = g->ports_offset + g->ports_bytes;
		records += g->n_records;
		if (!group_is_sound(p, i) || (i && g->hour < g[-1].hour) ||
		    g->hour >= PART_HOURS_END) {
			return part_damaged(p, d, directory_start + (uint64_t)i * PART_ENTRY_BYTES,
					    _("impossible group"));
		}
	}
	if (detail != details_end || summary != summaries_end || records != f->n_records)
		return part_damaged(p, d, directory_start, _("the groups do not add up"));
	return 0;
}

static int read_directory(struct part *p, struct diagnosis *d)
{
	const struct part_footer *f = &p->footer;
	size_t length = directory_bytes(f);
	uint64_t start = p->bytes - PART_FOOTER_BYTES - length;
	uint8_t *bytes = malloc(length + BITS_PADDING);
	struct cursor c;
	int r = -ENOMEM;

	p->groups = malloc(f->n_groups * sizeof(*p->groups));
	p->hashes = malloc(f->n_groups * sizeof(*p->hashes));
	if (!bytes || !p->groups || !p->hashes)
		goto out;
	r = part_read_checked(p, start, bytes, length, f->directory_hash, d);
	if (r)
		goto out;
	c = cursor_over(bytes, length);
	r = parse_directory(p, &c, start, d);
out:
	free(bytes);
	return r;
}

static int read_codes(struct part *p, struct diagnosis *d)
{
	uint64_t start = details_start(&p->footer) - CODES_BYTES;
	uint8_t bytes[CODES_BYTES + BITS_PADDING];
	struct bit_reader b = bits_over(bytes, CODES_BYTES);
	int r = part_read_checked(p, start, bytes, CODES_BYTES, p->footer.codes_hash, d);

	if (r)
		return r;
	for (int i = 0; i < CODE_COUNT; i++) {
		if (!code_take(&b, &p->codes[i], part_code_symbols[i]))
			return part_damaged(p, d, start, _("impossible code"));
	}
	return 0;
}

/* Takes FD over, also when it fails; -1 with errno set is an error as well. */
static int open_file(int fd, const char *name, struct part **ret_part, struct diagnosis *d)
{
	int r = fd < 0 ? -errno : 0;
	struct part *p = calloc(1, sizeof(*p));
	struct stat st;

	if (!p) {
		if (fd >= 0)
			(void)close(fd);
		return -ENOMEM;
	}
	strncpy(p->name, name, NAME_SHOWN);
	p->fd = fd;
	if (r || fstat(p->fd, &st) < 0) {
		r = diagnose(d, r ? r : -errno, "%s: %s", p->name, strerror(r ? -r : errno));
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		r = diagnose(d, ERR_FORMAT, _("%s: not a part of an archive"), p->name);
		goto fail;
	}
	p->bytes = (uint64_t)st.st_size;
	r = read_footer(p, d);
	if (!r)
		r = read_directory(p, d);
	if (!r)
		r = read_codes(p, d);
	if (r)
		goto fail;
	*ret_part = p;
	return 0;
fail:
	part_close(p);
	return r;
}

int part_open(int dir_fd, const char *name, struct part **ret_part, struct diagnosis *d)
{
	return open_file(openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK), name, ret_part,
			 d);
}

int part_open_descriptor(int fd, const char *name, struct part **ret_part, struct diagnosis *d)
{
	return open_file(fcntl(fd, F_DUPFD_CLOEXEC, 0), name, ret_part, d);
}

void part_close(struct part *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		(void)close(p->fd);
	free(p->groups);
	free(p->hashes);
	free(p->series);
	free(p->v4);
	free(p->v6);
	free(p);
}
