#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/journal.h"
#include "base/hash.h"
#include "base/i18n.h"

#define MANIFEST_MAGIC     "sekimori-batch 1"
#define MANIFEST_MAGIC_TWO "sekimori-batch 2" /* has words that 1 does not know */
#define MANIFEST_MAX       (16u << 20)
#define REPLACES_MAX       100000u

void batch_manifest_init(struct batch_manifest *m)
{
	memset(m, 0, sizeof(*m));
	prefix_set_init(&m->networks);
}

void batch_manifest_finish(struct batch_manifest *m)
{
	free(m->capture);
	free(m->format);
	free(m->zone);
	prefix_set_finish(&m->networks);
	free(m->counts);
	free(m->gaps);
	free(m->floods);
	free(m->parts);
	free(m->replaces);
	batch_manifest_init(m);
}

/* Grows an array by one element; NULL when out of memory, the array then as before. There is room
 * for the next power of two: gaps can be many. */
static void *grow(void *array_pointer, size_t *count, size_t size)
{
	void **array = array_pointer;
	uint8_t *grown = *array;

	if (!(*count & (*count - 1)))
		grown = realloc(*array, MAX(2 * *count, (size_t)1) * size);
	if (!grown)
		return NULL;
	*array = grown;
	memset(grown + *count * size, 0, size);
	return grown + (*count)++ * size;
}

int batch_manifest_add_count(struct batch_manifest *m, const char *name, uint64_t count)
{
	struct batch_count *c = grow(&m->counts, &m->n_counts, sizeof(*c));

	if (!c)
		return -ENOMEM;
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	c->count = count;
	return 0;
}

int batch_manifest_add_gap(struct batch_manifest *m, const struct batch_gap *gap)
{
	struct batch_gap *g = grow(&m->gaps, &m->n_gaps, sizeof(*g));

	if (!g)
		return -ENOMEM;
	*g = *gap;
	return 0;
}

int batch_manifest_add_flood(struct batch_manifest *m, const struct batch_flood *flood)
{
	struct batch_flood *f = grow(&m->floods, &m->n_floods, sizeof(*f));

	if (!f)
		return -ENOMEM;
	*f = *flood;
	return 0;
}

int batch_manifest_add_floods_of(struct batch_manifest *m, const struct batch_manifest *from)
{
	int error = 0;

	for (size_t i = 0; i < from->n_floods && !error; i++)
		error = batch_manifest_add_flood(m, &from->floods[i]);
	return error;
}

int batch_manifest_add_replaced(struct batch_manifest *m, const char *batch)
{
	char *name = grow(&m->replaces, &m->n_replaces, BATCH_NAME_MAX);

	if (!name)
		return -ENOMEM;
	(void)snprintf(name, BATCH_NAME_MAX, "%s", batch);
	return 0;
}

static void put_line(struct buffer *out, const char *key, const char *value)
{
	buffer_put(out, key, strlen(key));
	buffer_put_u8(out, ' ');
	/* A file's name may hold anything: a line break in it must not end the line. */
	for (const char *c = value; *c; c++)
		buffer_put_u8(out, *c == '\n' || *c == '\r' ? '?' : (uint8_t)*c);
	buffer_put_u8(out, '\n');
}

static void put_number(struct buffer *out, const char *key, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	put_line(out, key, text);
}

static void put_digest(struct buffer *out, const char *key, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%016" PRIx64, n);
	put_line(out, key, text);
}

/* "gap FROM TO COUNT KIND INTERFACE"; without the last for all of them. */
static void put_gap(struct buffer *out, const struct batch_gap *g)
{
	char text[3 * 24 + BATCH_VERDICT_MAX + BATCH_INTERFACE_MAX];

	(void)snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %" PRIu64 " %s%s%s", g->from_ns,
		       g->to_ns, g->count, batch_gap_name(g->kind), *g->interface ? " " : "",
		       g->interface);
	put_line(out, "gap", text);
}

