/* What fingerprints and plain readings make together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identify/reading.h"
#include "identify/service.h"

#include "../base/unit.h"

static const char file_text[] =
	"<?xml version='1.0' encoding='UTF-8'?>\n"
	"<fingerprints matches='ssh.banner' protocol='ssh' database_type='service'>\n"
	" <fingerprint pattern='^OpenSSH_([\\d.p]+) Debian'><description>one</description>\n"
	"  <param pos='0' name='service.vendor' value='OpenBSD'/>\n"
	"  <param pos='0' name='service.product' value='OpenSSH'/>\n"
	"  <param pos='1' name='service.version'/>\n"
	"  <param pos='0' name='service.cpe23' value='cpe:/a:openbsd:openssh:{service.version}'/>\n"
	"  <param pos='0' name='os.product' value='Linux'/>\n"
	"  <param pos='0' name='os.cpe23' value='cpe:/o:debian:debian_linux:-'/>\n"
	" </fingerprint>\n"
	" <fingerprint pattern='^dropbear_([\\d.]+)'><description>a system</description>\n"
	"  <param pos='0' name='service.product' value='Dropbear sshd'/>\n"
	"  <param pos='0' name='os.vendor' value='Debian'/>\n"
	"  <param pos='0' name='os.product' value='Linux'/>\n"
	"  <param pos='0' name='os.version' value='12'/>\n"
	" </fingerprint>\n"
	" <fingerprint pattern='^Some'><description>its own name</description>\n"
	"  <param pos='0' name='service.product' value='Some'/>\n"
	"  <param pos='0' name='os.vendor' value='FreeBSD'/>\n"
	"  <param pos='0' name='os.product' value='FreeBSD'/>\n"
	"  <param pos='0' name='os.version' value='14'/>\n"
	" </fingerprint>\n"
	" <fingerprint pattern='^nothing'><description>asserts nothing</description>\n"
	"  <param pos='0' name='service.product' value='Something'/>\n"
	"  <param pos='0' name='service.certainty' value='0.0'/>\n"
	" </fingerprint>\n"
	"</fingerprints>\n";

static const char http_text[] =
	"<?xml version='1.0' encoding='UTF-8'?>\n"
	"<fingerprints matches='http_header.server' protocol='http' database_type='service'>\n"
	" <fingerprint pattern='^Apache$'><description>bare</description>\n"
	"  <param pos='0' name='service.vendor' value='Apache'/>\n"
	"  <param pos='0' name='service.product' value='HTTPD'/>\n"
	" </fingerprint>\n"
	" <fingerprint pattern='^thing/([\\d.]+)'><description>thing</description>\n"
	"  <param pos='0' name='service.product' value='thing'/>\n"
	"  <param pos='1' name='service.version'/>\n"
	" </fingerprint>\n"
	"</fingerprints>\n";

static const char banner_text[] =
	"<?xml version='1.0' encoding='UTF-8'?>\n"
	"<fingerprints matches='ftp.banner' protocol='ftp' database_type='service'>\n"
	" <fingerprint pattern='^Odd thing ([\\d.]+)'><description>odd</description>\n"
	"  <param pos='0' name='service.product' value='Odd'/>\n"
	"  <param pos='1' name='service.version'/>\n"
	"  <param pos='0' name='hw.vendor' value='Acme'/>\n"
	"  <param pos='0' name='hw.product' value='Box'/>\n"
	" </fingerprint>\n"
	"</fingerprints>\n";

static void add(struct fingerprints *set, const char *text)
{
	char path[] = "/tmp/sekimori-fingerprints-XXXXXX.xml";
	struct diagnosis d = { "" };
	int fd = mkstemps(path, 4), status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	status = fingerprints_add(set, path, &d);
	unlink(path);
	if (status < 0)
		fail_msg("%s", d.text);
}

static int make_set(void **state)
{
	struct fingerprints *set = NULL;
	int status = fingerprints_new(true, &set);

	*state = NULL;
	if (status == ERR_UNSUPPORTED)
		return 0;
	assert_int_equal(status, 0);
	add(set, file_text);
	add(set, http_text);
	add(set, banner_text);
	*state = set;
	return 0;
}

static int drop_set(void **state)
{
	fingerprints_free(*state);
	return 0;
}

static int read_words(const struct fingerprints *set, const char *words, struct service *s)
{
	struct heard h = { .bytes = (const uint8_t *)words, .length = strlen(words), .port = 9 };

	service_init(s);
	return service_read(set, &h, s);
}

static void takes_both(void **state)
{
	struct service s;

	if (!*state)
		skip();
	assert_int_equal(read_words(*state, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", &s), 1);
	assert_string_equal(s.name, "ssh");
	assert_string_equal(s.product, "OpenSSH");
	assert_string_equal(s.version, "9.2p1 Debian 2+deb12u3");
	assert_string_equal(s.extra_info, "protocol 2.0");
	assert_string_equal(s.os, "Linux");
	assert_string_equal(s.cpe[0], "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*");
	assert_string_equal(s.cpe[1], "cpe:2.3:o:debian:debian_linux:-:*:*:*:*:*:*:*");
	assert_null(s.cpe[2]);
	service_finish(&s);
}

static void says_whose_version_the_system_has(void **state)
{
	struct service s;

	if (!*state)
		skip();
	assert_int_equal(read_words(*state, "SSH-2.0-dropbear_2022.83\r\n", &s), 1);
	assert_string_equal(s.os, "Debian Linux 12");
	service_finish(&s);
	assert_int_equal(read_words(*state, "SSH-2.0-Some_1\r\n", &s), 1);
	assert_string_equal(s.os, "FreeBSD 14");
	service_finish(&s);
}

static void takes_the_common_name(void **state)
{
	struct service s;

	if (!*state)
		skip();
	assert_int_equal(read_words(*state, "HTTP/1.1 200 OK\r\nServer: Apache\r\n\r\n", &s), 1);
	assert_string_equal(s.product, "Apache httpd");
	assert_null(s.version);
	service_finish(&s);
}

static void takes_the_version_that_the_fingerprint_tells(void **state)
{
	struct service s;

	if (!*state)
		skip();
	assert_int_equal(read_words(*state, "HTTP/1.1 200 OK\r\nServer: thing/1.5-rc1\r\n\r\n", &s),
			 1);
	assert_string_equal(s.product, "thing");
	assert_string_equal(s.version, "1.5");
	service_finish(&s);
}

static void knows_unknown_words_by_fingerprint(void **state)
{
	struct service s;

	if (!*state)
		skip();
	assert_int_equal(read_words(*state, "Odd thing 1.5 here\r\n", &s), 1);
	assert_string_equal(s.name, "ftp");
	assert_string_equal(s.product, "Odd");
	assert_string_equal(s.version, "1.5");
	assert_string_equal(s.device, "Acme Box");
	service_finish(&s);
}

static void believes_no_assertion_of_nothing(void **state)
{
	struct service s;

	if (!*state)
		skip();
	assert_int_equal(read_words(*state, "SSH-2.0-nothing\r\n", &s), 1);
	assert_string_equal(s.product, "nothing");
	service_finish(&s);
}

static void keeps_what_nobody_knows(void **state)
{
	static const char words[] = "\x1b]0;you\x07\x1b[2J hello\r\n";
	struct service s;

	assert_int_equal(read_words(*state, words, &s), 0);
	assert_null(s.name);
	assert_null(s.product);
	assert_int_equal(s.evidence_bytes, strlen(words));
	assert_memory_equal(s.evidence, words, strlen(words));
	service_finish(&s);
}

static void does_without_fingerprints(void **state)
{
	struct service s;

	(void)state;
	assert_int_equal(read_words(NULL, "HTTP/1.0 200 OK\r\nServer: a\xff/\x01 b\r\n\r\n", &s),
			 1);
	assert_string_equal(s.product, "a\xef\xbf\xbd");
	assert_string_equal(s.version, "\x01");
	service_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_both),
		cmocka_unit_test(says_whose_version_the_system_has),
		cmocka_unit_test(takes_the_common_name),
		cmocka_unit_test(takes_the_version_that_the_fingerprint_tells),
		cmocka_unit_test(knows_unknown_words_by_fingerprint),
		cmocka_unit_test(believes_no_assertion_of_nothing),
		cmocka_unit_test(keeps_what_nobody_knows),
		cmocka_unit_test(does_without_fingerprints),
	};

	return cmocka_run_group_tests(tests, make_set, drop_set);
}
