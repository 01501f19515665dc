#include "base/i18n.h"

#include <locale.h>
#include <stdlib.h>

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
