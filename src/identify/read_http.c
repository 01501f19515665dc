/* HTTP (RFC 9110, 9112) and those with heads of its kind: RTSP (RFC 7826), SIP (RFC 3261), SSDP. */
#include <ctype.h>
#include <stdio.h>

#include "identify/reading.h"

#define BODY_MAX 1024 /* bytes of a page that fingerprints are asked about */

/* The value of a header's first line, or nothing. HEAD starts after the first line. */
static struct span header(struct span head, const char *name)
{
	size_t n = strlen(name);
	struct span line;

	while (head.n) {
		(void)span_line(&head, &line);
		if (!line.n)
			break;
		if (line.n > n && line.at[n] == ':' && span_starts_nocase(line, name))
			return span_trim(span_skip(line, n + 1));
	}
	return span_over("", 0);
}

/* "HTTP/1.1 200 OK": takes it off. Returns the status, or 0 when it is none. */
static int status_take(struct span *rest, const char *protocol)
{
	struct span line, word;

	(void)span_line(rest, &line);
	if (!span_starts(line, protocol) || line.n == strlen(protocol) ||
	    !isdigit((unsigned char)line.at[strlen(protocol)]))
		return 0;
	(void)span_word(&line);
	word = span_word(&line);
	if (word.n != 3 || !isdigit((unsigned char)word.at[0]) ||
	    !isdigit((unsigned char)word.at[1]) || !isdigit((unsigned char)word.at[2]))
		return 0;
	return (word.at[0] - '0') * 100 + (word.at[1] - '0') * 10 + (word.at[2] - '0');
}

/* Head and body are parted by an empty line; false when that has not come. */
static bool head_part(struct span rest, struct span *ret_head, struct span *ret_body)
{
	struct span line, from = rest;

	while (rest.n) {
		if (span_line(&rest, &line) && !line.n) {
			*ret_head = span_over(from.at, (size_t)(rest.at - from.at));
			*ret_body = rest;
			return true;
		}
	}
	*ret_head = from;
	*ret_body = span_over("", 0);
	return false;
}

/* "Apache/2.4.57 (CentOS Stream) …": product, version, and what follows. RFC 9110, 10.2.4. */
static void product_take(struct reading *r, struct span server)
{
	static const struct {
		const char *token, *name;
	} names[] = { { "Apache", "Apache httpd" },
		      { "Microsoft-IIS", "Microsoft IIS httpd" },
		      { "SimpleHTTP", "SimpleHTTPServer" },
		      { "Apache-Coyote", "Apache Tomcat/Coyote JSP engine" } };
	struct span words = server, product, word = span_word(&words);
	size_t cut = span_index(word, '/');

	if (cut == word.n)
		cut = span_index(word, '(');
	product = span_first(word, cut);
	if (!product.n || span_index(server, '/') == server.n) {
		cut = MIN(word.n, span_index(word, '('));
		product = cut < word.n && cut ? span_first(word, cut) : server;
		words = cut < word.n && cut ? words : span_over("", 0);
	}
	READING_SET(r->product, product);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (span_is(product, names[i].token))
			READING_SAY(r->product, "%s", names[i].name);
	if (cut < word.n) {
		word = span_skip(word, cut + 1);
		READING_SET(r->version,
			    span_first(word, MIN(span_index(word, ')'), span_index(word, '('))));
	}
	/* "kamailio (5.6.3 (x86_64/linux))" */
	if (!r->version[0] && words.n > 1 && words.at[0] == '(' &&
	    isdigit((unsigned char)words.at[1])) {
		words = span_skip(words, 1);
		words.n -= words.at[words.n - 1] == ')';
		READING_SET(r->version, span_word(&words));
	}
	READING_SET(r->extra, words);
}

/* "OS/version UPnP/2.0 product/version": UPnP Device Architecture 2.0, 1.3.3. */
static bool upnp_take(struct reading *r, struct span server)
{
	size_t at = span_find(server, "UPnP/");
	struct span words = span_first(server, at), word;

	if (at == server.n)
		return false;
	while (words.n && (span_is_blank(words.at[words.n - 1]) || words.at[words.n - 1] == ','))
		words.n--;
	READING_SET(r->os, words);
	words = span_skip(server, at);
	word = span_word(&words);
	if (words.n)
		product_take(r, words);
	word.n -= word.n && word.at[word.n - 1] == ',';
	READING_SET(r->extra, word);
	return true;
}

static struct span title(struct span body)
{
	size_t at = span_find(body, "<title");

	body = span_skip(body, at);
	at = span_index(body, '>');
	body = span_skip(body, at + 1);
	return span_trim(span_first(body, span_find(body, "</title")));
}

