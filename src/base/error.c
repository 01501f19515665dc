#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include "base/i18n.h"

const char *error_text(int error)
{
	switch (error) {
	case ERR_FORMAT:
		return _("not the expected format");
	case ERR_DAMAGED:
		return _("damaged data");
	case ERR_UNSUPPORTED:
		return _("not supported by this build");
	case ERR_LIMIT:
		return _("a limit is reached");
	case ERR_USAGE:
		return _("wrong usage");
	case ERR_CATALOGUE:
		return _("the catalogue (SQLite) reports an error");
	case ERR_THREADS:
		return _(
			"the system gives no further thread; is the user's number of processes limited?");
	default:
		return error <= ERR_BASE ? _("unknown error") : strerror(-error);
	}
}

int diagnose(struct diagnosis *d, int error, const char *format, ...)
{
	va_list args;

	if (!d)
		return error;
	va_start(args, format);
	vsnprintf(d->text, sizeof(d->text), format, args);
	va_end(args);
	return error;
}

int diagnose_prefix(struct diagnosis *d, int error, const char *format, ...)
{
	struct diagnosis before;
	va_list args;
	size_t used;

	if (!d)
		return error;
	before = *d;
	va_start(args, format);
	vsnprintf(d->text, sizeof(d->text), format, args);
	va_end(args);
	used = strlen(d->text);
	if (before.text[0] || error < 0) {
		snprintf(d->text + used, sizeof(d->text) - used, ": %s",
			 before.text[0] ? before.text : error_text(error));
	}
	return error;
}
