#include <string.h>

#include "base/hash.h"

#include "watch/mirror_internal.h"

#define ENOUGH 20 /* packets of a kind that tell something */
#define DOUBLED_NS                                                                                 \
	100000000ULL  /* a SYN+ACK is sent again after a second: nearer is the mirror's doing */
#define CUT_SHARE 100 /* one in so many */

void mirror_init(struct mirror *m, const struct prefix_set *networks, uint64_t clock_ns)
{
	memset(m, 0, sizeof(*m));
	m->networks = networks;
	m->span_ns = clock_ns;
}

/* Addresses, ports and flags: whoever decoded may not know the sequence numbers. */
static bool is_double(struct mirror *m, uint64_t time_ns, const struct packet *p)
{
	uint64_t key = hash_mix(p->src.hi ^ hash_mix(p->src.lo)) ^
		       hash_mix(p->dst.lo + hash_mix(p->dst.hi + ((uint64_t)p->sport << 32) +
						     ((uint64_t)p->dport << 16) + p->tcp_flags));
	uint64_t before;
	bool same;

	same = m->doubles[key % MIRROR_DOUBLES].key == key;
	before = m->doubles[key % MIRROR_DOUBLES].time_ns;
	m->doubles[key % MIRROR_DOUBLES].key = key;
	m->doubles[key % MIRROR_DOUBLES].time_ns = time_ns;
	return same && time_ns >= before && time_ns - before < DOUBLED_NS;
}

void mirror_see(struct mirror *m, uint64_t time_ns, const struct packet *p, enum outcome outcome)
{
	if (outcome == OUTCOME_SIGHTING) {
		m->now.answers_out++;
		m->now.answers_twice += is_double(m, time_ns, p);
	} else if (outcome == OUTCOME_FOREIGN) {
		if (prefix_set_contains(m->networks, p->dst))
			m->now.answers_in++;
		else
			m->now.transit++;
	} else if (packet_is_syn(p)) {
		if (prefix_set_contains(m->networks, p->src))
			m->now.syns_out++;
		else if (prefix_set_contains(m->networks, p->dst))
			m->now.syns_in++;
	}
}

static struct mirror_counts difference(const struct mirror_counts *a, const struct mirror_counts *b)
{
	return (struct mirror_counts){
		.frames = a->frames - b->frames,
		.cut = a->cut - b->cut,
		.cut_dropped = a->cut_dropped - b->cut_dropped,
		.answers_out = a->answers_out - b->answers_out,
		.answers_twice = a->answers_twice - b->answers_twice,
		.answers_in = a->answers_in - b->answers_in,
		.transit = a->transit - b->transit,
		.syns_in = a->syns_in - b->syns_in,
		.syns_dropped = a->syns_dropped - b->syns_dropped,
		.syns_out = a->syns_out - b->syns_out,
	};
}

static unsigned judge(const struct mirror_counts *c)
{
	uint64_t ours = c->answers_out + c->answers_in + c->syns_out;
	uint64_t incoming = c->answers_in + c->syns_in + c->syns_dropped;
	unsigned f = 0;

	if (!c->frames)
		f |= 1u << MIRROR_NO_FRAMES;
	if (c->transit >= ENOUGH && !ours)
		f |= 1u << MIRROR_NONE_OF_OURS;
	else if (c->transit >= ENOUGH && c->transit > ours)
		f |= 1u << MIRROR_FOREIGN;
	/* Of one direction come our hosts' questions and answers, of the other all others'. */
	if (!(f & 1u << MIRROR_NONE_OF_OURS) && incoming >= ENOUGH && !c->answers_out &&
	    !c->syns_out)
		f |= 1u << MIRROR_ONLY_IN;
	if (c->answers_out + c->syns_out >= ENOUGH && !incoming)
		f |= 1u << MIRROR_ONLY_OUT;
	if (c->answers_out >= ENOUGH && c->answers_twice > c->answers_out / 3)
		f |= 1u << MIRROR_DOUBLED;
	if (c->frames >= CUT_SHARE && c->cut + c->cut_dropped > c->frames / CUT_SHARE)
		f |= 1u << MIRROR_CUT;
	return f;
}

bool mirror_tick(struct mirror *m, uint64_t clock_ns, const struct mirror_lines *lines)
{
	struct mirror_counts span;
	uint64_t wanted = m->judged ? MIRROR_SPAN_NS : MIRROR_FIRST_NS;

	m->now.frames = lines->frames;
	m->now.syns_dropped = lines->foreign_syns;
	m->now.cut_dropped = lines->cut;
	if (clock_ns - m->span_ns < wanted)
		return false;
	span = difference(&m->now, &m->before);
	m->findings = judge(&span);
	m->judged = true;
	m->before = m->now;
	m->span_ns = clock_ns;
	return true;
}

const char *mirror_finding_name(enum mirror_finding f)
{
	static const char *const names[MIRROR_FINDINGS] = {
		[MIRROR_NO_FRAMES] = "no-frames", [MIRROR_NONE_OF_OURS] = "none-of-ours",
		[MIRROR_ONLY_IN] = "only-in",     [MIRROR_ONLY_OUT] = "only-out",
		[MIRROR_DOUBLED] = "doubled",     [MIRROR_CUT] = "cut",
		[MIRROR_FOREIGN] = "foreign",
	};

	return names[f];
}
