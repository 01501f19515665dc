/*
 * Makes a load for the benches: a capture of the line outside a campus' firewall, the same for the
 * same seed.
 *
 * The source's month is the model: 270 hosts with 1,016 services on 207 ports, so that both its
 * table 3 (ports of a host) and the host counts of its table 2 (hosts of a port) come out; 900,000
 * peers; 1-31 January 2019 in Japan. What its tables leave free was used so:
 * - The 191 ports that are not named share their 387 services as 20 ports × 8 hosts, 56 × 2 and 115
 * × 1, with numbers from 1024 up. A host's size and its ports go together as in the construction of
 * load_site.c.
 * - Port 21 became 990, and no peer uses port 20: nothing here is an FTP data connection, so the
 * account is what a list shows with nothing marked and nothing left out.
 * - A port is asked for as often as table 2 has external hosts for it (the Nth unnamed one 1185/N),
 * and its hosts as 1, 1/2, 1/3 …: the first service gets 7 % of all, the ten first a third, half
 * the services almost nothing.
 * - Every peer comes at least once when there are records enough; all other peers are drawn
 * uniformly, at random moments: few pairs repeat, which is the hard case for whoever stores them.
 * --skew makes some come often.
 * - Peers' ports are uniform over 1024-65535, moments uniform over the span, no packet comes twice,
 * 1 % carry ECE.
 * - In a load of both families every second host and every second peer is IPv6. How the peers'
 * addresses are made is at the head of load_peers.c.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load_account.h"
#include "load_frame.h"
#include "load_mix.h"
#include "load_options.h"
#include "load_pcap.h"
#include "load_peers.h"

#define START_NS 1546268400000000000ULL /* 2019-01-01 00:00 in Japan */

struct load {
	const struct load_options *options;
	struct draw draw;
	struct load_site site;
	struct load_peers peers;
	struct load_account account;
	uint32_t peers_met; /* they come for the first time in the table's order */
	double time_left;   /* share of the span */
};

/*
 * The next of the sorted moments without keeping them: of K uniform draws over what is left, the
 * least leaves a share of u^(1/K).
 */
static uint64_t next_time_ns(struct load *l, uint64_t frames_left)
{
	double span_ns = (double)l->options->span_s * 1e9;

	l->time_left *= exp(log(draw_unit(&l->draw)) / (double)frames_left);
	return START_NS + (uint64_t)(span_ns * (1 - l->time_left));
}

/* Zipf's law with the sum taken as an integral. */
static uint32_t draw_skewed(struct draw *d, double skew, uint32_t n)
{
	double u = draw_unit(d), e = 1 - skew;
	double x = fabs(e) < 1e-6 ? pow(n, u) : pow(1 + u * (pow(n, e) - 1), 1 / e);

	return x < 1 ? 0 : MIN((uint32_t)x, n) - 1;
}

static uint32_t draw_peer(struct load *l)
{
	if (l->options->skew > 0)
		return draw_skewed(&l->draw, l->options->skew, l->peers.n);
	return draw_below(&l->draw, l->peers.n);
}

/* Of the records left, as many as there are peers left are kept for them. */
static uint32_t next_peer(struct load *l, uint64_t records_left)
{
	double first_times = (double)(l->peers.n - l->peers_met);

	if (first_times > 0 && draw_unit(&l->draw) * (double)records_left <= first_times)
		return l->peers_met++;
	return draw_peer(l);
}

static size_t write_synack(struct load *l, uint8_t *frame, uint64_t records_left)
{
	uint32_t peer = next_peer(l, records_left);
	const struct load_addr *target = &l->peers.addresses[peer];
	uint32_t service = load_site_draw(&l->site, target->v6, &l->draw);
	struct load_segment s = {
		.source = &l->site.services[service].address,
		.source_port = l->site.services[service].port,
		.target = target,
		.flags = TCP_SYN | TCP_ACK,
		.outbound = true,
	};

	/* One draw a statement: compilers differ in the order within an expression. */
	s.target_port = (uint16_t)draw_between(&l->draw, 1024, UINT16_MAX);
	s.sequence = draw_below(&l->draw, UINT32_MAX);
	s.acknowledgement = draw_below(&l->draw, UINT32_MAX);
	if (draw_below(&l->draw, 100) == 0)
		s.flags |= TCP_ECE;
	if (l->account.met)
		load_account_add(&l->account, service, peer);
	return load_frame_tcp(frame, &s);
}

static size_t write_other(struct load *l, uint8_t *frame)
{
	return load_mix_frame(frame, &l->site, &l->peers.addresses[draw_peer(l)], &l->draw);
}

/* Of the frames left, as many as there are records left are theirs. */
static bool synack_is_due(struct load *l, uint64_t frames_left, uint64_t records_left)
{
	return frames_left == records_left ||
	       draw_unit(&l->draw) * (double)frames_left <= (double)records_left;
}

static int write_frames(struct load *l, struct load_pcap *pcap)
{
	uint64_t records_left = l->options->records;

	for (uint64_t left = l->options->frames; left > 0; left--) {
		uint8_t *frame = load_pcap_frame(pcap);
		uint64_t time_ns = next_time_ns(l, left);
		size_t length;

		if (!frame)
			return -errno;
		length = synack_is_due(l, left, records_left)
				 ? write_synack(l, frame, records_left--)
				 : write_other(l, frame);
		load_pcap_append(pcap, time_ns, length);
	}
	return load_pcap_flush(pcap);
}

static int write_load(struct load *l, int fd)
{
	struct load_pcap pcap;
	int ret;

	assert(l->peers.addresses);
	ret = load_pcap_init(&pcap, fd, l->options->nanoseconds);

	if (ret == 0)
		ret = write_frames(l, &pcap);
	load_pcap_finish(&pcap);
	return ret;
}

static int write_account(const struct load *l)
{
	FILE *file = fopen(l->options->account, "w");
	int ret;

	if (!file)
		return -errno;
	ret = load_account_write(&l->account, &l->site, file);
	if (fclose(file) != 0 && ret == 0)
		ret = -errno;
	return ret;
}

static int prepare(struct load *l)
{
	const struct load_options *o = l->options;
	int ret = load_site_init(&l->site, o->hosts, o->families, &l->draw);

	if (ret == 0)
		ret = load_peers_init(&l->peers, o->peers, o->families, &l->draw);
	if (ret == 0 && o->account)
		ret = load_account_init(&l->account, l->site.n_services, o->peers);
	return ret;
}

int main(int argc, char **argv)
{
	struct load_options options;
	struct load load = { .options = &options, .time_left = 1 };
	int fd = STDOUT_FILENO, ret;

	if (!load_options_parse(argc, argv, &options))
		return 2;
	load.draw.state = options.seed;
	if (options.file)
		fd = open(options.file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ret = fd < 0 ? -errno : prepare(&load);
	if (ret == 0)
		ret = write_load(&load, fd);
	if (ret == 0 && options.account)
		ret = write_account(&load);
	if (fd >= 0 && close(fd) < 0 && ret == 0)
		ret = -errno;
	load_account_finish(&load.account);
	load_peers_finish(&load.peers);
	load_site_finish(&load.site);
	if (ret < 0) {
		(void)fprintf(stderr, "sekimori-load: %s\n",
			      ret == -E2BIG ? "too many services and peers for --account"
					    : strerror(-ret));
	}
	return ret < 0;
}
