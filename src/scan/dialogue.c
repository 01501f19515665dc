#include "scan/dialogue.h"

#include <ctype.h>
#include <string.h>

#include "identify/ber.h"
#include "scan/probe.h"

typedef enum dialogue_move step_fn(struct dialogue *d, struct span answer, const struct reading *r,
				   struct buffer *say);

static void put(struct buffer *say, const char *words)
{
	buffer_put(say, words, strlen(words));
}

static enum dialogue_move bid_farewell(struct buffer *say, const char *words)
{
	put(say, words);
	return DIALOGUE_END;
}

/* The code of a reply (RFC 5321, 4.2) whose last line has come; 0 otherwise. */
static int reply_code(struct span answer)
{
	struct span line;

	while (answer.n && span_line(&answer, &line)) {
		if (line.n < 3 || !isdigit((unsigned char)line.at[0]))
			return -1;
		if (line.n == 3 || line.at[3] == ' ')
			return (line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + line.at[2] -
			       '0';
	}
	return 0;
}

/* RFC 3207. */
static enum dialogue_move step_smtp(struct dialogue *d, struct span answer, const struct reading *r,
				    struct buffer *say)
{
	int code = reply_code(answer);

	switch (d->step) {
	case 0:
		put(say, "EHLO sekimori\r\n");
		return DIALOGUE_SAY;
	case 1:
		if (!code)
			return DIALOGUE_LISTEN;
		if (code != 250 || !r->starttls || !d->may_tls || d->secured)
			return bid_farewell(say, "QUIT\r\n");
		put(say, "STARTTLS\r\n");
		return DIALOGUE_SAY;
	}
	if (!code)
		return DIALOGUE_LISTEN;
	return code == 220 ? DIALOGUE_TLS : bid_farewell(say, "QUIT\r\n");
}

/* A greeting of 220 that names neither FTP nor SMTP: EHLO tells them apart. */
static bool is_doubtful(const struct heard *h)
{
	return h->port != 21 && h->port != 2121 && h->port != 990 &&
	       !span_has(span_over(h->bytes, h->length), "ftp");
}

/* RFC 4217. */
static enum dialogue_move step_ftp(struct dialogue *d, struct span answer, const struct reading *r,
				   struct buffer *say)
{
	int code = reply_code(answer);

	(void)r;
	if (d->step == 0 && d->may_tls && !d->secured) {
		put(say, "AUTH TLS\r\n");
		return DIALOGUE_SAY;
	}
	if (d->step && !code)
		return DIALOGUE_LISTEN;
	return d->step && code == 234 ? DIALOGUE_TLS : bid_farewell(say, "QUIT\r\n");
}

/* RFC 2449 and 2595: CAPA, which ends with a line of one dot. */
static enum dialogue_move step_pop3(struct dialogue *d, struct span answer, const struct reading *r,
				    struct buffer *say)
{
	bool refused = span_starts(answer, "-ERR"), whole = span_index(answer, '\n') < answer.n;

	switch (d->step) {
	case 0:
		put(say, "CAPA\r\n");
		return DIALOGUE_SAY;
	case 1:
		if (!whole ||
		    (!refused && !span_has(answer, "\n.\r\n") && !span_has(answer, "\n.\n")))
			return DIALOGUE_LISTEN;
		if (!r->starttls || !d->may_tls || d->secured)
			return bid_farewell(say, "QUIT\r\n");
		put(say, "STLS\r\n");
		return DIALOGUE_SAY;
	}
	if (!whole)
		return DIALOGUE_LISTEN;
	return span_starts(answer, "+OK") ? DIALOGUE_TLS : bid_farewell(say, "QUIT\r\n");
}

/* RFC 9051, 6.2.1, and 2971: what it can, and who it is, in one breath. */
static enum dialogue_move step_imap(struct dialogue *d, struct span answer, const struct reading *r,
				    struct buffer *say)
{
	bool whole = span_has(answer, "\nb ") || span_starts(answer, "b ");

	switch (d->step) {
	case 0:
		put(say, "a CAPABILITY\r\nb ID NIL\r\n");
		return DIALOGUE_SAY;
	case 1:
		if (!whole)
			return DIALOGUE_LISTEN;
		if (!r->starttls || !d->may_tls || d->secured)
			return bid_farewell(say, "d LOGOUT\r\n");
		put(say, "c STARTTLS\r\n");
		return DIALOGUE_SAY;
	}
	if (span_has(answer, "c OK"))
		return DIALOGUE_TLS;
	return span_has(answer, "c ") ? bid_farewell(say, "d LOGOUT\r\n") : DIALOGUE_LISTEN;
}

static enum dialogue_move step_mysql(struct dialogue *d, struct span answer,
				     const struct reading *r, struct buffer *say)
{
	(void)answer;
	if (d->step || d->secured || !d->may_tls || !r->starttls)
		return DIALOGUE_END;
	say_mysql_tls(say);
	return DIALOGUE_TLS;
}

/* 'S': TLS first; then, in either case, a start that it refuses with its reasons. */
static enum dialogue_move step_postgresql(struct dialogue *d, struct span answer,
					  const struct reading *r, struct buffer *say)
{
	if (d->step == 0 && r->starttls && !d->secured)
		return d->may_tls ? DIALOGUE_TLS : DIALOGUE_END;
	if (d->step <= 1 && (d->step == 0 || d->secured) && answer.n <= 1) {
		d->step = 1;
		say_postgresql_start(say);
		return DIALOGUE_SAY;
	}
	return r->more ? DIALOGUE_LISTEN : DIALOGUE_END;
}

/* "login:", "router>" */
static bool ends_in_prompt(const struct reading *r)
{
	struct span text = r->n_texts ? r->texts[0].text : span_over("", 0);

	return text.n && strchr(":>#$%", text.at[text.n - 1]);
}

/* RFC 5804, 2.2. */
static enum dialogue_move step_sieve(struct dialogue *d, struct span answer,
				     const struct reading *r, struct buffer *say)
{
	if (d->step == 0) {
		if (!r->starttls || !d->may_tls || d->secured)
			return bid_farewell(say, "LOGOUT\r\n");
		put(say, "STARTTLS\r\n");
		return DIALOGUE_SAY;
	}
	if (span_index(answer, '\n') == answer.n)
		return DIALOGUE_LISTEN;
	return span_starts_nocase(answer, "OK") ? DIALOGUE_TLS : DIALOGUE_END;
}

/* RFC 6120, 5.4.2. */
static enum dialogue_move step_xmpp(struct dialogue *d, struct span answer, const struct reading *r,
				    struct buffer *say)
{
	if (d->step == 0) {
		if (!r->starttls)
			return span_has(answer, "error") ? DIALOGUE_END : DIALOGUE_LISTEN;
		if (!d->may_tls || d->secured)
			return DIALOGUE_END;
		put(say, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		return DIALOGUE_SAY;
	}
	if (span_has(answer, "<proceed"))
		return DIALOGUE_TLS;
	return span_has(answer, "<failure") ? DIALOGUE_END : DIALOGUE_LISTEN;
}

/* RFC 854: every option that is offered or asked for is refused, so that it comes to its prompt. */
static enum dialogue_move step_telnet(struct dialogue *d, struct span answer,
				      const struct reading *r, struct buffer *say)
{
	struct cursor c = span_cursor(answer);
	size_t before = say->length;

	while (cursor_left(&c) >= 3 && d->step < 8) {
		uint8_t refusal[3] = { 255, 0, 0 }, command;

		if (cursor_u8(&c) != 255)
			continue;
		command = cursor_u8(&c);
		if (command < 251 || command > 254)
			continue;
		refusal[1] = command >= 253 ? 252 : 254; /* DO, DON'T: WON'T; WILL, WON'T: DON'T */
		refusal[2] = cursor_u8(&c);
		if (command == 251 || command == 253)
			buffer_put(say, refusal, sizeof(refusal));
	}
	if (ends_in_prompt(r))
		return DIALOGUE_END;
	return say->length > before ? DIALOGUE_SAY : DIALOGUE_LISTEN;
}

/* RFC 6143, 7.1.1: the same version back, and it says which kinds of security it has. */
static enum dialogue_move step_vnc(struct dialogue *d, struct span answer, const struct reading *r,
				   struct buffer *say)
{
	(void)r;
	if (d->step)
		return DIALOGUE_END;
	buffer_put(say, answer.at, 12);
	return DIALOGUE_SAY;
}

static enum dialogue_move step_smb(struct dialogue *d, struct span answer, const struct reading *r,
				   struct buffer *say)
{
	(void)answer;
	if (d->step || strncmp(r->extra, "SMB 1", 6) == 0)
		return DIALOGUE_END;
	say_smb_session(say);
	return DIALOGUE_SAY;
}

static enum dialogue_move step_rdp(struct dialogue *d, struct span answer, const struct reading *r,
				   struct buffer *say)
{
	(void)answer;
	(void)say;
	return d->step == 0 && r->starttls && d->may_tls && !d->secured ? DIALOGUE_TLS
									: DIALOGUE_END;
}

/* RFC 4511, 4.14.2: the result comes in an ExtendedResponse, whose first field must be 0. */
static enum dialogue_move step_ldap(struct dialogue *d, struct span answer, const struct reading *r,
				    struct buffer *say)
{
	struct cursor c = span_cursor(answer), message, operation;
	int64_t id, result;

	if (d->step == 0) {
		if (!r->starttls || !d->may_tls || d->secured)
			return DIALOGUE_END;
		say_ldap_starttls(say);
		return DIALOGUE_SAY;
	}
	if (!ber_enter(&c, BER_SEQUENCE, &message))
		return DIALOGUE_LISTEN;
	if (ber_number(&message, BER_INTEGER, &id) && ber_enter(&message, 0x78, &operation) &&
	    ber_number(&operation, BER_ENUMERATED, &result) && result == 0)
		return DIALOGUE_TLS;
	return DIALOGUE_END;
}

enum dialogue_move dialogue_next(struct dialogue *d, const struct heard *h, const struct reading *r,
				 struct buffer *say)
{
	static const struct {
		const char *protocol;
		step_fn *step;
	} steps[] = { { "smtp", step_smtp },       { "ftp", step_ftp },
		      { "pop3", step_pop3 },       { "imap", step_imap },
		      { "mysql", step_mysql },     { "postgresql", step_postgresql },
		      { "telnet", step_telnet },   { "vnc", step_vnc },
		      { "smb", step_smb },         { "rdp", step_rdp },
		      { "ldap", step_ldap },       { "sieve", step_sieve },
		      { "xmpp-client", step_xmpp } };
	const char *protocol = r->protocol;

	if (!strcmp(protocol, "ftp") && d->step == 0 && is_doubtful(h))
		protocol = "smtp";
	/* The certificate is what it was for. */
	if (d->upgraded && strcmp(protocol, "postgresql"))
		return DIALOGUE_END;
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		struct span answer = span_skip(span_over(h->bytes, h->length), d->mark);
		enum dialogue_move move;

		if (strcmp(protocol, steps[i].protocol))
			continue;
		move = steps[i].step(d, answer, r, say);
		if (move == DIALOGUE_SAY || move == DIALOGUE_TLS) {
			d->step++;
			d->mark = h->length;
			d->upgraded |= move == DIALOGUE_TLS;
		}
		return move;
	}
	return DIALOGUE_END;
}
