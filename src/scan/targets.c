#include "scan/targets.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/i18n.h"

#define WORD_MAX 512

void targets_init(struct targets *t)
{
	*t = (struct targets){ 0 };
}

void targets_finish(struct targets *t)
{
	for (size_t i = 0; i < t->n_names; i++)
		free(t->names[i].name);
	free(t->names);
	free(t->ranges);
	targets_init(t);
}

int targets_add_range(struct targets *t, struct addr_range r)
{
	struct addr_range *grown = array_make_room(t->ranges, t->n_ranges, &t->room, sizeof(r));

	if (!grown)
		return -ENOMEM;
	t->ranges = grown;
	t->ranges[t->n_ranges++] = r;
	return 0;
}

/* ---- one word ---- */

/* All of the network that "192.0.2.1/24" lies in. */
static bool parse_prefix(const char *text, const char *slash, struct addr_range *ret_range)
{
	char addr_text[ADDR_TEXT_MAX];
	struct net_addr addr;
	struct net_prefix p;
	unsigned length = 0, longest, host_bits;
	const char *at = slash + 1;

	if ((size_t)(slash - text) >= sizeof(addr_text))
		return false;
	memcpy(addr_text, text, (size_t)(slash - text));
	addr_text[slash - text] = '\0';
	if (!addr_parse(addr_text, &addr))
		return false;
	longest = addr_is_v4(addr) ? 32 : 128;
	while (*at >= '0' && *at <= '9' && length <= longest)
		length = 10 * length + (unsigned)(*at++ - '0');
	if (at == slash + 1 || *at || length > longest)
		return false;
	p = prefix_of(addr, (uint8_t)length);
	host_bits = longest - length;
	ret_range->first = ret_range->last = p.addr;
	ret_range->last.lo |= host_bits >= 64 ? UINT64_MAX : (1ULL << host_bits) - 1;
	if (host_bits > 64)
		ret_range->last.hi |=
			host_bits == 128 ? UINT64_MAX : (1ULL << (host_bits - 64)) - 1;
	return true;
}

/* "192.0.2.1-20": the last of the four, from one number to another. */
static bool parse_last_byte(struct net_addr first, const char *text, struct addr_range *ret_range)
{
	unsigned n = 0;
	const char *at = text;

	while (*at >= '0' && *at <= '9' && n < 256)
		n = 10 * n + (unsigned)(*at++ - '0');
	if (!addr_is_v4(first) || at == text || *at || n > 255 || n < (first.lo & 255))
		return false;
	ret_range->first = first;
	ret_range->last = (struct net_addr){ first.hi, (first.lo & ~255ULL) | n };
	return true;
}

static bool parse_range(const char *text, const char *dash, struct addr_range *ret_range)
{
	char first_text[ADDR_TEXT_MAX];
	struct net_addr first, last;

	if ((size_t)(dash - text) >= sizeof(first_text))
		return false;
	memcpy(first_text, text, (size_t)(dash - text));
	first_text[dash - text] = '\0';
	if (!addr_parse(first_text, &first))
		return false;
	if (parse_last_byte(first, dash + 1, ret_range))
		return true;
	if (!addr_parse(dash + 1, &last) || addr_is_v4(first) != addr_is_v4(last) ||
	    addr_compare_numeric(first, last) > 0)
		return false;
	*ret_range = (struct addr_range){ first, last };
	return true;
}

/* What nobody could mean as a name: it is a mistake in an address, and not to be looked up. */
static bool looks_like_address(const char *text)
{
	return text[strspn(text, "0123456789./-")] == '\0' || strchr(text, ':') ||
	       strchr(text, '/');
}

static struct net_addr addr_of(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, a, sizeof(v4));
		return addr_from_v4(ntohl(v4.sin_addr.s_addr));
	}
	struct sockaddr_in6 v6;

	memcpy(&v6, a, sizeof(v6));
	return addr_from_bytes(v6.sin6_addr.s6_addr);
}

static int keep_name(struct targets *t, struct net_addr addr, const char *name)
{
	struct target_name *grown =
		array_make_room(t->names, t->n_names, &t->names_room, sizeof(*t->names));
	char *copy = strdup(name);

	if (grown)
		t->names = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	t->names[t->n_names++] = (struct target_name){ addr, copy };
	return 0;
}

