#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"
#include "report/report_internal.h"

static int by_hash(const void *a, const void *b)
{
	const struct host_number *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return addr_compare(x->addr, y->addr);
}

static int by_addr(const void *a, const void *b)
{
	return addr_compare(((const struct host_number *)a)->addr,
			    ((const struct host_number *)b)->addr);
}

int host_numbers_make(struct host_numbers *numbers, const struct report_past *past)
{
	struct host_number *list = malloc((past->n + 1) * sizeof(*list));
	uint64_t key[2];
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	/* Whoever could count the order himself would know the hosts by their numbers. */
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		free(list);
		return -errno;
	}
	for (size_t i = 0; i < past->n; i++) {
		struct net_addr a = past->list[i].host;

		if (n && addr_equal(list[n - 1].addr, a))
			continue;
		list[n++] =
			(struct host_number){ a, 0,
					      hash_mix(key[0] ^ a.hi ^ hash_mix(key[1] ^ a.lo)) };
	}
	qsort(list, n, sizeof(*list), by_hash);
	for (size_t i = 0; i < n; i++)
		list[i].number = (uint32_t)i + 1;
	qsort(list, n, sizeof(*list), by_addr);
	numbers->list = list;
	numbers->n = n;
	return 0;
}

void host_numbers_finish(struct host_numbers *numbers)
{
	free(numbers->list);
}

uint32_t host_numbers_find(const struct host_numbers *numbers, struct net_addr host)
{
	const struct host_number key = { .addr = host };
	const struct host_number *found =
		bsearch(&key, numbers->list, numbers->n, sizeof(key), by_addr);

	return found ? found->number : 0;
}

const char *report_host_text(const struct report *r, struct net_addr host, uint32_t number,
			     char ret_text[REPORT_HOST_MAX])
{
	if (!r->anonymised)
		return addr_format(host, ret_text);
	if (addr_is_v4(host)) {
		snprintf(ret_text, REPORT_HOST_MAX, "%u.%u.x.y#%u", addr_v4(host) >> 24,
			 addr_v4(host) >> 16 & 255, number);
	} else {
		snprintf(ret_text, REPORT_HOST_MAX, "%x:%x:x:y#%u", (unsigned)(host.hi >> 48),
			 (unsigned)(host.hi >> 32 & 0xffff), number);
	}
	return ret_text;
}

const char *report_peer_text(const struct report *r, const struct report_visitor *v,
			     char ret_text[REPORT_HOST_MAX])
{
	struct net_addr peer = v->visit.peer;

	if (!prefix_set_contains(&r->config->networks, peer))
		return addr_format(peer, ret_text);
	return report_host_text(r, peer, v->number, ret_text);
}

#define SHOWN_V4_BITS 16
#define SHOWN_V6_BITS 32

const char *report_network_text(const struct report *r, struct net_prefix network,
				char ret_text[PREFIX_TEXT_MAX])
{
	uint8_t most = addr_is_v4(network.addr) ? SHOWN_V4_BITS : SHOWN_V6_BITS;

	if (r->anonymised && network.length > most)
		network = prefix_of(network.addr, most);
	return prefix_format(network, ret_text);
}

const char *report_host_name(const struct report *r, struct net_addr host)
{
	const struct config_host *h = r->anonymised ? NULL : config_host(r->config, host);

	return h ? h->name : "";
}
