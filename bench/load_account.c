#include "load_account.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int load_account_init(struct load_account *a, uint32_t n_services, uint32_t n_peers)
{
	uint64_t n_bytes = (uint64_t)n_services * n_peers / 8 + 1;

	*a = (struct load_account){ .n_peers = n_peers };
	if (n_bytes > LOAD_ACCOUNT_BYTES_MAX)
		return -E2BIG;
	a->met = calloc(n_bytes, 1);
	a->packets = calloc(n_services, sizeof(a->packets[0]));
	a->peers = calloc(n_services, sizeof(a->peers[0]));
	return a->met && a->packets && a->peers ? 0 : -ENOMEM;
}

void load_account_finish(struct load_account *a)
{
	free(a->met);
	free(a->packets);
	free(a->peers);
	*a = (struct load_account){ 0 };
}

void load_account_add(struct load_account *a, uint32_t service, uint32_t peer)
{
	uint64_t bit = service * a->n_peers + peer;
	uint8_t mask = (uint8_t)(1U << (bit % 8));

	a->packets[service]++;
	if (!(a->met[bit / 8] & mask))
		a->peers[service]++;
	a->met[bit / 8] |= mask;
}

static int service_compare(const void *a, const void *b)
{
	const struct load_service *x = *(const struct load_service *const *)a;
	const struct load_service *y = *(const struct load_service *const *)b;
	int order = memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes));

	if (x->address.v6 != y->address.v6)
		return x->address.v6 ? 1 : -1;
	return order != 0 ? order : (int)x->port - (int)y->port;
}

int load_account_write(const struct load_account *a, const struct load_site *site, FILE *file)
{
	const struct load_service **sorted = calloc(site->n_services, sizeof(const void *));

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < site->n_services; i++)
		sorted[i] = &site->services[i];
	qsort(sorted, site->n_services, sizeof(const void *), service_compare);
	(void)fprintf(file, "address,port,packets,peers\n");
	for (uint32_t i = 0; i < site->n_services; i++) {
		size_t n = (size_t)(sorted[i] - site->services);
		char text[INET6_ADDRSTRLEN];

		if (a->packets[n] == 0)
			continue;
		inet_ntop(sorted[i]->address.v6 ? AF_INET6 : AF_INET, sorted[i]->address.bytes,
			  text, sizeof(text));
		(void)fprintf(file, "%s,%u,%llu,%llu\n", text, sorted[i]->port,
			      (unsigned long long)a->packets[n], (unsigned long long)a->peers[n]);
	}
	free(sorted);
	return ferror(file) ? -EIO : 0;
}
