/*
 * The frames of mixed traffic that are no SYN+ACK of an inside host. In thousandths of all frames
 * (20 are the SYN+ACKs): 30 SYN in (scans and users), 5 SYN out and 5 SYN+ACK in (inside clients),
 * 10 RST out, 40 UDP, 2 ARP; the other 888 are data with a payload of 700 bytes, two thirds
 * outbound.
 */
#ifndef SEKIMORI_BENCH_LOAD_MIX_H
#define SEKIMORI_BENCH_LOAD_MIX_H

#include "load_peers.h"
#include "load_site.h"

#define LOAD_MIX_SYNACKS 20 /* thousandths */

/* Writes one to FRAME, of LOAD_FRAME_MAX bytes, with PEER as its outside end. Returns its length.
 */
size_t load_mix_frame(uint8_t *frame, const struct load_site *site, const struct load_addr *peer,
		      struct draw *d);

#endif
