/* Files of fingerprints: read, refused, asked. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identify/fingerprint.h"

#include "unit.h"

#define HEAD "<?xml version='1.0' encoding='UTF-8'?>\n<fingerprints matches='k' protocol='SSH'>\n"
#define TAIL "</fingerprints>\n"

static char folder[] = "/tmp/sekimori-fingerprint-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* NAME in the folder; the caller removes it. */
static void write_file(const char *name, const char *text, char ret_path[256])
{
	FILE *f;

	snprintf(ret_path, 256, "%s/%s", folder, name);
	f = fopen(ret_path, "w");
	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0 || fclose(f) != 0, 0);
}

static int add_text(struct fingerprints *set, const char *text, size_t length, struct diagnosis *d)
{
	char path[64];
	int fd = memfd_create("fingerprints", MFD_CLOEXEC), error;

	assert_true(fd >= 0 && write(fd, text, length) == (ssize_t)length);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	error = fingerprints_add(set, path, d);
	close(fd);
	return error;
}

static struct fingerprints *set_of(const char *text)
{
	struct fingerprints *set = NULL;
	struct diagnosis d = { "" };

	assert_int_equal(fingerprints_new(true, &set), 0);
	if (add_text(set, text, strlen(text), &d) != 0)
		fail_msg("%s", d.text);
	return set;
}

static void assert_value(const struct fingerprint_match *m, const char *name, const char *expected)
{
	const char *value = fingerprint_value(m, name);

	if (!value != !expected || (value && strcmp(value, expected) != 0))
		fail_msg("%s: \"%s\", not \"%s\"", name, value ? value : "(none)",
			 expected ? expected : "(none)");
}

static void values(void **state)
{
	struct fingerprints *set = set_of(
		HEAD
		"<fingerprint pattern='^S(\\d)?(x)?-(.*)$' flags='REG_DOT_NEWLINE'>"
		"<description>\n  a \t server\n</description>"
		"<param pos='0' name='service.product' value='S'/>"
		"<param pos='1' name='service.version'/>"
		"<param pos='2' name='os.product'/>"
		"<param pos='3' name='_tmp.rest'/>"
		"<param pos='0' name='hw.product' value='the {_tmp.rest} of {service.product}'/>"
		"<param pos='0' name='hw.family' value='{hw.product}!'/>"
		"<param pos='0' name='os.family' value='{os.product}'/>"
		"<param pos='0' name='os.version' value='a {not a name} {}'/>"
		"<param pos='0' name='service.cpe23' value='cpe:/a:v:s:{service.version}'/>"
		"<param pos='0' name='hw.cpe23' value='cpe:/h:v:{_tmp.rest}'/>"
		"</fingerprint>" TAIL);
	struct fingerprint_match m;

	(void)state;
	assert_int_equal(fingerprints_match(set, "k", "S2x-a:b {service.version}", 25, &m), 1);
	assert_string_equal(m.description, "a server");
	assert_int_equal(m.line, 3);
	assert_true(m.certainty > 0.84 && m.certainty < 0.86);
	assert_value(&m, "service.product", "S");
	assert_value(&m, "service.version", "2");
	assert_value(&m, "os.product", "x");
	assert_value(&m, "_tmp.rest", NULL);
	assert_value(&m, "hw.product", "the a:b {service.version} of S");
	assert_value(&m, "hw.family", "the a:b {service.version} of S!");
	assert_value(&m, "os.family", "x");
	assert_value(&m, "os.version", "a {not a name} {}");
	assert_value(&m, "service.cpe23", "cpe:/a:v:s:2");
	assert_value(&m, "hw.cpe23", "cpe:/h:v:a%3ab_%7bservice.version%7d");
	assert_value(&m, "service.protocol", "ssh");
	fingerprint_match_finish(&m);

	assert_int_equal(fingerprints_match(set, "k", "S-\xff\xc3\xa9\0b", 7, &m), 1);
	assert_value(&m, "service.version", NULL);
	assert_value(&m, "os.family", NULL);
	assert_value(&m, "service.cpe23", "cpe:/a:v:s:-");
	assert_value(&m, "hw.product", "the \xef\xbf\xbd\xc3\xa9"); /* ends at the NUL */
	fingerprint_match_finish(&m);
	assert_int_equal(fingerprints_match(set, "k", "T-", 2, &m), 0);
	assert_int_equal(fingerprints_match(set, "other", "S-", 2, &m), 0);
	fingerprints_free(set);
}

