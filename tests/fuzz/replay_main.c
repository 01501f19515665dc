/* Gives each file of the folders named to the fuzz target, once: the corpus as a plain test. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns 1 when the file was replayed, 0 when it is none, or -errno. */
static int replay_file(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *bytes = NULL;
	long length = -1;
	FILE *f;
	int result = 0;

	if (name[0] == '.')
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	f = fopen(path, "rb");
	if (!f)
		return -errno;
	if (fseek(f, 0, SEEK_END) == 0)
		length = ftell(f);
	if (length < 0 || fseek(f, 0, SEEK_SET) != 0) {
		result = -EIO;
		goto out;
	}
	bytes = malloc(length > 0 ? (size_t)length : 1);
	if (!bytes || fread(bytes, 1, (size_t)length, f) != (size_t)length) {
		result = bytes ? -EIO : -ENOMEM;
		goto out;
	}
	(void)LLVMFuzzerTestOneInput(bytes, (size_t)length);
	result = 1;
out:
	free(bytes);
	(void)fclose(f);
	return result;
}

static int replay_folder(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	if (!d)
		return -errno;
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		int result = replay_file(folder, e->d_name);

		if (result < 0) {
			n = result;
			break;
		}
		n += result;
	}
	(void)closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int n = replay_folder(argv[i]);

		if (n <= 0) {
			(void)fprintf(stderr, "%s: %s\n", argv[i], n < 0 ? strerror(-n) : "empty");
			return 1;
		}
		printf("%s: %d inputs\n", argv[i], n);
	}
	return 0;
}
