/*
 * Kinds of host, and how many there are of each: the solution of table 3 against the hosts of
 * tables 1 and 2, worked out by hand and told row by row in templates.c.
 */
#ifndef SEKIMORI_BENCH_MONTH_TEMPLATES_H
#define SEKIMORI_BENCH_MONTH_TEMPLATES_H

#include "site.h"

struct month_template {
	uint16_t hosts;
	uint16_t rare;      /* of them, the last ones: not seen every day */
	uint16_t scanned;   /* of them, the first ones: found by the active scan */
	uint16_t own;       /* ports that no other host has, besides those listed */
	uint16_t gap_port;  /* not seen every day on … */
	uint16_t gap_hosts; /* … the first so many hosts, which themselves are */
	enum month_role role;
	uint16_t ports[15]; /* ends with 0 */
};

extern const struct month_template month_templates[];
extern const uint32_t month_n_templates;

#endif
