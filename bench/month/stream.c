#include "stream.h"

#include <errno.h>

#include "hour.h"
#include "load_frame.h"

int month_stream_append(struct load_pcap *pcap, uint64_t time_ns, const struct month_extra *ends,
			uint16_t peer_port)
{
	const struct load_addr source = load_addr_v4(ends->host_v4);
	const struct load_addr target = load_addr_v4(ends->peer_v4);
	/* A retransmission has the numbers of the first. */
	struct draw d = { (uint64_t)ends->host_v4 << 32 ^ ends->peer_v4 ^
			  (uint64_t)ends->port << 16 ^ (uint64_t)peer_port << 40 };
	uint64_t numbers = draw_u64(&d);
	struct load_segment s = { .source = &source,
				  .target = &target,
				  .source_port = ends->port,
				  .target_port = peer_port,
				  .sequence = (uint32_t)numbers,
				  .acknowledgement = (uint32_t)(numbers >> 32),
				  .flags = TCP_SYN | TCP_ACK,
				  .outbound = true };
	uint8_t *frame = load_pcap_frame(pcap);

	if (!frame)
		return -errno;
	load_pcap_append(pcap, time_ns, load_frame_tcp(frame, &s));
	return 0;
}

static int write_hour(const struct month_hour *h, struct load_pcap *pcap, struct month_account *a)
{
	const struct month_plan *plan = h->day->plan;
	uint64_t start_ns = plan->start_ns + ((uint64_t)h->day->day * MONTH_DAY_HOURS + h->hour) *
						     MONTH_HOUR_US * 1000;
	int ret = 0;

	for (uint32_t i = 0; i < h->n && ret == 0; i++) {
		const struct month_packet *p = month_hour_packet(h, i);
		struct month_extra ends;

		if (p->service == MONTH_EXTRA) {
			ends = h->extras[p->peer];
			if (a)
				a->extras[ends.kind]++;
		} else {
			const struct month_service *s = &plan->site.services[p->service];

			ends = (struct month_extra){ .host_v4 = plan->site.hosts[s->host].v4,
						     .peer_v4 = plan->crowd.v4[p->peer],
						     .port = plan->site.ports[s->port].number };
			if (a)
				month_account_add(a, h->day->day, p->service, p->peer);
		}
		ret = month_stream_append(pcap, start_ns + (uint64_t)p->time_us * 1000, &ends,
					  p->peer_port);
	}
	return ret;
}

int month_stream_write(const struct month_plan *plan, struct load_pcap *pcap,
		       struct month_account *account)
{
	struct month_day day = { 0 };
	struct month_sessions sessions = { 0 };
	struct month_hour hour = { 0 };
	struct month_extras extras;
	int ret = 0;

	month_extras_init(&extras, plan);
	for (uint32_t n = 0; n < plan->n_days && ret == 0; n++) {
		ret = month_day_fill(&day, plan, n);
		if (ret == 0)
			ret = month_sessions_fill(&sessions, &day);
		for (uint32_t i = 0; i < MONTH_DAY_HOURS && ret == 0; i++) {
			ret = month_hour_fill(&hour, &day, &sessions, &extras, i);
			if (ret == 0)
				ret = write_hour(&hour, pcap, account);
		}
		if (account)
			month_account_end_day(account, n);
	}
	month_hour_finish(&hour);
	month_sessions_finish(&sessions);
	month_day_finish(&day);
	return ret < 0 ? ret : load_pcap_flush(pcap);
}
