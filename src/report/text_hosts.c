/* Hosts by their ports and days, in the text form. */
#include <errno.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "report/text_internal.h"

static const char *port_word(const struct report *r, const void *list, size_t i, char *ret_text,
			     size_t room)
{
	const struct report_host *h = list;

	snprintf(ret_text, room, "%u", r->counts.services[h->first_service + i].port);
	return ret_text;
}

/* ---- sets of ports ---- */

static const char *host_word(const struct report *r, const void *list, size_t i, char *ret_text,
			     size_t room)
{
	const struct report_set *set = list;
	const struct report_host *h = &r->hosts[r->by_ports[set->first + i]];
	char text[REPORT_HOST_MAX];

	snprintf(ret_text, room, "%s", report_host_text(r, h->addr, h->number, text));
	return ret_text;
}

#define SETS_SHOWN      5
#define SET_HOSTS_SHOWN 12
#define PORTS_A_ROW     3 /* of one host, for each row of a table that would be shown */

static size_t shown_ports(const struct text_report *t, const struct report_host *h)
{
	size_t rows = t->options->rows;

	return rows > SIZE_MAX / PORTS_A_ROW ? h->n_services
					     : MIN(h->n_services, PORTS_A_ROW * rows);
}

void text_sets(struct text_report *t)
{
	const struct report *r = t->r;
	struct report_set *sets = malloc((r->n_sets + 1) * sizeof(*sets));
	size_t n = 0, shown;
	char lead[64];

	if (!sets) {
		t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < r->n_sets; i++) {
		if (r->sets[i].n > 1)
			sets[n++] = r->sets[i];
	}
	qsort(sets, n, sizeof(*sets), report_set_order);
	shown = t->options->rows == SIZE_MAX ? n : MIN(n, SETS_SHOWN);
	if (n)
		text_heading(t, _("Hosts that have the same ports"));
	for (size_t i = 0; i < shown; i++) {
		const struct report_host *h = &r->hosts[r->by_ports[sets[i].first]];
		size_t hosts =
			t->options->rows == SIZE_MAX ? sets[i].n : MIN(sets[i].n, SET_HOSTS_SHOWN);

		snprintf(lead, sizeof(lead), _("%zu hosts: ports"), sets[i].n);
		text_words(t, lead, 4, port_word, h, shown_ports(t, h));
		text_more(t, shown_ports(t, h), h->n_services);
		text_words(t, "", 4, host_word, &sets[i], hosts);
		text_more(t, hosts, sets[i].n);
	}
	text_more(t, shown, n);
	free(sets);
}

/* ---- single hosts ---- */

/* "163.209.1.12 www.example.ac.jp", in memory of its own; NULL when there is none left. */
static char *host_label(const struct report *r, const struct report_host *h)
{
	char addr[REPORT_HOST_MAX], *label = NULL;
	const char *name = report_host_name(r, h->addr);

	if (asprintf(&label, "%s%s%s", report_host_text(r, h->addr, h->number, addr),
		     *name ? " " : "", name) < 0)
		return NULL;
	text_defuse(label);
	return label;
}

struct ordered_ports {
	const size_t *services;
};

static const char *ordered_word(const struct report *r, const void *list, size_t i, char *ret_text,
				size_t room)
{
	const struct ordered_ports *o = list;
	const struct period_service *s = &r->counts.services[o->services[i]];
	char packets[TEXT_NUMBER_MAX];

	snprintf(ret_text, room, "%u(%s)", s->port, text_number(s->packets, packets));
	return ret_text;
}

void text_outliers(struct text_report *t)
{
	const struct report *r = t->r;
	size_t n = text_rows(t, r->n_outliers);

	if (!n)
		return;
	text_heading(t, _("Hosts with unusually many ports"));
	for (size_t i = 0; i < n; i++) {
		const struct report_host *h = &r->hosts[r->outliers[i]];
		struct ordered_ports o = { report_services_by_packets(r, h) };
		char *label = host_label(r, h);

		if (label && o.services) {
			text_say(t, 2, _("%s: %zu ports (packets)"), label, h->n_services);
			text_words(t, "", 2, ordered_word, &o, shown_ports(t, h));
			text_more(t, shown_ports(t, h), h->n_services);
		} else {
			t->error = -ENOMEM;
		}
		free(label);
		report_order_free((size_t *)(uintptr_t)o.services);
	}
	text_more(t, n, r->n_outliers);
}

#define MISSED_INDENT 4

struct missed {
	uint32_t *days;
	size_t n;
};

static const char *missed_word(const struct report *r, const void *list, size_t i, char *ret_text,
			       size_t room)
{
	const struct missed *m = list;
	char text[REPORT_NAME_MAX];

	snprintf(ret_text, room, "%s%s", text_short_day(r, m->days[i], text),
		 i + 1 < m->n ? "," : "");
	return ret_text;
}

/* The whole days on which it was not seen. */
static void put_missed(struct text_report *t, const struct report_host *h)
{
	const struct report *r = t->r;
	struct missed m = { malloc(((size_t)r->counts.n_days + 1) * sizeof(*m.days)), 0 };

	if (!m.days) {
		t->error = -ENOMEM;
		return;
	}
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->days[day].whole && !report_host_seen(r, h, day))
			m.days[m.n++] = day;
	}
	text_words(t, _("    not seen on"), MISSED_INDENT, missed_word, &m, m.n);
	free(m.days);
}

void text_nearly_daily(struct text_report *t)
{
	const struct report *r = t->r;
	size_t n = text_rows(t, r->n_nearly_daily);

	if (!n)
		return;
	text_heading(t, _("Hosts seen nearly every day"));
	for (size_t i = 0; i < n; i++) {
		const struct report_host *h = &r->hosts[r->nearly_daily[i]];
		char *label = host_label(r, h), *lead = NULL;

		if (label && asprintf(&lead, _("%s: %u days, ports"), label, h->days) >= 0)
			text_words(t, lead, MISSED_INDENT, port_word, h, shown_ports(t, h));
		else
			t->error = -ENOMEM;
		free(label);
		free(lead);
		put_missed(t, h);
	}
	text_more(t, n, r->n_nearly_daily);
}
