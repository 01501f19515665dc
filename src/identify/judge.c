/* From what a reader found, and what the fingerprints say to its texts, to one service. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identify/reading.h"
#include "identify/service.h"

/* Names under which everybody knows them, where fingerprints have others. */
static const char *product_name(const char *vendor, const char *product)
{
	static const struct {
		const char *vendor, *product, *name;
	} names[] = { { "Apache", "HTTPD", "Apache httpd" },
		      { "Apache", "Tomcat", "Apache Tomcat" },
		      { "Microsoft", "IIS", "Microsoft IIS httpd" } };

	for (size_t i = 0; vendor && i < ARRAY_LENGTH(names); i++)
		if (!strcmp(vendor, names[i].vendor) && !strcmp(product, names[i].product))
			return names[i].name;
	return product;
}

/* A certainty of 0 is said where a text tells nothing, whatever it looks like. */
static bool asserts(const struct fingerprint_match *m, const char *certainty)
{
	const char *value = fingerprint_value(m, certainty);

	return !value || strtod(value, NULL) > 0;
}

static int set(char **field, const char *value)
{
	return value ? service_set(field, value, strlen(value)) : 0;
}

/* Two words as one, with a blank between; either may be missing. */
static int set_two(char **field, const char *one, const char *two)
{
	char words[512];

	if (*field || !one || !two || strstr(one, two))
		return set(field, one ? one : two);
	if (snprintf(words, sizeof(words), "%s %s", one, two) < 0)
		return 0;
	return set(field, words);
}

static int set_cpe(char **field, const struct fingerprint_match *m, const char *name)
{
	if (!*field)
		*field = fingerprint_cpe(m, name);
	return 0;
}

/* A version belongs to who makes the system: "Debian Linux 12", since there is no "Linux 12". */
static int set_system(const struct fingerprint_match *m, char **field)
{
	const char *product = fingerprint_value(m, "os.product");
	const char *vendor = fingerprint_value(m, "os.vendor");
	const char *version = fingerprint_value(m, "os.version");
	char words[256];

	if (!product)
		product = fingerprint_value(m, "os.family");
	if (!product || *field)
		return 0;
	if (!version || !vendor || strcasestr(product, vendor))
		return set_two(field, product, version);
	if (snprintf(words, sizeof(words), "%s %s", vendor, product) < 0)
		return 0;
	return set_two(field, words, version);
}

static int take_system(const struct fingerprint_match *m, struct service *s)
{
	int status = 0;

	if (asserts(m, "os.certainty")) {
		status = set_system(m, &s->os);
		if (!status)
			status = set_cpe(&s->cpe[1], m, "os.cpe23");
	}
	if (!status && asserts(m, "hw.certainty")) {
		const char *device = fingerprint_value(m, "hw.product");

		if (device)
			status = set_two(&s->device, fingerprint_value(m, "hw.vendor"), device);
		else
			status = set(&s->device, fingerprint_value(m, "hw.device"));
		if (!status)
			status = set_cpe(&s->cpe[2], m, "hw.cpe23");
	}
	if (!status)
		status = set(&s->hostname, fingerprint_value(m, "host.name"));
	return status;
}

/* The product with its version, extra words and name of one match, or of none. */
static int take_match(const struct fingerprint_match *m, struct service *s)
{
	const char *product = fingerprint_value(m, "service.product");
	int status = 0;

	if (product && *product && !s->product && asserts(m, "service.certainty")) {
		status = set(&s->product,
			     product_name(fingerprint_value(m, "service.vendor"), product));
		if (!status)
			status = set(&s->version, fingerprint_value(m, "service.version"));
		if (!status)
			status = set(&s->extra_info, fingerprint_value(m, "service.extra"));
		if (!status)
			status = set_cpe(&s->cpe[0], m, "service.cpe23");
	}
	return status ? status : take_system(m, s);
}

/* With BY_NAME, a service without a name gets that of the fingerprint's protocol. */
static int ask(const struct fingerprints *set_of, const char *key, struct span text, bool by_name,
	       struct service *s)
{
	struct fingerprint_match m;
	int status;

	if (!set_of)
		return 0;
	status = fingerprints_match(set_of, key, text.at, text.n, &m);
	if (status <= 0)
		return status;
	status = take_match(&m, s);
	if (!status && by_name && s->product)
		status = set(&s->name, fingerprint_value(&m, "service.protocol"));
	fingerprint_match_finish(&m);
	return status < 0 ? status : 1;
}