/* Has the body come, as far as its length is told? */
static bool body_is_whole(struct span head, struct span body, int status)
{
	struct span length = header(head, "Content-Length");
	uint64_t n = 0;

	if (status == 204 || status == 304 || status < 200)
		return true;
	if (!length.n || length.n > 18)
		return span_has(body, "</html>");
	for (size_t i = 0; i < length.n && isdigit((unsigned char)length.at[i]); i++)
		n = n * 10 + (uint64_t)(length.at[i] - '0');
	return body.n >= n || body.n >= 16384;
}

/* A server of HTTP within TLS that was spoken to without: it says so in a page. */
static bool wants_tls(struct span body, int status)
{
	return status == 400 &&
	       (span_has(body, "HTTPS port") || span_has(body, "SSL-enabled") ||
		span_has(body, "to an HTTPS server") || span_has(body, "to HTTPS"));
}

/* The first line and the names of the fields, in their order: some servers have no other name. */
static struct span habits(struct reading *r, struct span all)
{
	struct span line, made;

	(void)span_line(&all, &line);
	made = reading_make(r, "%.*s", (int)MIN(line.n, 128), line.at);
	while (all.n && made.n < 512) {
		(void)span_line(&all, &line);
		if (!line.n)
			break;
		made.n += reading_make(r, "\n%.*s", (int)MIN(span_index(line, ':'), 64), line.at).n;
	}
	return made;
}

static void ipp_take(struct reading *r, struct span server)
{
	size_t at = span_find(server, "IPP/");

	r->protocol = "ipp";
	reading_key(r, "ipp.server", server);
	if (at < server.n)
		READING_SET(r->extra, span_skip(server, at));
}

bool read_http(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), head, body, server;
	int status = status_take(&rest, "HTTP/");
	bool whole;

	if (!status)
		return false;
	whole = head_part(rest, &head, &body);
	r->more = !whole || !body_is_whole(head, body, status);
	r->tls_wanted = wants_tls(body, status);
	server = header(head, "Server");
	if (!server.n && span_is(body, "404 page not found\n"))
		READING_SAY(r->product, "Golang net/http server");
	if (server.n && !upnp_take(r, server))
		product_take(r, server);
	if (span_starts(server, "CUPS/") || span_has(server, "IPP/"))
		ipp_take(r, server);
	reading_key(r, "http_header.server", server);
	reading_key(r, "http_header.wwwauth", header(head, "WWW-Authenticate"));
	reading_key(r, "http_header.x-powered-by", header(head, "X-Powered-By"));
	reading_key(r, "http_header.cookie", header(head, "Set-Cookie"));
	if (body.n) {
		reading_key(r, "html_title", title(body));
		reading_key(r, "http_body", span_first(span_trim(body), BODY_MAX));
	}
	if (whole)
		reading_key(r, "http_head", habits(r, span_over(h->bytes, h->length)));
	return true;
}

bool read_rtsp(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), head, body, server;

	if (!status_take(&rest, "RTSP/"))
		return false;
	r->more = !head_part(rest, &head, &body);
	server = header(head, "Server");
	if (server.n)
		product_take(r, server);
	reading_key(r, "rtsp_header.server", server);
	return true;
}

bool read_sip(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), head, body, server, agent;
	int status = status_take(&rest, "SIP/");

	if (!status) {
		/* One that asks by itself: "OPTIONS sip:… SIP/2.0" */
		rest = span_over(h->bytes, h->length);
		(void)span_line(&rest, &head);
		if (head.n < 8 || !span_is(span_skip(head, head.n - 7), "SIP/2.0"))
			return false;
	}
	r->more = !head_part(rest, &head, &body);
	server = header(head, "Server");
	agent = header(head, "User-Agent");
	if (server.n || agent.n)
		product_take(r, server.n ? server : agent);
	reading_key(r, "sip_header.server", server);
	reading_key(r, "sip_header.user_agent", agent);
	return true;
}

/* UPnP Device Architecture 2.0, 1.3.3: the answer to M-SEARCH; "OS/version UPnP/2.0
 * product/version". */
bool read_ssdp(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), head, body, server;

	if (!status_take(&rest, "HTTP/")) {
		rest = span_over(h->bytes, h->length);
		(void)span_line(&rest, &head);
		if (!span_starts(head, "NOTIFY * HTTP/"))
			return false;
	}
	r->more = !head_part(rest, &head, &body);
	if (!header(head, "ST").n && !header(head, "NT").n && !header(head, "USN").n)
		return false;
	server = header(head, "Server");
	reading_key(r, "ssdp.server", server);
	(void)upnp_take(r, server);
	return true;
}
