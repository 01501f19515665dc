/*
 * Everything a person reads goes through gettext: _("…") at the place of use, N_("…") in tables.
 * Without a call of i18n_init, or without a catalogue for the locale, the English text stands.
 */
#ifndef SEKIMORI_BASE_I18N_H
#define SEKIMORI_BASE_I18N_H

#include <libintl.h>
#include <stdbool.h>

#include "base/macros.h"

#define _(text)  gettext(text)
#define N_(text) text

/* Takes the person's locale and finds the message catalogues. Call once, before anything prints. */
void i18n_init(void);

/* Speaks "en" or "ja" from now on, whatever the locale. False for any other. */
must_check bool i18n_set_language(const char *language);

/* Are messages found in the language that was set? Without gettext's catalogue there is English. */
bool i18n_is_spoken(void);

/* "en" or "ja": what was set, else what gettext speaks. */
const char *i18n_language(void);

#endif
