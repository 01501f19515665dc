/* The dictionary of peers: ascending addresses as steps under class codes. */
#include "archive/part_internal.h"

#define V4_SYMBOLS   33u
#define V6_SYMBOLS   65u
#define V4_BYTES_MAX 6u  /* of one address: at most 42 bits */
#define V6_BYTES_MAX 32u /* of one address: at most 63 + 11 bits thrice and a count of 31 */
#define SLACK        256u

/*
 * IPv6: the upper 64 bits ("network") each once, as a step; then how many addresses it has; the
 * first of these as it is, the others as steps. A small interface id costs little, a random one its
 * 64 bits.
 */
enum v6_code {
	V6_NETWORK,
	V6_COUNT,
	V6_FIRST,
	V6_STEP,
	V6_CODES
};

/* Either counts or writes, so that the order of the numbers is said once. */
struct v6_sink {
	struct bit_writer *out; /* NULL: count */
	struct code_writer code[V6_CODES];
	uint64_t frequency[V6_CODES][V6_SYMBOLS];
};

void peers_v4_pack(const uint32_t *v4, uint32_t n, struct buffer *out)
{
	uint64_t frequency[V4_SYMBOLS] = { 0 };
	struct code_writer code;
	struct bit_writer w;
	uint8_t *bytes = buffer_reserve(out, (size_t)n * V4_BYTES_MAX + SLACK);

	if (!bytes || !n)
		return;
	for (uint32_t i = 0; i < n; i++)
		frequency[bit_length(i ? v4[i] - v4[i - 1] - 1 : v4[i])]++;
	code_make(&code, frequency, V4_SYMBOLS);
	w = bits_into(bytes);
	code_put(&w, &code, V4_SYMBOLS);
	for (uint32_t i = 0; i < n; i++)
		class_put(&w, &code, i ? v4[i] - v4[i - 1] - 1 : v4[i]);
	out->length += bits_end(&w);
}

static void send(struct v6_sink *sink, enum v6_code code, uint64_t x)
{
	if (sink->out) {
		wide_put(sink->out, &sink->code[code], x);
	} else {
		sink->frequency[code][bit_length(x)]++;
	}
}

static void send_v6(struct v6_sink *sink, const struct sort_key *v6, uint32_t n)
{
	uint32_t end;

	for (uint32_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && v6[end].hi == v6[i].hi; end++)
			;
		send(sink, V6_NETWORK, i ? v6[i].hi - v6[i - 1].hi - 1 : v6[i].hi);
		send(sink, V6_COUNT, end - i - 1);
		send(sink, V6_FIRST, v6[i].lo);
		for (uint32_t k = i + 1; k < end; k++)
			send(sink, V6_STEP, v6[k].lo - v6[k - 1].lo - 1);
	}
}

void peers_v6_pack(const struct sort_key *v6, uint32_t n, struct buffer *out)
{
	struct v6_sink sink = { .out = NULL };
	struct bit_writer w;
	uint8_t *bytes = buffer_reserve(out, (size_t)n * V6_BYTES_MAX + SLACK);

	if (!bytes || !n)
		return;
	send_v6(&sink, v6, n);
	w = bits_into(bytes);
	for (int i = 0; i < V6_CODES; i++) {
		code_make(&sink.code[i], sink.frequency[i], V6_SYMBOLS);
		code_put(&w, &sink.code[i], V6_SYMBOLS);
	}
	sink.out = &w;
	send_v6(&sink, v6, n);
	out->length += bits_end(&w);
}

bool peers_v4_unpack(struct bit_reader *r, uint32_t *ret_v4, uint32_t n)
{
	struct code_reader code;
	uint64_t v4 = 0;

	if (!n)
		return true;
	if (!code_take(r, &code, V4_SYMBOLS))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		v4 += class_take(r, &code) + (i > 0);
		if (v4 > UINT32_MAX || r->overrun)
			return false;
		ret_v4[i] = (uint32_t)v4;
	}
	return true;
}

/* The next larger number; false past 2^64. */
static bool step_up(struct bit_reader *r, const struct code_reader *code, uint64_t *x)
{
	uint64_t step = wide_take(r, code);

	if (step >= UINT64_MAX - *x)
		return false;
	*x += step + 1;
	return true;
}

static bool network_unpack(struct bit_reader *r, const struct code_reader *codes, uint64_t network,
			   struct net_addr *ret_v6, uint32_t count)
{
	uint64_t lo = wide_take(r, &codes[V6_FIRST]);

	for (uint32_t i = 0; i < count; i++) {
		if ((i && !step_up(r, &codes[V6_STEP], &lo)) || r->overrun)
			return false;
		ret_v6[i] = (struct net_addr){ .hi = network, .lo = lo };
		if (addr_is_v4(ret_v6[i]))
			return false;
	}
	return true;
}

bool peers_v6_unpack(struct bit_reader *r, struct net_addr *ret_v6, uint32_t n)
{
	struct code_reader codes[V6_CODES];
	uint64_t network = 0, count;

	if (!n)
		return true;
	for (int i = 0; i < V6_CODES; i++) {
		if (!code_take(r, &codes[i], V6_SYMBOLS))
			return false;
	}
	for (uint32_t i = 0; i < n; i += (uint32_t)count) {
		if (!i) {
			network = wide_take(r, &codes[V6_NETWORK]);
		} else if (!step_up(r, &codes[V6_NETWORK], &network)) {
			return false;
		}
		count = wide_take(r, &codes[V6_COUNT]);
		if (r->overrun || count >= n - i)
			return false;
		count++;
		if (!network_unpack(r, codes, network, ret_v6 + i, (uint32_t)count))
			return false;
	}
	return true;
}
