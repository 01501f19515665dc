#include "identify/certificate.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define NAMES_MAX 256
#define CHAIN_MAX 16

/* A name as text; cut where it is too long, and at a NUL. */
static void name_print(const X509_NAME *name, char *ret_text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && name &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		n = BIO_read(bio, ret_text, (int)size - 1);
	ret_text[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
}

static void put_time(struct json *j, const char *name, const ASN1_TIME *time)
{
	struct tm tm;
	char text[64];

	if (!time || ASN1_TIME_to_tm(time, &tm) != 1 ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		json_null(j, name);
	else
		json_text(j, name, text);
}

static void put_hex(struct json *j, const char *name, const unsigned char *bytes, size_t n)
{
	char text[129];

	for (size_t i = 0; i < MIN(n, sizeof(text) / 2); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	json_text(j, name, n ? text : NULL);
}

static void put_address(struct json *j, const ASN1_OCTET_STRING *ip)
{
	const unsigned char *b = ASN1_STRING_get0_data(ip);
	int n = ASN1_STRING_length(ip);
	char text[64];

	if (n == 4)
		snprintf(text, sizeof(text), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else if (n == 16)
		snprintf(text, sizeof(text), "%x:%x:%x:%x:%x:%x:%x:%x", b[0] << 8 | b[1],
			 b[2] << 8 | b[3], b[4] << 8 | b[5], b[6] << 8 | b[7], b[8] << 8 | b[9],
			 b[10] << 8 | b[11], b[12] << 8 | b[13], b[14] << 8 | b[15]);
	else
		return;
	json_text(j, NULL, text);
}

/* Alternative names: of hosts, addresses, mail, URIs. RFC 5280, 4.2.1.6. */
static void put_names(struct json *j, X509 *certificate, struct certificate_names *names)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int n = list ? sk_GENERAL_NAME_num(list) : 0;

	json_open_array(j, "names");
	for (int i = 0; i < MIN(n, NAMES_MAX); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);
		char text[256];

		if (name->type == GEN_IPADD)
			put_address(j, name->d.iPAddress);
		if (name->type != GEN_DNS && name->type != GEN_EMAIL && name->type != GEN_URI)
			continue;
		snprintf(text, sizeof(text), "%.*s", ASN1_STRING_length(name->d.ia5),
			 (const char *)ASN1_STRING_get0_data(name->d.ia5));
		json_text(j, NULL, text);
		if (name->type == GEN_DNS && !names->common_name[0])
			memcpy(names->common_name, text, sizeof(names->common_name));
	}
	json_close_array(j);
	GENERAL_NAMES_free(list);
}

static void put_key(struct json *j, X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	const char *kind = key ? OBJ_nid2sn(EVP_PKEY_get_base_id(key)) : NULL;
	char text[96];

	if (kind && !strcmp(kind, "rsaEncryption"))
		kind = "RSA";
	else if (kind && !strcmp(kind, "id-ecPublicKey"))
		kind = "EC";
	snprintf(text, sizeof(text), "%s %d", kind ? kind : "", key ? EVP_PKEY_get_bits(key) : 0);
	json_text(j, "key", key ? text : NULL);
	kind = OBJ_nid2ln(X509_get_signature_nid(certificate));
	json_text(j, "signature", kind);
}

static void put_first(struct json *j, X509 *certificate, struct certificate_names *names)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	name_print(X509_get_subject_name(certificate), names->subject, sizeof(names->subject));
	name_print(X509_get_issuer_name(certificate), names->issuer, sizeof(names->issuer));
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
				      names->common_name, sizeof(names->common_name)) < 0)
		names->common_name[0] = '\0';
	json_text(j, "subject", names->subject);
	json_text(j, "issuer", names->issuer);
	put_names(j, certificate, names);
	put_time(j, "not_before", X509_get0_notBefore(certificate));
	put_time(j, "not_after", X509_get0_notAfter(certificate));
	put_hex(j, "serial", serial ? serial->data : NULL,
		serial && serial->length > 0 ? (size_t)serial->length : 0);
	if (X509_digest(certificate, EVP_sha256(), digest, &n) != 1)
		n = 0;
	put_hex(j, "sha256", digest, n);
	put_key(j, certificate);
	json_bool(j, "self_signed",
		  !X509_NAME_cmp(X509_get_subject_name(certificate),
				 X509_get_issuer_name(certificate)));
}

static X509 *parse(const struct certificate_der *der)
{
	const unsigned char *at = der->bytes;

	return der->length > 1 << 20 ? NULL : d2i_X509(NULL, &at, (long)der->length);
}

static void put_chain(struct json *j, const struct certificate_der *chain, size_t n)
{
	json_open_array(j, "chain");
	for (size_t i = 1; i < MIN(n, (size_t)CHAIN_MAX); i++) {
		X509 *certificate = parse(&chain[i]);
		char subject[CERTIFICATE_NAME_MAX];

		if (!certificate)
			continue;
		name_print(X509_get_subject_name(certificate), subject, sizeof(subject));
		json_text(j, NULL, subject);
		X509_free(certificate);
	}
	json_close_array(j);
}

int certificate_describe(const struct certificate_session *session,
			 const struct certificate_der *chain, size_t n,
			 struct certificate_names *ret_names, char **ret_json)
{
	X509 *first = n ? parse(&chain[0]) : NULL;
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct json j;
	int status;

	memset(ret_names, 0, sizeof(*ret_names));
	if (!out) {
		X509_free(first);
		return -ENOMEM;
	}
	json_init(&j, out, false, 0);
	json_open_object(&j, NULL);
	json_text(&j, "version", session->version);
	json_text(&j, "cipher", session->cipher);
	json_text(&j, "alpn", session->alpn);
	if (first) {
		put_first(&j, first, ret_names);
		put_chain(&j, chain, n);
	}
	json_close_object(&j);
	status = json_end(&j) < 0 ? -ENOMEM : 0;
	if (fclose(out) || status < 0) {
		free(text);
		text = NULL;
		status = -ENOMEM;
	} else {
		while (length && text[length - 1] == '\n')
			text[--length] = '\0';
		*ret_json = text;
	}
	X509_free(first);
	return status;
}
