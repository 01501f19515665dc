#include "scan/pace.h"

#include <math.h>

#include "base/macros.h"

#define BURST_S      0.002 /* what a late waking makes up for */
#define BURST_LEAST  32
#define BURST_MOST   2048
#define RATE_LEAST   100
#define RATE_MOST    20e6
#define UNPROVEN     100e3
#define BAD          0.1  /* beyond what is borne */
#define WAIT_MOST_NS 1e18 /* of a rate that is next to nothing */
#define HALVINGS     3    /* until it is clear that they do not help */

uint32_t pace_take(struct pace *p, double rate_pps, uint64_t now_ns, uint32_t wanted)
{
	double burst = MIN(MAX(rate_pps * BURST_S, 1), BURST_MOST);
	uint32_t n;

	if (rate_pps >= BURST_LEAST / BURST_S)
		burst = MAX(burst, BURST_LEAST);
	if (p->at_ns == 0)
		p->tokens = 1;
	else if (now_ns > p->at_ns)
		p->tokens += (double)(now_ns - p->at_ns) * 1e-9 * rate_pps;
	if (now_ns > p->at_ns)
		p->at_ns = now_ns;
	p->tokens = MIN(p->tokens, burst);
	/* Below 0 when more was taken than there was. */
	n = (uint32_t)MAX(MIN(p->tokens, (double)wanted), 0);
	p->tokens -= n;
	return n;
}

uint64_t pace_wait_ns(const struct pace *p, double rate_pps)
{
	return p->tokens >= 1 ? 0
			      : (uint64_t)MIN((1 - p->tokens) / rate_pps * 1e9, WAIT_MOST_NS) + 1;
}

void rate_limit(struct rate_control *r, double most)
{
	r->most = most > 0 ? most : RATE_MOST;
	r->unproven = most > 0 ? most : UNPROVEN;
	r->least = MIN(RATE_LEAST, r->most);
	r->rate = MIN(r->rate, r->most);
}

void rate_init(struct rate_control *r, double start, double most)
{
	*r = (struct rate_control){ .rate = start };
	rate_limit(r, most);
}

static void rate_set(struct rate_control *r, double rate)
{
	r->rate = MAX(r->least, MIN(r->most, rate));
}

static void judge_bad(struct rate_control *r, double loss)
{
	if (r->halvings == 0)
		r->loss_before = loss;
	r->steady = true;
	if (++r->halvings <= HALVINGS) {
		rate_set(r, r->rate / 2);
		return;
	}
	r->halvings = 0;
	if (loss > 0.7 * r->loss_before && loss <= RATE_BORNE_MAX) {
		r->borne = loss;
		rate_set(r, r->rate * (1 << HALVINGS));
	} else {
		rate_set(r, r->rate / 2);
	}
}

void rate_judge(struct rate_control *r, uint32_t came, uint32_t lost)
{
	double loss;

	r->judged += came + lost;
	r->lost += lost;
	if (r->judged < RATE_SAMPLE)
		return;
	loss = (double)r->lost / r->judged;
	r->judged = r->lost = 0;
	if (loss > r->borne + BAD) {
		judge_bad(r, loss);
		return;
	}
	r->halvings = 0;
	r->borne = MIN(r->borne, 0.9 * r->borne + 0.1 * loss + 0.01);
	rate_set(r, r->rate * (r->steady ? 1.1 : 2));
}

void rate_overrun(struct rate_control *r)
{
	r->steady = true;
	rate_set(r, r->rate / 2);
}

void rate_drift(struct rate_control *r)
{
	if (r->rate < r->unproven)
		rate_set(r, MIN(r->unproven, r->rate * (r->steady ? 1.01 : 1.25)));
}

double rate_loss(const struct rate_control *r)
{
	return r->borne;
}

uint32_t rate_tries(double loss, double answered, uint32_t most)
{
	double tries;

	if (loss <= 0)
		return 1;
	if (loss >= 1)
		return most;
	tries = ceil(log(0.01 / MAX(answered, 1)) / log(loss));
	return tries < 1 ? 1 : tries > most ? most : (uint32_t)tries;
}
