/*
 * The month as a capture: day after day, hour after hour, in the order of time.
 * Comes in: the plan. Goes out: frames, and the account of them.
 */
#ifndef SEKIMORI_BENCH_MONTH_STREAM_H
#define SEKIMORI_BENCH_MONTH_STREAM_H

#include "account.h"
#include "load_pcap.h"

/* ACCOUNT may be NULL. Returns 0, -ENOMEM, -EDOM (see month_day_fill), or -errno of writing. */
must_check int month_stream_write(const struct month_plan *plan, struct load_pcap *pcap,
				  struct month_account *account);

/* Appends one SYN+ACK. Returns 0 or -errno. */
must_check int month_stream_append(struct load_pcap *pcap, uint64_t time_ns,
				   const struct month_extra *ends, uint16_t peer_port);

/* The active scan of Saturday, 2 February 2019 (nessus.c). */
must_check int month_nessus_write(const struct month_plan *plan, struct load_pcap *pcap,
				  const char *account);

#endif