/* "flood HOST PORT PROTOCOL MARKS FIRST LAST PACKETS PEERS" */
static void put_flood(struct buffer *out, const struct batch_flood *f)
{
	char host[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 4 * 24 + 32];

	(void)snprintf(text, sizeof(text),
		       "%s %u %u %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
		       addr_format(f->host, host), f->port, f->protocol, f->marks, f->first_ns,
		       f->last_ns, f->packets, f->peers);
	put_line(out, "flood", text);
}

int batch_manifest_print(const struct batch_manifest *m, struct buffer *out)
{
	char text[BATCH_VERDICT_MAX + 64];
	size_t start = out->length;
	bool two = m->n_gaps || m->n_floods || *m->journal || m->bare;

	buffer_put(out, two ? MANIFEST_MAGIC_TWO "\n" : MANIFEST_MAGIC "\n",
		   strlen(MANIFEST_MAGIC) + 1);
	put_line(out, "capture", m->capture ? m->capture : "");
	put_line(out, "format", m->format ? m->format : "");
	put_line(out, "zone", m->zone ? m->zone : "");
	put_digest(out, "head", m->head_digest);
	put_number(out, "start-frames", m->start_frames);
	put_digest(out, "start-digest", m->start_digest);
	put_number(out, "end-frames", m->end_frames);
	put_digest(out, "end-digest", m->end_digest);
	put_number(out, "end-bytes", m->end_bytes);
	put_number(out, "first-ns", m->first_ns);
	put_number(out, "last-ns", m->last_ns);
	put_number(out, "end-ns", m->end_ns);
	put_number(out, "sightings", m->sightings);
	for (size_t i = 0; i < m->networks.n_prefixes; i++)
		put_line(out, "network", prefix_format(m->networks.prefixes[i], text));
	for (size_t i = 0; i < m->n_counts; i++) {
		(void)snprintf(text, sizeof(text), "%s %" PRIu64, m->counts[i].name,
			       m->counts[i].count);
		put_line(out, "count", text);
	}
	if (*m->journal)
		put_line(out, "journal", m->journal);
	for (size_t i = 0; i < m->n_gaps; i++)
		put_gap(out, &m->gaps[i]);
	if (m->bare)
		put_line(out, "without", "details");
	for (size_t i = 0; i < m->n_floods; i++)
		put_flood(out, &m->floods[i]);
	for (size_t i = 0; i < m->n_replaces; i++)
		put_line(out, "replaces", m->replaces[i]);
	for (size_t i = 0; i < m->n_parts; i++) {
		(void)snprintf(text, sizeof(text), "%s %" PRIu64 " %" PRIu64, m->parts[i].name,
			       m->parts[i].records, m->parts[i].bytes);
		put_line(out, "part", text);
	}
	if (out->failed)
		return -ENOMEM;
	put_digest(out, "sum", hash_bytes(out->bytes + start, out->length - start));
	if (out->failed)
		return -ENOMEM;
	/* Nobody could read it again. */
	return out->length - start > MANIFEST_MAX ? ERR_LIMIT : 0;
}

/* Digits and nothing else, as they are printed: no sign, no space, no "0x". */
static bool parse_u64(const char *text, int base, uint64_t *ret_n)
{
	const char *digits = base == 16 ? "0123456789abcdef" : "0123456789";

	if (!*text || text[strspn(text, digits)])
		return false;
	errno = 0;
	*ret_n = strtoull(text, NULL, base);
	return !errno;
}

static bool take_text(char **text, const char *value, int *error)
{
	free(*text);
	*text = strdup(value);
	if (!*text)
		*error = -ENOMEM;
	return *text != NULL;
}

/* "NAME NUMBER [NUMBER]" in place. Returns false unless it is just that. */
static bool split_numbers(char *value, size_t name_max, uint64_t *first, uint64_t *second)
{
	char *blank = strchr(value, ' '), *other;

	if (!blank || (size_t)(blank - value) >= name_max || blank == value)
		return false;
	*blank++ = '\0';
	other = strchr(blank, ' ');
	if (!!other != !!second)
		return false;
	if (other)
		*other++ = '\0';
	return parse_u64(blank, 10, first) && (!second || parse_u64(other, 10, second));
}