static void long_values_are_cut(void **state)
{
	struct fingerprints *set = set_of(
		HEAD "<fingerprint pattern='^(.*)$' certainty='0.5'><description>d</description>"
		     "<param pos='1' name='host.name'/>"
		     "<param pos='0' name='x' value='{host.name}{host.name}'/>"
		     "<param pos='0' name='service.protocol' value='other'/></fingerprint>" TAIL);
	char *text = malloc(3 * FINGERPRINT_TEXT_MAX);
	struct fingerprint_match m;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 3 * FINGERPRINT_TEXT_MAX; i += 3)
		memcpy(text + i, "\xe3\x82\xb9", 3);
	assert_int_equal(fingerprints_match(set, "k", text, 3 * FINGERPRINT_TEXT_MAX, &m), 1);
	assert_int_equal(strlen(fingerprint_value(&m, "host.name")), FINGERPRINT_VALUE_MAX / 3 * 3);
	assert_int_equal(strlen(fingerprint_value(&m, "x")), FINGERPRINT_VALUE_MAX / 3 * 3);
	assert_value(&m, "service.protocol", "other");
	assert_true(m.certainty > 0.49 && m.certainty < 0.51);
	fingerprint_match_finish(&m);
	fingerprints_free(set);
	free(text);
}

#define FINGERPRINT(pattern, name)                                                                 \
	"<fingerprint pattern='" pattern "'><description>" name "</description></fingerprint>"

static void assert_answer(const struct fingerprints *set, const char *key, const char *text,
			  const char *description)
{
	struct fingerprint_match m;

	assert_int_equal(fingerprints_match(set, key, text, strlen(text), &m), 1);
	assert_string_equal(m.description, description);
	fingerprint_match_finish(&m);
}

static void who_is_asked_first(void **state)
{
	char low[256], high[256], none[256], late[256], damaged[256];
	struct fingerprints *set = NULL;
	struct fingerprint_match m;
	struct diagnosis d;

	(void)state;
	write_file("a.xml",
		   "<fingerprints matches='k' preference='0.2'>" FINGERPRINT("a", "low")
			   FINGERPRINT("b", "low") "</fingerprints>",
		   low);
	write_file("b.xml",
		   "<fingerprints matches='k' preference='0.8'>" FINGERPRINT("aa", "high")
			   FINGERPRINT("a", "second") "</fingerprints>",
		   high);
	write_file("c.xml", "<fingerprints>" FINGERPRINT("a", "keyless") "</fingerprints>", none);
	assert_int_equal(fingerprints_new(true, &set), 0);
	assert_int_equal(fingerprints_add(set, folder, &d), 0);
	assert_answer(set, "k", "aa", "high");
	assert_answer(set, "k", "a", "second");
	assert_answer(set, "k", "b", "low");
	assert_answer(set, "c", "a", "keyless");

	write_file("late",
		   "<fingerprints matches='k' preference='0'>" FINGERPRINT(
			   "a", "late") "</fingerprints>",
		   late);
	assert_int_equal(fingerprints_add(set, late, &d), 0);
	assert_answer(set, "k", "aa", "late");

	/* Of a folder with a damaged file nothing is added. */
	write_file("d.xml", "<fingerprints>", damaged);
	write_file("a.xml",
		   "<fingerprints matches='new'>" FINGERPRINT("a", "new") "</fingerprints>", low);
	assert_int_equal(fingerprints_add(set, folder, &d), ERR_DAMAGED);
	assert_non_null(strstr(d.text, "d.xml:1: "));
	assert_int_equal(fingerprints_match(set, "new", "a", 1, &m), 0);
	assert_answer(set, "k", "b", "low");
	assert_int_equal(unlink(low) | unlink(high) | unlink(none) | unlink(late) | unlink(damaged),
			 0);
	assert_int_equal(fingerprints_add(set, low, &d), -ENOENT);
	fingerprints_free(set);
}

