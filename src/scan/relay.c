#include "scan/relay.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scan/ports.h"

#define LENGTH_BYTES 4
#define NOT_KNOWN    UINT32_MAX /* as a length: NULL */

/* ---- writing ---- */

static void put_bytes(struct buffer *b, const void *bytes, size_t n, size_t most)
{
	bool known = bytes && n <= most;

	buffer_put_u32(b, known ? (uint32_t)n : NOT_KNOWN);
	if (known)
		buffer_put(b, bytes, n);
}

static void put_text(struct buffer *b, const char *text)
{
	put_bytes(b, text, text ? strlen(text) : 0, RELAY_TEXT_MAX);
}

static void put_service(struct buffer *b, const struct service *s)
{
	put_text(b, s->name);
	put_text(b, s->product);
	put_text(b, s->version);
	put_text(b, s->extra_info);
	put_text(b, s->hostname);
	put_text(b, s->os);
	put_text(b, s->device);
	for (size_t i = 0; i < ARRAY_LENGTH(s->cpe); i++)
		put_text(b, s->cpe[i]);
	put_bytes(b, s->certificate, s->certificate ? strlen(s->certificate) : 0,
		  RELAY_CERTIFICATE_MAX);
	put_bytes(b, s->evidence, MIN(s->evidence_bytes, SERVICE_EVIDENCE_MAX),
		  SERVICE_EVIDENCE_MAX);
	buffer_put_u8(b, s->tls);
}

static void put_outcome(struct buffer *b, const struct port_outcome *o)
{
	buffer_put_u64(b, o->host.hi);
	buffer_put_u64(b, o->host.lo);
	buffer_put_u16(b, o->port);
	buffer_put_u8(b, o->protocol);
	buffer_put_u8(b, o->ttl);
	buffer_put_u8(b, (uint8_t)o->state);
	buffer_put_u8(b, (uint8_t)o->reason);
	buffer_put_u64(b, o->time_ns);
}

static bool has_service(enum relay_kind kind)
{
	return kind == RELAY_PORT || kind == RELAY_PROBED;
}

void relay_put(struct buffer *b, const struct relay_message *m)
{
	size_t at = b->length;

	buffer_put_u32(b, 0);
	buffer_put_u8(b, (uint8_t)m->kind);
	switch (m->kind) {
	case RELAY_SETTLED:
		buffer_put_u64(b, m->settled[0]);
		buffer_put_u64(b, m->settled[1]);
		break;
	case RELAY_END:
		buffer_put_u32(b, (uint32_t)m->status);
		put_text(b, m->diagnosis.text);
		break;
	default:
		buffer_put_u32(b, m->n);
		put_outcome(b, &m->outcome);
		if (has_service(m->kind))
			put_service(b, &m->outcome.service);
	}
	if (!b->failed)
		buffer_patch_u32(b, at, (uint32_t)(b->length - at - LENGTH_BYTES));
}

/* ---- reading ---- */

/* Ends with a NUL in any case; RET_BYTES is NULL where it is not known. */
static int take_bytes(struct cursor *c, size_t most, uint8_t **ret_bytes, size_t *ret_n)
{
	uint32_t n = cursor_u32_le(c);
	const uint8_t *bytes;

	*ret_bytes = NULL;
	*ret_n = 0;
	if (n == NOT_KNOWN)
		return 0;
	bytes = n <= most ? cursor_take(c, n) : NULL;
	if (!bytes)
		return ERR_DAMAGED;
	*ret_bytes = malloc(n + 1U);
	if (!*ret_bytes)
		return -ENOMEM;
	memcpy(*ret_bytes, bytes, n);
	(*ret_bytes)[n] = '\0';
	*ret_n = n;
	return 0;
}

/* No NUL within: others would see another text than we do. */
static int take_text(struct cursor *c, size_t most, char **ret_text)
{
	uint8_t *bytes;
	size_t n;
	int error = take_bytes(c, most, &bytes, &n);

	if (!error && bytes && memchr(bytes, '\0', n)) {
		free(bytes);
		return ERR_DAMAGED;
	}
	*ret_text = (char *)bytes;
	return error;
}

