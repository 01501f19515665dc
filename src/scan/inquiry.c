/* The order in which one port is asked, and what becomes of the answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scan/prober_internal.h"

#define AT_ONCE       4 /* conversations with a port of which nothing is known */
#define FAILURES_MAX  3 /* connections that could not be made; then the port is left alone */
#define SCORE_UNKNOWN 1 /* it said something */
#define SCORE_KNOWN   2
#define RETRY_NS      (100 * MS_NS)

#define IP_TCP 6

uint64_t inquiry_patience(const struct inquiry *q)
{
	return q->prober->quiet_ns + 4 * q->rtt_ns;
}

void inquiry_charge(struct inquiry *q)
{
	if (q->sent++)
		q->prober->pace.tokens -= 1;
}

/* Only read: evidence that the engine brought, and what fits the port is asked beside it. */
static void judge_evidence(struct inquiry *q)
{
	struct service *s = &q->outcome->service;
	struct heard h = { .bytes = s->evidence,
			   .length = s->evidence_bytes,
			   .asked = q->usual ? q->usual->protocol : NULL,
			   .port = q->outcome->port,
			   .datagram = q->outcome->protocol != IP_TCP };

	if (s->evidence)
		inquiry_judge(q, &h, false);
	/* A version, or a protocol that tells none: nothing better is to be had. */
	q->done = q->best.version || (q->best_score >= SCORE_KNOWN && !q->usual);
}

struct inquiry *inquiry_new(struct prober *p, struct host *host, struct port_outcome *outcome)
{
	struct inquiry *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->prober = p;
	q->host = host;
	q->outcome = outcome;
	q->began_ns = p->now_ns;
	q->limit_ns = p->now_ns + p->settings.port_limit_ms * MS_NS;
	q->usual = probe_usual(outcome->protocol, outcome->port, &q->usual_tls);
	service_init(&q->best);
	if (outcome->protocol != IP_TCP)
		judge_evidence(q);
	return q;
}

/* The more is known, the better; of equals, the one that answered its own protocol's question. */
static int score(const struct service *s, bool known, bool own)
{
	if (!known)
		return s->evidence ? SCORE_UNKNOWN : 0;
	return SCORE_KNOWN + own +
	       2 * ((s->product != NULL) + (s->version != NULL) + (s->product && s->cpe[0]));
}

void inquiry_judge(struct inquiry *q, const struct heard *h, bool tls)
{
	struct service s;
	int known, points;

	service_init(&s);
	known = service_read(q->prober->settings.fingerprints, h, &s);
	points = score(&s, known > 0, h->asked && s.name && !strcmp(h->asked, s.name));
	if (known < 0 || points <= q->best_score) {
		service_finish(&s);
		return;
	}
	s.tls |= tls;
	service_finish(&q->best);
	q->best = s;
	q->best_score = points;
}

static bool was_asked(const struct inquiry *q, const struct probe *probe, bool tls)
{
	return q->asked[tls] >> (probe - tcp_probes) & 1;
}

static bool can_tls(const struct inquiry *q)
{
	return q->prober->tls && !q->tls_tried;
}

static bool is_being_asked(const struct inquiry *q, const struct probe *probe,
			   const struct conversation *but)
{
	for (int i = 0; probe && i < q->n_talks; i++)
		if (q->talks[i] != but && q->talks[i]->probe == probe && !q->talks[i]->lingering)
			return true;
	return false;
}

/* What to ask next, from what was recognised; or that this is all. */
static void take_hint(struct inquiry *q, const struct conversation *c)
{
	const struct reading *r = q->prober->reading;
	bool tls = c->tls && c->within_tls;
	const struct probe *probe = probe_named(IP_TCP, r->protocol);

	if (r->tls_wanted) {
		if (can_tls(q)) {
			/* What it said in the open is worth less than anything within. */
			q->best_score = MIN(q->best_score, SCORE_UNKNOWN);
			q->hint = q->usual_tls ? q->usual : &tcp_probes[0];
			q->hint_tls = true;
		}
		q->done = !q->hint;
		return;
	}
	if (probe && probe->ask && !was_asked(q, probe, tls)) {
		q->hint = probe;
		q->hint_tls = tls;
		return;
	}
	/* Its own question may have been put already: that answer says more. */
	q->done = !is_being_asked(q, probe, c);
}