/* Of any family all addresses are taken, else the first. */
static int look_up(struct targets *t, const char *name, int family, struct diagnosis *d)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int code = getaddrinfo(name, NULL, &hints, &found), error = 0;

	if (code == EAI_MEMORY)
		return -ENOMEM;
	if (code) {
		return diagnose(d, ERR_USAGE, _("\"%s\": no address is found: %s"), name,
				gai_strerror(code));
	}
	for (const struct addrinfo *a = found; a && !error; a = a->ai_next) {
		struct net_addr addr = addr_of(a->ai_addr);

		error = keep_name(t, addr, name);
		if (!error)
			error = targets_add_range(t, (struct addr_range){ addr, addr });
		if (family != AF_UNSPEC)
			break;
	}
	freeaddrinfo(found);
	return error;
}

bool targets_range_parse(const char *text, struct addr_range *ret_range)
{
	const char *slash = strchr(text, '/'), *dash = strchr(text, '-');

	if (addr_parse(text, &ret_range->first)) {
		ret_range->last = ret_range->first;
		return true;
	}
	return (slash && parse_prefix(text, slash, ret_range)) ||
	       (dash && parse_range(text, dash, ret_range));
}

static int add_word(struct targets *t, const char *text, int family, struct diagnosis *d)
{
	struct addr_range r;

	if (targets_range_parse(text, &r))
		return targets_add_range(t, r);
	if (!*text || looks_like_address(text)) {
		return diagnose(d, ERR_USAGE,
				_("\"%.100s\" is no address, no prefix, no range and no name"),
				text);
	}
	return look_up(t, text, family, d);
}

int targets_add(struct targets *t, const char *text, bool v6, struct diagnosis *d)
{
	return add_word(t, text, v6 ? AF_INET6 : AF_INET, d);
}

int targets_add_every(struct targets *t, const char *text, struct diagnosis *d)
{
	return add_word(t, text, AF_UNSPEC, d);
}

/* ---- a file of words ---- */

static int add_words(struct targets *t, char *line, bool v6, struct diagnosis *d)
{
	static const char blanks[] = " \t\r\n\v\f,";
	int error = 0;

	line[strcspn(line, "#")] = '\0';
	for (char *save = NULL, *word = strtok_r(line, blanks, &save); word && !error;
	     word = strtok_r(NULL, blanks, &save))
		error = targets_add(t, word, v6, d);
	return error;
}

int targets_read(struct targets *t, const char *path, bool v6, struct diagnosis *d)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *in = is_stdin ? stdin : fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int error = 0;

	if (!in)
		return diagnose(d, -errno, "%s: %s", path, strerror(errno));
	for (unsigned number = 1; !error && getline(&line, &room, in) >= 0; number++) {
		error = add_words(t, line, v6, d);
		if (error == ERR_USAGE || error == ERR_LIMIT)
			diagnose_prefix(d, error, _("%s: line %u"), path, number);
	}
	if (!error && ferror(in))
		error = diagnose(d, -EIO, "%s: %s", path, strerror(EIO));
	free(line);
	if (!is_stdin)
		(void)fclose(in);
	return error;
}

/* ---- sets ---- */

static int range_order(const void *a, const void *b)
{
	return addr_compare_numeric(((const struct addr_range *)a)->first,
				    ((const struct addr_range *)b)->first);
}

static struct net_addr after(struct net_addr a)
{
	return (struct net_addr){ a.hi + (a.lo == UINT64_MAX), a.lo + 1 };
}

static struct net_addr before(struct net_addr a)
{
	return (struct net_addr){ a.hi - !a.lo, a.lo - 1 };
}

static bool is_last(struct net_addr a)
{
	return a.hi == UINT64_MAX && a.lo == UINT64_MAX;
}

void targets_unite(struct targets *t)
{
	size_t kept = 0;

	if (!t->n_ranges)
		return;
	qsort(t->ranges, t->n_ranges, sizeof(*t->ranges), range_order);
	for (size_t i = 1; i < t->n_ranges; i++) {
		struct addr_range *last = &t->ranges[kept];

		if (is_last(last->last) ||
		    addr_compare_numeric(t->ranges[i].first, after(last->last)) <= 0) {
			if (addr_compare_numeric(t->ranges[i].last, last->last) > 0)
				last->last = t->ranges[i].last;
		} else {
			t->ranges[++kept] = t->ranges[i];
		}
	}
	t->n_ranges = kept + 1;
}

