/* What every header uses: attributes, array sizes, alignment-free minimum and maximum. */
#ifndef SEKIMORI_BASE_MACROS_H
#define SEKIMORI_BASE_MACROS_H

#include <stddef.h>

#define must_check              __attribute__((warn_unused_result))
#define printf_like(fmt, first) __attribute__((format(printf, fmt, first)))

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)       ((a) < (b) ? (a) : (b))
#define MAX(a, b)       ((a) > (b) ? (a) : (b))

#endif
