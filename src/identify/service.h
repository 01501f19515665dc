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
void service_finish(struct service *s); /* and it can be filled again */

#define SERVICE_EVIDENCE_MAX 16384

struct heard;
struct reading;

/*
 * Fills in what the bytes tell, where S has nothing yet; the evidence too. FINGERPRINTS may be
 * NULL: then only what protocols say plainly. Returns 1 when the protocol was recognised, 0 when
 * not (the evidence is kept), or -ENOMEM.
 */
must_check int service_read(const struct fingerprints *fingerprints, const struct heard *heard,
			    struct service *s);

/* The same, of bytes that were read already. */
must_check int service_judge(const struct fingerprints *fingerprints, const struct reading *reading,
			     struct service *s);

/* Copies the start of the bytes. Returns 0 or -ENOMEM. */
must_check int service_keep(struct service *s, const uint8_t *bytes, size_t length);

/*
 * Copies TEXT of LENGTH bytes, up to its first NUL, if *field is NULL and the text is not empty.
 * Bytes that are no UTF-8 become U+FFFD. Returns 0 or -ENOMEM.
 */
must_check int service_set(char **field, const char *text, size_t length);

#endif
