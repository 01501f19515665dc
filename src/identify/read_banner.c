/* Services that say first, in a line of text, what they are. */
#include <ctype.h>
#include <stdio.h>

#include "identify/reading.h"

/* "9.2p1 Debian-2+deb12u3" → "9.2p1 Debian 2+deb12u3", as such a package is called. */
static void ssh_version(struct reading *r, struct span version, struct span comment)
{
	char *dash;

	READING_SET(r->version, version);
	if (!span_starts(comment, "Debian-") && !span_starts(comment, "Ubuntu-") &&
	    !span_starts(comment, "FreeBSD-") && !span_starts(comment, "Raspbian-"))
		return;
	READING_SAY(r->version, "%.*s %.*s", (int)MIN(version.n, 60), version.at,
		    (int)MIN(comment.n, 60), comment.at);
	dash = strrchr(r->version, ' ');
	dash = dash ? strchr(dash, '-') : NULL;
	if (dash)
		*dash = ' ';
}

/* RFC 4253, 4.2: "SSH-protoversion-softwareversion SP comments"; lines before it are allowed. */
bool read_ssh(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), line, software, product;
	size_t dash, cut;

	do {
		r->more = !span_line(&rest, &line);
	} while (!span_starts(line, "SSH-") && rest.n);
	if (!span_starts(line, "SSH-") || line.n > 1024)
		return false;
	line = span_skip(line, 4);
	dash = span_index(line, '-');
	if (!dash || dash > 8 || dash == line.n || !isdigit((unsigned char)line.at[0]))
		return false;
	READING_SAY(r->extra, "protocol %.*s", (int)dash, line.at);
	line = span_skip(line, dash + 1);
	reading_key(r, "ssh.banner", line);
	software = span_word(&line);
	/* "OpenSSH_9.2p1", "dropbear_2022.83", "libssh-0.10.4", "Cisco-1.25" */
	cut = span_index(software, '_');
	if (cut == software.n) {
		for (cut = 0; cut + 1 < software.n; cut++)
			if (software.at[cut] == '-' && isdigit((unsigned char)software.at[cut + 1]))
				break;
		if (cut + 1 >= software.n)
			cut = software.n;
	}
	product = span_first(software, cut);
	READING_SET(r->product,
		    span_is(product, "dropbear") ? span_over("Dropbear sshd", 13) : product);
	ssh_version(r, span_skip(software, cut + 1), line);
	return true;
}

/* "@RSYNCD: 31.0" or "@RSYNCD: 32.0 sha512 …" (rsync's clientserver.c, csprotocol.txt). */
bool read_rsync(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), line, version;

	r->more = !span_line(&rest, &line);
	if (!span_starts(line, "@RSYNCD: ") || line.n == 9 || !isdigit((unsigned char)line.at[9]))
		return false;
	reading_key(r, "rsync.banner", line);
	line = span_skip(line, 9);
	version = span_word(&line);
	READING_SET(r->product, span_over("rsync", 5));
	READING_SAY(r->extra, "protocol version %.*s", (int)MIN(span_index(version, '.'), 16),
		    version.at);
	return true;
}

/* RFC 6143, 7.1.1: twelve bytes, "RFB 003.008\n"; then, once answered, the security types. */
bool read_vnc(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	const uint8_t *head = cursor_take(&c, 12);
	struct span types;
	int major, minor, n;

	if (!head || memcmp(head, "RFB ", 4) || head[7] != '.' || head[11] != '\n')
		return false;
	for (int i = 4; i < 11; i++)
		if (i != 7 && !isdigit(head[i]))
			return false;
	major = (head[4] - '0') * 100 + (head[5] - '0') * 10 + (head[6] - '0');
	minor = (head[8] - '0') * 100 + (head[9] - '0') * 10 + (head[10] - '0');
	READING_SET(r->product, span_over("VNC", 3));
	READING_SAY(r->extra, "protocol %d.%d", major, minor);
	n = cursor_u8(&c);
	types = reading_make(r, "RFB %03d.%03d", major, minor);
	for (int i = 0; i < n && !c.overrun; i++) {
		unsigned int type = cursor_u8(&c);

		if (!c.overrun)
			types.n += reading_make(r, i ? ",%u" : " security %u", type).n;
	}
	reading_key(r, "vnc.banner", types);
	return true;
}

