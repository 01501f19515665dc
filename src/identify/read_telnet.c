/* Telnet (RFC 854): commands after byte 255, and the text between them. */
#include "identify/reading.h"

#define TELNET_SE   240
#define TELNET_SB   250
#define TELNET_WILL 251
#define TELNET_DONT 254
#define TELNET_IAC  255

/* Passes over one command. Returns false when it is none that RFC 854 knows. */
static bool command_skip(struct cursor *c)
{
	uint8_t command = cursor_u8(c);

	if (c->overrun)
		return true;
	if (command >= TELNET_WILL && command <= TELNET_DONT) {
		cursor_skip(c, 1);
		return true;
	}
	if (command != TELNET_SB)
		return command >= TELNET_SE;
	while (!c->overrun)
		if (cursor_u8(c) == TELNET_IAC && cursor_u8(c) == TELNET_SE)
			break;
	return true;
}

bool read_telnet(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	struct span text = span_over(r->made, 0);
	int commands = 0;

	while (cursor_left(&c)) {
		uint8_t byte = cursor_u8(&c);
		char letter = (char)byte;

		if (byte == TELNET_IAC) {
			if (!command_skip(&c))
				return false;
			commands += !c.overrun;
		} else if (byte) {
			text.n += reading_make_bytes(r, span_over(&letter, 1)).n;
		}
	}
	/* Without a command it is a text as any other. */
	if (!commands &&
	    !(h->port == 23 && (span_has(text, "login") || span_has(text, "password") ||
				span_has(text, "username"))))
		return false;
	reading_key(r, "telnet.banner", span_trim(text));
	return true;
}
