/* How words reach the service manager. */
#ifndef SEKIMORI_BASE_NOTIFY_INTERNAL_H
#define SEKIMORI_BASE_NOTIFY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

/* Lines NAME=VALUE. WAITS: for a second, where the manager has no room for them. There is nobody to
 * tell that it failed. */
void notify_send(const char *lines, bool waits);

/* WATCHDOG_USEC, where it is meant for this process; else 0. */
uint64_t notify_watchdog_us(void);

#endif
