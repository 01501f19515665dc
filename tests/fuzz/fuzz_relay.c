/*
 * Any bytes as what the process that listens tells the one that writes. What is taken is put again
 * as the same bytes, and a message that is cut off is not there yet.
 */
#include <stdlib.h>
#include <string.h>

#include "scan/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_text(const char *text, size_t most)
{
	require(!text || strlen(text) <= most);
}

static void check(const struct relay_message *m)
{
	const struct service *s = &m->outcome.service;

	require(m->kind < RELAY_KINDS && m->status <= 0);
	require(m->outcome.state < PORT_STATES && m->outcome.reason < PORT_REASONS);
	require(s->evidence_bytes <= SERVICE_EVIDENCE_MAX && (s->evidence || !s->evidence_bytes));
	check_text(s->product, RELAY_TEXT_MAX);
	check_text(s->cpe[2], RELAY_TEXT_MAX);
	check_text(s->certificate, RELAY_CERTIFICATE_MAX);
	require(!strchr(m->diagnosis.text, '\033') && !strchr(m->diagnosis.text, '\n'));
}

static void check_again(const struct relay_message *m)
{
	struct relay_message again;
	struct buffer b;
	struct cursor c;

	buffer_init(&b);
	relay_put(&b, m);
	require(!b.failed && b.length <= RELAY_MESSAGE_MAX);
	c = cursor_over(b.bytes, b.length - 1);
	require(relay_take(&c, &again) == 0);
	c = cursor_over(b.bytes, b.length);
	require(relay_take(&c, &again) == 1 && cursor_left(&c) == 0);
	require(again.kind == m->kind && again.n == m->n && again.status == m->status);
	require(addr_equal(again.outcome.host, m->outcome.host));
	require(!strcmp(again.diagnosis.text, m->diagnosis.text));
	service_finish(&again.outcome.service);
	buffer_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	struct relay_message m;

	while (relay_take(&c, &m) > 0) {
		check(&m);
		check_again(&m);
		service_finish(&m.outcome.service);
	}
	return 0;
}
