#include <string.h>

#include "base/config_internal.h"
#include "base/i18n.h"

/* Undoes the quotes of the field at IN, in place. Returns where it ended, or NULL for a quote that
 * is not closed. */
static char *unquote_field(char *in)
{
	char *out = in;
	bool quoted = *in == '"';

	for (in += quoted; *in && (quoted || *in != ','); in++) {
		if (!quoted || *in != '"') {
			*out++ = *in;
		} else if (in[1] == '"') {
			*out++ = *in++;
		} else {
			quoted = false;
		}
	}
	if (quoted)
		return NULL;
	/* OUT may stand on the comma itself: the caller has to look there first. */
	if (out != in)
		*out = '\0';
	return in;
}

int config_csv_split(char *line, char *ret_fields[CONFIG_CSV_FIELDS_MAX], struct diagnosis *d)
{
	const char *whole = line;
	int n = 0;
	bool more = true;

	line[strcspn(line, "\r\n")] = '\0';
	while (more) {
		char *end = n < CONFIG_CSV_FIELDS_MAX ? unquote_field(line) : NULL;

		if (!end) {
			return diagnose(
				d, ERR_USAGE,
				_("more than %d fields, or a quoted one that does not end: \"%.60s\""),
				CONFIG_CSV_FIELDS_MAX, whole);
		}
		ret_fields[n++] = line;
		more = *end == ',';
		*end = '\0';
		line = end + 1;
	}
	return n;
}
