/* Every row as a line of CSV (RFC 4180): both sides, the reason, the evidence. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/service_name.h"
#include "base/text.h"
#include "base/zone.h"

#include "compare/compare_internal.h"

static void put_time(FILE *out, uint64_t time_ns)
{
	char text[ZONE_TEXT_MAX];

	fprintf(out, ",%s", time_ns ? zone_format(time_ns, text) : "");
}

/* A banner's words: what steers a terminal goes. */
static void put_service(FILE *out, const char *service, bool for_excel)
{
	char *copy = strdup(service ? service : "");

	if (copy) {
		text_defuse(copy);
		(for_excel ? text_csv_for_excel : text_csv)(out, copy);
	}
	free(copy);
}

static void put_row(FILE *out, const struct compare_row *r, bool for_excel)
{
	char addr[ADDR_TEXT_MAX], marks[MARKS_TEXT_MAX], time[ZONE_TEXT_MAX];

	fprintf(out, "%s,%u,%s,%d,%d,%d,%s", addr_format(r->host, addr), r->port,
		protocol_name(r->protocol), r->active, r->passive, r->covered,
		compare_why_name(r->why));
	fprintf(out, ",%s,%s", r->told || r->active ? port_state_name(r->state) : "",
		r->reason ? port_reason_name(r->reason) : "");
	put_time(out, r->scan_time_ns);
	fputc(',', out);
	put_service(out, r->service, for_excel);
	put_time(out, r->first_ns);
	put_time(out, r->last_ns);
	fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%u,", r->packets, r->peers, r->days);
	text_csv(out, marks_format(r->marks, marks));
	fputc(',', out);
	for (size_t i = 0; i < r->n_knocks; i++) {
		fprintf(out, "%s%s %s %u", i ? "; " : "", zone_format(r->knocks[i].time_ns, time),
			addr_format(r->knocks[i].peer, addr), r->knocks[i].peer_port);
	}
	fputc('\n', out);
}

int compare_print_csv(const struct comparison *c, bool for_excel, FILE *out)
{
	if (for_excel)
		fputs("\xef\xbb\xbf", out);
	fputs("address,port,protocol,active,passive,covered,reason,scan_state,scan_reason,scan_time,"
	      "scan_service,first_seen,last_seen,packets,peers,days,marks,knocks\n",
	      out);
	for (size_t i = 0; i < c->n_rows; i++)
		put_row(out, &c->rows[i], for_excel);
	return ferror(out) ? -EIO : 0;
}
