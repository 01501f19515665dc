/* MaxMind's format (MaxMind DB File Format Specification 2.0), read by libmaxminddb. Others make
 * such files too; the names of the values are MaxMind's. */
#include <arpa/inet.h>
#include <errno.h>
#include <maxminddb.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#include "place/place_internal.h"

static int open_maxmind(const char *path, void **ret_database, struct diagnosis *d)
{
	MMDB_s *m = calloc(1, sizeof(*m));
	int status, system_error;

	if (!m)
		return -ENOMEM;
	errno = 0;
	status = MMDB_open(path, MMDB_MODE_MMAP, m);
	system_error = errno;
	if (status == MMDB_SUCCESS) {
		*ret_database = m;
		return 0;
	}
	free(m);
	if (status == MMDB_OUT_OF_MEMORY_ERROR)
		return -ENOMEM;
	if (system_error == EINVAL) /* an empty file cannot be mapped */
		system_error = 0;
	if ((status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR) && system_error)
		return diagnose(d, -system_error, "%s: %s", path, strerror(system_error));
	return diagnose(d, ERR_FORMAT, _("%s: no MaxMind database, or a damaged one (%s)"), path,
			MMDB_strerror(status));
}

/* The value at that path of keys, if it is there and of that type. */
static bool get(MMDB_entry_s *entry, const char *const *keys, uint32_t type,
		MMDB_entry_data_s *ret_value)
{
	return MMDB_aget_value(entry, ret_value, keys) == MMDB_SUCCESS && ret_value->has_data &&
	       ret_value->type == type;
}

static void take(MMDB_entry_s *entry, struct place *place)
{
	/* Where the address is used; failing that, where its network is registered. */
	static const char *const country[] = { "country", "iso_code", NULL };
	static const char *const registered[] = { "registered_country", "iso_code", NULL };
	static const char *const number[] = { "autonomous_system_number", NULL };
	static const char *const name[] = { "autonomous_system_organization", NULL };
	MMDB_entry_data_s value;

	if (get(entry, country, MMDB_DATA_TYPE_UTF8_STRING, &value))
		place_take_country(place, value.utf8_string, value.data_size);
	if (get(entry, registered, MMDB_DATA_TYPE_UTF8_STRING, &value))
		place_take_country(place, value.utf8_string, value.data_size);
	if (get(entry, number, MMDB_DATA_TYPE_UINT32, &value)) {
		uint32_t as_number = value.uint32;
		bool named = get(entry, name, MMDB_DATA_TYPE_UTF8_STRING, &value);

		place_take_network(place, as_number, named ? value.utf8_string : "",
				   named ? value.data_size : 0);
	}
}

/* In a file of IPv4 alone the library finds no IPv6 address, and says so by its status. */
static void find_maxmind(const void *database, struct net_addr a, struct place *place)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	const MMDB_s *m = database;
	MMDB_lookup_result_s found;
	int status;

	if (addr_is_v4(a)) {
		four.sin_addr.s_addr = htonl(addr_v4(a));
		found = MMDB_lookup_sockaddr(m, (const struct sockaddr *)&four, &status);
	} else {
		addr_to_bytes(a, six.sin6_addr.s6_addr);
		found = MMDB_lookup_sockaddr(m, (const struct sockaddr *)&six, &status);
	}
	if (status == MMDB_SUCCESS && found.found_entry)
		take(&found.entry, place);
}

static uint64_t created_s(const void *database)
{
	const MMDB_s *m = database;

	return m->metadata.build_epoch;
}

static void close_maxmind(void *database)
{
	MMDB_close(database);
	free(database);
}

const struct place_kind place_maxmind = { open_maxmind, find_maxmind, created_s, close_maxmind };
