/* Facts of the kernel filter → the shortest frame that says the same. */
#ifndef SEKIMORI_LIVE_FACTS_FRAME_INTERNAL_H
#define SEKIMORI_LIVE_FACTS_FRAME_INTERNAL_H

#include "decode/shortest.h"

#include "filter/record.h"

#define FACTS_FRAME_MAX SHORTEST_FRAME_MAX

/* Returns its length. */
uint32_t facts_frame_make(const struct filter_facts *f, uint8_t ret_bytes[FACTS_FRAME_MAX]);

#endif
