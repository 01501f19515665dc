#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define SCALE_LEAST 0.002

static const char usage[] =
	"Usage: sekimori-month [OPTION]... [FILE]\n"
	"Writes January 2019, or another month, of the campus to FILE, or to the standard output, as a capture.\n"
	"\n"
	"  --seed N                 (default 1)\n"
	"  --month N                1-12 of 2019 (default 1); those after January are for benches\n"
	"  --scale F                0.002-1: fewer packets and peers, the same hosts and ports\n"
	"  --stream traffic|nessus  the month (default), or the active scan of 2 February\n"
	"  --account DIR            write what was written, counted, as csv files\n"
	"  --config FILE            write a configuration: networks, timezone, the honeypot\n"
	"  --check-plan             print the plan's counts beside the published ones, no capture\n";

static bool parse_scale(const char *text, double *ret_scale)
{
	char *end;

	*ret_scale = strtod(text, &end);
	return end != text && *end == '\0' && *ret_scale >= SCALE_LEAST && *ret_scale <= 1;
}

static bool parse_seed(const char *text, uint64_t *ret_seed)
{
	char *end;

	errno = 0;
	*ret_seed = strtoull(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && text[0] != '-';
}

static bool parse_month(const char *text, uint32_t *ret_month)
{
	char *end;

	*ret_month = (uint32_t)strtoul(text, &end, 10);
	return end != text && *end == '\0' && *ret_month >= 1 && *ret_month <= MONTHS;
}

static bool parse_stream(const char *text, bool *ret_nessus)
{
	*ret_nessus = strcmp(text, "nessus") == 0;
	return *ret_nessus || strcmp(text, "traffic") == 0;
}

static bool parse_option(int option, const char *text, struct month_options *o)
{
	switch (option) {
	case 'd':
		return parse_seed(text, &o->seed);
	case 's':
		return parse_scale(text, &o->scale);
	case 'm':
		return parse_month(text, &o->month);
	case 't':
		return parse_stream(text, &o->nessus);
	case 'a':
		o->account = text;
		return true;
	case 'c':
		o->config = text;
		return true;
	case 'p':
		o->check_plan = true;
		return true;
	default:
		return false;
	}
}

bool month_options_parse(int argc, char **argv, struct month_options *ret_options)
{
	static const struct option names[] = {
		{ "seed", required_argument, NULL, 'd' },
		{ "month", required_argument, NULL, 'm' },
		{ "scale", required_argument, NULL, 's' },
		{ "stream", required_argument, NULL, 't' },
		{ "account", required_argument, NULL, 'a' },
		{ "config", required_argument, NULL, 'c' },
		{ "check-plan", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, '?' },
		{ NULL, 0, NULL, 0 },
	};
	struct month_options o = { .seed = 1, .scale = 1, .month = 1 };
	int option, at = 0;

	while ((option = getopt_long(argc, argv, "", names, &at)) != -1) {
		if (option == '?') {
			(void)fputs(usage, stderr);
			return false;
		}
		if (!parse_option(option, optarg, &o)) {
			(void)fprintf(stderr, "sekimori-month: --%s: bad value \"%s\"\n",
				      names[at].name, optarg);
			return false;
		}
	}
	if (argc - optind > 1 || (o.month > 1 && (o.nessus || o.check_plan))) {
		(void)fputs(usage, stderr);
		return false;
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		o.file = argv[optind];
	*ret_options = o;
	return true;
}
