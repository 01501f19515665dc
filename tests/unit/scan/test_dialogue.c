/* Conversations, line by line: what a service says, and what is to be said to it. */
#include <string.h>

#include "scan/dialogue.h"

#include "../base/unit.h"

/* One turn: the service adds its words; we do and say that. */
struct turn {
	const char *heard;
	enum dialogue_move move;
	const char *said;
};

struct script {
	const char *name, *asked;
	uint16_t port;
	bool within_tls, no_tls;
	struct turn turns[8]; /* up to one that hears NULL */
};

static const struct script scripts[] = {
	{ "smtp",
	  NULL,
	  25,
	  false,
	  false,
	  { { "220 mx.example.org ESMTP\r\n", DIALOGUE_SAY, "EHLO sekimori\r\n" },
	    { "250-mx.example.org\r\n", DIALOGUE_LISTEN, "" },
	    { "250 STARTTLS\r\n", DIALOGUE_SAY, "STARTTLS\r\n" },
	    { "220 go\r\n", DIALOGUE_TLS, "" },
	    { "", DIALOGUE_END, "" } } },
	{ "smtp without TLS",
	  NULL,
	  25,
	  false,
	  false,
	  { { "220 mx.example.org ESMTP\r\n", DIALOGUE_SAY, "EHLO sekimori\r\n" },
	    { "250 mx.example.org\r\n", DIALOGUE_END, "QUIT\r\n" } } },
	{ "smtp, we without TLS",
	  NULL,
	  25,
	  false,
	  true,
	  { { "220 mx.example.org ESMTP\r\n", DIALOGUE_SAY, "EHLO sekimori\r\n" },
	    { "250-mx\r\n250 STARTTLS\r\n", DIALOGUE_END, "QUIT\r\n" } } },
	{ "smtp within TLS",
	  NULL,
	  465,
	  true,
	  false,
	  { { "220 mx.example.org ESMTP\r\n", DIALOGUE_SAY, "EHLO sekimori\r\n" },
	    { "250-mx\r\n250 STARTTLS\r\n", DIALOGUE_END, "QUIT\r\n" } } },
	{ "220 of whom is asked",
	  NULL,
	  2600,
	  false,
	  false,
	  { { "220 hello\r\n", DIALOGUE_SAY, "EHLO sekimori\r\n" },
	    { "500 what?\r\n", DIALOGUE_END, "QUIT\r\n" } } },
	{ "ftp",
	  NULL,
	  21,
	  false,
	  false,
	  { { "220 (vsFTPd 3.0.3)\r\n", DIALOGUE_SAY, "AUTH TLS\r\n" },
	    { "234 go\r\n", DIALOGUE_TLS, "" },
	    { "", DIALOGUE_END, "" } } },
	{ "ftp without TLS",
	  NULL,
	  21,
	  false,
	  false,
	  { { "220 (vsFTPd 3.0.3)\r\n", DIALOGUE_SAY, "AUTH TLS\r\n" },
	    { "530 no\r\n", DIALOGUE_END, "QUIT\r\n" } } },
	{ "pop3",
	  NULL,
	  110,
	  false,
	  false,
	  { { "+OK Dovecot ready.\r\n", DIALOGUE_SAY, "CAPA\r\n" },
	    { "+OK\r\nSTLS\r\n", DIALOGUE_LISTEN, "" },
	    { ".\r\n", DIALOGUE_SAY, "STLS\r\n" },
	    { "+OK go\r\n", DIALOGUE_TLS, "" } } },
	{ "imap",
	  NULL,
	  143,
	  false,
	  false,
	  { { "* OK ready.\r\n", DIALOGUE_SAY, "a CAPABILITY\r\nb ID NIL\r\n" },
	    { "* CAPABILITY IMAP4rev1 STARTTLS\r\na OK\r\n", DIALOGUE_LISTEN, "" },
	    { "b BAD\r\n", DIALOGUE_SAY, "c STARTTLS\r\n" },
	    { "c OK go\r\n", DIALOGUE_TLS, "" } } },
	{ "telnet",
	  NULL,
	  23,
	  false,
	  false,
	  { { "\xff\xfd\x18\xff\xfb\x03", DIALOGUE_SAY, "\xff\xfc\x18\xff\xfe\x03" },
	    { "\r\nhello ", DIALOGUE_LISTEN, "" },
	    { "login: ", DIALOGUE_END, "" } } },
	{ "vnc",
	  NULL,
	  5900,
	  false,
	  false,
	  { { "RFB 003.008\n", DIALOGUE_SAY, "RFB 003.008\n" }, { "\1\1", DIALOGUE_END, "" } } },
	{ "ssh", NULL, 22, false, false, { { "SSH-2.0-OpenSSH_8.7\r\n", DIALOGUE_END, "" } } },
	{ "postgresql without TLS",
	  "postgresql",
	  5432,
	  false,
	  false,
	  { { "N", DIALOGUE_SAY, NULL } } },
	{ "postgresql",
	  "postgresql",
	  5432,
	  false,
	  false,
	  { { "S", DIALOGUE_TLS, "" }, { "", DIALOGUE_SAY, NULL } } },
};

static void play(const struct script *s)
{
	struct dialogue d = { .secured = s->within_tls, .may_tls = !s->no_tls };
	static struct reading r;
	struct buffer heard, said;

	buffer_init(&heard);
	buffer_init(&said);
	for (const struct turn *t = s->turns; t->heard; t++) {
		struct heard h = { .asked = s->asked, .port = s->port };
		enum dialogue_move move;

		buffer_put(&heard, t->heard, strlen(t->heard));
		h.bytes = heard.bytes;
		h.length = heard.length;
		buffer_clear(&said);
		assert_true(reading_find(&h, &r));
		move = dialogue_next(&d, &h, &r, &said);
		if (move != t->move)
			fail_msg("%s: after \"%s\" move %d", s->name, t->heard, move);
		if (t->said && (said.length != strlen(t->said) ||
				(said.length && memcmp(said.bytes, t->said, said.length))))
			fail_msg("%s: after \"%s\": \"%.*s\"", s->name, t->heard, (int)said.length,
				 (char *)said.bytes);
		d.secured |= move == DIALOGUE_TLS;
	}
	buffer_finish(&heard);
	buffer_finish(&said);
}

static void follows_the_scripts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++)
		play(&scripts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(follows_the_scripts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
