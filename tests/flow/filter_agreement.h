/*
 * The kernel filter's header against decoder and observer, frame by frame. Two observers watch: one
 * sees every frame through the decoder, the other only what the filter lets through. Whatever the
 * first finds the second has to find, with the same marks.
 */
#ifndef SEKIMORI_TESTS_FILTER_AGREEMENT_H
#define SEKIMORI_TESTS_FILTER_AGREEMENT_H

#include <stdlib.h>
#include <string.h>

#include "observe/observer.h"

#include "filter/filter_internal.h"
#include "filter/frame.h"

struct agreement {
	const struct config *config;
	struct filter_config settings;
	struct filter_streams *streams;
	struct filter_counts counts;
	struct filter_streams *head_streams; /* of the same, asked with a part of the frame */
	struct filter_counts head_counts;
	struct observer *whole, *passed;
	uint64_t turned_ns;   /* when the epoch of the streams began */
	unsigned long cut;    /* frames that went up longer than the filter sends */
	unsigned long longer; /* frames of which the first bytes did not suffice */
};

static inline int agreement_init(struct agreement *a, const struct config *config, uint64_t seed)
{
	struct filter_settings settings = filter_settings_default(config);

	memset(a, 0, sizeof(*a));
	a->config = config;
	a->streams = calloc(1, sizeof(*a->streams));
	a->head_streams = calloc(1, sizeof(*a->head_streams));
	if (!a->streams || !a->head_streams ||
	    filter_config_fill(&settings, seed, &a->settings) < 0 ||
	    observer_new(config, &a->whole) < 0 || observer_new(config, &a->passed) < 0)
		return -1;
	a->streams->epoch = 1;
	a->head_streams->epoch = 1;
	return 0;
}

static inline void agreement_finish(struct agreement *a)
{
	observer_free(a->whole);
	observer_free(a->passed);
	free(a->streams);
	free(a->head_streams);
}

/* As filter_tick. */
static inline void agreement_tick(struct agreement *a, uint64_t time_ns)
{
	if (a->turned_ns && time_ns - a->turned_ns < OBSERVER_MEMORY_NS)
		return;
	if (a->turned_ns) {
		filter_streams_turn(a->streams);
		filter_streams_turn(a->head_streams);
	}
	a->turned_ns = time_ns;
}