/* What a conversation that is over has brought. */
static void take_talk(struct inquiry *q, struct conversation *c)
{
	struct heard h = conversation_heard(c);

	q->failures += !c->connected;
	if (c->secured && c->within_tls)
		q->tls_there = true;
	if (c->certificate && !q->certificate) {
		q->certificate = c->certificate;
		q->names = c->names;
		c->certificate = NULL;
	}
	if (!h.length)
		return;
	inquiry_judge(q, &h, c->tls && c->within_tls);
	if (reading_find(&h, q->prober->reading))
		take_hint(q, c);
	else if (c->spoke_first)
		q->done = true; /* it has said who it is, in words that nobody knows */
}

static void take_datagrams(struct inquiry *q, const struct conversation *c)
{
	size_t from = 0;

	for (int i = 0; i < c->n_ends; from = c->ends[i++]) {
		struct heard h = conversation_heard(c);

		h.bytes += from;
		h.length = c->ends[i] - from;
		h.asked = q->usual ? q->usual->protocol : NULL;
		inquiry_judge(q, &h, false);
		/* Of a port where anything was asked: the answer to which question is it? */
		for (size_t j = 0; !q->usual && q->best_score < SCORE_KNOWN && j < udp_probes_count;
		     j++) {
			h.asked = udp_probes[j].protocol;
			if (udp_probes[j].anywhere)
				inquiry_judge(q, &h, false);
		}
	}
	if (c->n_ends) {
		q->outcome->state = PORT_OPEN;
		q->outcome->reason = REASON_UDP_RESPONSE;
	}
	q->done = true;
}

static int talking(const struct inquiry *q)
{
	int n = 0;

	for (int i = 0; i < q->n_talks; i++)
		n += !q->talks[i]->lingering;
	return n;
}

/* The next question, if there is one: *ret_probe is NULL for listening. */
static bool pick(struct inquiry *q, const struct probe **ret_probe, bool *ret_tls)
{
	*ret_tls = q->tls_there;
	if (q->hint) {
		*ret_probe = q->hint;
		*ret_tls = q->hint_tls;
		q->hint = NULL;
		return true;
	}
	if (!q->first_done) {
		q->first_done = true;
		*ret_probe = q->usual;
		*ret_tls = q->usual_tls && can_tls(q);
		return true;
	}
	*ret_probe = &tcp_probes[0];
	/* One after the other, as long as each may make the next one needless. */
	if (!q->anything && talking(q))
		return false;
	if (!was_asked(q, *ret_probe, q->tls_there))
		return true;
	if (can_tls(q)) {
		*ret_tls = true;
		return true;
	}
	q->anything = true;
	for (size_t i = 1; i < tcp_probes_count; i++) {
		*ret_probe = &tcp_probes[i];
		if (tcp_probes[i].anywhere && !was_asked(q, *ret_probe, q->tls_there))
			return true;
	}
	return false;
}

/* Opens the next conversation. False when there is none to open. */
static bool open_next(struct inquiry *q)
{
	const struct probe *probe;
	bool tls, first = !q->first_done;
	int status;

	if (q->outcome->protocol != IP_TCP) {
		status = q->first_done ? 0 : conversation_open_datagram(q);
		if (status < 0)
			q->retry_ns = q->prober->now_ns + RETRY_NS;
		if (q->first_done)
			return false;
		q->first_done = status != -EAGAIN;
		return status == 0;
	}
	if (q->failures >= FAILURES_MAX || !pick(q, &probe, &tls))
		return false;
	status = conversation_open(q, probe, tls);
	if (status == -EAGAIN) {
		q->retry_ns = q->prober->now_ns + RETRY_NS;
		if (first)
			q->first_done = false;
		return false;
	}
	if (status < 0) {
		q->failures++;
		return q->failures < FAILURES_MAX;
	}
	/* It counts as asked from now on, so that it is not picked twice. */
	if (probe && probe->ask)
		q->asked[tls] |= UINT64_C(1) << (probe - tcp_probes);
	q->tls_tried |= tls;
	return true;
}