static bool take_part(struct batch_manifest *m, char *value, int *error)
{
	char name[sizeof(m->parts->name)];
	uint64_t records, bytes;
	struct batch_part *p;

	if (!split_numbers(value, sizeof(p->name), &records, &bytes))
		return false;
	/* Parts are numbered in the order of their lines: none comes twice. */
	(void)snprintf(name, sizeof(name), "part-%04zu", m->n_parts);
	if (strcmp(value, name) != 0)
		return false;
	p = grow(&m->parts, &m->n_parts, sizeof(*p));
	if (!p) {
		*error = -ENOMEM;
		return false;
	}
	memcpy(p->name, value, strlen(value) + 1);
	p->records = records;
	p->bytes = bytes;
	return true;
}

static bool take_count(struct batch_manifest *m, char *value, int *error)
{
	uint64_t n;

	if (!split_numbers(value, BATCH_VERDICT_MAX, &n, NULL))
		return false;
	*error = batch_manifest_add_count(m, value, n);
	return *error >= 0;
}

static bool take_network(struct batch_manifest *m, const char *value, int *error)
{
	struct net_prefix p;

	if (prefix_parse(value, &p, NULL) < 0)
		return false;
	*error = prefix_set_add(&m->networks, p);
	return *error >= 0;
}

/* As put_gap writes it. */
static bool take_gap(struct batch_manifest *m, char *value, int *error)
{
	const char *from = strsep(&value, " "), *to = strsep(&value, " "),
		   *count = strsep(&value, " "), *kind = strsep(&value, " ");
	struct batch_gap g = { 0 };

	if (!kind || !parse_u64(from, 10, &g.from_ns) || !parse_u64(to, 10, &g.to_ns) ||
	    !parse_u64(count, 10, &g.count) || !batch_gap_parse(kind, &g.kind))
		return false;
	if (value && (!*value || strlen(value) >= sizeof(g.interface)))
		return false;
	if (value)
		memcpy(g.interface, value, strlen(value));
	if (!batch_gap_is_sound(&g))
		return false;
	*error = batch_manifest_add_gap(m, &g);
	return *error >= 0;
}

/* As put_flood writes it. */
static bool take_flood(struct batch_manifest *m, char *value, int *error)
{
	const char *host = strsep(&value, " ");
	struct batch_flood f = { 0 };
	uint64_t n[7];

	for (size_t i = 0; i < ARRAY_LENGTH(n); i++) {
		const char *word = strsep(&value, " ");

		if (!word || !parse_u64(word, 10, &n[i]))
			return false;
	}
	if (value || !addr_parse(host, &f.host) || n[0] > UINT16_MAX || n[1] > UINT8_MAX ||
	    n[2] > UINT8_MAX)
		return false;
	f.port = (uint16_t)n[0];
	f.protocol = (uint8_t)n[1];
	f.marks = (uint8_t)n[2];
	f.first_ns = n[3];
	f.last_ns = n[4];
	f.packets = n[5];
	f.peers = n[6];
	if (!batch_flood_is_sound(&f))
		return false;
	*error = batch_manifest_add_flood(m, &f);
	return *error >= 0;
}

/* What only version 2 has. */
static bool take_new_line(struct batch_manifest *m, const char *key, char *value, int *error)
{
	if (!strcmp(key, "gap"))
		return take_gap(m, value, error);
	if (!strcmp(key, "without") && !strcmp(value, "details") && !m->bare) {
		m->bare = true;
		return true;
	}
	if (!strcmp(key, "flood"))
		return take_flood(m, value, error);
	if (strcmp(key, "journal") != 0 || *m->journal || !journal_name_is_sound(value))
		return false;
	memcpy(m->journal, value, strlen(value));
	return true;
}

