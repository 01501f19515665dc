/* Table 3: how many ports hosts have, which hosts have the same ones, and which stand out. */
#include <errno.h>
#include <stdlib.h>

#include "report/report_internal.h"

#define OUTLIER_HOSTS_MIN 8
#define FAR_OUT           3 /* distances of the quartiles (Tukey, Exploratory Data Analysis, 1977) */

/* Two hosts of one report by their ports: how many, then which. */
static int compare_ports(const struct report *r, const struct report_host *a,
			 const struct report_host *b)
{
	if (a->n_services != b->n_services)
		return a->n_services < b->n_services ? -1 : 1;
	for (size_t i = 0; i < a->n_services; i++) {
		const struct period_service *x = &r->counts.services[a->first_service + i];
		const struct period_service *y = &r->counts.services[b->first_service + i];

		if (x->port != y->port)
			return x->port < y->port ? -1 : 1;
		if (x->protocol != y->protocol)
			return x->protocol < y->protocol ? -1 : 1;
	}
	return 0;
}

static int by_ports_then_place(const void *a, const void *b, void *user)
{
	const struct report *r = user;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int order = compare_ports(r, &r->hosts[x], &r->hosts[y]);

	return order ? order : (x > y) - (x < y);
}

static const struct report_host *host_at(const struct report *r, size_t at)
{
	return &r->hosts[r->by_ports[at]];
}

static void find_sets(struct report *r)
{
	for (size_t i = 0; i < r->n_hosts; i++) {
		if (!i || compare_ports(r, host_at(r, i - 1), host_at(r, i)) != 0)
			r->sets[r->n_sets++] = (struct report_set){ i, 0 };
		r->sets[r->n_sets - 1].n++;
	}
	for (size_t i = 0; i < r->n_sets; i++) {
		uint32_t ports = (uint32_t)host_at(r, r->sets[i].first)->n_services;
		struct report_port_count *last = &r->port_counts[r->n_port_counts];

		if (!r->n_port_counts || last[-1].ports != ports) {
			*last++ = (struct report_port_count){ .ports = ports, .first = i };
			r->n_port_counts++;
		}
		last[-1].n++;
		last[-1].hosts += (uint32_t)r->sets[i].n;
	}
}

int report_set_order(const void *a, const void *b)
{
	const struct report_set *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static void find_outliers(struct report *r)
{
	size_t low, high;

	if (r->n_hosts < OUTLIER_HOSTS_MIN)
		return;
	low = host_at(r, r->n_hosts / 4)->n_services;
	high = host_at(r, 3 * r->n_hosts / 4)->n_services;
	/* Where most hosts have the same number, one port more is nothing special. */
	r->outlier_limit = (uint32_t)(high + FAR_OUT * MAX(high - low, 1));
	for (size_t i = r->n_hosts; i-- > 0 && host_at(r, i)->n_services > r->outlier_limit;)
		r->outliers[r->n_outliers++] = r->by_ports[i];
}

int report_find_host_ports(struct report *r)
{
	r->by_ports = malloc((r->n_hosts + 1) * sizeof(*r->by_ports));
	r->sets = malloc((r->n_hosts + 1) * sizeof(*r->sets));
	r->port_counts = malloc((r->n_hosts + 1) * sizeof(*r->port_counts));
	r->outliers = malloc((r->n_hosts + 1) * sizeof(*r->outliers));
	if (!r->by_ports || !r->sets || !r->port_counts || !r->outliers)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_hosts; i++)
		r->by_ports[i] = i;
	qsort_r(r->by_ports, r->n_hosts, sizeof(*r->by_ports), by_ports_then_place, r);
	find_sets(r);
	for (size_t i = 0; i < r->n_port_counts; i++) {
		qsort(r->sets + r->port_counts[i].first, r->port_counts[i].n, sizeof(*r->sets),
		      report_set_order);
	}
	find_outliers(r);
	return 0;
}