static void wake_talks(struct inquiry *q)
{
	for (int i = 0; i < q->n_talks; i++) {
		struct conversation *c = q->talks[i];

		if (c->over || c->wake_ns > q->prober->now_ns)
			continue;
		if (c->datagram)
			conversation_datagram_wake(c);
		else
			conversation_wake(c);
	}
}

static void take_talks(struct inquiry *q)
{
	for (int i = 0; i < q->n_talks; i++) {
		struct conversation *c = q->talks[i];

		if (!c->over)
			continue;
		if (c->datagram)
			take_datagrams(q, c);
		else if (!q->done)
			take_talk(q, c);
		conversation_close(c);
		i--;
	}
}

/* The time is up: what was said up to now counts. */
static void cut_off(struct inquiry *q)
{
	for (int i = 0; i < q->n_talks; i++)
		q->talks[i]->over = true;
	take_talks(q);
	q->done = true;
}

bool inquiry_go_on(struct inquiry *q)
{
	if (q->done)
		return true;
	wake_talks(q);
	take_talks(q);
	if (!q->done && q->prober->now_ns >= q->limit_ns)
		cut_off(q);
	/* Known, and asked once more for its details, which did not come. */
	if (!q->done && q->first_done && q->best.name && !q->hint && !talking(q))
		q->done = true;
	if (q->retry_ns && q->retry_ns <= q->prober->now_ns)
		q->retry_ns = 0;
	while (!q->done && !q->retry_ns && q->n_talks < TALKS_MAX && talking(q) < AT_ONCE &&
	       open_next(q))
		;
	if (!q->n_talks && !q->retry_ns)
		q->done = true;
	return q->done;
}

uint64_t inquiry_wake(const struct inquiry *q)
{
	uint64_t wake = q->retry_ns ? MIN(q->retry_ns, q->limit_ns) : q->limit_ns;

	for (int i = 0; i < q->n_talks; i++)
		wake = q->talks[i]->over ? 0 : MIN(wake, q->talks[i]->wake_ns);
	return wake;
}

/* The certificate's names are texts for the fingerprints as any other. */
static void judge_names(struct inquiry *q)
{
	struct reading *r = q->prober->reading;
	struct span subject = span_over(q->names.subject, strlen(q->names.subject)),
		    issuer = span_over(q->names.issuer, strlen(q->names.issuer));

	memset(r, 0, sizeof(*r));
	r->protocol = "tls";
	reading_key(r, "x509.subject", subject);
	reading_key(r, "x509.issuer", issuer);
	(void)!service_judge(q->prober->settings.fingerprints, r, &q->best);
}

void inquiry_finish(struct inquiry *q)
{
	struct service *s = &q->outcome->service;
	bool tls = q->best.tls || (q->tls_there && !q->best.name);

	while (q->n_talks)
		conversation_close(q->talks[0]);
	if (q->certificate) {
		judge_names(q);
		q->best.certificate = q->certificate;
		q->certificate = NULL;
	}
	q->best.tls = tls;
	/* Nothing is taken away: what the engine brought stays where nothing better was found. */
	if (!q->best.evidence && s->evidence) {
		q->best.evidence = s->evidence;
		q->best.evidence_bytes = s->evidence_bytes;
		s->evidence = NULL;
	}
	service_finish(s);
	*s = q->best;
	free(q);
}
