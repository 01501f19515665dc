/* A fuzz target's corpus as a plain test: gives it every file of the folders named as arguments. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns 0 or -1. The input gets memory of exactly its size, so that a sanitizer sees its end. */
static int replay_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC), status = -1;
	uint8_t *bytes = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		goto out;
	bytes = malloc(st.st_size ? (size_t)st.st_size : 1);
	if (!bytes || read(fd, bytes, (size_t)st.st_size) != st.st_size)
		goto out;
	LLVMFuzzerTestOneInput(bytes, (size_t)st.st_size);
	status = 0;
out:
	if (status < 0)
		perror(name);
	free(bytes);
	if (fd >= 0)
		close(fd);
	return status;
}

/* Returns the number of files, or -1. */
static int replay_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	if (!dir) {
		perror(path);
		return -1;
	}
	while (n >= 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		n = replay_file(dirfd(dir), entry->d_name) < 0 ? -1 : n + 1;
	}
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int n = replay_folder(argv[i]);

		if (n < 0)
			return 1;
		printf("%s: %d inputs\n", argv[i], n);
		if (n == 0)
			return 1;
	}
	return argc < 2;
}
