/*
 * Remakes the source's month: January 2019 of a campus, as a capture of the SYN+ACKs that its hosts
 * sent. The same seed gives the same bytes. plan.c tells how each published figure is met.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"
#include "options.h"
#include "stream.h"

static int check_plan(const struct month_plan *p)
{
	struct month_counts *counts = calloc(1, sizeof(*counts));
	int differing;

	if (!counts)
		return -ENOMEM;
	month_plan_count(p, counts);
	differing = month_facts_compare(counts, stdout);
	free(counts);
	return differing;
}

static int write_traffic(const struct month_plan *p, struct load_pcap *pcap, const char *account)
{
	struct month_account a;
	int ret;

	if (!account)
		return month_stream_write(p, pcap, NULL);
	ret = month_account_init(&a, p);
	if (ret == 0)
		ret = month_stream_write(p, pcap, &a);
	if (ret == 0)
		ret = month_account_write(&a, account);
	month_account_finish(&a);
	return ret;
}

static int write_stream(const struct month_plan *p, const struct month_options *o)
{
	struct load_pcap pcap;
	int fd = STDOUT_FILENO, ret;

	if (o->file)
		fd = open(o->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	ret = load_pcap_init(&pcap, fd, false);
	if (ret == 0) {
		ret = o->nessus ? month_nessus_write(p, &pcap, o->account)
				: write_traffic(p, &pcap, o->account);
	}
	load_pcap_finish(&pcap);
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	return ret;
}

static int run(struct month_plan *plan, const struct month_options *o)
{
	int ret = month_plan_init(plan, o->seed, o->scale, o->month);

	if (ret == 0 && o->config)
		ret = month_extras_write_config(o->config);
	if (ret == 0)
		ret = o->check_plan ? check_plan(plan) : write_stream(plan, o);
	month_plan_finish(plan);
	return ret;
}

int main(int argc, char **argv)
{
	struct month_options options;
	struct month_plan *plan;
	int ret;

	if (!month_options_parse(argc, argv, &options))
		return 2;
	plan = calloc(1, sizeof(*plan));
	ret = plan ? run(plan, &options) : -ENOMEM;
	free(plan);
	if (ret < 0) {
		(void)fprintf(stderr, "sekimori-month: %s\n",
			      ret == -EDOM ? "the scale leaves too little for the plan"
					   : strerror(-ret));
	}
	return ret != 0;
}
