/*
 * Makes the golden parts anew: make_golden tests/golden/v1 tests/golden/v2 tests/golden-errors
 * Only for a new version of the format; files of an old version stay as they are.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/part_internal.h"
#include "base/hash.h"

#include "golden.h"

#define PATH_MAX_BYTES 4096

static void put_le(uint8_t *bytes, uint64_t x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(x >> 8 * i);
}

static void save(const char *folder, const char *name, const uint8_t *bytes, size_t length)
{
	char path[PATH_MAX_BYTES];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s.bin", folder, name);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, length, f) != length || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static uint8_t *make_part(const struct golden *golden, bool bare, size_t *ret_length)
{
	struct sighting *sightings = load_make(&golden->shape, GOLDEN_SEED);
	int fd = load_write(sightings, golden->shape.n_records);
	struct stat st;
	uint8_t *bytes;

	if (bare)
		fd = load_write_bare(fd, NULL);

	if (fstat(fd, &st) != 0)
		abort();
	bytes = malloc((size_t)st.st_size);
	if (!bytes || pread(fd, bytes, (size_t)st.st_size, 0) != st.st_size)
		abort();
	*ret_length = (size_t)st.st_size;
	close(fd);
	free(sightings);
	return bytes;
}

/*
 * Checksums that fit whatever was done to the directory and the footer: what remains wrong are
 * the values.
 */
static void sign(uint8_t *bytes, size_t length)
{
	uint8_t *footer = bytes + length - PART_FOOTER_BYTES,
		hashed[PART_HEADER_BYTES + PART_HASHED_FOOTER];
	size_t directory = (size_t)(footer[0] | footer[1] << 8) * PART_ENTRY_BYTES;

	put_le(footer + 72, hash_bytes(footer - directory, directory), 8);
	memcpy(hashed, bytes, PART_HEADER_BYTES);
	memcpy(hashed + PART_HEADER_BYTES, footer, PART_HASHED_FOOTER);
	put_le(footer + 80, hash_bytes(hashed, sizeof(hashed)), 8);
}

static void make_broken(const char *folder)
{
	size_t length;
	uint8_t *good = make_part(&golden_parts[1], false, &length), *bytes = malloc(length),
		*entry, *footer;

	if (!bytes)
		abort();
	footer = bytes + length - PART_FOOTER_BYTES;
	entry = footer - (size_t)3 * PART_ENTRY_BYTES;

	save(folder, "part-cut", good, length - 1);
	memcpy(bytes, good, length);
	bytes[length / 2] ^= 4;
	save(folder, "part-flipped-bit", bytes, length);
	memcpy(bytes, good, length);
	put_le(bytes + 8, PART_VERSION_BARE + 1, 4);
	sign(bytes, length);
	save(folder, "part-newer-version", bytes, length);
	memcpy(bytes, good, length);
	put_le(entry + 8, UINT32_MAX, 4);
	sign(bytes, length);
	save(folder, "part-forged-pairs", bytes, length);
	memcpy(bytes, good, length);
	put_le(footer + 8, 1999999, 4);
	sign(bytes, length);
	save(folder, "part-forged-peers", bytes, length);
	memcpy(bytes, good, length);
	put_le(footer + 8, 3, 4);
	sign(bytes, length);
	save(folder, "part-too-few-peers", bytes, length);
	memcpy(bytes, good, length);
	put_le(entry, UINT32_MAX, 4);
	sign(bytes, length);
	save(folder, "part-hours-descend", bytes, length);
	/* Says that it has no details, and has some. */
	memcpy(bytes, good, length);
	put_le(bytes + 8, PART_VERSION_BARE, 4);
	sign(bytes, length);
	save(folder, "part-bare-with-details", bytes, length);
	free(bytes);
	free(good);
}

/* Says that it has details, and has none. */
static void make_bare_broken(const char *folder)
{
	size_t length;
	uint8_t *bytes = make_part(&golden_parts[GOLDEN_BARE], true, &length);

	put_le(bytes + 8, PART_VERSION, 4);
	sign(bytes, length);
	save(folder, "part-details-missing", bytes, length);
	free(bytes);
}

int main(int argc, char **argv)
{
	size_t length;
	uint8_t *bytes;

	if (argc != 4) {
		(void)fprintf(
			stderr,
			"usage: make_golden tests/golden/v1 tests/golden/v2 tests/golden-errors\n");
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(golden_parts); i++) {
		bytes = make_part(&golden_parts[i], false, &length);
		save(argv[1], golden_parts[i].name, bytes, length);
		free(bytes);
	}
	bytes = make_part(&golden_parts[GOLDEN_BARE], true, &length);
	save(argv[2], "part-bare", bytes, length);
	free(bytes);
	make_broken(argv[3]);
	make_bare_broken(argv[3]);
	return 0;
}
