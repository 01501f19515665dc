#include "base/i18n.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"

void i18n_init(void)
{
	const char *dir = getenv("SEKIMORI_LOCALEDIR");

	(void)setlocale(LC_ALL, "");
	/* Numbers are read by programs as well: the decimal point stays a point. */
	(void)setlocale(LC_NUMERIC, "C");
	bindtextdomain("sekimori", dir ? dir : SEKIMORI_LOCALEDIR);
	bind_textdomain_codeset("sekimori", "UTF-8");
	textdomain("sekimori");
}

/* gettext asks LANGUAGE in any locale but "C", whose characters are not enough for Japanese either.
 */
static void leave_c_locale(void)
{
	const char *messages = setlocale(LC_MESSAGES, NULL);

	if (messages && strcmp(messages, "C") != 0 && strcmp(messages, "POSIX") != 0 &&
	    !strcmp(nl_langinfo(CODESET), "UTF-8"))
		return;
	if (!setlocale(LC_CTYPE, "C.UTF-8") || !setlocale(LC_MESSAGES, "C.UTF-8"))
		(void)setlocale(LC_MESSAGES, "ja_JP.UTF-8");
}

static char language_set[4];

const char *i18n_language(void)
{
	/* For translators: the code of the language that you translate into: ja, ... */
	return *language_set ? language_set : _("en");
}

bool i18n_is_spoken(void)
{
	return !*language_set || !strcmp(_("en"), language_set);
}

bool i18n_set_language(const char *language)
{
	if (strcmp(language, "en") != 0 && strcmp(language, "ja") != 0)
		return false;
	if (!strcmp(language, "ja"))
		leave_c_locale();
	memcpy(language_set, language, 3);
	return setenv("LANGUAGE", language, 1) == 0;
}
