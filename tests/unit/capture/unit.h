/* cmocka with what it wants included before it. */
#ifndef SEKIMORI_TESTS_CAPTURE_UNIT_H
#define SEKIMORI_TESTS_CAPTURE_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
