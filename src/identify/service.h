/*
 * What is known of a service from what it said: the answer of a probe, read.
 *
 * Comes in: bytes that a service sent, and what was asked. Goes out: protocol, product, version and
 * so on. Pure functions on bytes: who asks, and how, is scan/'s (and later observe/'s) business.
 * All texts are UTF-8 and may hold anything else that a stranger sends: whoever prints them
 * escapes control characters (base/text.h).
 */
#ifndef SEKIMORI_IDENTIFY_SERVICE_H
#define SEKIMORI_IDENTIFY_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identify/fingerprint.h"

/* Every text is allocated, or NULL: not known. */
struct service {
	char *name;       /* of the protocol: "ssh", "http", … as the services database has it */
	char *product;    /* "OpenSSH" */
	char *version;    /* "9.2p1 Debian 2+deb12u3" */
	char *extra_info; /* without brackets: "protocol 2.0" */
	char *hostname, *os, *device;
	char *cpe[3];      /* 2.3, of application, system, hardware; NULL where not known */
	bool tls;          /* reached within TLS */
	uint8_t *evidence; /* word for word, what the above was told from; its start if long */
	size_t evidence_bytes;
	char *certificate; /* of TLS: names, issuer, validity, … as one JSON object */
};

void service_init(struct service *s);
void service_finish(struct service *s);

#define SERVICE_EVIDENCE_MAX 16384

#endif