static inline bool agreement_addr_is(struct filter_addr a, struct net_addr b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

static inline bool agreement_is_tag(unsigned type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

static inline unsigned agreement_u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/*
 * What the filter has no excuse for sending up: Ethernet with at most two tags, then IP that holds
 * TCP at once, or UDP between ports of no tunnel. Written anew, from the headers' drawings.
 */
static inline bool agreement_is_common(const uint8_t *p, size_t n)
{
	size_t at = 14, ip;
	unsigned type = n >= 14 ? agreement_u16(p + 12) : 0, protocol;

	for (int tags = 0; tags < 2 && agreement_is_tag(type) && n >= at + 4; tags++, at += 4)
		type = agreement_u16(p + at + 2);
	if ((type != 0x0800 && type != 0x86dd) || n < at + 40)
		return false;
	ip = at;
	protocol = type == 0x0800 ? p[ip + 9] : p[ip + 6];
	at += type == 0x0800 ? (size_t)(p[ip] & 15) * 4 : 40;
	if (protocol != 17 || n < at + 4)
		return protocol == 6;
	for (int i = 0; i < 2; i++) {
		unsigned port = agreement_u16(p + at + 2 * (size_t)i);

		if (port == 2152 || port == 3544 || port == 4789 || port == 4790 || port == 6081 ||
		    port == 8472)
			return false;
	}
	return true;
}

static inline const char *agreement_check_facts(const struct agreement *a, const struct packet *p,
						const struct filter_facts *f)
{
	bool ours = prefix_set_contains(&a->config->networks, p->src);
	enum filter_outcome wanted = !packet_is_synack(p) ? FILTER_SYN
				     : ours               ? FILTER_SIGHTING
							  : FILTER_ANSWER;

	if (f->outcome != wanted || (!packet_is_synack(p) && (!packet_is_syn(p) || !ours)))
		return "facts of another kind";
	if (!agreement_addr_is(f->src, p->src) || !agreement_addr_is(f->dst, p->dst) ||
	    f->sport != p->sport || f->dport != p->dport || f->tcp_flags != p->tcp_flags)
		return "facts that differ";
	return NULL;
}

/* What can be said without the observer's memory. */
static inline const char *agreement_check(const struct agreement *a, enum filter_outcome o,
					  const struct filter_facts *f, bool tcp,
					  const struct packet *p, const uint8_t *bytes, size_t n)
{
	bool control = tcp && (port_set_has(&a->config->control_ports, p->sport) ||
			       port_set_has(&a->config->control_ports, p->dport));

	if (filter_is_up(o) && o < FILTER_UP_CONTROL)
		return agreement_is_common(bytes, n) ? "a common frame went up" : NULL;
	if (filter_is_up(o)) {
		if (!tcp || packet_is_syn(p) || packet_is_synack(p) || !p->payload_wire_length)
			return "went up for its payload, and has none";
		return (o == FILTER_UP_CONTROL) == control ? NULL : "the wrong reason for going up";
	}
	if (!filter_is_drop(o))
		return tcp ? agreement_check_facts(a, p, f) : "facts where the decoder finds none";
	if (!tcp)
		return o != FILTER_FOREIGN_SYN ? NULL : "a SYN where the decoder finds none";
	if (o == FILTER_SHORT)
		return "called cut, and is not";
	if (packet_is_synack(p) ||
	    (packet_is_syn(p) && prefix_set_contains(&a->config->networks, p->src)))
		return "a SYN or SYN+ACK was dropped";
	if (packet_is_syn(p) != (o == FILTER_FOREIGN_SYN))
		return "a SYN from elsewhere that is none, or the reverse";
	return control && !packet_is_syn(p) && p->payload_wire_length ? "words were dropped" : NULL;
}

static inline struct packet agreement_packet_of(const struct filter_facts *f)
{
	return (struct packet){ .src = { f->src.hi, f->src.lo },
				.dst = { f->dst.hi, f->dst.lo },
				.sport = f->sport,
				.dport = f->dport,
				.tcp_flags = f->tcp_flags };
}

/* As the kernel asks it for a socket: first with little of the frame, then with more. A block of
 * its own: a sanitizer sees a read behind the end. */
static inline const char *agreement_check_head(struct agreement *a, const uint8_t *bytes,
					       uint32_t n, enum filter_outcome wanted,
					       const struct filter_facts *wanted_facts)
{
	const uint32_t lengths[] = { 128, FILTER_REACH };
	struct filter_facts facts = { 0 };
	enum filter_outcome o = FILTER_NOTHING;
	bool wants_more = true;

	for (int i = 0; i < 2 && wants_more; i++) {
		uint32_t copied = n < lengths[i] ? n : lengths[i];
		uint8_t *head = malloc(copied ? copied : 1);

		memcpy(head, bytes, copied);
		a->longer += i > 0;
		o = filter_frame_head(head, copied, n, &a->settings, a->head_streams,
				      &a->head_counts, &facts, &wants_more);
		free(head);
	}
	if (wants_more)
		return "all within reach does not suffice";
	if (o != wanted || a->head_counts.unremembered != a->counts.unremembered)
		return "the head of the frame says otherwise";
	if (filter_is_drop(o) || filter_is_up(o))
		return NULL;
	facts.time_ns = wanted_facts->time_ns;
	return memcmp(&facts, wanted_facts, sizeof(facts)) == 0 ? NULL : "the head's facts differ";
}

/*
 * One frame of Ethernet. Returns NULL, or what is wrong. *ret_outcome and *ret_facts are the
 * header's answer.
 */
static inline const char *agreement_see(struct agreement *a, uint64_t time_ns, const uint8_t *bytes,
					uint32_t n, enum filter_outcome *ret_outcome,
					struct filter_facts *ret_facts)
{
	struct packet p = { 0 };
	struct sighting s = { 0 }, t = { 0 };
	enum filter_outcome o =
		filter_frame(bytes, bytes + n, &a->settings, a->streams, &a->counts, ret_facts);
	bool tcp = decode_frame(1, bytes, n, &p) == VERDICT_TCP;
	enum outcome all = OUTCOME_OTHER, some = OUTCOME_OTHER;
	const char *wrong = agreement_check(a, o, ret_facts, tcp, &p, bytes, n);

	if (!wrong)
		wrong = agreement_check_head(a, bytes, n, o, ret_facts);
	*ret_outcome = o;
	a->counts.frames[o]++;
	if (wrong)
		return wrong;
	if (filter_is_up(o) && n > FILTER_UP_MOST) {
		a->cut++;
		tcp = decode_frame(1, bytes, FILTER_UP_MOST, &p) == VERDICT_TCP;
	}
	if (tcp)
		all = observer_see(a->whole, time_ns, &p, &s);
	if (filter_is_up(o) && tcp) {
		some = observer_see(a->passed, time_ns, &p, &t);
	} else if (!filter_is_drop(o) && !filter_is_up(o)) {
		p = agreement_packet_of(ret_facts);
		some = observer_see(a->passed, time_ns, &p, &t);
	}
	if (all != some)
		return "an outcome is missing";
	return s.marks == t.marks ? NULL : "a mark differs";
}

/* Do both observers remember the same? */
static inline const char *agreement_end(const struct agreement *a, uint64_t time_ns)
{
	struct observer_foreign f[2][16];
	struct buffer b[2];
	bool same;
	int n;

	memset(f, 0, sizeof(f));
	buffer_init(&b[0]);
	buffer_init(&b[1]);
	observer_save(a->whole, time_ns, &b[0]);
	observer_save(a->passed, time_ns, &b[1]);
	same = !b[0].failed && !b[1].failed && b[0].length == b[1].length &&
	       memcmp(b[0].bytes, b[1].bytes, b[0].length) == 0;
	buffer_finish(&b[0]);
	buffer_finish(&b[1]);
	n = observer_foreign_top(a->whole, f[0], 16);
	if (n != observer_foreign_top(a->passed, f[1], 16))
		same = false;
	for (int i = 0; i < n && same; i++)
		same = f[0][i].packets == f[1][i].packets;
	return same ? NULL : "the observers remember different things";
}

#endif
