/* Built without OpenSSL. */
#include "base/error.h"
#include "identify/certificate.h"

int certificate_describe(const struct certificate_session *session,
			 const struct certificate_der *chain, size_t n,
			 struct certificate_names *ret_names, char **ret_json)
{
	(void)session;
	(void)chain;
	(void)n;
	(void)ret_names;
	(void)ret_json;
	return ERR_UNSUPPORTED;
}
