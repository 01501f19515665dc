/* IPFire's location database, read by libloc. */
#include <errno.h>
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/i18n.h"

#include "place/place_internal.h"

/*
 * The library believes what a file says of itself: offsets, and that no path through the tree of
 * networks is longer than an address. A damaged file would take it out of its memory. So what it
 * relies on is looked at here first: the sections once, the path before each search.
 *
 *   0  "LOCDBXX", version (1)            big-endian, all of it
 *   8  created_at u64, vendor u32, description u32, licence u32
 *  28  offset u32 and length u32 of: AS, networks, tree, countries, texts
 *  68  signatures and padding to HEADER_BYTES
 *
 * The tree is an array of nodes: zero u32, one u32 (index of the node for that bit; 0: none),
 * network u32.
 */
#define MAGIC        "LOCDBXX\x01"
#define MAGIC_BYTES  8
#define HEADER_BYTES (68 + 2 * 2 + 2 * 2048 + 32)
#define SECTIONS     5
#define TREE         2
#define TEXTS        4
#define NODE_BYTES   12
#define ADDR_BITS    128

struct libloc {
	FILE *file;
	struct loc_ctx *ctx;
	struct loc_database *database;
	uint32_t tree_offset, n_nodes;
};

static void say_nothing(struct loc_ctx *ctx, int priority, const char *file, int line,
			const char *function, const char *format, va_list args)
{
	(void)ctx, (void)priority, (void)file, (void)line, (void)function, (void)format, (void)args;
}

static bool read_at(const struct libloc *l, void *ret_bytes, size_t n, uint64_t offset)
{
	return pread(fileno(l->file), ret_bytes, n, (off_t)offset) == (ssize_t)n;
}

static bool check_sections(struct libloc *l, uint64_t file_bytes)
{
	uint8_t header[HEADER_BYTES], last;
	struct cursor c = cursor_over(header, sizeof(header));
	uint64_t end = 0;

	if (!read_at(l, header, sizeof(header), 0) || memcmp(header, MAGIC, MAGIC_BYTES) != 0)
		return false;
	cursor_skip(&c, 28);
	for (int i = 0; i < SECTIONS; i++) {
		uint32_t offset = cursor_u32_be(&c), length = cursor_u32_be(&c);

		end = (uint64_t)offset + length;
		if (end > file_bytes || (i == TEXTS && !length))
			return false;
		if (i == TREE) {
			l->tree_offset = offset;
			l->n_nodes = length / NODE_BYTES;
		}
	}
	/* The last text is a string too. */
	return l->n_nodes && read_at(l, &last, 1, end - 1) && !last;
}

/* Does the tree end within the address's bits? */
static bool check_path(const struct libloc *l, const uint8_t address[16])
{
	uint32_t index = 0, children[2];
	uint8_t node[NODE_BYTES];

	for (unsigned bit = 0; bit <= ADDR_BITS; bit++) {
		struct cursor c = cursor_over(node, sizeof(node));

		if (index >= l->n_nodes ||
		    !read_at(l, node, sizeof(node), l->tree_offset + UINT64_C(12) * index))
			return false;
		children[0] = cursor_u32_be(&c);
		children[1] = cursor_u32_be(&c);
		if (bit == ADDR_BITS)
			return !children[0] && !children[1];
		index = children[address[bit / 8] >> (7 - bit % 8) & 1];
		if (!index)
			return true;
	}
	return false;
}

static void close_libloc(void *database)
{
	struct libloc *l = database;

	if (l->database)
		loc_database_unref(l->database);
	if (l->ctx)
		loc_unref(l->ctx);
	if (l->file)
		(void)fclose(l->file);
	free(l);
}

static int open_libloc(const char *path, void **ret_database, struct diagnosis *d)
{
	struct libloc *l = calloc(1, sizeof(*l));
	struct stat st;
	int error = -ENOMEM;

	if (!l || loc_new(&l->ctx) < 0)
		goto out;
	loc_set_log_fn(l->ctx, say_nothing);
	l->file = fopen(path, "re");
	if (!l->file || fstat(fileno(l->file), &st) < 0) {
		error = diagnose(d, -errno, "%s: %s", path, strerror(errno));
	} else if (!check_sections(l, (uint64_t)st.st_size) ||
		   loc_database_new(l->ctx, &l->database, l->file) != 0) {
		error = diagnose(d, ERR_FORMAT,
				 _("%s: no libloc database of version 1, or a damaged one"), path);
	} else {
		*ret_database = l;
		return 0;
	}
out:
	if (l)
		close_libloc(l);
	return error;
}

static void find_libloc(const void *database, struct net_addr a, struct place *place)
{
	const struct libloc *l = database;
	struct loc_network *network = NULL;
	struct loc_as *as = NULL;
	struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d, as here */
	const char *country, *name = NULL;
	uint32_t number;

	addr_to_bytes(a, address.s6_addr);
	if (!check_path(l, address.s6_addr) ||
	    loc_database_lookup(l->database, &address, &network) != 0 || !network)
		return;
	country = loc_network_get_country_code(network);
	if (country)
		place_take_country(place, country, strlen(country));
	number = loc_network_get_asn(network);
	if (number && loc_database_get_as(l->database, &as, number) == 0 && as)
		name = loc_as_get_name(as);
	place_take_network(place, number, name ? name : "", name ? strlen(name) : 0);
	if (as)
		loc_as_unref(as);
	loc_network_unref(network);
}

static uint64_t created_s(const void *database)
{
	const struct libloc *l = database;
	time_t created = loc_database_created_at(l->database);

	return created > 0 ? (uint64_t)created : 0;
}

const struct place_kind place_libloc = { open_libloc, find_libloc, created_s, close_libloc };
