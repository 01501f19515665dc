/* Names of ports and protocols, for people. */
#ifndef SEKIMORI_BASE_SERVICE_NAME_H
#define SEKIMORI_BASE_SERVICE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* The name from the system's services database, of TCP or UDP, or "". Not thread-safe. */
const char *service_name(uint16_t port, uint8_t protocol);

/*
 * The ports of TCP or UDP whose name, or one of whose other names, the database has as NAME, of
 * which the first LENGTH bytes count: at most ROOM of them. Returns how many there are. Not
 * thread-safe.
 */
size_t service_ports(const char *name, size_t length, uint8_t protocol, size_t room,
		     uint16_t *ret_ports);

/* "tcp", "udp", or "". */
const char *protocol_name(uint8_t protocol);

#endif