/* What of R lies before, between and behind those of OTHER. */
static int keep_rest(struct targets *ret, struct addr_range r, const struct targets *other)
{
	for (size_t i = 0; i < other->n_ranges; i++) {
		const struct addr_range *x = &other->ranges[i];
		int error = 0;

		if (addr_compare_numeric(x->last, r.first) < 0)
			continue;
		if (addr_compare_numeric(x->first, r.last) > 0)
			break;
		if (addr_compare_numeric(x->first, r.first) > 0)
			error = targets_add_range(ret,
						  (struct addr_range){ r.first, before(x->first) });
		if (error || addr_compare_numeric(x->last, r.last) >= 0)
			return error;
		r.first = after(x->last);
	}
	return targets_add_range(ret, r);
}

int targets_subtract(struct targets *t, const struct targets *other)
{
	struct targets rest = { 0 };
	int error = 0;

	for (size_t i = 0; i < t->n_ranges && !error; i++)
		error = keep_rest(&rest, t->ranges[i], other);
	if (error < 0) {
		targets_finish(&rest);
		return error;
	}
	free(t->ranges);
	t->ranges = rest.ranges;
	t->n_ranges = rest.n_ranges;
	t->room = rest.room;
	return 0;
}

uint64_t targets_count(const struct targets *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->n_ranges; i++) {
		const struct addr_range *r = &t->ranges[i];
		uint64_t of_range = r->last.lo - r->first.lo + 1;
		bool huge = r->last.hi != r->first.hi + (r->last.lo < r->first.lo) || !of_range;

		if (huge || n + of_range < n)
			return UINT64_MAX;
		n += of_range;
	}
	return n;
}

/* Is it just a prefix? Then its length, else -1. */
static int prefix_length(const struct addr_range *r)
{
	int bits = addr_is_v4(r->first) ? 32 : 128;

	for (int length = bits; length >= 0; length--) {
		struct net_prefix p = prefix_of(r->first, (uint8_t)length);
		char text[PREFIX_TEXT_MAX];
		struct addr_range all;

		if (!addr_equal(p.addr, r->first))
			return -1;
		prefix_format(p, text);
		if (parse_prefix(text, strchr(text, '/'), &all) && addr_equal(all.last, r->last))
			return length;
	}
	return -1;
}

const char *targets_range_text(const struct addr_range *r, char ret_text[TARGETS_RANGE_TEXT_MAX])
{
	char last[ADDR_TEXT_MAX];
	int length = prefix_length(r);
	size_t n;

	addr_format(r->first, ret_text);
	n = strlen(ret_text);
	if (addr_equal(r->first, r->last))
		return ret_text;
	if (length >= 0)
		(void)snprintf(ret_text + n, TARGETS_RANGE_TEXT_MAX - n, "/%d", length);
	else
		(void)snprintf(ret_text + n, TARGETS_RANGE_TEXT_MAX - n, "-%s",
			       addr_format(r->last, last));
	return ret_text;
}

void targets_print(const struct targets *t, size_t most, FILE *out)
{
	char text[TARGETS_RANGE_TEXT_MAX];

	for (size_t i = 0; i < t->n_ranges; i++) {
		if (i == most) {
			fputs(" …", out);
			return;
		}
		fprintf(out, "%s%s", i ? " " : "", targets_range_text(&t->ranges[i], text));
	}
}

const char *targets_name(const struct targets *t, struct net_addr addr)
{
	for (size_t i = 0; i < t->n_names; i++) {
		if (addr_equal(t->names[i].addr, addr))
			return t->names[i].name;
	}
	return NULL;
}

int targets_outside(const struct targets *t, const struct prefix_set *networks,
		    struct targets *ret_outside)
{
	struct targets allowed = { 0 }, outside = { 0 };
	int error = targets_add_range(&allowed, (struct addr_range){ addr_from_v4(0x7f000000),
								     addr_from_v4(0x7fffffff) });

	if (!error)
		error = targets_add_range(&allowed,
					  (struct addr_range){ { 0, 1 }, { 0, 1 } }); /* ::1 */
	for (size_t i = 0; i < networks->n_ranges && !error; i++)
		error = targets_add_range(&allowed, networks->ranges[i]);
	for (size_t i = 0; i < t->n_ranges && !error; i++)
		error = targets_add_range(&outside, t->ranges[i]);
	targets_unite(&allowed);
	if (!error)
		error = targets_subtract(&outside, &allowed);
	targets_finish(&allowed);
	if (error < 0) {
		targets_finish(&outside);
		return error;
	}
	*ret_outside = outside;
	return 0;
}

char *targets_text(const struct targets *t, size_t most)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	targets_print(t, most, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
