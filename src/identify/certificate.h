/*
 * What a TLS server's certificates say, as one JSON object. Nothing is verified: the question is
 * who the server says it is. Built without OpenSSL, there is none.
 */
#ifndef SEKIMORI_IDENTIFY_CERTIFICATE_H
#define SEKIMORI_IDENTIFY_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define CERTIFICATE_NAME_MAX 512

/* One certificate in DER, the server's own first. */
struct certificate_der {
	const uint8_t *bytes;
	size_t length;
};

/* What the handshake agreed on; NULL where it did not. */
struct certificate_session {
	const char *version, *cipher, *alpn; /* "TLSv1.3", "TLS_AES_256_GCM_SHA384", "h2" */
};

/* The server's own names, for the fingerprints: as RFC 4514 writes them. */
struct certificate_names {
	char subject[CERTIFICATE_NAME_MAX], issuer[CERTIFICATE_NAME_MAX];
	char common_name[256]; /* the subject's, or its first alternative name */
};

/*
 * Writes the object: "version", "cipher", "alpn" of the session; "subject", "issuer", "names",
 * "not_before", "not_after" (RFC 3339, UTC), "serial", "sha256", "key", "signature", "self_signed"
 * of the first, if it can be read; "chain", the subjects of those after it. *ret_json is the
 * caller's to free. Returns 0, -ENOMEM, or ERR_UNSUPPORTED without OpenSSL.
 */
must_check int certificate_describe(const struct certificate_session *session,
				    const struct certificate_der *chain, size_t n,
				    struct certificate_names *ret_names, char **ret_json);

#endif
