/* Days that stand out, and who knocked most, in the text form. */
#include <string.h>

#include "base/i18n.h"
#include "report/text_internal.h"

static const char *knock_word(const struct report *r, const void *list, size_t i, char *ret_text,
			      size_t room)
{
	const struct period_knock *knocks = list;

	(void)r;
	snprintf(ret_text, room, "%u", knocks[i].port);
	return ret_text;
}

#define KNOCKS_SHOWN  24
#define VISITOR_SHARE 10 /* a peer with less than this part of the busiest one's is not named */

/* "104.27.144.254  US AS13335 CLOUDFLARENET", as far as it is known. */
static void put_peer(struct text_report *t, const struct report_visitor *v)
{
	char addr[REPORT_HOST_MAX], network[32] = "", name[sizeof(v->as_name) + 1] = "",
				    lists[2 * sizeof(v->lists)];

	if (v->as_number)
		snprintf(network, sizeof(network), " AS%u", v->as_number);
	if (*v->as_name)
		snprintf(name, sizeof(name), " %s", v->as_name);
	text_defuse(name);
	text_say(t, 6, "  %s%s%s%s%s", report_peer_text(t->r, v, addr), *v->country ? "  " : "",
		 v->country, network, name);
	if (*v->lists) {
		/* For translators: names of lists of addresses, such as block lists. */
		snprintf(lists, sizeof(lists), _("on %s"), v->lists);
		text_defuse(lists);
		text_say(t, 6, "    %s", lists);
	}
}

static void put_visitor(struct text_report *t, const struct report_visitor *v, double all)
{
	char packets[TEXT_NUMBER_MAX], hosts[TEXT_NUMBER_MAX], lead[160];
	size_t knocks = MIN(v->visit.n_ports, KNOCKS_SHOWN), used;

	put_peer(t, v);
	snprintf(lead, sizeof(lead),
		 ngettext("%14s packet,  %5.1f %%", "%14s packets, %5.1f %%", v->visit.packets),
		 text_number(v->visit.packets, packets), (double)v->visit.packets / all * 100);
	used = strlen(lead);
	snprintf(lead + used, sizeof(lead) - used,
		 /* For translators: follows "12 packets, 4.5 %". */
		 ngettext("; %s host answered on", "; %s hosts answered on", v->visit.hosts),
		 text_number(v->visit.hosts, hosts));
	text_words(t, lead, 8, knock_word, v->visit.ports, knocks);
	text_more(t, knocks, v->visit.n_ports);
}

void text_busy_days(struct text_report *t)
{
	const struct report *r = t->r;
	char day[REPORT_NAME_MAX], packets[TEXT_NUMBER_MAX];

	if (!r->n_busy_days)
		return;
	text_heading(t, r->counts.n_days == 1 ? _("The busiest external hosts")
					      : _("Days that stand out, and who knocked most"));
	for (size_t i = 0; i < r->n_busy_days; i++) {
		const struct report_busy_day *b = &r->busy_days[i];
		uint64_t all = r->counts.days[b->day].packets;

		if (b->why == REPORT_WHY_ONLY_DAY) {
			text_say(t, 2, ngettext("%s: %s packet", "%s: %s packets", all),
				 text_day(r, b->day, day), text_number(all, packets));
		} else {
			text_say(t, 2, _("%s: %s packets, %.1f times the median"),
				 text_day(r, b->day, day), text_number(all, packets),
				 (double)all / r->packets.median);
		}
		for (uint32_t k = 0; k < b->n_visitors; k++) {
			if (b->visitors[k].visit.packets * VISITOR_SHARE >=
			    b->visitors[0].visit.packets)
				put_visitor(t, &b->visitors[k], (double)all);
		}
	}
	if (r->places)
		text_say(t, 2, _("Countries and networks: %s"), r->places);
}
