#include "load_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load_addr.h"
#include "load_peers.h"
#include "load_site.h"

#define FRAMES_MAX 4000000000ULL
#define SPAN_S_MAX (400ULL * 86400)

static const char usage[] =
	"Usage: sekimori-load [OPTION]... [FILE]\n"
	"Writes a capture to FILE, or to the standard output.\n"
	"\n"
	"  --kind synack|mixed  SYN+ACKs alone (default), or among other traffic (2 %)\n"
	"  --family 4|6|both    address families (default 4)\n"
	"  --records N          SYN+ACKs of inside hosts (default 100000, or 2 % of --frames)\n"
	"  --frames N           all frames, for mixed traffic (default 50 times --records)\n"
	"  --hosts N            inside hosts (default 270)\n"
	"  --peers N            outside addresses (default 900000)\n"
	"  --span TIME          time from first to last, as 90s, 12h, 31d (default 31d)\n"
	"  --skew S             peers after their first time by Zipf's law, 0-3 (default 0: uniform)\n"
	"  --nanoseconds        time stamps in nanoseconds, not microseconds\n"
	"  --seed N             (default 1)\n"
	"  --account FILE       write what each service got: address,port,packets,peers\n";

/* A whole number up to MAX, with a suffix of SUFFIXES, which multiplies by the factor in its place.
 */
static bool parse_number(const char *text, const char *suffixes, const uint32_t factors[],
			 uint64_t max, uint64_t *ret_n)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || text[0] == '-')
		return false;
	if (*end != '\0') {
		const char *suffix = strchr(suffixes, *end);

		if (!suffix || end[1] != '\0' || n > max / factors[suffix - suffixes])
			return false;
		n *= factors[suffix - suffixes];
	}
	*ret_n = n;
	return n <= max;
}

static bool parse_count(const char *text, uint64_t max, uint64_t *ret_n)
{
	return parse_number(text, "kM", (const uint32_t[]){ 1000, 1000000 }, max, ret_n) &&
	       *ret_n > 0;
}

static bool parse_count_u32(const char *text, uint32_t max, uint32_t *ret_n)
{
	uint64_t n;

	if (!parse_count(text, max, &n))
		return false;
	*ret_n = (uint32_t)n;
	return true;
}

static bool parse_span(const char *text, uint64_t *ret_s)
{
	return parse_number(text, "smhd", (const uint32_t[]){ 1, 60, 3600, 86400 }, SPAN_S_MAX,
			    ret_s) &&
	       *ret_s > 0;
}

static bool parse_skew(const char *text, double *ret_skew)
{
	char *end;

	*ret_skew = strtod(text, &end);
	return end != text && *end == '\0' && *ret_skew >= 0 && *ret_skew <= 3;
}

static bool parse_kind(const char *text, bool *ret_mixed)
{
	*ret_mixed = strcmp(text, "mixed") == 0;
	return *ret_mixed || strcmp(text, "synack") == 0;
}

static bool parse_family(const char *text, int *ret_families)
{
	*ret_families = strcmp(text, "4") == 0      ? LOAD_FAMILY_4
			: strcmp(text, "6") == 0    ? LOAD_FAMILY_6
			: strcmp(text, "both") == 0 ? LOAD_FAMILY_4 | LOAD_FAMILY_6
						    : 0;
	return *ret_families != 0;
}

static bool parse_option(int option, const char *text, struct load_options *o)
{
	switch (option) {
	case 'k':
		return parse_kind(text, &o->mixed);
	case 'f':
		return parse_family(text, &o->families);
	case 'r':
		return parse_count(text, FRAMES_MAX, &o->records);
	case 'F':
		return parse_count(text, FRAMES_MAX, &o->frames);
	case 'h':
		return parse_count_u32(text, LOAD_HOSTS_MAX, &o->hosts);
	case 'p':
		return parse_count_u32(text, LOAD_PEERS_MAX, &o->peers);
	case 't':
		return parse_span(text, &o->span_s);
	case 's':
		return parse_skew(text, &o->skew);
	case 'n':
		o->nanoseconds = true;
		return true;
	case 'd':
		return parse_number(text, "", NULL, UINT64_MAX, &o->seed);
	case 'a':
		o->account = text;
		return true;
	default:
		return false;
	}
}

/* What was not said, and whether the rest goes together. */
static bool complete_options(struct load_options *o)
{
	if (o->mixed && o->frames == 0)
		o->frames = (o->records == 0 ? 100000 : o->records) * 50;
	if (o->records == 0)
		o->records = o->frames == 0 ? 100000 : o->frames / 50;
	if (o->frames == 0)
		o->frames = o->records;
	if (o->frames < o->records || o->frames > FRAMES_MAX ||
	    (!o->mixed && o->frames > o->records)) {
		(void)fprintf(stderr, "sekimori-load: --frames and --records do not go together\n");
		return false;
	}
	if (o->families == (LOAD_FAMILY_4 | LOAD_FAMILY_6) && (o->hosts < 2 || o->peers < 2)) {
		(void)fprintf(stderr,
			      "sekimori-load: both families need two hosts and two peers\n");
		return false;
	}
	return true;
}

bool load_options_parse(int argc, char **argv, struct load_options *ret_options)
{
	static const struct option names[] = {
		{ "kind", required_argument, NULL, 'k' },
		{ "family", required_argument, NULL, 'f' },
		{ "records", required_argument, NULL, 'r' },
		{ "frames", required_argument, NULL, 'F' },
		{ "hosts", required_argument, NULL, 'h' },
		{ "peers", required_argument, NULL, 'p' },
		{ "span", required_argument, NULL, 't' },
		{ "skew", required_argument, NULL, 's' },
		{ "nanoseconds", no_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 'd' },
		{ "account", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, '?' },
		{ NULL, 0, NULL, 0 },
	};
	struct load_options o = { .families = LOAD_FAMILY_4,
				  .hosts = 270,
				  .peers = 900000,
				  .span_s = 31ULL * 86400,
				  .seed = 1 };
	int option, at = 0;

	while ((option = getopt_long(argc, argv, "", names, &at)) != -1) {
		if (option == '?') {
			(void)fputs(usage, stderr);
			return false;
		}
		if (!parse_option(option, optarg, &o)) {
			(void)fprintf(stderr, "sekimori-load: --%s: bad value \"%s\"\n",
				      names[at].name, optarg);
			return false;
		}
	}
	if (argc - optind > 1) {
		(void)fputs(usage, stderr);
		return false;
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		o.file = argv[optind];
	if (!complete_options(&o))
		return false;
	*ret_options = o;
	return true;
}
