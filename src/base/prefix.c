#include "base/prefix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

static struct net_addr mask_low(struct net_addr a, unsigned keep_bits, bool ones)
{
	uint64_t hi = keep_bits >= 64 ? 0 : UINT64_MAX >> keep_bits;
	uint64_t lo = keep_bits >= 128  ? 0
		      : keep_bits <= 64 ? UINT64_MAX
					: UINT64_MAX >> (keep_bits - 64);

	if (ones)
		return (struct net_addr){ a.hi | hi, a.lo | lo };
	return (struct net_addr){ a.hi & ~hi, a.lo & ~lo };
}

static unsigned bits_of(struct net_prefix p)
{
	return addr_is_v4(p.addr) ? 96u + p.length : p.length;
}

int prefix_parse(const char *text, struct net_prefix *ret_prefix, struct diagnosis *d)
{
	char addr_text[ADDR_TEXT_MAX], meant[PREFIX_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	struct net_prefix p, cut;
	unsigned long length, longest;

	if (n >= sizeof(addr_text))
		return diagnose(d, ERR_USAGE, _("\"%s\" is not a network prefix"), text);
	memcpy(addr_text, text, n);
	addr_text[n] = '\0';
	if (!addr_parse(addr_text, &p.addr))
		return diagnose(d, ERR_USAGE, _("\"%s\" is not a network prefix"), text);
	longest = addr_is_v4(p.addr) ? 32 : 128;
	length = longest;
	if (slash) {
		char *end;

		length = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end || length > longest) {
			return diagnose(d, ERR_USAGE,
					_("\"%s\": a prefix length is a number from 0 to %lu"),
					text, longest);
		}
	}
	p.length = (uint8_t)length;
	cut = prefix_of(p.addr, p.length);
	if (!addr_equal(cut.addr, p.addr)) {
		return diagnose(d, ERR_USAGE, _("\"%s\" has bits set beyond its length; meant %s?"),
				text, prefix_format(cut, meant));
	}
	*ret_prefix = p;
	return 0;
}

const char *prefix_format(struct net_prefix p, char ret_text[PREFIX_TEXT_MAX])
{
	char addr_text[ADDR_TEXT_MAX];

	snprintf(ret_text, PREFIX_TEXT_MAX, "%s/%u", addr_format(p.addr, addr_text), p.length);
	return ret_text;
}

struct net_prefix prefix_of(struct net_addr a, uint8_t length)
{
	struct net_prefix p = { a, length };

	p.addr = mask_low(a, bits_of(p), false);
	/* ::/0 of an IPv4 address would leave the family: keep it. */
	if (addr_is_v4(a))
		p.addr.lo |= ADDR_V4_PREFIX;
	return p;
}

bool prefix_contains(struct net_prefix p, struct net_addr a)
{
	return addr_is_v4(p.addr) == addr_is_v4(a) &&
	       addr_equal(prefix_of(a, p.length).addr, p.addr);
}

void prefix_set_init(struct prefix_set *s)
{
	memset(s, 0, sizeof(*s));
}

void prefix_set_finish(struct prefix_set *s)
{
	free(s->prefixes);
	free(s->ranges);
	prefix_set_init(s);
}

/* ::/0 contains the mapped IPv4 range as numbers, but nobody who writes ::/0 means IPv4: it is cut
 * out. */
size_t prefix_ranges(struct net_prefix p, struct addr_range ret_ranges[2])
{
	const struct net_addr v4_first = addr_from_v4(0), v4_last = addr_from_v4(UINT32_MAX);
	struct addr_range r = { mask_low(p.addr, bits_of(p), false),
				mask_low(p.addr, bits_of(p), true) };

	ret_ranges[0] = r;
	if (addr_is_v4(p.addr) || addr_compare_numeric(r.first, v4_first) > 0 ||
	    addr_compare_numeric(r.last, v4_last) < 0)
		return 1;
	ret_ranges[0].last = (struct net_addr){ 0, v4_first.lo - 1 };
	ret_ranges[1] = (struct addr_range){ { 0, v4_last.lo + 1 }, r.last };
	return 2;
}

static int range_order(const void *a, const void *b)
{
	return addr_compare_numeric(((const struct addr_range *)a)->first,
				    ((const struct addr_range *)b)->first);
}

static int rebuild_ranges(struct prefix_set *s)
{
	struct addr_range *r = malloc(2 * (s->n_prefixes + 1) * sizeof(*r));
	size_t n = 0, kept = 0;

	if (!r)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_prefixes; i++)
		n += prefix_ranges(s->prefixes[i], r + n);
	qsort(r, n, sizeof(*r), range_order);
	for (size_t i = 0; i < n; i++) {
		if (kept && addr_compare_numeric(r[i].first, r[kept - 1].last) <= 0) {
			if (addr_compare_numeric(r[i].last, r[kept - 1].last) > 0)
				r[kept - 1].last = r[i].last;
		} else {
			r[kept++] = r[i];
		}
	}
	free(s->ranges);
	s->ranges = r;
	s->n_ranges = kept;
	return 0;
}

static int prefix_order(struct net_prefix a, struct net_prefix b)
{
	int order = addr_compare(a.addr, b.addr);

	return order ? order : (a.length > b.length) - (a.length < b.length);
}

int prefix_set_add(struct prefix_set *s, struct net_prefix p)
{
	struct net_prefix *grown;
	size_t at = 0;

	while (at < s->n_prefixes && prefix_order(s->prefixes[at], p) < 0)
		at++;
	if (at < s->n_prefixes && prefix_order(s->prefixes[at], p) == 0)
		return 0;
	grown = realloc(s->prefixes, (s->n_prefixes + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->prefixes = grown;
	memmove(grown + at + 1, grown + at, (s->n_prefixes - at) * sizeof(*grown));
	grown[at] = p;
	s->n_prefixes++;
	return rebuild_ranges(s);
}

int prefix_set_add_all(struct prefix_set *s, const struct prefix_set *other)
{
	for (size_t i = 0; i < other->n_prefixes; i++) {
		int error = prefix_set_add(s, other->prefixes[i]);

		if (error < 0)
			return error;
	}
	return 0;
}

bool prefix_set_contains_slow(const struct prefix_set *s, struct net_addr a)
{
	size_t low = 0, high = s->n_ranges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare_numeric(s->ranges[middle].last, a) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < s->n_ranges && addr_compare_numeric(s->ranges[low].first, a) <= 0;
}
