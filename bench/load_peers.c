/*
 * IPv4 peers are uniform over the unicast space: no clusters that a dictionary could profit from.
 *
 * IPv6 peers come from 400 networks of a /32 (a quarter each of 2400::/12, 2600::/12, 2a00::/12,
 * and 2001:200::/23), the Nth asked for in proportion to 1/N. In hundredths of all peers: 55
 * households: random interface identifiers (RFC 8981). A /64 of its own for most, but a household
 * shows itself under several of them, so one in two takes a /64 that was used before; 20 servers
 * and scanners in hosting networks: interface ids ::1 to ::ffff, mostly low, in one of 2,000 /64;
 *   15 EUI-64 (RFC 4291, appendix A) of 64 makers, a /64 of its own for each;
 *   10 rotating scanners: random interface ids, but all of them in the same 64 /64.
 */
#include "load_peers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define NETWORKS      400
#define HOSTING_NETS  2000
#define ROTATING_NETS 64
#define MAKERS        64
#define KEPT_HOMES    4096

struct outside {
	uint64_t networks[NETWORKS]; /* the upper 32 bits are the /32 */
	uint64_t hosting[HOSTING_NETS], rotating[ROTATING_NETS];
	uint64_t homes[KEPT_HOMES]; /* /64 in use lately; 0 for none */
	uint32_t makers[MAKERS];
};

/* About one in proportion to 1/N: the logarithm of the rank is uniform. */
static uint32_t draw_rank(struct draw *d, uint32_t n)
{
	uint32_t rank = (uint32_t)pow((double)n, draw_unit(d)) - 1;

	return MIN(rank, n - 1);
}

static uint64_t draw_net(const struct outside *o, struct draw *d)
{
	uint64_t site = draw_u64(d) & 0xffffff00U; /* a /56 of the network */
	uint64_t subnet = draw_below(d, 4) > 0 ? 0 : draw_below(d, 16);

	return o->networks[draw_rank(d, NETWORKS)] | site | subnet;
}

static void outside_init(struct outside *o, struct draw *d)
{
	static const struct {
		uint32_t base, room;
	} blocks[] = { { 0x24000000, 1 << 20 },
		       { 0x26000000, 1 << 20 },
		       { 0x2a000000, 1 << 20 },
		       { 0x20010200, 1 << 9 } };

	for (uint32_t i = 0; i < NETWORKS; i++) {
		uint32_t at = draw_below(d, blocks[i % 4].room);

		o->networks[i] = (uint64_t)(blocks[i % 4].base + at) << 32;
	}
	for (uint32_t i = 0; i < HOSTING_NETS; i++)
		o->hosting[i] = draw_net(o, d);
	for (uint32_t i = 0; i < ROTATING_NETS; i++)
		o->rotating[i] = draw_net(o, d);
	for (uint32_t i = 0; i < MAKERS; i++)
		o->makers[i] = draw_below(d, 1 << 24) & 0xfcffff; /* universal, unicast */
	memset(o->homes, 0, sizeof(o->homes));
}

static uint64_t draw_random_interface(struct draw *d)
{
	return draw_u64(d) & ~0x0200000000000000ULL;
}

static struct load_addr draw_household(struct outside *o, struct draw *d)
{
	uint64_t *home = &o->homes[draw_below(d, KEPT_HOMES)];

	if (*home == 0 || draw_below(d, 2) == 0)
		*home = draw_net(o, d);
	return load_addr_v6(*home, draw_random_interface(d));
}

static struct load_addr draw_eui64(const struct outside *o, struct draw *d)
{
	uint64_t net = draw_net(o, d);
	uint64_t maker = o->makers[draw_rank(d, MAKERS)] ^ 0x020000;

	return load_addr_v6(net, maker << 40 | 0xfffeULL << 24 | draw_below(d, 1 << 24));
}

static struct load_addr draw_rotating(const struct outside *o, struct draw *d)
{
	uint64_t net = o->rotating[draw_below(d, ROTATING_NETS)];

	return load_addr_v6(net, draw_random_interface(d));
}

static struct load_addr draw_server(const struct outside *o, struct draw *d)
{
	uint64_t net = o->hosting[draw_below(d, HOSTING_NETS)];

	return load_addr_v6(net, 1 + draw_rank(d, UINT16_MAX));
}

static struct load_addr draw_v6(struct outside *o, struct draw *d)
{
	uint32_t percent = draw_below(d, 100);

	if (percent < 55)
		return draw_household(o, d);
	if (percent < 75)
		return draw_server(o, d);
	if (percent < 90)
		return draw_eui64(o, d);
	return draw_rotating(o, d);
}

struct load_addr load_peers_draw_v4(struct draw *d)
{
	static const uint8_t special[] = { 10, 100, 127, 163, 169, 172, 192, 198, 203 };
	uint32_t v4;

	do {
		v4 = draw_between(d, 0x01000000, 0xdfffffff);
	} while (memchr(special, (int)(v4 >> 24), sizeof(special)));
	return load_addr_v4(v4);
}

static uint64_t address_hash(const struct load_addr *a)
{
	uint64_t words[2];

	memcpy(words, a->bytes, sizeof(words));
	words[0] = (words[0] ^ words[1] * 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
	return words[0] ^ words[0] >> 32;
}

/* Takes A when it is new. TABLE holds indices + 1, open addressing; MASK + 1 is a power of two. */
static bool peers_take(struct load_peers *peers, uint32_t table[], uint64_t mask,
		       const struct load_addr *a)
{
	uint64_t at = address_hash(a) & mask;

	for (; table[at] != 0; at = (at + 1) & mask) {
		if (memcmp(peers->addresses[table[at] - 1].bytes, a->bytes, sizeof(a->bytes)) == 0)
			return false;
	}
	peers->addresses[peers->n++] = *a;
	table[at] = peers->n;
	return true;
}

int load_peers_init(struct load_peers *peers, uint32_t n, int families, struct draw *d)
{
	struct outside *o = calloc(1, sizeof(*o));
	uint64_t room = 1024;
	uint32_t *table;
	int ret = -ENOMEM;

	while (room < 2ULL * n)
		room *= 2;
	table = calloc(room, sizeof(table[0]));
	*peers = (struct load_peers){ .addresses = calloc(n, sizeof(peers->addresses[0])) };
	if (!o || !table || !peers->addresses)
		goto out;
	outside_init(o, d);
	while (peers->n < n) {
		struct load_addr a = load_family_is_v6(families, peers->n) ? draw_v6(o, d)
									   : load_peers_draw_v4(d);

		(void)peers_take(peers, table, room - 1, &a);
	}
	ret = 0;
out:
	free(o);
	free(table);
	return ret;
}

void load_peers_finish(struct load_peers *peers)
{
	free(peers->addresses);
	*peers = (struct load_peers){ 0 };
}
