/*
 * Nmap's XML: its DTD (https://svn.nmap.org/nmap/docs/nmap.dtd) has the shape that tools read.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/service_name.h"
#include "base/text.h"
#include "base/zone.h"
#include "scan/ports.h"
#include "scan/print_internal.h"

/* What XML 1.0 cannot hold becomes U+FFFD; nothing ends an attribute or an element. */
static void print_escaped(const char *text, FILE *out)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		int n = text_utf8_length((const char *)p);
		/* U+FFFE and U+FFFF are no characters of XML. */
		bool none = n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;

		if (!n || none || (*p < 0x20 && *p != '\t' && *p != '\n' && *p != '\r') ||
		    *p == 0x7f)
			fputs("\xef\xbf\xbd", out);
		else if (strchr("<>&\"'", *p) || *p < 0x20)
			fprintf(out, "&#%u;", *p);
		else if (*p == 0xc2 && p[1] < 0xa0)
			fprintf(out, "&#%u;", p[1]); /* controls that terminals obey */
		else if (text_turning((const char *)p))
			fprintf(out, "&#%u;", text_turning((const char *)p));
		else
			(void)fwrite(p, 1, (size_t)n, out);
		p += n ? n : 1;
	}
}

static void print_attribute(const char *name, const char *text, FILE *out)
{
	if (!text)
		return;
	fprintf(out, " %s=\"", name);
	print_escaped(text, out);
	fputc('"', out);
}

static void print_time(const char *name, const char *name_text, uint64_t time_ns, FILE *out)
{
	time_t s = (time_t)(time_ns / NS_PER_SECOND);
	char text[64];
	struct tm local;

	fprintf(out, " %s=\"%lld\"", name, (long long)s);
	/* As asctime has it, without a locale's words: tools parse it. */
	if (gmtime_r(&s, &local) && name_text && asctime_r(&local, text)) {
		text[strcspn(text, "\n")] = '\0';
		print_attribute(name_text, text, out);
	}
}

/* ---- head ---- */

static void print_scaninfo(const struct port_list *list, const char *type, const char *protocol,
			   FILE *out)
{
	fprintf(out, "<scaninfo type=\"%s\" protocol=\"%s\" numservices=\"%zu\" services=\"", type,
		protocol, list->n);
	port_list_print(list, out);
	fputs("\"/>\n", out);
}

static void print_head(const struct scan_report *r, FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n", out);
	fputs("<nmaprun scanner=\"sekimori\"", out);
	print_attribute("args", r->arguments, out);
	print_time("start", "startstr", r->started_ns, out);
	print_attribute("version", r->version, out);
	fputs(" xmloutputversion=\"1.05\">\n", out);
	if (r->tcp_method)
		print_scaninfo(&r->plan->tcp, r->tcp_method, "tcp", out);
	if (r->udp)
		print_scaninfo(&r->plan->udp, "udp", "udp", out);
	fprintf(out, "<verbose level=\"%d\"/>\n<debugging level=\"0\"/>\n", r->verbose);
}

/* ---- ports ---- */

/*
 * A CPE 2.3 formatted string as the 2.2 URI that this form has (NISTIR 7695, 6.1): '*' is nothing,
 * '-' stays, what was escaped is percent-encoded unless it is harmless.
 */
static void print_cpe(const char *cpe, FILE *out)
{
	char uri[512];
	size_t n = 0;
	int field = 0;

	if (strncmp(cpe, "cpe:2.3:", 8) != 0) {
		print_escaped(cpe, out);
		return;
	}
	n = (size_t)snprintf(uri, sizeof(uri), "cpe:/");
	for (const char *p = cpe + 8; *p && field < 7 && n + 4 < sizeof(uri); p++) {
		if (*p == ':') {
			uri[n++] = ':';
			field++;
		} else if (*p == '\\' && p[1]) {
			p++;
			n += (size_t)snprintf(uri + n, sizeof(uri) - n,
					      strchr("-._", *p) ? "%c" : "%%%02x",
					      (unsigned char)*p);
		} else if (*p != '*') {
			uri[n++] = *p;
		}
	}
	while (n > 5 && uri[n - 1] == ':')
		n--;
	uri[n] = '\0';
	print_escaped(uri, out);
}

static void print_service(const struct port_outcome *o, FILE *out)
{
	const struct service *s = &o->service;
	const char *name = print_service_name(o);

	if (!*name && !s->product)
		return;
	fputs("<service", out);
	print_attribute("name", *name ? name : "unknown", out);
	print_attribute("product", s->product, out);
	print_attribute("version", s->version, out);
	print_attribute("extrainfo", s->extra_info, out);
	print_attribute("hostname", s->hostname, out);
	print_attribute("ostype", s->os, out);
	print_attribute("devicetype", s->device, out);
	if (s->tls)
		fputs(" tunnel=\"ssl\"", out);
	fprintf(out, " method=\"%s\" conf=\"%d\"", s->name ? "probed" : "table", s->name ? 10 : 3);
	fputs(">", out);
	for (size_t i = 0; i < ARRAY_LENGTH(s->cpe); i++) {
		if (!s->cpe[i])
			continue;
		fputs("<cpe>", out);
		print_cpe(s->cpe[i], out);
		fputs("</cpe>", out);
	}
	fputs("</service>", out);
}

