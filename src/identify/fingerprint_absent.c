/* Built without expat or PCRE2: there are no fingerprints, and it is said why. */
#include <errno.h>

#include "base/i18n.h"
#include "identify/fingerprint.h"

static int absent(struct diagnosis *d)
{
	return diagnose(d, ERR_UNSUPPORTED,
			_("this build lacks expat or PCRE2, and knows no fingerprints"));
}

int fingerprints_new(bool empty, struct fingerprints **ret_set)
{
	(void)empty;
	(void)ret_set;
	return ERR_UNSUPPORTED;
}

void fingerprints_free(struct fingerprints *set)
{
	(void)set;
}

int fingerprints_add(struct fingerprints *set, const char *path, struct diagnosis *d)
{
	(void)set;
	(void)path;
	return absent(d);
}

int fingerprints_match(const struct fingerprints *set, const char *key, const char *text,
		       size_t length, struct fingerprint_match *ret_match)
{
	(void)set;
	(void)key;
	(void)text;
	(void)length;
	(void)ret_match;
	return 0;
}

int fingerprints_verify(const char *path, fingerprint_verdict_fn *told, void *arg,
			struct diagnosis *d)
{
	(void)path;
	(void)told;
	(void)arg;
	return absent(d);
}
