/*
 * FTP data is left out by the source's two rules, plainly: an answer to source port 20 from a port
 * above 1023 that is not commonly served, and what follows within an hour an answer on port 21
 * between the same two hosts, from such a port.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recount.h"

#define YEAR_US        (1546268400ULL * 1000000) /* 2019-01-01 00:00 in Japan */
#define DAY_US         (86400ULL * 1000000)
#define HOUR_US        (3600ULL * 1000000)
#define PEER_SLOTS     ((size_t)4 * RECOUNT_PEERS_MOST)
#define SERVICE_SLOTS  ((size_t)4 * RECOUNT_SERVICES_MOST)
#define CONTROL_SLOTS  (1U << 18)
#define FLOOD_FIRST_V4 0x681b90feU
#define FLOOD_OTHER_V4 0x681b91feU

static uint32_t hash(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15ULL;
	return (uint32_t)(key >> 32 ^ key >> 51);
}

int recount_init(struct recount *r, uint32_t month, uint32_t left_out_v4)
{
	static const uint8_t lengths[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	memset(r, 0, sizeof(*r));
	r->left_out_v4 = left_out_v4;
	r->month = month;
	r->n_days = lengths[month - 1];
	r->start_us = YEAR_US;
	for (uint32_t i = 0; i + 1 < month; i++)
		r->start_us += lengths[i] * DAY_US;
	r->counts = calloc(1, sizeof(*r->counts));
	r->services = calloc(RECOUNT_SERVICES_MOST, sizeof(r->services[0]));
	r->peers = calloc(RECOUNT_PEERS_MOST, sizeof(r->peers[0]));
	r->peer_slots = calloc(PEER_SLOTS, sizeof(r->peer_slots[0]));
	r->service_slots = calloc(SERVICE_SLOTS, sizeof(r->service_slots[0]));
	r->controls = calloc(CONTROL_SLOTS, sizeof(r->controls[0]));
	return r->counts && r->services && r->peers && r->peer_slots && r->service_slots &&
			       r->controls
		       ? 0
		       : -ENOMEM;
}

void recount_finish(struct recount *r)
{
	for (uint32_t i = 0; r->services && i < r->n_services; i++)
		free(r->services[i].peers);
	free(r->counts);
	free(r->services);
	free(r->peers);
	free(r->peer_slots);
	free(r->service_slots);
	free(r->controls);
	memset(r, 0, sizeof(*r));
}

/* Where the pair is, or would be. */
static struct recount_control *control_of(struct recount *r, const struct recount_record *record)
{
	uint64_t pair = (uint64_t)record->host << 32 | record->peer;
	uint32_t at = hash(pair) % CONTROL_SLOTS;

	while (r->controls[at].pair != 0 && r->controls[at].pair != pair)
		at = (at + 1) % CONTROL_SLOTS;
	return &r->controls[at];
}

static bool is_commonly_served(uint16_t port)
{
	return port == 3389 || port == 8080 || port == 8443;
}

static bool is_left_out(struct recount *r, const struct recount_record *record)
{
	const struct recount_control *control;

	if (record->host == r->left_out_v4) {
		r->left_out++;
		return true;
	}
	if (record->port == 21) {
		*control_of(r, record) =
			(struct recount_control){ (uint64_t)record->host << 32 | record->peer,
						  record->time_us };
		return false;
	}
	if (record->port < 1024 || is_commonly_served(record->port))
		return false;
	if (record->peer_port == 20) {
		r->ftp_active++;
		return true;
	}
	control = control_of(r, record);
	if (control->pair == 0 || record->time_us - control->time_us >= HOUR_US)
		return false;
	r->ftp_passive++;
	return true;
}

static int find_peer(struct recount *r, uint32_t v4, uint32_t *ret_peer)
{
	size_t at = hash(v4) % PEER_SLOTS;

	for (; r->peer_slots[at] != 0; at = (at + 1) % PEER_SLOTS) {
		if (r->peers[r->peer_slots[at] - 1].v4 == v4) {
			*ret_peer = r->peer_slots[at] - 1;
			return 0;
		}
	}
	if (r->counts->peers == RECOUNT_PEERS_MOST)
		return -E2BIG;
	*ret_peer = r->counts->peers++;
	r->peers[*ret_peer].v4 = v4;
	r->peer_slots[at] = *ret_peer + 1;
	return 0;
}

static int find_host(struct recount *r, uint32_t v4, uint32_t *ret_host)
{
	for (uint32_t i = 0; i < r->counts->n_hosts; i++) {
		if (r->counts->hosts[i].v4 == v4) {
			*ret_host = i;
			return 0;
		}
	}
	if (r->counts->n_hosts == MONTH_COUNTED_HOSTS)
		return -E2BIG;
	*ret_host = r->counts->n_hosts++;
	r->counts->hosts[*ret_host].v4 = v4;
	return 0;
}

static int find_service(struct recount *r, const struct recount_record *record,
			struct recount_service **ret_service)
{
	size_t at = hash((uint64_t)record->host << 16 | record->port) % SERVICE_SLOTS;
	struct recount_service *s;
	int ret;

	for (; r->service_slots[at] != 0; at = (at + 1) % SERVICE_SLOTS) {
		s = &r->services[r->service_slots[at] - 1];
		if (s->port == record->port && r->counts->hosts[s->host].v4 == record->host) {
			*ret_service = s;
			return 0;
		}
	}
	if (r->n_services == RECOUNT_SERVICES_MOST)
		return -E2BIG;
	s = &r->services[r->n_services];
	s->port = record->port;
	s->peers = calloc(RECOUNT_PEERS_MOST / 64, sizeof(s->peers[0]));
	ret = s->peers ? find_host(r, record->host, &s->host) : -ENOMEM;
	if (ret < 0) {
		free(s->peers);
		s->peers = NULL;
		return ret;
	}
	r->service_slots[at] = ++r->n_services;
	*ret_service = s;
	return 0;
}

static void note_busiest(struct recount_peer list[RECOUNT_BUSIEST], struct recount_peer p)
{
	for (int i = 0; i < RECOUNT_BUSIEST; i++) {
		struct recount_peer kept = list[i];

		if (p.packets < kept.packets || (p.packets == kept.packets && p.v4 > kept.v4))
			continue;
		list[i] = p;
		p = kept;
	}
}

static void end_day(struct recount *r)
{
	for (uint32_t i = 0; i < r->counts->peers; i++) {
		if (r->peers[i].packets == 0)
			continue;
		r->counts->peers_of_day[r->today]++;
		note_busiest(r->busiest[r->today], r->peers[i]);
		r->peers[i].packets = 0;
	}
}

static void count(struct recount *r, const struct recount_record *record, struct recount_service *s,
		  uint32_t peer)
{
	struct month_counts *c = r->counts;
	struct month_counted_host *h = &c->hosts[s->host];

	s->packets++;
	s->days |= 1U << r->today;
	s->peers[peer / 64] |= 1ULL << (peer % 64);
	r->peers[peer].packets++;
	h->days |= 1U << r->today;
	if (h->peers == 0)
		h->peer = record->peer;
	if (h->peers == 0 || (h->peers == 1 && h->peer != record->peer))
		h->peers++;
	c->packets[r->today]++;
	if (record->port == 33020 || record->port == 60912) {
		if (c->odd_packets < 3)
			r->odd[c->odd_packets] = *record;
		c->odd_packets++;
	}
	if (record->peer == FLOOD_FIRST_V4 || record->peer == FLOOD_OTHER_V4) {
		c->flood[r->today]++;
		r->flooded[s->host] = true;
	}
}

/* As the source had them: the day's number, the hour, and the two ends. */
static void write_record(const struct recount *r, const struct recount_record *record)
{
	uint64_t of_day_us = (record->time_us - r->start_us) % DAY_US;

	(void)fprintf(r->records, "%02u,%02u,%u.%u.%u.%u,%u,%u.%u.%u.%u,%u\n", r->today + 1,
		      (unsigned)(of_day_us / HOUR_US), record->host >> 24, record->host >> 16 & 255,
		      record->host >> 8 & 255, record->host & 255, record->port, record->peer >> 24,
		      record->peer >> 16 & 255, record->peer >> 8 & 255, record->peer & 255,
		      record->peer_port);
}

int recount_add(struct recount *r, const struct recount_record *record)
{
	uint64_t day = (record->time_us - r->start_us) / DAY_US;
	struct recount_service *service;
	uint32_t peer;
	int ret;

	r->out_of_order += record->time_us < r->last_us;
	r->last_us = record->time_us;
	if (record->time_us < r->start_us || day >= r->n_days)
		return -ERANGE;
	if (day != r->today)
		end_day(r);
	r->today = (uint32_t)day;
	if (is_left_out(r, record))
		return 0;
	ret = find_service(r, record, &service);
	if (ret == 0)
		ret = find_peer(r, record->peer, &peer);
	if (ret == 0)
		count(r, record, service, peer);
	if (ret == 0 && r->records)
		write_record(r, record);
	return ret;
}

/* Peers of a port are those of its services united. */
static int count_peers_of_ports(struct recount *r)
{
	uint32_t n_words = RECOUNT_PEERS_MOST / 64;
	uint64_t *united = calloc(n_words, sizeof(united[0]));

	if (!united)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->n_services; i++) {
		uint16_t port = r->services[i].port;
		uint32_t n = 0;

		if (r->counts->ports[port].peers > 0)
			continue;
		memset(united, 0, n_words * sizeof(united[0]));
		for (uint32_t s = i; s < r->n_services; s++) {
			for (uint32_t w = 0; w < n_words && r->services[s].port == port; w++)
				united[w] |= r->services[s].peers[w];
		}
		for (uint32_t w = 0; w < n_words; w++)
			n += (uint32_t)__builtin_popcountll(united[w]);
		r->counts->ports[port].peers = n;
	}
	free(united);
	return 0;
}

int recount_end(struct recount *r)
{
	struct month_counts *c = r->counts;

	end_day(r);
	for (uint32_t i = 0; i < r->n_services; i++) {
		const struct recount_service *s = &r->services[i];
		struct month_counted_host *h = &c->hosts[s->host];

		c->ports[s->port].hosts++;
		c->ports[s->port].daily += s->days == (1U << r->n_days) - 1;
		if (h->n_ports < MONTH_COUNTED_PORTS)
			h->ports[h->n_ports] = s->port;
		h->n_ports++;
	}
	for (uint32_t i = 0; i < c->n_hosts; i++)
		c->flood_hosts += r->flooded[i];
	return count_peers_of_ports(r);
}
