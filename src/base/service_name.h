/* Names of ports and protocols, for people. */
#ifndef SEKIMORI_BASE_SERVICE_NAME_H
#define SEKIMORI_BASE_SERVICE_NAME_H

#include <stdint.h>

/* The name from the system's services database, or "". Not thread-safe. */
const char *service_name(uint16_t port, uint8_t protocol);

/* "tcp", "udp", or "". */
const char *protocol_name(uint8_t protocol);

#endif