static int take_service(struct cursor *c, struct service *s)
{
	char **const texts[] = { &s->name, &s->product, &s->version, &s->extra_info, &s->hostname,
				 &s->os,   &s->device,  &s->cpe[0],  &s->cpe[1],     &s->cpe[2] };
	int error = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(texts) && !error; i++)
		error = take_text(c, RELAY_TEXT_MAX, texts[i]);
	if (!error)
		error = take_text(c, RELAY_CERTIFICATE_MAX, &s->certificate);
	if (!error)
		error = take_bytes(c, SERVICE_EVIDENCE_MAX, &s->evidence, &s->evidence_bytes);
	s->tls = cursor_u8(c) == 1;
	return error;
}

static int take_outcome(struct cursor *c, struct port_outcome *o)
{
	uint8_t state, reason;

	o->host.hi = cursor_u64_le(c);
	o->host.lo = cursor_u64_le(c);
	o->port = cursor_u16_le(c);
	o->protocol = cursor_u8(c);
	o->ttl = cursor_u8(c);
	state = cursor_u8(c);
	reason = cursor_u8(c);
	o->time_ns = cursor_u64_le(c);
	if (c->overrun || state >= PORT_STATES || reason >= PORT_REASONS)
		return ERR_DAMAGED;
	o->state = (enum port_state)state;
	o->reason = (enum port_reason)reason;
	return 0;
}

static int take_end(struct cursor *c, struct relay_message *m)
{
	char *text = NULL;
	int error;

	m->status = (int)cursor_u32_le(c);
	error = take_text(c, sizeof(m->diagnosis.text), &text);
	if (!error && text) {
		text_defuse(text);
		(void)!diagnose(&m->diagnosis, m->status, "%s", text);
	}
	free(text);
	return m->status > 0 ? ERR_DAMAGED : error;
}

static int take_body(struct cursor *c, struct relay_message *m)
{
	int error;

	switch (m->kind) {
	case RELAY_SETTLED:
		m->settled[0] = cursor_u64_le(c);
		m->settled[1] = cursor_u64_le(c);
		return 0;
	case RELAY_END:
		return take_end(c, m);
	default:
		m->n = cursor_u32_le(c);
		error = take_outcome(c, &m->outcome);
		return error || !has_service(m->kind) ? error
						      : take_service(c, &m->outcome.service);
	}
}

int relay_take(struct cursor *c, struct relay_message *ret_message)
{
	struct cursor whole = *c, body;
	uint32_t length = cursor_u32_le(&whole);
	struct relay_message m = { .kind = RELAY_KINDS };
	const uint8_t *bytes;
	uint8_t kind;
	int error;

	if (!whole.overrun && (length == 0 || length > RELAY_MESSAGE_MAX))
		return ERR_DAMAGED;
	bytes = cursor_take(&whole, length);
	if (whole.overrun)
		return 0;
	body = cursor_over(bytes, length);
	kind = cursor_u8(&body);
	m.kind = (enum relay_kind)kind;
	error = kind >= RELAY_KINDS ? ERR_DAMAGED : take_body(&body, &m);
	if (!error && (body.overrun || cursor_left(&body)))
		error = ERR_DAMAGED;
	if (error) {
		service_finish(&m.outcome.service);
		return error;
	}
	*c = whole;
	*ret_message = m;
	return 1;
}

bool relay_fits(const struct relay_message *m, const struct scan_plan *plan)
{
	const struct port_outcome *o = &m->outcome;
	const struct port_list *list = o->protocol == IPPROTO_UDP ? &plan->udp : &plan->tcp;

	if (!scan_plan_has(plan, o->host))
		return false;
	if (m->kind == RELAY_UP || m->kind == RELAY_DOWN)
		return true;
	if (o->protocol != IPPROTO_TCP && o->protocol != IPPROTO_UDP)
		return false;
	return m->kind == RELAY_HOST ? m->n <= list->n : port_list_has(list, o->port);
}
