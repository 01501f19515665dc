/*
 * A client's side of TLS over memory: the caller moves the bytes. Every certificate is accepted and
 * old versions too, for the question is what a server has, not whether it is to be trusted. Built
 * without OpenSSL, tls_setup_new gives none.
 */
#ifndef SEKIMORI_SCAN_TLS_H
#define SEKIMORI_SCAN_TLS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "identify/certificate.h"

struct tls_setup;
struct tls_talk;

/* Shared by all talks of a thread. NULL without OpenSSL, or out of memory. */
struct tls_setup *tls_setup_new(void);
void tls_setup_free(struct tls_setup *setup); /* takes NULL */

/* WEB offers "http/1.1" as the protocol within. NULL when out of memory. */
struct tls_talk *tls_talk_new(struct tls_setup *setup, bool web);
void tls_talk_free(struct tls_talk *t); /* takes NULL */

/* What came from the socket. Returns 0 or -ENOMEM. */
must_check int tls_talk_feed(struct tls_talk *t, const uint8_t *bytes, size_t n);

/* Goes on with the handshake. Returns 1 when it is done, 0 when bytes are needed, -EPROTO. */
must_check int tls_talk_shake(struct tls_talk *t);

/* Decrypted bytes. Returns how many, 0 when there are none yet, -EPIPE at the end or a mistake. */
must_check int tls_talk_read(struct tls_talk *t, uint8_t *ret_bytes, size_t n);
must_check int tls_talk_write(struct tls_talk *t, const uint8_t *bytes, size_t n);

/* Appends to OUT what has to go to the socket. */
void tls_talk_drain(struct tls_talk *t, struct buffer *out);

/* The session and certificates, as certificate_describe says. */
must_check int tls_talk_describe(const struct tls_talk *t, struct certificate_names *ret_names,
				 char **ret_json);

#endif
