#ifndef SEKIMORI_SCAN_PRINT_INTERNAL_H
#define SEKIMORI_SCAN_PRINT_INTERNAL_H

#include "scan/print.h"
#include "scan/targets.h"

/* Of the hosts, those that are up. */
uint64_t print_count_up(const struct scan_report *r);

/* Targets that are not up; of an interrupted scan nobody knows which: none. The caller finishes
 * them. Returns 0 or -ENOMEM. */
must_check int print_find_down(const struct scan_report *r, struct targets *ret_down);

/* The name of the protocol that is spoken there, as far as known; never NULL. */
const char *print_service_name(const struct port_outcome *o);

/* Are there counts of that protocol? Ports that were not listed are in them. */
bool print_has_protocol(const struct scan_report *r, uint8_t protocol);

#endif