/* What is refused, where, and with which word. */
static void refused(void **state)
{
	static const struct {
		const char *text, *words;
		int error;
	} wrong[] = {
		{ "", ":1: ", ERR_DAMAGED },
		{ "text", ":1: ", ERR_DAMAGED },
		{ "<html/>", "\"html\"", ERR_FORMAT },
		{ HEAD, ":3: ", ERR_DAMAGED },
		{ HEAD "\n<fingerprint/>" TAIL, ":4: a fingerprint without a pattern",
		  ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='a'/>" TAIL, ":3: a fingerprint without a description",
		  ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='a('/>" TAIL, ":3: ", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='a' flags='REG_X'/>" TAIL, "REG_X", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='a' certainty='2'/>" TAIL, "\"2\"", ERR_DAMAGED },
		{ "<fingerprints preference='nan'/>", "\"nan\"", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='(a)'>\n<param pos='2' name='n'/></fingerprint>" TAIL,
		  ":4: the pattern has no such capture: \"2\"", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='(a)'><param pos='-1' name='n'/></fingerprint>" TAIL,
		  "-1", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='(a)'><param pos='1x' name='n'/></fingerprint>" TAIL,
		  "1x", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='(a)'><param name='n'/></fingerprint>" TAIL,
		  "a param without its pos", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='(a)'><param pos='1'/></fingerprint>" TAIL,
		  "a param without its name", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='(a)'><param pos='0' name='n'/></fingerprint>" TAIL,
		  "a param without its value", ERR_DAMAGED },
		{ HEAD "<fingerprint pattern='a'><description/><param pos='0' name='n' "
		       "value='{m}'/></fingerprint>" TAIL,
		  "{m}", ERR_DAMAGED },
		{ "<!DOCTYPE fingerprints><fingerprints/>", "document type", ERR_DAMAGED },
		{ "<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
		  "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><fingerprints matches='&c;'/>",
		  "document type", ERR_DAMAGED },
		{ "<!DOCTYPE f [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><fingerprints>&e;"
		  "</fingerprints>",
		  "document type", ERR_DAMAGED },
		{ HEAD "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>", "too many elements",
		  ERR_DAMAGED },
		{ HEAD "&nbsp;" TAIL, ":3: ", ERR_DAMAGED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		struct fingerprints *set = NULL;
		struct diagnosis d = { "" };
		int error;

		assert_int_equal(fingerprints_new(true, &set), 0);
		error = add_text(set, wrong[i].text, strlen(wrong[i].text), &d);
		if (error != wrong[i].error || !strstr(d.text, wrong[i].words) ||
		    !strstr(d.text, "/proc/self/fd/"))
			fail_msg("%s: %d, %s", wrong[i].text, error, d.text);
		fingerprints_free(set);
	}
}

static const char good[] =
	HEAD "<!-- a word --><other>more<example/></other>\n"
	     "<fingerprint pattern='^a(b)?' unknown='x'><description>d &amp; e</description>"
	     "<example n='b'>ab</example><param pos='1' name='n'/>"
	     "<param pos='0' name='m' value='{n}'/></fingerprint>\n" TAIL;

static void every_prefix_fails_cleanly(void **state)
{
	struct fingerprints *set = NULL;
	struct fingerprint_match m;
	struct diagnosis d;

	(void)state;
	assert_int_equal(fingerprints_new(true, &set), 0);
	for (size_t n = 0; n + 2 < sizeof(good); n++) {
		assert_int_equal(add_text(set, good, n, &d), ERR_DAMAGED);
		assert_int_equal(fingerprints_match(set, "k", "ab", 2, &m), 0);
	}
	assert_int_equal(add_text(set, good, sizeof(good) - 1, &d), 0);
	assert_answer(set, "k", "ab", "d & e");
	fingerprints_free(set);
}

/* Of a name that comes twice the last counts, as in Recog. */
static void names_twice(void **state)
{
	struct fingerprints *set = set_of(
		HEAD "<fingerprint pattern='^(a)(b)'><description>d</description>"
		     "<param pos='1' name='n'/><param pos='2' name='n'/></fingerprint>" TAIL);
	struct fingerprint_match m;

	(void)state;
	assert_int_equal(fingerprints_match(set, "k", "ab", 2, &m), 1);
	assert_value(&m, "n", "b");
	assert_int_equal(m.n_values, 2); /* and service.protocol */
	fingerprint_match_finish(&m);
	fingerprints_free(set);
}

struct verdicts {
	int n, wrong, without;
	char last[512];
};

static void on_verdict(void *arg, const struct fingerprint_verdict *v)
{
	struct verdicts *all = arg;

	all->n++;
	all->without += !v->text;
	all->wrong += v->wrong != NULL;
	if (v->wrong)
		snprintf(all->last, sizeof(all->last), "%d %d %s", v->line, v->example_line,
			 v->wrong);
}

static void examples_are_verified(void **state)
{
	char path[256], example[512], name[300];
	struct verdicts all = { 0 };
	struct diagnosis d;

	(void)state;
	write_file("e.xml",
		   HEAD "<fingerprint pattern='^a\\x00(b)$'><description>d</description>\n"
			"<example _encoding='base64' n='b'>\nYQ\nBi </example>\n"
			"<param pos='1' name='n'/></fingerprint>\n"
			"<fingerprint pattern='^from a (file)$'><description>d</description>\n"
			"<example _filename='one' n='file'/>\n"
			"<param pos='1' name='n'/></fingerprint>" TAIL,
		   path);
	snprintf(name, sizeof(name), "%s/e", folder);
	assert_int_equal(mkdir(name, 0700), 0);
	write_file("e/one", "from a file", example);
	assert_int_equal(fingerprints_verify(path, on_verdict, &all, &d), 0);
	assert_int_equal(all.n, 2);
	if (all.wrong)
		fail_msg("%s", all.last);
	assert_int_equal(unlink(example) | rmdir(name), 0);
	assert_int_equal(fingerprints_verify(path, on_verdict, &all, &d), ERR_DAMAGED);
	assert_non_null(strstr(d.text, "e.xml:9: the example's file cannot be read: \"one\""));

	write_file("e.xml",
		   HEAD "<fingerprint pattern='^a(b)$'><description>d</description>\n"
			"<example>aB</example><param pos='1' name='n'/></fingerprint>\n" TAIL,
		   path);
	assert_int_equal(fingerprints_verify(path, on_verdict, &all, &d), 0);
	assert_string_equal(all.last, "3 4 the pattern does not match");
	write_file("e.xml",
		   HEAD "<fingerprint pattern='^a(b)$'><description>d</description>\n"
			"<example n='c'>ab</example><param pos='1' name='n'/></fingerprint>\n" TAIL,
		   path);
	assert_int_equal(fingerprints_verify(path, on_verdict, &all, &d), 0);
	assert_string_equal(all.last, "3 4 n is \"b\", not \"c\"");
	write_file("e.xml", HEAD FINGERPRINT("a", "d") TAIL, path);
	assert_int_equal(fingerprints_verify(path, on_verdict, &all, &d), 0);
	assert_string_equal(all.last, "3 0 it has no example");
	assert_int_equal(all.without, 1);
	unlink(path);
}

#define ENCODED(text)                                                                              \
	HEAD "<fingerprint pattern='a'><description>d</description>"                               \
	     "<example _encoding='base64'>" text "</example></fingerprint>" TAIL

static void not_base64(void **state)
{
	static const char *const wrong[] = { ENCODED("YQ=a"),  ENCODED("Y"),    ENCODED("YQ*"),
					     ENCODED("Y==="),  ENCODED("YQ-_"), ENCODED("YQYQY"),
					     ENCODED("YWE===") };
	struct verdicts all = { 0 };
	struct diagnosis d;
	char path[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		write_file("f.xml", wrong[i], path);
		assert_int_equal(fingerprints_verify(path, on_verdict, &all, &d), ERR_DAMAGED);
		assert_non_null(strstr(d.text, "not base64"));
	}
	unlink(path);
}

static void names_of_cpe(void **state)
{
	static const struct {
		const char *uri, *formatted;
	} names[] = {
		{ "cpe:/a:openbsd:openssh:9.2p1", "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*" },
		{ "cpe:/o:linux:linux_kernel:-", "cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*" },
		{ "cpe:/a:v:p::u", "cpe:2.3:a:v:p:*:u:*:*:*:*:*:*" },
		{ "cpe:/a:v:P%2b%3a(x)", "cpe:2.3:a:v:p\\+\\:\\(x\\):*:*:*:*:*:*:*:*" },
		{ "cpe:/h:a:b:c:d:e:f:g:h", "cpe:2.3:h:a:b:c:d:e:f:*:*:*:*" },
		{ "cpe:2.3:a:b:c:*:*:*:*:*:*:*:*", "cpe:2.3:a:b:c:*:*:*:*:*:*:*:*" },
		{ "cpe:2.3:a:b:c\\:d:*:*:*:*:*:*:*:*", "cpe:2.3:a:b:c\\:d:*:*:*:*:*:*:*:*" },
		{ "cpe:2.3:a:b:c:*:*:*:*:*:*:*", NULL },
		{ "cpe:2.3:a:b:c d:*:*:*:*:*:*:*:*", NULL },
		{ "cpe:2.3:a:b:\xef\xbf\xbd:*:*:*:*:*:*:*:*", NULL },
		{ "cpe:/x:a:b", NULL },
		{ "openssh", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct fingerprint_value value = { "os.cpe23", (char *)names[i].uri };
		struct fingerprint_match m = { .values = &value, .n_values = 1 };
		char *name = fingerprint_cpe(&m, "os.cpe23");

		assert_null(fingerprint_cpe(&m, "hw.cpe23"));
		assert_int_equal(!name, !names[i].formatted);
		if (name)
			assert_string_equal(name, names[i].formatted);
		free(name);
	}
}

static void *match_many(void *arg)
{
	struct fingerprint_match m;
	size_t right = 0;

	for (int i = 0; i < 200; i++) {
		const char *text = i % 2 ? "server 1.5 a\xc2\xb7" : "server 1.5";

		if (fingerprints_match(arg, "k", text, strlen(text), &m) == 1) {
			right += !strcmp(fingerprint_value(&m, "service.version"), "1.5");
			fingerprint_match_finish(&m);
		}
	}
	return (void *)right;
}

static void threads_together(void **state)
{
	struct fingerprints *set =
		set_of(HEAD "<fingerprint pattern='server (\\d\\.\\d)'><description>d</description>"
			    "<param pos='1' name='service.version'/></fingerprint>" TAIL);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, match_many, set), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
		void *right;

		assert_int_equal(pthread_join(threads[i], &right), 0);
		assert_int_equal((size_t)right, 200);
	}
	fingerprints_free(set);
}

