#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "identify/fingerprint_internal.h"

#define CHUNK_BYTES  16384
#define BLOCK_BYTES  65536
#define NAME_IN_WORD "%s: %s"

struct fingerprint_words_chunk {
	struct fingerprint_words_chunk *next;
	size_t used, room;
	char bytes[];
};

const char *fingerprint_words_keep(struct fingerprint_words *w, const char *text, size_t length)
{
	struct fingerprint_words_chunk *chunk = w->chunk;
	char *kept;

	if (!chunk || chunk->room - chunk->used <= length) {
		size_t room = MAX(length + 1, (size_t)CHUNK_BYTES);

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		*chunk = (struct fingerprint_words_chunk){ .next = w->chunk, .room = room };
		w->chunk = chunk;
	}
	kept = chunk->bytes + chunk->used;
	if (length)
		memcpy(kept, text, length);
	kept[length] = 0;
	chunk->used += length + 1;
	return kept;
}

void fingerprint_words_finish(struct fingerprint_words *w)
{
	while (w->chunk) {
		struct fingerprint_words_chunk *next = w->chunk->next;

		free(w->chunk);
		w->chunk = next;
	}
}

int fingerprint_bytes_load(const char *path, size_t limit, struct buffer *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), error = 0;
	struct buffer b;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	buffer_init(&b);
	while (n > 0 && !error) {
		uint8_t *room = buffer_reserve(&b, BLOCK_BYTES);

		n = room ? read(fd, room, BLOCK_BYTES) : 0;
		if (!room)
			error = -ENOMEM;
		else if (n < 0)
			error = -errno;
		else if (b.length + (size_t)n > limit)
			error = -EFBIG;
		else
			b.length += (size_t)n;
	}
	close(fd);
	if (error)
		buffer_finish(&b);
	else
		*ret_bytes = b;
	return error;
}

bool fingerprint_base64_decode(const char *text, size_t length, struct buffer *ret)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	int n = 0, padding = 0;

	for (size_t i = 0; i < length; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (text[i] && strchr(" \t\r\n", text[i]))
			continue;
		padding += text[i] == '=';
		if (!digit != (text[i] == '=') || (digit && padding))
			return false;
		if (!digit)
			continue;
		bits = bits << 6 | (uint32_t)(digit - digits);
		n = (n + 1) % 4;
		if (n != 1) /* 2, 3, 4 digits: 1, 2, 3 bytes are whole */
			buffer_put_u8(ret, (uint8_t)(bits >> (n == 2 ? 4 : n == 3 ? 2 : 0)));
	}
	return n != 1 && padding <= 2;
}

static int wanted(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".xml");
}

static int walk_folder(const char *path, struct diagnosis *d,
		       int (*told)(void *arg, const char *path, struct diagnosis *d), void *arg)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, wanted, alphasort), error = n < 0 ? -errno : 0;

	if (n < 0)
		return diagnose(d, error, NAME_IN_WORD, path, strerror(-error));
	for (int i = 0; i < n; i++) {
		char *file = NULL;

		if (!error && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			error = -ENOMEM;
		if (!error) {
			error = told(arg, file, d);
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
	return error;
}

int fingerprint_path_walk(const char *path, struct diagnosis *d,
			  int (*told)(void *arg, const char *path, struct diagnosis *d), void *arg)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		int error = -errno;

		return diagnose(d, error, NAME_IN_WORD, path, strerror(-error));
	}
	if (S_ISDIR(st.st_mode))
		return walk_folder(path, d, told, arg);
	return told(arg, path, d);
}
