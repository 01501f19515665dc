/* How words reach the service manager: notify_systemd.c by the library, notify_socket.c without. */
#ifndef SEKIMORI_BASE_NOTIFY_INTERNAL_H
#define SEKIMORI_BASE_NOTIFY_INTERNAL_H

#include <stdint.h>

/* Lines NAME=VALUE. There is nobody to tell that it failed. */
void notify_send(const char *lines);

/* WATCHDOG_USEC, where it is meant for this process; else 0. */
uint64_t notify_watchdog_us(void);

#endif
