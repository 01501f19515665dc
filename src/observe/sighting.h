/*
 * The sighting: the one record that all stages share. At this time, this host answered SYN+ACK on
 * this port to this peer's port.
 */
#ifndef SEKIMORI_OBSERVE_SIGHTING_H
#define SEKIMORI_OBSERVE_SIGHTING_H

#include <stdint.h>

#include "base/addr.h"

/*
 * Marks are evidence about a sighting. The lower ones come from the traffic and are stored with it;
 * OWN_SCAN, INSIDE and EXCLUDED are judged when a question is asked, from the configuration and the
 * scans of that moment, and never stored.
 */
enum mark {
	MARK_FTP_DATA = 1,        /* an FTP data connection */
	MARK_SPLIT_HANDSHAKE = 2, /* sent by the connection's own initiator */
	MARK_STORED_ALL = MARK_FTP_DATA | MARK_SPLIT_HANDSHAKE,
	MARK_OWN_SCAN = 32,  /* the service answered our own scans, and nobody else */
	MARK_INSIDE = 64,    /* the peer is in the site's networks */
	MARK_EXCLUDED = 128, /* the host is declared a honeypot or an experiment */
	MARK_ALL = MARK_STORED_ALL | MARK_OWN_SCAN | MARK_INSIDE | MARK_EXCLUDED,
};

#define SIGHTING_PROTOCOL_TCP 6 /* the IP protocol number */
#define MARKS_TEXT_MAX        64

struct sighting {
	uint64_t time_ns; /* UTC */
	struct net_addr host, peer;
	uint16_t port, peer_port;
	uint8_t protocol;
	uint8_t marks; /* stored ones only */
};

/* The order of every list of services: by host (addr_compare), port, protocol. X and Y point to
 * what has these. */
#define SERVICE_ORDER(x, y)                                                                        \
	service_order_of((x)->host, (x)->port, (x)->protocol, (y)->host, (y)->port, (y)->protocol)

static inline int service_order_of(struct net_addr host, uint16_t port, uint8_t protocol,
				   struct net_addr other_host, uint16_t other_port,
				   uint8_t other_protocol)
{
	int order = addr_compare(host, other_host);

	if (order)
		return order;
	if (port != other_port)
		return port < other_port ? -1 : 1;
	return (protocol > other_protocol) - (protocol < other_protocol);
}

/* "ftp-data,inside"; empty for none. Returns ret_text. */
const char *marks_format(uint8_t set, char ret_text[MARKS_TEXT_MAX]);

/* Reads a list of mark names, or "all". Returns false, with the unknown word's start in *ret_bad.
 */
must_check bool marks_parse(const char *text, uint8_t *ret_marks, const char **ret_bad);

#endif
