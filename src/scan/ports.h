/*
 * Which ports: from the words of -p, or from our list of the ports on which services are common.
 */
#ifndef SEKIMORI_SCAN_PORTS_H
#define SEKIMORI_SCAN_PORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "scan/plan.h"

#define PORTS_TCP_DEFAULT 1000 /* how many of our list are asked when nothing is said */
#define PORTS_UDP_DEFAULT 250
#define PORTS_FAST        100

/*
 * Reads "22,80,8000-8100,ssh,-1023,60000-" and "-" (1 to 65535). "T:" and "U:" before a part say
 * that it, and what follows, is for TCP or for UDP alone; what stands before either is for both.
 * Names are those of the services database. Port 0 has to be named. What PORTS says for a protocol
 * that is not wanted is checked, and left out. Returns 0, ERR_USAGE with the value in D, or
 * -ENOMEM; the lists are the caller's to finish.
 */
must_check int port_lists_parse(const char *text, bool want_tcp, bool want_udp,
				struct port_list *ret_tcp, struct port_list *ret_udp,
				struct diagnosis *d);

/* The first N (at most 65535) of our list for TCP or UDP, sorted by number. Returns 0 or -ENOMEM.
 */
must_check int port_list_top(uint8_t protocol, size_t n, struct port_list *ret_list);

/* All of our list, in its order: the N most likely ones first. RET_PORTS has room for 65535. */
void port_rank(uint8_t protocol, uint16_t ret_ports[65535]);

void port_list_finish(struct port_list *list);
bool port_list_has(const struct port_list *list, uint16_t port);

/* "22,80,8000-8100". */
void port_list_print(const struct port_list *list, FILE *out);

/* The same. The caller frees; NULL when out of memory. */
char *port_list_text(const struct port_list *list);

#endif
