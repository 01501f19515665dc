/*
 * What a service says, from the outside. The first byte says which question it answers (255: the
 * rest is a certificate), the second how it came: bit 0 datagram, bit 1 a port below 1024, bit 2
 * TLS. Every reader, the judgement and the dialogue end; texts lie where they may; what is told is
 * UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "identify/certificate.h"
#include "identify/reading.h"
#include "identify/service.h"
#include "scan/dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_utf8(const char *text)
{
	while (text && *text) {
		int n = text_utf8_length(text);

		require(n > 0);
		text += n;
	}
}

static void check_service(const struct heard *h)
{
	struct service s;

	service_init(&s);
	require(service_read(NULL, h, &s) >= 0);
	check_utf8(s.name);
	check_utf8(s.product);
	check_utf8(s.version);
	check_utf8(s.extra_info);
	check_utf8(s.hostname);
	check_utf8(s.os);
	require(s.evidence_bytes == MIN(h->length, (size_t)SERVICE_EVIDENCE_MAX));
	require(!s.evidence_bytes || !memcmp(s.evidence, h->bytes, s.evidence_bytes));
	service_finish(&s);
}

/* The same bytes again and again: the dialogue must not go on for ever without listening. */
static void check_dialogue(const struct heard *h, const struct reading *r, bool may_tls)
{
	struct dialogue d = { .may_tls = may_tls };
	struct buffer say;
	int turns = 0;

	buffer_init(&say);
	for (enum dialogue_move move = DIALOGUE_SAY; turns < 16; turns++) {
		move = dialogue_next(&d, h, r, &say);
		require(d.mark <= h->length && say.length < 65536);
		d.secured |= move == DIALOGUE_TLS;
		if (move == DIALOGUE_END || move == DIALOGUE_LISTEN)
			break;
	}
	require(turns < 16);
	buffer_finish(&say);
}

static void check_certificate(const uint8_t *data, size_t size)
{
	struct certificate_der chain[2] = { { data, size }, { data, size / 2 } };
	struct certificate_session session = { .version = "TLSv1.3", .cipher = "x" };
	struct certificate_names names;
	char *json = NULL;

	if (certificate_describe(&session, chain, 2, &names, &json) < 0)
		return;
	check_utf8(json);
	require(strlen(names.subject) < sizeof(names.subject));
	free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading r;
	struct heard h;

	if (size < 2)
		return 0;
	if (data[0] == 255) {
		check_certificate(data + 2, size - 2);
		return 0;
	}
	h = (struct heard){ .bytes = data + 2,
			    .length = size - 2,
			    .asked = data[0] < readers_count ? readers[data[0]].protocol : NULL,
			    .port = data[1] & 2 ? 110 : 12345,
			    .datagram = data[1] & 1 };
	if (reading_find(&h, &r)) {
		require(r.n_texts <= READING_TEXTS_MAX && r.made_length <= sizeof(r.made));
		for (size_t i = 0; i < r.n_texts; i++) {
			const char *at = r.texts[i].text.at, *end = at + r.texts[i].text.n;

			require((at >= (const char *)h.bytes &&
				 end <= (const char *)h.bytes + h.length) ||
				(at >= (const char *)&r && end <= (const char *)(&r + 1)));
		}
		check_dialogue(&h, &r, data[1] & 4);
	}
	check_service(&h);
	return 0;
}
