/* Each reader: what it reads of a whole answer; that every prefix of it ends well, and is taken for
 * no other protocol; that changed bytes do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identify/reading.h"

#include "../base/unit.h"
#include "samples.h"

static struct heard heard_of(const struct sample *s, const uint8_t *bytes, size_t length)
{
	return (struct heard){ .bytes = bytes,
			       .length = length,
			       .asked = s->asked,
			       .port = s->port,
			       .datagram = s->datagram };
}

static void check_field(const struct sample *s, const char *field, const char *found,
			const char *expected)
{
	if (strcmp(found, expected ? expected : ""))
		fail_msg("%s: %s is \"%s\", not \"%s\"", s->name, field, found,
			 expected ? expected : "");
}

static void check_text(const struct sample *s, const struct reading *r)
{
	for (size_t i = 0; i < r->n_texts; i++)
		if (!strcmp(r->texts[i].key, s->key) && r->texts[i].text.n == strlen(s->text) &&
		    !memcmp(r->texts[i].text.at, s->text, r->texts[i].text.n))
			return;
	for (size_t i = 0; i < r->n_texts; i++)
		print_error("%s: \"%.*s\"\n", r->texts[i].key, (int)r->texts[i].text.n,
			    r->texts[i].text.at);
	fail_msg("%s: no %s of \"%s\"", s->name, s->key, s->text);
}

static void reads_whole_answers(void **state)
{
	static struct reading r;

	(void)state;
	for (size_t i = 0; i < samples_count; i++) {
		const struct sample *s = &samples[i];
		struct heard h = heard_of(s, (const uint8_t *)s->bytes, s->length);

		if (!reading_find(&h, &r))
			fail_msg("%s: not recognised", s->name);
		if (strcmp(r.protocol, s->protocol))
			fail_msg("%s: taken for %s", s->name, r.protocol);
		check_field(s, "product", r.product, s->product);
		check_field(s, "version", r.version, s->version);
		check_field(s, "extra", r.extra, s->extra);
		check_field(s, "hostname", r.hostname, s->hostname);
		if (s->key)
			check_text(s, &r);
	}
}

/* Who was asked nothing, or by somebody else: what is certain is recognised all the same. */
static void recognises_without_the_question(void **state)
{
	static const char *const needs_question[] = { "x11",  "mqtt",    "domain",     "mdns",
						      "ntp",  "tftp",    "netbios-ns", "socks5",
						      "epmd", "openvpn", "coap" };
	static struct reading r;

	(void)state;
	for (size_t i = 0; i < samples_count; i++) {
		const struct sample *s = &samples[i];
		struct heard h = heard_of(s, (const uint8_t *)s->bytes, s->length);
		bool certain = strcmp(s->name, "postgresql-tls") && strcmp(s->name, "postgresql") &&
			       strcmp(s->name, "mumble");

		for (size_t j = 0; j < ARRAY_LENGTH(needs_question); j++)
			certain &= strcmp(s->protocol, needs_question[j]) != 0;
		h.asked = NULL;
		if (certain && (!reading_find(&h, &r) || strcmp(r.protocol, s->protocol)))
			fail_msg("%s: not recognised by itself", s->name);
	}
}

/* A copy of exactly that size, so that a sanitizer sees a read past its end. */
static bool find_in_copy(const struct sample *s, const void *bytes, size_t length,
			 struct reading *r)
{
	uint8_t *copy = malloc(length ? length : 1);
	struct heard h;
	bool found;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	h = heard_of(s, copy, length);
	found = reading_find(&h, r);
	for (size_t i = 0; found && i < r->n_texts; i++) {
		const char *at = r->texts[i].text.at, *end = at + r->texts[i].text.n;

		assert_true((at >= (char *)copy && end <= (char *)copy + length) ||
			    (at >= (char *)r && end <= (char *)(r + 1)));
	}
	free(copy);
	return found;
}

/* IPP is HTTP until its server is named, one kind of XMPP the other until its namespace is; 220 is
 * FTP's too until more is said, of SMTP's and DICT's words. */
static void every_prefix_ends_well(void **state)
{
	static struct reading r;

	(void)state;
	for (size_t i = 0; i < samples_count; i++) {
		const struct sample *s = &samples[i];

		for (size_t n = 0; n < s->length; n++)
			if (find_in_copy(s, s->bytes, n, &r) && strcmp(r.protocol, s->protocol) &&
			    strcmp(s->protocol, "ipp") && strcmp(s->protocol, "xmpp-server") &&
			    strcmp(s->name, "smtp-unnamed") && strcmp(s->protocol, "dict"))
				fail_msg("%s: %zu bytes of it are taken for %s", s->name, n,
					 r.protocol);
	}
}

static void changed_bytes_end_well(void **state)
{
	static struct reading r;
	uint32_t random = 2463534242u;
	uint8_t bytes[2048];

	(void)state;
	for (size_t i = 0; i < samples_count; i++) {
		const struct sample *s = &samples[i];

		assert_true(s->length <= sizeof(bytes));
		for (int turn = 0; turn < 400; turn++) {
			memcpy(bytes, s->bytes, s->length);
			for (int change = 0; change < 1 + turn % 4; change++) {
				random ^= random << 13;
				random ^= random >> 17;
				random ^= random << 5;
				bytes[random % s->length] = (uint8_t)(random >> 16);
			}
			(void)find_in_copy(s, bytes, s->length, &r);
		}
	}
}

/* A name that leads to itself, and one that leads forwards. */
static void dns_names_have_an_end(void **state)
{
	static const char loop[] = "^k\x84\0\0\0\0\1\0\0\0\0\xc0\x0c\0\x10\0\3\0\0\0\0\0\1\0";
	static const char ahead[] = "^k\x84\0\0\0\0\1\0\0\0\0\xc0\x20\0\x10\0\3\0\0\0\0\0\1\0";
	static struct reading r;
	struct heard h = { .bytes = (const uint8_t *)loop,
			   .length = sizeof(loop) - 1,
			   .asked = "domain",
			   .datagram = true };

	(void)state;
	assert_true(reading_find(&h, &r));
	assert_string_equal(r.texts[0].key, "dns.rcode");
	h.bytes = (const uint8_t *)ahead;
	assert_true(reading_find(&h, &r));
	assert_string_equal(r.texts[0].key, "dns.rcode");
}

static void unknown_stays_unknown(void **state)
{
	static const char *const words[] = { "",
					     "hello\r\n",
					     "\x1b]0;title\x07\r\n",
					     "220",
					     "22",
					     "HTTP/",
					     "SSH-",
					     "\x80\x81\x82",
					     "\xff",
					     "* O",
					     "+",
					     "Login: ",
					     "A\1" };
	static struct reading r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		struct heard h = { .bytes = (const uint8_t *)words[i],
				   .length = strlen(words[i]),
				   .port = 12345 };

		if (reading_find(&h, &r) && strcmp(words[i], "220"))
			fail_msg("\"%s\" is taken for %s", words[i], r.protocol);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_whole_answers),
		cmocka_unit_test(recognises_without_the_question),
		cmocka_unit_test(every_prefix_ends_well),
		cmocka_unit_test(changed_bytes_end_well),
		cmocka_unit_test(dns_names_have_an_end),
		cmocka_unit_test(unknown_stays_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
