/* A list of batches is whole, or an error: who counts goes by it. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/journal.h"

static char folder[] = "/tmp/list-XXXXXX";
static struct archive *archive;

/* In the place of the C library's: the entry after so many is a disk that cannot be read. */
static int entries = -1;

struct dirent *readdir(DIR *dir)
{
	if (entries == 0) {
		errno = EIO;
		return NULL;
	}
	entries -= entries > 0;
	return ((__typeof__(&readdir))dlsym(RTLD_NEXT, "readdir64"))(dir);
}

static void commit(uint64_t first_ns, const char *replaces, char ret_name[BATCH_NAME_MAX])
{
	struct buffer memory = { 0 };
	struct batch_manifest m;
	struct batch_writer *b;

	batch_manifest_init(&m);
	m.first_ns = first_ns;
	if (replaces)
		assert_int_equal(batch_manifest_add_replaced(&m, replaces), 0);
	assert_int_equal(batch_writer_new(archive, &b, NULL), 0);
	assert_int_equal(batch_writer_seal(b, &m, &memory, NULL), 0);
	assert_int_equal(batch_writer_commit(b, &m, ret_name, NULL), 0);
	batch_writer_free(b);
	batch_manifest_finish(&m);
}

static int make(void **state)
{
	char names[3][BATCH_NAME_MAX];

	(void)state;
	if (!mkdtemp(folder) || archive_open(folder, ARCHIVE_CREATE, &archive, NULL) < 0)
		return -1;
	commit(1000000000ULL, NULL, names[0]);
	commit(2000000000ULL, NULL, names[1]);
	commit(1000000000ULL, names[0], names[2]); /* and nobody has swept */
	return 0;
}

static int unmake(void **state)
{
	char command[64];

	(void)state;
	archive_close(archive);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command); /* NOLINT(cert-env33-c): a path of ours */
}

static int count(size_t *ret_n)
{
	char(*names)[BATCH_NAME_MAX];
	int error = archive_list(archive, &names, ret_n, NULL);

	if (!error)
		free(names);
	return error;
}

static void what_is_replaced_is_void(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(count(&n), 0);
	assert_int_equal(n, 2);
}

/* For each number of descriptors that are left. */
static void without_descriptors(void **state)
{
	struct rlimit was, few;
	int first = dup(0), refused = 0, error;
	size_t n;

	(void)state;
	close(first);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	for (int left = 0; left < 4; left++) {
		few = was;
		few.rlim_cur = (rlim_t)(first + left);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		error = count(&n);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		assert_true(error == 0 || error == -EMFILE);
		assert_true(error < 0 || n == 2);
		refused += error < 0;
	}
	assert_in_range(refused, 1, 3);
}

static void a_folder_that_cannot_be_read(void **state)
{
	char(*files)[ARCHIVE_FILE_MAX];
	uint64_t bytes;
	size_t n;

	(void)state;
	for (int i = 0; i < 5; i++) { /* ".", ".." and three batches */
		entries = i;
		assert_int_equal(count(&n), -EIO);
		entries = i;
		assert_int_equal(archive_list_files(archive, NULL, &files, &n, NULL), -EIO);
	}
	entries = 2;
	assert_int_equal(archive_measure(archive, NULL, &bytes), -EIO);
	entries = -1;
	assert_int_equal(count(&n), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_replaced_is_void),
		cmocka_unit_test(without_descriptors),
		cmocka_unit_test(a_folder_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
