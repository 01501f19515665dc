#include "identify/ber.h"

#include <stdio.h>

bool ber_take(struct cursor *c, uint8_t *ret_tag, struct cursor *ret_inside)
{
	struct cursor at = *c;
	uint8_t tag = cursor_u8(&at), first = cursor_u8(&at);
	size_t length = first;

	if (at.overrun || (tag & 0x1f) == 0x1f)
		return false;
	if (first >= 0x80) {
		length = 0;
		if (first == 0x80 || first > 0x84)
			return false;
		for (int i = 0; i < (first & 0x7f); i++)
			length = length << 8 | cursor_u8(&at);
		if (at.overrun)
			return false;
	}
	*ret_tag = tag;
	*ret_inside = at;
	cursor_cut(ret_inside, length);
	cursor_skip(&at, length);
	at.overrun |= c->overrun;
	*c = at;
	return true;
}

bool ber_enter(struct cursor *c, uint8_t tag, struct cursor *ret_inside)
{
	struct cursor at = *c, inside;
	uint8_t found;

	if (!ber_take(&at, &found, &inside) || found != tag)
		return false;
	*c = at;
	*ret_inside = inside;
	return true;
}

bool ber_number(struct cursor *c, uint8_t tag, int64_t *ret_number)
{
	struct cursor inside;
	uint64_t x;
	size_t n;

	if (!ber_enter(c, tag, &inside))
		return false;
	n = cursor_left(&inside);
	if (!n || n > 8 || c->overrun)
		return false;
	x = *inside.at & 0x80 ? UINT64_MAX : 0;
	while (n--)
		x = x << 8 | cursor_u8(&inside);
	*ret_number = (int64_t)x;
	return true;
}

bool ber_octets(struct cursor *c, uint8_t tag, struct span *ret_octets)
{
	struct cursor inside;

	if (!ber_enter(c, tag, &inside))
		return false;
	*ret_octets = span_rest(&inside);
	return true;
}

void ber_oid_print(struct span oid, char ret_text[BER_OID_TEXT_MAX])
{
	struct cursor c = span_cursor(oid);
	size_t used = 0;
	uint64_t x = 0;
	bool first = true;

	ret_text[0] = '\0';
	while (cursor_left(&c) && used < BER_OID_TEXT_MAX - 24) {
		uint8_t byte = cursor_u8(&c);

		x = x << 7 | (byte & 0x7f);
		if (byte & 0x80)
			continue;
		if (first) {
			uint64_t root = x < 80 ? x / 40 : 2;

			used = (size_t)snprintf(ret_text, BER_OID_TEXT_MAX, "%llu.%llu",
						(unsigned long long)root,
						(unsigned long long)(x - root * 40));
		} else {
			used += (size_t)snprintf(ret_text + used, BER_OID_TEXT_MAX - used, ".%llu",
						 (unsigned long long)x);
		}
		first = false;
		x = 0;
	}
}
