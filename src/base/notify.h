/*
 * What a service tells its manager, by the datagram that sd_notify(3) documents. Where no service
 * manager listens, as in a shell, each call does nothing. Not by libsystemd, which waits for as
 * long as the manager does not read.
 *
 * Each call opens a Unix socket, sends a datagram and closes it, so it works in a confined process
 * too. Any thread. While the manager does not read, and its queue is full, a call waits for a
 * second at most, and is in vain then.
 */
#ifndef SEKIMORI_BASE_NOTIFY_H
#define SEKIMORI_BASE_NOTIFY_H

#include <stdint.h>

/* Ready, after the start or after notify_reloading. WORDS for people, or NULL: see notify_status.
 */
void notify_ready(const char *words);

/* One line that `systemctl status` shows. Line ends become spaces, bytes that are no UTF-8 '?'; at
 * most 500 bytes are sent. */
void notify_status(const char *words);

/* The configuration is being read again; notify_ready ends it. */
void notify_reloading(void);

/* It has been asked to end, and does. */
void notify_stopping(void);

/* A sign of life. Never waits: there is another one soon. */
void notify_watchdog(void);

/* How often signs of life are wanted, or 0 for never: without one for that long, the process is
 * killed. Send them twice as often. */
uint64_t notify_watchdog_interval_ns(void);

#endif
