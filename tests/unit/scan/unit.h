/* cmocka wants these before it. */
#ifndef SEKIMORI_TESTS_UNIT_SCAN_UNIT_H
#define SEKIMORI_TESTS_UNIT_SCAN_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
