/*
 * Any bytes as the observer's past and present: the first byte chooses. Even: a saved memory to
 * load (what is taken must be saved again). Odd: packets, of which the observer's saved memory at
 * any place must make a second observer see the rest alike.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "observe/observer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1548288000000000000ULL

static struct config config;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void prepare(void)
{
	struct net_prefix p;

	if (config.networks.n_prefixes)
		return;
	config_init(&config);
	require(prefix_parse("192.0.2.0/24", &p, NULL) == 0 &&
		prefix_set_add(&config.networks, p) == 0);
}

static struct observer *copy_of(const struct observer *o, uint64_t time_ns)
{
	struct observer *copy;
	struct buffer b;

	buffer_init(&b);
	require(observer_new(&config, &copy) == 0);
	observer_save(o, time_ns, &b);
	require(!b.failed && observer_load(copy, b.bytes, b.length) == 0);
	buffer_finish(&b);
	return copy;
}

static void load(const uint8_t *data, size_t size)
{
	struct observer *o;
	struct sighting s;
	struct packet p = { .src = addr_from_v4(0xc0000242),
			    .dst = addr_from_v4(0xc6336407),
			    .sport = 30000,
			    .dport = 41000,
			    .tcp_flags = 0x12 };

	require(observer_new(&config, &o) == 0);
	if (observer_load(o, data, size) == 0) {
		observer_free(copy_of(o, NOW));
		require(observer_see(o, NOW, &p, &s) == OUTCOME_SIGHTING);
		require(!(s.marks & ~MARK_STORED_ALL));
	}
	observer_free(o);
}

/* Few hosts and ports, so that packets have to do with each other. */
static bool next_packet(struct cursor *c, uint64_t *time_ns, struct packet *ret_packet)
{
	static const uint16_t ports[8] = { 20, 21, 2121, 80, 30000, 30001, 40000, 40001 };
	static const uint8_t flags[8] = { 0x02, 0x12, 0x10, 0x18, 0x18, 0x11, 0x04, 0x18 };
	uint8_t kind = cursor_u8(c), ends = cursor_u8(c), step = cursor_u8(c),
		length = cursor_u8(c);
	struct packet p = {
		.src = addr_from_v4(0xc0000242 + (ends & 1)),
		.dst = addr_from_v4(0xc6336407 + (ends >> 1 & 1)),
		.sport = ports[ends >> 2 & 7],
		.dport = ports[ends >> 5],
		.tcp_flags = flags[kind & 7],
		.seq = cursor_u8(c),
	};

	if (kind & 8) {
		struct packet turned = p;

		turned.src = p.dst;
		turned.dst = p.src;
		p = turned;
	}
	/* Mostly soon after, at times past a lifetime. */
	*time_ns += (uint64_t)step * (kind & 16 ? 20000000000ULL : 1000000);
	p.payload_wire_length = length;
	p.payload_length = kind & 32 ? length / 2 : length;
	p.payload = cursor_take(c, p.payload_length);
	if (!p.payload_length)
		p.payload = NULL;
	*ret_packet = p;
	return !c->overrun;
}

static void watch(struct cursor c)
{
	struct observer *o, *other = NULL;
	uint64_t time_ns = NOW;
	uint8_t turn = cursor_u8(&c);
	struct packet p;

	require(observer_new(&config, &o) == 0);
	for (unsigned i = 0; next_packet(&c, &time_ns, &p); i++) {
		struct sighting s = { 0 }, t = { 0 };
		enum outcome outcome = observer_see(o, time_ns, &p, &s);

		if (other) {
			require(observer_see(other, time_ns, &p, &t) == outcome);
			require(outcome != OUTCOME_SIGHTING || s.marks == t.marks);
		}
		if (i == turn)
			other = copy_of(o, time_ns);
	}
	observer_free(o);
	observer_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare();
	if (!size)
		return 0;
	if (data[0] % 2)
		watch(cursor_over(data + 1, size - 1));
	else
		load(data + 1, size - 1);
	return 0;
}
