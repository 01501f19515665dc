/*
 * Any bytes as a database of places: the first byte chooses MaxMind's kind or libloc's. A refusal
 * names the file; an answer is well formed. A build without the library refuses them all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"

#include "place/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Over some damage the libraries lose a few bytes; that our side loses none, the unit tests show.
 */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb\nleak:libloc\n";
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void ask(const struct places *p, struct net_addr a)
{
	struct place place;
	bool known = places_find(p, a, &place);

	require(known == (place.country[0] || place.as_number));
	require(strlen(place.country) == 0 || strlen(place.country) == 2);
	require(strlen(place.as_name) < PLACE_NAME_MAX);
	for (const char *at = place.as_name; *at; at += text_utf8_length(at))
		require(text_utf8_length(at) > 0 && (unsigned char)*at >= 0x20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char none[] = "";
	int fd = memfd_create("place", MFD_CLOEXEC);
	struct diagnosis d = { "" };
	struct places *p = NULL;
	struct config c = { .libloc = none };
	char path[64], *list[] = { path };

	if (!size || fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1)) {
		close(fd);
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (data[0] % 2) {
		c.libloc = path;
	} else {
		c.maxmind = list;
		c.n_maxmind = 1;
	}
	if (places_open(&c, &p, &d) < 0) {
		require(!p && !strncmp(d.text, path, strlen(path)));
	} else {
		require(places_source(p) != NULL);
		ask(p, addr_from_v4(0xc0000201)); /* 192.0.2.1 */
		ask(p, addr_from_v4(0xc63364c8)); /* 198.51.100.200 */
		ask(p, (struct net_addr){ .hi = 0, .lo = 0 });
		ask(p, (struct net_addr){ .hi = 0x20010db800010000, .lo = 1 });
		ask(p, (struct net_addr){ .hi = UINT64_MAX, .lo = UINT64_MAX });
	}
	places_close(p);
	close(fd);
	return 0;
}
