/*
 * Dense numbers for the services that a period's files name: counting a month does not pay for what
 * else the store knows, and most services of a site are FTP data ports that live for one session.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "catalogue/period_internal.h"

static int service_order(const void *a, const void *b)
{
	const struct period_service *x = a, *y = b;

	return SERVICE_ORDER(x, y);
}

/* Until they are numbered, a service's place in the order of noting stands for its packets. */
int period_services_note(struct period_scan *s, const struct part_series *series,
			 bool first_of_file, uint32_t *ret_service)
{
	const struct period_service one = { series->host, series->port, series->protocol,
					    s->n_services };
	void *grown;

	if (first_of_file || service_order(&s->services[s->n_services - 1], &one) != 0) {
		if (s->n_services == UINT32_MAX)
			return ERR_LIMIT;
		grown = array_make_room(s->services, s->n_services, &s->services_room,
					sizeof(*s->services));
		if (!grown)
			return -ENOMEM;
		s->services = grown;
		s->services[s->n_services++] = one;
	}
	*ret_service = (uint32_t)s->n_services - 1;
	return 0;
}

size_t period_services_find(const struct period_scan *s, struct net_addr host, uint16_t port,
			    uint8_t protocol)
{
	const struct period_service key = { host, port, protocol, 0 }, *found;

	found = s->n_services ? bsearch(&key, s->services, s->n_services, sizeof(*s->services),
					service_order)
			      : NULL;
	return found ? (size_t)(found - s->services) : SIZE_MAX;
}

int period_services_number(struct period_scan *s)
{
	uint32_t *number = malloc((s->n_services + 1) * sizeof(*number));
	size_t n = 0;

	if (!number)
		return -ENOMEM;
	if (s->n_services)
		qsort(s->services, s->n_services, sizeof(*s->services), service_order);
	for (size_t i = 0; i < s->n_services; i++) {
		struct period_service one = s->services[i];
		size_t noted = one.packets;

		one.packets = 0;
		if (!n || service_order(&s->services[n - 1], &one) != 0)
			s->services[n++] = one;
		number[noted] = (uint32_t)n - 1;
	}
	s->n_services = n;
	for (size_t f = 0; f < s->n_files; f++) {
		struct period_file *file = &s->files[f];

		for (uint32_t i = 0; i < file->n_series; i++)
			file->series[i].service = number[file->series[i].service];
	}
	free(number);
	return 0;
}
