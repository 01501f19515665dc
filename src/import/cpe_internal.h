/* Names of products: CPE 2.2's URIs and 2.3's formatted strings (NISTIR 7695). */
#ifndef SEKIMORI_IMPORT_CPE_INTERNAL_H
#define SEKIMORI_IMPORT_CPE_INTERNAL_H

#include "import/words_internal.h"

#define CPE_TEXT_MAX 512

/* Writes it as 2.3. Returns its part (0 application, 1 system, 2 hardware), or -1 when it is no CPE
 * or longer than CPE_TEXT_MAX. */
must_check int cpe_convert(struct words cpe, char ret_text[CPE_TEXT_MAX]);

#endif
