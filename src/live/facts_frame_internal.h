/*
 * Facts of the kernel filter → the shortest frame that says the same: an IP and a TCP header
 * (LINKTYPE_RAW). What facts do not hold is 0: sequence numbers, checksums. Decoder and observer
 * ask nothing else of a SYN or SYN+ACK.
 */
#ifndef SEKIMORI_LIVE_FACTS_FRAME_INTERNAL_H
#define SEKIMORI_LIVE_FACTS_FRAME_INTERNAL_H

#include "filter/record.h"

#define FACTS_FRAME_MAX 60

/* Returns its length. */
uint32_t facts_frame_make(const struct filter_facts *f, uint8_t ret_bytes[FACTS_FRAME_MAX]);

#endif