static void print_port(const struct port_outcome *o, FILE *out)
{
	fprintf(out,
		"<port protocol=\"%s\" portid=\"%u\"><state state=\"%s\" reason=\"%s\" reason_ttl=\"%u\"/>",
		protocol_name(o->protocol), o->port, port_state_name(o->state),
		port_reason_name(o->reason), o->ttl);
	print_service(o, out);
	fputs("</port>\n", out);
}

/* One extraports a state, with its reasons. */
static void print_extraports(const struct scan_host *h, FILE *out)
{
	for (int state = 0; state < PORT_STATES; state++) {
		uint64_t n = results_count(h, IPPROTO_TCP, (enum port_state)state) +
			     results_count(h, IPPROTO_UDP, (enum port_state)state);

		if (!n)
			continue;
		fprintf(out, "<extraports state=\"%s\" count=\"%llu\">\n",
			port_state_name((enum port_state)state), (unsigned long long)n);
		for (size_t i = 0; i < h->n_counts; i++) {
			const struct scan_count *c = &h->counts[i];

			if (c->state != (enum port_state)state)
				continue;
			fprintf(out, "<extrareasons reason=\"%s\" count=\"%u\" proto=\"%s\"/>\n",
				port_reason_name(c->reason), c->ports, protocol_name(c->protocol));
		}
		fputs("</extraports>\n", out);
	}
}

static void print_host(const struct scan_host *h, FILE *out)
{
	char addr[ADDR_TEXT_MAX];

	fputs("<host", out);
	print_time("starttime", NULL, h->first_ns, out);
	print_time("endtime", NULL, h->last_ns, out);
	fprintf(out, "><status state=\"up\" reason=\"%s\" reason_ttl=\"0\"/>\n",
		port_reason_name(h->reason));
	fprintf(out, "<address addr=\"%s\" addrtype=\"%s\"/>\n<hostnames>\n",
		addr_format(h->addr, addr), addr_is_v4(h->addr) ? "ipv4" : "ipv6");
	if (h->name) {
		fputs("<hostname", out);
		print_attribute("name", h->name, out);
		fputs(" type=\"user\"/>\n", out);
	}
	fputs("</hostnames>\n<ports>", out);
	print_extraports(h, out);
	for (size_t i = 0; i < h->n_ports; i++)
		print_port(&h->ports[i], out);
	fputs("</ports>\n</host>\n", out);
}

static void print_down(const struct addr_range *range, FILE *out)
{
	char addr[ADDR_TEXT_MAX];

	for (struct net_addr a = range->first;; a.hi += !++a.lo) {
		fprintf(out,
			"<host><status state=\"down\" reason=\"no-response\" reason_ttl=\"0\"/>\n"
			"<address addr=\"%s\" addrtype=\"%s\"/>\n</host>\n",
			addr_format(a, addr), addr_is_v4(a) ? "ipv4" : "ipv6");
		if (addr_equal(a, range->last))
			return;
	}
}

int scan_print_xml(const struct scan_report *r, FILE *out)
{
	uint64_t up = print_count_up(r);
	struct targets down;
	int error = print_find_down(r, &down);

	print_head(r, out);
	for (size_t i = 0; i < down.n_ranges && r->verbose > 0; i++)
		print_down(&down.ranges[i], out);
	targets_finish(&down);
	for (size_t i = 0; i < r->results->n_hosts; i++) {
		if (r->results->hosts[i].up)
			print_host(&r->results->hosts[i], out);
	}
	fputs("<runstats><finished", out);
	print_time("time", "timestr", r->ended_ns, out);
	fprintf(out,
		" elapsed=\"%.2f\" summary=\"%llu IP addresses (%llu hosts up) scanned in %.2f seconds\" exit=\"%s\"/>",
		(double)(r->ended_ns - r->started_ns) / 1e9, (unsigned long long)r->plan->n_hosts,
		(unsigned long long)up, (double)(r->ended_ns - r->started_ns) / 1e9,
		r->interrupted ? "error" : "success");
	fprintf(out, "<hosts up=\"%llu\" down=\"%llu\" total=\"%llu\"/>\n</runstats>\n</nmaprun>\n",
		(unsigned long long)up, (unsigned long long)(r->plan->n_hosts - up),
		(unsigned long long)r->plan->n_hosts);
	return error;
}