/* Does the plain version begin with the fingerprint's and name a package? "9.2p1", "9.2p1 Debian …"
 */
static bool says_more(const char *plain, const char *version)
{
	size_t n = strlen(version);

	return !strncmp(plain, version, n) && plain[n] == ' ';
}

static bool same_product(const char *plain, const char *product)
{
	struct span a = span_over(plain, strlen(plain)), b = span_over(product, strlen(product));

	return span_has(a, product) || span_has(b, plain);
}

/* What the protocol says plainly, where the fingerprints left room. */
static int take_plain(const struct reading *r, struct service *s)
{
	bool same = r->product[0] && (!s->product || same_product(r->product, s->product));
	int status = set(&s->product, r->product);

	if (!status && same && r->version[0] && s->version && says_more(r->version, s->version)) {
		free(s->version);
		s->version = NULL;
	}
	if (!status && same)
		status = set(&s->version, r->version);
	if (!status)
		status = set(&s->extra_info, r->extra);
	if (!status)
		status = set(&s->hostname, r->hostname);
	if (!status)
		status = set(&s->os, r->os);
	return status ? status : set(&s->device, r->device);
}

/* What the services database calls it. */
static const char *service_name_of(const char *protocol)
{
	static const char *const names[][2] = { { "smb", "microsoft-ds" },
						{ "rdp", "ms-wbt-server" } };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (!strcmp(names[i][0], protocol))
			return names[i][1];
	return protocol;
}

int service_judge(const struct fingerprints *fingerprints, const struct reading *r,
		  struct service *s)
{
	int status = 0;

	for (size_t i = 0; status >= 0 && i < r->n_texts; i++)
		status = ask(fingerprints, r->texts[i].key, r->texts[i].text, false, s);
	if (status < 0)
		return status;
	if (!strcmp(r->protocol, "tls"))
		s->tls = true; /* of what is within nothing is known */
	else if (!s->name)
		status = set(&s->name, service_name_of(r->protocol));
	return status < 0 ? status : take_plain(r, s);
}

/* A text that no reader knows may still be one that fingerprints know, under one of these keys. */
static int judge_unknown(const struct fingerprints *fingerprints, const struct heard *h,
			 struct service *s)
{
	static const struct {
		const char *key, *protocol;
	} keys[] = { { "ftp.banner", "ftp" },   { "smtp.banner", "smtp" },
		     { "pop3.banner", "pop3" }, { "imap4.banner", "imap" },
		     { "nntp.banner", "nntp" }, { "telnet.banner", "telnet" },
		     { "ssh.banner", "ssh" },   { "banner", NULL } };
	struct span rest = span_over(h->bytes, h->length), line;
	int status = 0;

	/* Only what was said unasked, or to a question that it did not understand, and is a text.
	 */
	(void)span_line(&rest, &line);
	line = span_trim(line);
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.at[i] < ' ' && line.at[i] != '\t' && line.at[i] != '\x1b')
			return 0;
	for (size_t i = 0; line.n && !status && i < ARRAY_LENGTH(keys); i++) {
		status = ask(fingerprints, keys[i].key, line, true, s);
		if (status < 1)
			continue;
		/* A fingerprint that takes any text at all tells nothing. */
		if (!s->product) {
			status = 0;
			continue;
		}
		status = keys[i].protocol ? set(&s->name, keys[i].protocol) : 0;
		return status < 0 ? status : 1;
	}
	return status;
}

int service_read(const struct fingerprints *fingerprints, const struct heard *h, struct service *s)
{
	struct reading *r = malloc(sizeof(*r));
	int status = r ? service_keep(s, h->bytes, h->length) : -ENOMEM;

	if (!status && reading_find(h, r)) {
		/* The same protocol on its older port, which has a name of its own. */
		if (!strcmp(r->protocol, "smb") && h->port == 139)
			status = set(&s->name, "netbios-ssn");
		if (!status)
			status = service_judge(fingerprints, r, s);
		status = status < 0 ? status : 1;
	} else if (!status) {
		status = judge_unknown(fingerprints, h, s);
	}
	free(r);
	return status;
}
