/* Built without OpenSSL: nobody gets as far as a talk. */
#include <errno.h>
#include <stddef.h>

#include "base/error.h"
#include "scan/tls.h"

struct tls_setup *tls_setup_new(void)
{
	return NULL;
}

void tls_setup_free(struct tls_setup *setup)
{
	(void)setup;
}

struct tls_talk *tls_talk_new(struct tls_setup *setup, bool web)
{
	(void)setup;
	(void)web;
	return NULL;
}

void tls_talk_free(struct tls_talk *t)
{
	(void)t;
}

int tls_talk_feed(struct tls_talk *t, const uint8_t *bytes, size_t n)
{
	(void)t;
	(void)bytes;
	(void)n;
	return -EPROTO;
}

int tls_talk_shake(struct tls_talk *t)
{
	(void)t;
	return -EPROTO;
}

int tls_talk_read(struct tls_talk *t, uint8_t *ret_bytes, size_t n)
{
	(void)t;
	(void)ret_bytes;
	(void)n;
	return -EPIPE;
}

int tls_talk_write(struct tls_talk *t, const uint8_t *bytes, size_t n)
{
	(void)t;
	(void)bytes;
	(void)n;
	return -EPIPE;
}

void tls_talk_drain(struct tls_talk *t, struct buffer *out)
{
	(void)t;
	(void)out;
}

int tls_talk_describe(const struct tls_talk *t, struct certificate_names *ret_names,
		      char **ret_json)
{
	(void)t;
	(void)ret_names;
	(void)ret_json;
	return ERR_UNSUPPORTED;
}
