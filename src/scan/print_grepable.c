#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/service_name.h"
#include "base/text.h"
#include "base/zone.h"
#include "scan/print_internal.h"

/* What is no text is replaced; in a field between slashes so are these, and commas of the list. */
static void print_text(const char *text, bool field, FILE *out)
{
	char *copy = strdup(text ? text : "");

	if (!copy)
		return;
	text_defuse(copy);
	for (char *p = copy; *p && field; p++) {
		if (*p == '/')
			*p = '|';
		if (*p == ',')
			*p = ';';
	}
	fputs(copy, out);
	free(copy);
}

static void print_field(const char *text, FILE *out)
{
	print_text(text, true, out);
}

static void print_port(const struct port_outcome *o, FILE *out)
{
	char *version = scan_version_text(&o->service);

	fprintf(out, "%u/%s/%s//", o->port, port_state_name(o->state), protocol_name(o->protocol));
	print_field(o->service.tls ? "ssl|" : "", out);
	print_field(print_service_name(o), out);
	fputs("//", out);
	print_field(version, out);
	fputc('/', out);
	free(version);
}

static void print_host(const struct scan_host *h, FILE *out)
{
	char addr[ADDR_TEXT_MAX];
	bool first = true;

	fprintf(out, "Host: %s (", addr_format(h->addr, addr));
	print_field(h->name, out);
	fputs(")\tStatus: Up\n", out);
	if (!h->n_ports && !h->n_counts)
		return;
	fprintf(out, "Host: %s (", addr);
	print_field(h->name, out);
	fputs(")\tPorts: ", out);
	for (size_t i = 0; i < h->n_ports; i++) {
		fputs(i ? ", " : "", out);
		print_port(&h->ports[i], out);
	}
	for (int state = 0; state < PORT_STATES; state++) {
		uint64_t n = results_count(h, IPPROTO_TCP, (enum port_state)state) +
			     results_count(h, IPPROTO_UDP, (enum port_state)state);

		if (n) {
			fprintf(out, "%s%s (%llu)", first ? "\tIgnored State: " : ", ",
				port_state_name((enum port_state)state), (unsigned long long)n);
			first = false;
		}
	}
	fputc('\n', out);
}

static void print_time(uint64_t time_ns, FILE *out)
{
	time_t s = (time_t)(time_ns / NS_PER_SECOND);
	char text[64] = "";
	struct tm utc;

	if (gmtime_r(&s, &utc) && asctime_r(&utc, text))
		text[strcspn(text, "\n")] = '\0';
	fputs(text, out);
}

static void print_down(const struct addr_range *range, FILE *out)
{
	char addr[ADDR_TEXT_MAX];

	for (struct net_addr a = range->first;; a.hi += !++a.lo) {
		fprintf(out, "Host: %s ()\tStatus: Down\n", addr_format(a, addr));
		if (addr_equal(a, range->last))
			return;
	}
}

int scan_print_grepable(const struct scan_report *r, FILE *out)
{
	struct targets down;
	int error = print_find_down(r, &down);

	fprintf(out, "# sekimori %s scan initiated ", r->version);
	print_time(r->started_ns, out);
	fputs(" as: ", out);
	print_text(r->arguments, false, out);
	fputc('\n', out);
	for (size_t i = 0; i < down.n_ranges && r->verbose > 0; i++)
		print_down(&down.ranges[i], out);
	targets_finish(&down);
	for (size_t i = 0; i < r->results->n_hosts; i++) {
		if (r->results->hosts[i].up)
			print_host(&r->results->hosts[i], out);
	}
	fputs("# sekimori done at ", out);
	print_time(r->ended_ns, out);
	fprintf(out, " -- %llu IP addresses (%llu hosts up) scanned in %.2f seconds\n",
		(unsigned long long)r->plan->n_hosts, (unsigned long long)print_count_up(r),
		(double)(r->ended_ns - r->started_ns) / 1e9);
	return error;
}