/* Returns false when the line says nothing sensible, or *error is set. */
static bool take_line(struct batch_manifest *m, const char *key, char *value, int *error)
{
	const struct {
		const char *key;
		uint64_t *place;
		int base;
	} numbers[] = {
		{ "head", &m->head_digest, 16 },
		{ "start-frames", &m->start_frames, 10 },
		{ "start-digest", &m->start_digest, 16 },
		{ "end-frames", &m->end_frames, 10 },
		{ "end-digest", &m->end_digest, 16 },
		{ "end-bytes", &m->end_bytes, 10 },
		{ "first-ns", &m->first_ns, 10 },
		{ "last-ns", &m->last_ns, 10 },
		{ "end-ns", &m->end_ns, 10 },
		{ "sightings", &m->sightings, 10 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		if (!strcmp(key, numbers[i].key))
			return parse_u64(value, numbers[i].base, numbers[i].place);
	}
	if (!strcmp(key, "capture"))
		return take_text(&m->capture, value, error);
	if (!strcmp(key, "format"))
		return take_text(&m->format, value, error);
	if (!strcmp(key, "zone"))
		return take_text(&m->zone, value, error);
	if (!strcmp(key, "network"))
		return take_network(m, value, error);
	if (!strcmp(key, "count"))
		return take_count(m, value, error);
	if (!strcmp(key, "part"))
		return take_part(m, value, error);
	if (!strcmp(key, "replaces")) {
		if (!batch_name_is_sound(value) || m->n_replaces >= REPLACES_MAX)
			return false;
		*error = batch_manifest_add_replaced(m, value);
		return *error >= 0;
	}
	return false; /* format 1 has no other words */
}

/* The last line sums up all before it. Returns the length before it, or 0. */
static size_t check_sum(const char *text, size_t length)
{
	static const size_t line = sizeof("sum 0123456789abcdef\n") - 1;
	char digits[17];
	uint64_t sum;

	if (length <= line || text[length - 1] != '\n' ||
	    memcmp(text + length - line, "sum ", 4) != 0)
		return 0;
	memcpy(digits, text + length - 17, 16);
	digits[16] = '\0';
	if (!parse_u64(digits, 16, &sum) || sum != hash_bytes(text, length - line))
		return 0;
	return length - line;
}

static int parse_lines(char *text, struct batch_manifest *m, struct diagnosis *d)
{
	int number = 1, error = 0;
	char *rest = text, *line = strsep(&rest, "\n");
	bool two = !strcmp(line, MANIFEST_MAGIC_TWO);

	if (!two && strcmp(line, MANIFEST_MAGIC) != 0) {
		return diagnose(
			d, strncmp(line, "sekimori-batch ", 15) ? ERR_DAMAGED : ERR_UNSUPPORTED,
			_("the manifest begins with \"%.40s\""), line);
	}
	while ((line = strsep(&rest, "\n")) && (*line || rest)) {
		char *blank = strchr(line, ' ');

		number++;
		if (blank)
			*blank = '\0';
		if (!blank || (!take_line(m, line, blank + 1, &error) &&
			       !(two && !error && take_new_line(m, line, blank + 1, &error)))) {
			return error < 0 ? error
					 : diagnose(d, ERR_DAMAGED,
						    _("line %d of the manifest: %.60s"), number,
						    line);
		}
	}
	return 0;
}

int batch_manifest_parse(const char *text, size_t length, struct batch_manifest *ret_manifest,
			 struct diagnosis *d)
{
	struct batch_manifest m;
	size_t body = length > MANIFEST_MAX ? 0 : check_sum(text, length);
	char *copy;
	int error;

	if (!body || memchr(text, '\0', body))
		return diagnose(d, ERR_DAMAGED, _("the manifest's sum does not fit its text"));
	copy = malloc(body + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, body);
	copy[body] = '\0';
	batch_manifest_init(&m);
	error = parse_lines(copy, &m, d);
	free(copy);
	if (error < 0) {
		batch_manifest_finish(&m);
		return error;
	}
	*ret_manifest = m;
	return 0;
}
