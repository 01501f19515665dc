/*
 * Reads a capture (pcap, microseconds, Ethernet, IPv4) and prints what it counted beside the
 * published figures, with 1 at the end when one differs. Other months than January were not
 * published: their counts go to --csv, or nowhere.
 */
#include "recount.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"Usage: sekimori-recount [OPTION]... [FILE|-]\n"
	"\n"
	"  --month N             of 2019 (default 1)\n"
	"  --left-out ADDRESS    a host that is not counted: the honeypot\n"
	"  --csv FOLDER          write the counts there, as the generator's account has them\n"
	"  --records FILE        write what was counted: day, hour, saddr, sport, daddr, dport\n";

#define SITE_V4  0xa3d10000U /* 163.209.0.0/16 */
#define SITE_ALL 0xffff0000U

static uint32_t u32_le(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t u16_be(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t u32_be(const uint8_t *at)
{
	return u16_be(at) << 16 | u16_be(at + 2);
}

/* tcp[tcpflags] & 255 == 18 and src net 163.209.0.0/16, the source's filter. */
static bool read_synack(const uint8_t *frame, uint32_t n, struct recount_record *ret_record)
{
	const uint8_t *ip = frame + 14, *tcp;

	if (n < 54 || u16_be(frame + 12) != 0x0800 || ip[0] >> 4 != 4 || ip[9] != 6)
		return false;
	tcp = ip + (size_t)(ip[0] & 15) * 4;
	if (tcp + 20 > frame + n || tcp[13] != 18 || (u32_be(ip + 12) & SITE_ALL) != SITE_V4)
		return false;
	ret_record->host = u32_be(ip + 12);
	ret_record->peer = u32_be(ip + 16);
	ret_record->port = (uint16_t)u16_be(tcp);
	ret_record->peer_port = (uint16_t)u16_be(tcp + 2);
	return true;
}

static int count_file(struct recount *r, FILE *file)
{
	uint8_t header[24], frame[65536];
	int ret = 0;

	if (fread(header, 1, 24, file) != 24 || u32_le(header) != 0xa1b2c3d4U)
		return -EINVAL;
	while (ret == 0 && fread(header, 1, 16, file) == 16) {
		struct recount_record record = { .time_us = u32_le(header) * 1000000ULL +
							    u32_le(header + 4) };
		uint32_t n = u32_le(header + 8);

		if (n > sizeof(frame) || fread(frame, 1, n, file) != n)
			return -EINVAL;
		if (read_synack(frame, n, &record))
			ret = recount_add(r, &record);
	}
	return ret < 0 ? ret : recount_end(r);
}

/* The three packets as the source prints them: day, hour, port, peer, its port. */
static int compare_odd(const struct recount *r)
{
	static const char *const published[3] = { "13,00,33020,185.176.27.26,40269",
						  "15,22,60912,5.8.18.62,46266",
						  "16,11,60912,176.119.4.26,45228" };
	int differing = 0;

	for (int i = 0; i < 3; i++) {
		const struct recount_record *o = &r->odd[i];
		unsigned hour =
			(unsigned)(o->time_us / 3600000000ULL + 9); /* since 1970, in Japan */
		char counted[64];

		(void)snprintf(counted, sizeof(counted), "%02u,%02u,%u,%u.%u.%u.%u,%u",
			       hour / 24 - 17896, hour % 24, o->port, o->peer >> 24,
			       o->peer >> 16 & 255, o->peer >> 8 & 255, o->peer & 255,
			       o->peer_port);
		(void)printf("packet %d of the two odd ports%10s | %s | %s%s\n", i + 1, "",
			     published[i], counted,
			     strcmp(counted, published[i]) == 0 ? "" : " | DIFFERS");
		differing += strcmp(counted, published[i]) != 0;
	}
	return differing;
}

static int report(const struct recount *r, const char *folder)
{
	int ret = folder ? recount_write(r, folder) : 0, differing;

	if (ret < 0)
		return ret;
	differing = r->month == 1 ? month_facts_compare(r->counts, stdout) + compare_odd(r) : 0;
	(void)printf("left out: %llu active, %llu passive FTP data, %llu of the host left out\n"
		     "frames out of order: %llu\n",
		     (unsigned long long)r->ftp_active, (unsigned long long)r->ftp_passive,
		     (unsigned long long)r->left_out, (unsigned long long)r->out_of_order);
	return differing > 0 || r->out_of_order > 0;
}

struct options {
	const char *folder, *records;
	struct in_addr left_out;
	uint32_t month;
};

static int count_month(struct recount *r, FILE *file, const struct options *o)
{
	int ret = recount_init(r, o->month, ntohl(o->left_out.s_addr));

	if (ret == 0 && o->records) {
		r->records = fopen(o->records, "w");
		ret = r->records ? 0 : -errno;
	}
	if (ret == 0)
		ret = count_file(r, file);
	if (r->records && fclose(r->records) != 0 && ret == 0)
		ret = -errno;
	return ret < 0 ? ret : report(r, o->folder);
}

static int run(FILE *file, const struct options *o)
{
	struct recount *r = calloc(1, sizeof(*r));
	int ret = r ? count_month(r, file, o) : -ENOMEM;

	if (r)
		recount_finish(r);
	free(r);
	return ret;
}

static bool parse_option(int option, const char *text, struct options *o)
{
	switch (option) {
	case 'c':
		o->folder = text;
		return true;
	case 'r':
		o->records = text;
		return true;
	case 'm':
		o->month = (uint32_t)strtoul(text, NULL, 10);
		return o->month >= 1 && o->month <= 12;
	case 'l':
		return inet_pton(AF_INET, text, &o->left_out) == 1;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option names[] = { { "month", required_argument, NULL, 'm' },
					       { "left-out", required_argument, NULL, 'l' },
					       { "csv", required_argument, NULL, 'c' },
					       { "records", required_argument, NULL, 'r' },
					       { NULL, 0, NULL, 0 } };
	struct options o = { .month = 1 };
	FILE *file = stdin;
	int option, ret;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (!parse_option(option, optarg, &o)) {
			(void)fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		file = fopen(argv[optind], "re");
	ret = file ? run(file, &o) : -errno;
	if (file && file != stdin)
		(void)fclose(file);
	if (ret < 0)
		(void)fprintf(stderr, "sekimori-recount: %s\n", strerror(-ret));
	return ret != 0;
}