/* The lines of a reply "NNN-text … NNN text" (RFC 959, 4.2); false when the last has not come. */
static bool reply_take(struct span *rest, int *ret_code, struct span *ret_text)
{
	struct span line, all = *rest;
	bool whole = span_line(rest, &line);

	*ret_code = 0;
	*ret_text = line;
	if (line.n < 3 || !isdigit((unsigned char)line.at[0]) ||
	    !isdigit((unsigned char)line.at[1]) || !isdigit((unsigned char)line.at[2]) ||
	    (line.n > 3 && line.at[3] != ' ' && line.at[3] != '-'))
		return false;
	*ret_code = (line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0');
	*ret_text = span_skip(line, 4);
	while (whole && line.n > 3 && !(line.at[3] == ' ' && !memcmp(line.at, all.at, 3))) {
		whole = rest->n && span_line(rest, &line);
		if (whole && line.n < 4)
			line.n = 0;
		if (!line.n)
			continue;
	}
	if (line.at + line.n > all.at + 4)
		*ret_text = span_over(all.at + 4, (size_t)(line.at + line.n - all.at - 4));
	return whole;
}

/* Is it a name, as a host has it? */
static bool looks_like_host(struct span word)
{
	if (!word.n || word.n > 253 || span_index(word, '.') == word.n)
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (!isalnum((unsigned char)word.at[i]) && !strchr(".-_", word.at[i]))
			return false;
	return word.at[0] != '.';
}

static bool says_smtp(const struct heard *h, struct span greeting, int second)
{
	if (span_has(greeting, "smtp") || second == 250)
		return true;
	if (span_has(greeting, "ftp"))
		return false;
	if (h->asked && strcmp(h->asked, "http"))
		return !strcmp(h->asked, "smtp");
	return h->port == 25 || h->port == 465 || h->port == 587 || h->port == 2525 ||
	       span_has(greeting, "mail");
}

/* RFC 5321, 4.3.1: after the code stands the host's name. */
static void read_smtp_more(struct reading *r, struct span greeting, struct span rest)
{
	struct span words = greeting, text, first = span_word(&words);
	int code;

	reading_key(r, "smtp.banner", greeting);
	if (looks_like_host(first))
		READING_SET(r->hostname, first);
	if (!reply_take(&rest, &code, &text) || code != 250)
		return;
	reading_key(r, "smtp.ehlo", text);
	r->starttls = span_has(text, "STARTTLS");
}

/* SMTP (RFC 5321) and FTP (RFC 959) both say "220 text". */
bool read_greeting(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), greeting, next, after;
	int code, second = 0;

	r->more = !reply_take(&rest, &code, &greeting);
	if (code != 220 && code != 421 && code != 554 && code != 120 && code != 530)
		return false;
	greeting = span_trim(greeting);
	after = rest;
	if (after.n)
		(void)reply_take(&after, &second, &next);
	if (code == 554 || says_smtp(h, greeting, second)) {
		r->protocol = "smtp";
		read_smtp_more(r, greeting, rest);
		return true;
	}
	r->protocol = "ftp";
	r->starttls = true; /* worth asking */
	reading_key(r, "ftp.banner", greeting);
	return true;
}

/* RFC 3977, 5.1: 200 or 201, and a greeting. */
bool read_nntp(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), text;
	int code;

	r->more = !reply_take(&rest, &code, &text);
	if ((code != 200 && code != 201) ||
	    !(h->port == 119 || h->port == 563 || span_has(text, "nntp") ||
	      span_has(text, "nnrp") || span_has(text, "news") || span_has(text, "posting")))
		return false;
	reading_key(r, "nntp.banner", text);
	return true;
}

/* RFC 1939, 4; the capabilities (RFC 2449) may follow. */
bool read_pop3(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), line, software;
	size_t at;

	r->more = !span_line(&rest, &line);
	if (!span_starts(line, "+OK") && !span_starts(line, "-ERR"))
		return false;
	/* Redis says "-ERR" too. */
	if (line.at[0] == '-' && !(h->asked && !strcmp(h->asked, "pop3")) && h->port != 110 &&
	    h->port != 995)
		return false;
	line = span_trim(span_skip(line, line.at[0] == '+' ? 3 : 4));
	reading_key(r, "pop3.banner", line);
	at = span_find(rest, "\nIMPLEMENTATION ");
	if (at < rest.n) {
		rest = span_skip(rest, at + 1);
		(void)span_line(&rest, &software);
		reading_key(r, "pop3.implementation", span_skip(software, 15));
	}
	r->starttls = span_has(span_over(h->bytes, h->length), "\nSTLS");
	return true;
}

/* The values of ("name" "Dovecot" "version" "2.3"): RFC 2971, 3.2. */
static void read_imap_id(struct reading *r, struct span text)
{
	struct span fields[2], line, whole;
	size_t at = span_find(text, "* ID (");
	int n = 0;

	if (at == text.n)
		return;
	text = span_skip(text, at + 5);
	(void)span_line(&text, &line);
	whole = line;
	reading_key(r, "imap4.id", whole);
	while ((at = span_index(line, '"')) < line.n) {
		line = span_skip(line, at + 1);
		at = span_index(line, '"');
		fields[n++] = span_first(line, at);
		line = span_skip(line, at + 1);
		if (n < 2)
			continue;
		n = 0;
		if (span_is_nocase(fields[0], "name"))
			READING_SET(r->product, fields[1]);
		else if (span_is_nocase(fields[0], "version"))
			READING_SET(r->version, fields[1]);
		else if (span_is_nocase(fields[0], "os"))
			READING_SET(r->os, fields[1]);
	}
}

/* RFC 9051, 7.1: "* OK text", "* PREAUTH text" or "* BYE text"; the capabilities may be in it. */
bool read_imap(const struct heard *h, struct reading *r)
{
	struct span all = span_over(h->bytes, h->length), rest = all, line;

	r->more = !span_line(&rest, &line);
	if (span_starts_nocase(line, "* OK"))
		line = span_skip(line, 4);
	else if (span_starts_nocase(line, "* PREAUTH"))
		line = span_skip(line, 9);
	else if (span_starts_nocase(line, "* BYE"))
		line = span_skip(line, 5);
	else
		return false;
	if (line.n && line.at[0] != ' ')
		return false;
	reading_key(r, "imap4.banner", span_trim(line));
	r->starttls = span_has(all, "STARTTLS");
	read_imap_id(r, rest);
	return true;
}