static void built_in_and_beside_it(void **state)
{
	static const char banner[] = "OpenSSH_9.2p1 Debian-2+deb12u3";
	static const char mine[] = "<fingerprints matches='ssh.banner'>" FINGERPRINT(
		"^Open", "mine") "</fingerprints>";
	struct fingerprints *set = NULL;
	struct fingerprint_match m;
	struct diagnosis d;
	char *cpe;

	(void)state;
	assert_int_equal(fingerprints_new(false, &set), 0);
	assert_int_equal(fingerprints_match(set, "ssh.banner", banner, strlen(banner), &m), 1);
	assert_value(&m, "service.version", "9.2p1");
	assert_value(&m, "service.version.version", "2+deb12u3");
	cpe = fingerprint_cpe(&m, "service.cpe23");
	assert_string_equal(cpe, "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*");
	free(cpe);
	fingerprint_match_finish(&m);
	assert_int_equal(add_text(set, mine, strlen(mine), &d), 0);
	assert_answer(set, "ssh.banner", banner, "mine");
	fingerprints_free(set);
	fingerprints_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(who_is_asked_first),
		cmocka_unit_test(refused),
		cmocka_unit_test(every_prefix_fails_cleanly),
		cmocka_unit_test(names_twice),
		cmocka_unit_test(examples_are_verified),
		cmocka_unit_test(not_base64),
		cmocka_unit_test(names_of_cpe),
		cmocka_unit_test(threads_together),
		cmocka_unit_test(built_in_and_beside_it),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
