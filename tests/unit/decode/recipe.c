#include "recipe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

static void put_before(struct built *b, const uint8_t *bytes, size_t n)
{
	assert(b->length + n <= RECIPE_BYTES_MAX);
	b->length += n;
	b->bytes -= n;
	memcpy(b->buffer + RECIPE_BYTES_MAX - b->length, bytes, n);
}

static uint8_t hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void put_hex(struct built *b, const char *text)
{
	uint8_t bytes[RECIPE_BYTES_MAX];
	size_t n = 0;

	for (const char *c = text; *c; c++) {
		if (*c == ' ')
			continue;
		bytes[n++] = (uint8_t)(hex_digit(c[0]) << 4 | hex_digit(c[1]));
		c++;
	}
	put_before(b, bytes, n);
}

static void put_ipv4(struct built *b, uint8_t protocol, uint8_t number)
{
	size_t total = b->length + 20;
	uint8_t h[20] = { 0x45,
			  0,
			  (uint8_t)(total >> 8),
			  (uint8_t)total,
			  0,
			  1,
			  0,
			  0,
			  64,
			  protocol,
			  0,
			  0,
			  10,
			  0,
			  number,
			  1,
			  10,
			  0,
			  number,
			  2 };

	put_before(b, h, sizeof(h));
}

static void put_ipv6(struct built *b, uint8_t next, uint8_t number)
{
	uint8_t h[40] = { 0x60, 0, 0, 0, (uint8_t)(b->length >> 8), (uint8_t)b->length, next, 64 };

	h[8] = h[24] = 0xfd;
	h[21] = h[37] = number;
	h[23] = 1;
	h[39] = 2;
	put_before(b, h, sizeof(h));
}

static void put_udp(struct built *b, uint16_t port)
{
	size_t length = b->length + 8;
	uint8_t h[8] = {
		0xc3,           0x51, (uint8_t)(port >> 8), (uint8_t)port, (uint8_t)(length >> 8),
		(uint8_t)length
	};

	put_before(b, h, sizeof(h));
}

static void put_tcp(struct built *b)
{
	static const uint8_t h[20] = { RECIPE_SPORT >> 8,
				       RECIPE_SPORT & 255,
				       RECIPE_DPORT >> 8,
				       RECIPE_DPORT & 255,
				       0,
				       0,
				       0,
				       7,
				       0,
				       0,
				       0,
				       9,
				       0x50,
				       TCP_SYN | TCP_ACK | TCP_ECE };

	put_before(b, (const uint8_t *)RECIPE_PAYLOAD, RECIPE_PAYLOAD_LEN);
	put_before(b, h, sizeof(h));
}

static void put_ethernet(struct built *b, uint16_t type)
{
	uint8_t h[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, (uint8_t)(type >> 8), (uint8_t)type };

	put_before(b, h, sizeof(h));
}

static void put_layer(struct built *b, const struct layer *layer, uint8_t ip_number)
{
	switch (layer->kind) {
	case LAYER_END:
		break;
	case LAYER_HEX:
		put_hex(b, layer->hex);
		break;
	case LAYER_ETHERNET:
		put_ethernet(b, layer->next);
		break;
	case LAYER_IPV4:
		put_ipv4(b, (uint8_t)layer->next, ip_number);
		break;
	case LAYER_IPV6:
		put_ipv6(b, (uint8_t)layer->next, ip_number);
		break;
	case LAYER_UDP:
		put_udp(b, layer->next);
		break;
	case LAYER_TCP:
		put_tcp(b);
		break;
	}
}

static struct net_addr numbered_address(enum layer_kind kind, uint8_t number, uint8_t end)
{
	if (kind == LAYER_IPV4)
		return addr_from_v4(0x0a000000U | (uint32_t)number << 8 | end);
	return (struct net_addr){ .hi = 0xfd00000000000000, .lo = (uint64_t)number << 16 | end };
}

void recipe_build(const struct recipe *r, struct built *ret_built)
{
	uint8_t ip_number = 0;
	size_t n = 0;

	*ret_built = (struct built){ .bytes = ret_built->buffer + RECIPE_BYTES_MAX };
	for (; n < RECIPE_LAYERS_MAX && r->layers[n].kind != LAYER_END; n++) {
		enum layer_kind kind = r->layers[n].kind;

		if (kind != LAYER_IPV4 && kind != LAYER_IPV6)
			continue;
		ip_number++;
		ret_built->src = numbered_address(kind, ip_number, 1);
		ret_built->dst = numbered_address(kind, ip_number, 2);
	}
	while (n-- > 0) {
		enum layer_kind kind = r->layers[n].kind;

		put_layer(ret_built, &r->layers[n], ip_number);
		if (kind == LAYER_IPV4 || kind == LAYER_IPV6)
			ip_number--;
	}
}

enum verdict decode_exactly(uint16_t link_type, const uint8_t *bytes, size_t length,
			    struct packet *ret_packet)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);
	enum verdict v;

	assert(copy);
	memcpy(copy, bytes, length);
	v = decode_frame(link_type, copy, (uint32_t)length, ret_packet);
	if (v == VERDICT_TCP && ret_packet->payload) {
		assert(ret_packet->payload >= copy &&
		       ret_packet->payload + ret_packet->payload_length <= copy + length);
		ret_packet->payload = bytes + (ret_packet->payload - copy);
	}
	free(copy);
	return v;
}
