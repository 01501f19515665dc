/* The words of a control connection, one line each. */
#include <stdlib.h>
#include <string.h>

#include "observe/ftp_internal.h"

#include "unit.h"

#define NONE "none"

static const struct {
	const char *line;
	enum ftp_line_kind kind;
	const char *addr;
	uint16_t port;
} cases[] = {
	{ "PORT 192,0,2,1,156,65", FTP_LINE_LISTEN, "192.0.2.1", 40001 },
	{ "port 192,0,2,1,156,65", FTP_LINE_LISTEN, "192.0.2.1", 40001 },
	{ "PoRt   192,0,2,1,0,1", FTP_LINE_LISTEN, "192.0.2.1", 1 },
	{ "PORT\t255,255,255,255,255,255", FTP_LINE_LISTEN, "255.255.255.255", 65535 },
	{ "PORT 192,0,2,1,156,65 trailing", FTP_LINE_LISTEN, "192.0.2.1", 40001 },
	{ "PORT 192,0,2,1,0,0", FTP_LINE_BROKEN, NULL, 0 },
	{ "LPRT 4,4,192,0,2,1,2,4,1", FTP_LINE_BROKEN, NULL, 0 },
	{ "228 Entering Long Passive Mode (4,4,192,0,2,1,2,4,1)", FTP_LINE_BROKEN, NULL, 0 },
	{ "PORT 192,0,2,256,1,1", FTP_LINE_BROKEN, NULL, 0 },
	{ "PORT 192,0,2,1,1", FTP_LINE_BROKEN, NULL, 0 },
	{ "PORT 192,0,2,1,,1", FTP_LINE_BROKEN, NULL, 0 },
	{ "PORT 192.0.2.1,1,1", FTP_LINE_BROKEN, NULL, 0 },
	{ "PORT 9999999999,0,2,1,1,1", FTP_LINE_BROKEN, NULL, 0 },
	{ "PORT", FTP_LINE_BROKEN, NULL, 0 },
	{ "PORT ", FTP_LINE_BROKEN, NULL, 0 },
	{ "POR", FTP_LINE_OTHER, NULL, 0 },
	{ "", FTP_LINE_OTHER, NULL, 0 },
	{ "EPRT |1|192.0.2.1|40001|", FTP_LINE_LISTEN, "192.0.2.1", 40001 },
	{ "eprt |2|2001:db8::1|40001|", FTP_LINE_LISTEN, "2001:db8::1", 40001 },
	{ "EPRT !2!2001:db8::1!40001!", FTP_LINE_LISTEN, "2001:db8::1", 40001 },
	{ "EPRT |3|192.0.2.1|40001|", FTP_LINE_BROKEN, NULL, 0 },
	{ "EPRT ||192.0.2.1|40001|", FTP_LINE_BROKEN, NULL, 0 },
	{ "EPRT |1||40001|", FTP_LINE_BROKEN, NULL, 0 },
	{ "EPRT |1|192.0.2.1|65536|", FTP_LINE_BROKEN, NULL, 0 },
	{ "EPRT |1|192.0.2.1|0|", FTP_LINE_BROKEN, NULL, 0 },
	{ "EPRT |1|192.0.2.1|40001", FTP_LINE_BROKEN, NULL, 0 },
	{ "EPRT |1|192.0.2.1|4", FTP_LINE_BROKEN, NULL, 0 },
	{ "EPRT", FTP_LINE_BROKEN, NULL, 0 },
	{ "227 Entering Passive Mode (192,0,2,1,117,48)", FTP_LINE_LISTEN, "192.0.2.1", 30000 },
	{ "227 Entering Passive Mode 192,0,2,1,117,48", FTP_LINE_LISTEN, "192.0.2.1", 30000 },
	{ "227 Passive (192, 0, 2 ,1, 117, 48)", FTP_LINE_LISTEN, "192.0.2.1", 30000 },
	{ "227 =192,0,2,1,117,48", FTP_LINE_LISTEN, "192.0.2.1", 30000 },
	{ "227 Server 7 of 8, go (192,0,2,1,117,48).", FTP_LINE_LISTEN, "192.0.2.1", 30000 },
	{ "227 Entering Passive Mode (192,0,2,1,117", FTP_LINE_BROKEN, NULL, 0 },
	{ "227 Entering Passive Mode", FTP_LINE_BROKEN, NULL, 0 },
	{ "227-Entering Passive Mode (192,0,2,1,117,48)", FTP_LINE_OTHER, NULL, 0 },
	{ "229 Entering Extended Passive Mode (|||30001|)", FTP_LINE_LISTEN, NONE, 30001 },
	{ "229 ok (!!!30001!)", FTP_LINE_LISTEN, NONE, 30001 },
	{ "229 ok (|2|2001:db8::1|30001|)", FTP_LINE_LISTEN, "2001:db8::1", 30001 },
	{ "229 ok (|||0|)", FTP_LINE_BROKEN, NULL, 0 },
	{ "229 ok (|||99999|)", FTP_LINE_BROKEN, NULL, 0 },
	{ "229 ok (|||30001", FTP_LINE_BROKEN, NULL, 0 },
	{ "229 ok (", FTP_LINE_BROKEN, NULL, 0 },
	{ "229 ok", FTP_LINE_BROKEN, NULL, 0 },
	{ "234 AUTH TLS successful", FTP_LINE_TLS, NULL, 0 },
	{ "334 ADAT=...", FTP_LINE_TLS, NULL, 0 },
	{ "PASV", FTP_LINE_OTHER, NULL, 0 },
	{ "EPSV", FTP_LINE_OTHER, NULL, 0 },
	{ "220 192,0,2,1,117,48", FTP_LINE_OTHER, NULL, 0 },
	{ "RETR 227 (192,0,2,1,117,48)", FTP_LINE_OTHER, NULL, 0 },
	{ " 227 (192,0,2,1,117,48)", FTP_LINE_OTHER, NULL, 0 },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		size_t n = strlen(cases[i].line);
		/* Of exactly that length, so that a sanitizer sees a step past it. */
		char *line = malloc(n ? n : 1), text[ADDR_TEXT_MAX];
		struct ftp_line l;

		assert_non_null(line);
		memcpy(line, cases[i].line, n);
		l = ftp_line_read(line, n);
		free(line);
		if (l.kind != cases[i].kind)
			fail_msg("\"%s\": kind %d, expected %d", cases[i].line, l.kind,
				 cases[i].kind);
		if (l.kind != FTP_LINE_LISTEN)
			continue;
		if (l.port != cases[i].port)
			fail_msg("\"%s\": port %u, expected %u", cases[i].line, l.port,
				 cases[i].port);
		assert_string_equal(l.has_addr ? addr_format(l.addr, text) : NONE, cases[i].addr);
	}
}

/* Every prefix of every line: no step past the end, and never a port that is not said. */
static void test_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		for (size_t n = 0; n < strlen(cases[i].line); n++) {
			char *line = malloc(n ? n : 1);

			assert_non_null(line);
			memcpy(line, cases[i].line, n);
			if (ftp_line_read(line, n).kind == FTP_LINE_LISTEN)
				assert_int_equal(cases[i].kind, FTP_LINE_LISTEN);
			free(line);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines),
					    cmocka_unit_test(test_prefixes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
