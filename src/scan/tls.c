#include "scan/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX 16

struct tls_setup {
	SSL_CTX *context;
};

struct tls_talk {
	SSL *ssl;
	BIO *in, *out; /* the SSL's */
	bool done;
};

struct tls_setup *tls_setup_new(void)
{
	struct tls_setup *setup = calloc(1, sizeof(*setup));

	if (!setup)
		return NULL;
	setup->context = SSL_CTX_new(TLS_client_method());
	if (!setup->context) {
		free(setup);
		return NULL;
	}
	SSL_CTX_set_verify(setup->context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_security_level(setup->context, 0);
	SSL_CTX_set_min_proto_version(setup->context, TLS1_VERSION);
	SSL_CTX_set_cipher_list(setup->context, "ALL:COMPLEMENTOFDEFAULT:@SECLEVEL=0");
	SSL_CTX_set_options(setup->context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALL |
						    SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* A chain that goes on for ever is not read for ever. */
	SSL_CTX_set_max_cert_list(setup->context, 256 * 1024);
	return setup;
}

void tls_setup_free(struct tls_setup *setup)
{
	if (!setup)
		return;
	SSL_CTX_free(setup->context);
	free(setup);
}

struct tls_talk *tls_talk_new(struct tls_setup *setup, bool web)
{
	static const unsigned char http[] = "\x08http/1.1";
	struct tls_talk *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->ssl = SSL_new(setup->context);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out) {
		SSL_free(t->ssl);
		BIO_free(t->in);
		BIO_free(t->out);
		free(t);
		return NULL;
	}
	BIO_set_mem_eof_return(t->in, -1);
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_connect_state(t->ssl);
	if (web)
		(void)SSL_set_alpn_protos(t->ssl, http, sizeof(http) - 1);
	return t;
}

void tls_talk_free(struct tls_talk *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	free(t);
}

int tls_talk_feed(struct tls_talk *t, const uint8_t *bytes, size_t n)
{
	return BIO_write(t->in, bytes, (int)n) == (int)n ? 0 : -ENOMEM;
}

int tls_talk_shake(struct tls_talk *t)
{
	int status;

	if (t->done)
		return 1;
	ERR_clear_error();
	status = SSL_do_handshake(t->ssl);
	if (status == 1) {
		t->done = true;
		return 1;
	}
	status = SSL_get_error(t->ssl, status);
	ERR_clear_error();
	return status == SSL_ERROR_WANT_READ || status == SSL_ERROR_WANT_WRITE ? 0 : -EPROTO;
}

int tls_talk_read(struct tls_talk *t, uint8_t *ret_bytes, size_t n)
{
	int got, why;

	ERR_clear_error();
	got = SSL_read(t->ssl, ret_bytes, (int)n);
	if (got > 0)
		return got;
	why = SSL_get_error(t->ssl, got);
	ERR_clear_error();
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -EPIPE;
}

int tls_talk_write(struct tls_talk *t, const uint8_t *bytes, size_t n)
{
	if (!n)
		return 0;
	ERR_clear_error();
	if (SSL_write(t->ssl, bytes, (int)n) == (int)n)
		return 0;
	ERR_clear_error();
	return -EPIPE;
}

void tls_talk_drain(struct tls_talk *t, struct buffer *out)
{
	uint8_t *room;
	int n;

	while ((n = (int)BIO_ctrl_pending(t->out)) > 0) {
		room = buffer_reserve(out, (size_t)n);
		if (!room)
			return;
		n = BIO_read(t->out, room, n);
		if (n <= 0)
			return;
		out->length += (size_t)n;
	}
}

int tls_talk_describe(const struct tls_talk *t, struct certificate_names *ret_names,
		      char **ret_json)
{
	STACK_OF(X509) *stack = SSL_get_peer_cert_chain(t->ssl);
	struct certificate_der chain[CHAIN_MAX];
	unsigned char *der[CHAIN_MAX];
	const unsigned char *alpn = NULL;
	unsigned int alpn_n = 0;
	char protocol[256];
	size_t n = 0;
	int status;

	for (int i = 0; stack && i < MIN(sk_X509_num(stack), CHAIN_MAX); i++) {
		int length;

		der[n] = NULL;
		length = i2d_X509(sk_X509_value(stack, i), &der[n]);
		if (length <= 0)
			break;
		chain[n] = (struct certificate_der){ .bytes = der[n], .length = (size_t)length };
		n++;
	}
	SSL_get0_alpn_selected(t->ssl, &alpn, &alpn_n);
	if (alpn_n)
		memcpy(protocol, alpn, MIN(alpn_n, sizeof(protocol) - 1));
	protocol[MIN(alpn_n, sizeof(protocol) - 1)] = '\0';
	status = certificate_describe(
		&(struct certificate_session){ .version = SSL_get_version(t->ssl),
					       .cipher = SSL_get_cipher_name(t->ssl),
					       .alpn = alpn_n ? protocol : NULL },
		chain, n, ret_names, ret_json);
	while (n)
		OPENSSL_free(der[--n]);
	return status;
}
