/* What both kinds of database are tested with. */
#ifndef SEKIMORI_TESTS_UNIT_PLACE_UNIT_H
#define SEKIMORI_TESTS_UNIT_PLACE_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "place/place.h"

static inline struct net_addr addr(const char *text)
{
	struct net_addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

static inline void assert_place(const struct places *p, const char *address, const char *country,
				uint32_t as_number, const char *as_name)
{
	struct place place;

	memset(&place, 0xff, sizeof(place));
	assert_int_equal(places_find(p, addr(address), &place), *country || as_number);
	if (strcmp(place.country, country) != 0 || place.as_number != as_number ||
	    strcmp(place.as_name, as_name) != 0)
		fail_msg("%s: \"%s\" %u \"%s\"", address, place.country, place.as_number,
			 place.as_name);
}

/* N bytes as a file of their own. Returns its descriptor; the path is of this process. */
static inline int file_of(const void *bytes, size_t n, char ret_path[64])
{
	int fd = memfd_create("database", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

/* In a build with LeakSanitizer: what is allocated between these is not looked for. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static inline void let_leak(bool yes)
{
	if (yes && __lsan_disable)
		__lsan_disable();
	if (!yes && __lsan_enable)
		__lsan_enable();
}

/*
 * Opens what may be damaged and asks it: a refusal names the file; an answer is well formed. The
 * libraries lose a few bytes over some damage (libmaxminddb 1.7.1 over that of its metadata, libloc
 * 0.9.16 over a country that is none); that our side loses none, the other tests show.
 */
static inline int ask_damaged(const struct config *config, const char *path,
			      const char *const *addresses, size_t n)
{
	struct diagnosis d = { "" };
	struct places *p = NULL;
	int error;

	let_leak(true);
	error = places_open(config, &p, &d);
	if (error < 0) {
		let_leak(false);
		assert_null(p);
		assert_int_equal(strncmp(d.text, path, strlen(path)), 0);
		return error;
	}
	for (size_t i = 0; i < n; i++) {
		struct place place;

		(void)places_find(p, addr(addresses[i]), &place);
		assert_true(strlen(place.country) % 2 == 0);
		assert_true(strlen(place.as_name) < PLACE_NAME_MAX);
	}
	places_close(p);
	let_leak(false);
	return 0;
}

#endif
