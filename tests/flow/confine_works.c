/* What a sensor does once it is confined: every one of these has to work. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <libintl.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <sqlite3.h>

#include "base/i18n.h"
#include "base/macros.h"
#include "base/zone.h"

#include "confine_tries.h"

/* Of a try: the step at this line did not do what it should. */
#define DO(condition)                                                                              \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__;                                                           \
	} while (0)

/* --- files --- */

/* As a journal becomes a batch: a file, locked and written; then synced, moved, and removed. */
static int keep_files(const struct world *w)
{
	int root = open(w->in, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	fd = openat(root, "part", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	DO(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
	DO(write(fd, "sighting", 8) == 8 && pwrite(fd, "S", 1, 0) == 1);
	DO(posix_fallocate(fd, 0, 65536) == 0 && ftruncate(fd, 8) == 0);
	close(fd);
	return 0;
}

static int commit_files(const struct world *w)
{
	int root = open(w->in, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    fd = openat(root, "file", O_WRONLY | O_APPEND | O_CLOEXEC);
	struct statvfs space;
	struct stat st;

	DO(mkdirat(root, "pending", 0700) == 0 && mkdirat(root, "archive", 0700) == 0);
	DO(renameat(root, "file", root, "pending/part") == 0 && write(fd, "end", 3) == 3);
	DO(fdatasync(fd) == 0 && fsync(fd) == 0 && fsync(root) == 0);
	DO(sync_file_range(fd, 0, 8, SYNC_FILE_RANGE_WRITE) == 0);
	DO(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	DO(renameat(root, "pending/part", root, "archive/part") == 0);
	DO(fstatat(root, "archive/part", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == 8);
	DO(openat(root, "archive/part", O_WRONLY | O_TRUNC | O_CLOEXEC) >= 0);
	DO(unlinkat(root, "archive/part", 0) == 0 && unlinkat(root, "archive", AT_REMOVEDIR) == 0);
	DO(fstatvfs(root, &space) == 0 && statvfs(w->in, &space) == 0 && space.f_blocks > 0);
	return 0;
}

static int read_files(const struct world *w)
{
	char path[128], line[16];
	FILE *file;

	snprintf(path, sizeof(path), "%s/file", w->read);
	file = fopen(path, "re");
	DO(file && fgets(line, sizeof(line), file) && !strcmp(line, "file\n"));
	DO(open("/etc/group", O_RDONLY | O_CLOEXEC) >= 0); /* a file and no folder */
	return 0;
}

static int count_rows(void *context, int columns, char **values, char **names)
{
	(void)names;
	*(int *)context = columns == 1 && values[0] ? (int)strtol(values[0], NULL, 10) : -1;
	return 0;
}

/* With each kind of journal, rows that do not fit its cache, and one transaction rolled back. */
static int write_database(const struct world *w)
{
	static const char *const journals[] = { "DELETE", "PERSIST", "WAL" };
	char path[128], words[64];
	int rows = 0;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/catalogue.sqlite", w->in);
	DO(sqlite3_open(path, &db) == SQLITE_OK);
	DO(sqlite3_exec(db, "PRAGMA cache_size=10; CREATE TABLE t (a TEXT)", NULL, NULL, NULL) ==
	   SQLITE_OK);
	for (size_t i = 0; i < ARRAY_LENGTH(journals); i++) {
		snprintf(words, sizeof(words), "PRAGMA journal_mode=%s", journals[i]);
		DO(sqlite3_exec(db, words, NULL, NULL, NULL) == SQLITE_OK);
		DO(sqlite3_exec(db,
				"BEGIN; WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 "
				"FROM n WHERE x < 2000) INSERT INTO t SELECT hex(randomblob(100)) "
				"FROM n; COMMIT; BEGIN; DELETE FROM t; ROLLBACK",
				NULL, NULL, NULL) == SQLITE_OK);
	}
	DO(sqlite3_exec(db, "SELECT count(*) FROM t", count_rows, &rows, NULL) == SQLITE_OK);
	DO(sqlite3_close(db) == SQLITE_OK);
	return rows == 6000 ? 0 : __LINE__;
}

/* --- memory, threads, time --- */

static int take_memory(const struct world *w)
{
	const size_t size = (size_t)256 << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *q;
	int fd = memfd_create("ring", MFD_CLOEXEC);

	(void)w;
	DO(p != MAP_FAILED && fd >= 0 && ftruncate(fd, 65536) == 0);
	memset(p, 1, (size_t)8 << 20);
	DO(mprotect(p, 4096, PROT_READ) == 0 && mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0);
	DO(madvise(p, size, MADV_DONTNEED) == 0);
	p = mremap(p, size, 2 * size, MREMAP_MAYMOVE);
	DO(p != MAP_FAILED && munmap(p, 2 * size) == 0);
	q = malloc(size);
	DO(q);
	q[size - 1] = 1;
	free(q);
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	DO(p != MAP_FAILED);
	return 0;
}

struct shared {
	pthread_mutex_t mutex;
	pthread_cond_t turned;
	int turns;
};

static void *take_turns(void *context)
{
	struct shared *s = context;

	if (prctl(PR_SET_NAME, "turns") < 0)
		return s;
	for (int i = 0; i < 1000; i++) {
		char *p = malloc(1000);

		pthread_mutex_lock(&s->mutex);
		s->turns += p != NULL;
		pthread_cond_broadcast(&s->turned);
		pthread_mutex_unlock(&s->mutex);
		free(p);
	}
	return NULL;
}

static int start_threads(const struct world *w)
{
	struct shared s = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
	pthread_t threads[3];
	void *result;

	(void)w;
	for (int i = 0; i < 3; i++)
		DO(pthread_create(&threads[i], NULL, take_turns, &s) == 0);
	pthread_mutex_lock(&s.mutex);
	while (s.turns < 3000)
		pthread_cond_wait(&s.turned, &s.mutex);
	pthread_mutex_unlock(&s.mutex);
	for (int i = 0; i < 3; i++)
		DO(pthread_join(threads[i], &result) == 0 && !result);
	return 0;
}

static int know_time(const struct world *w)
{
	const struct timespec moment = { 0, 1000 };
	struct timespec t;
	char text[ZONE_TEXT_MAX];

	(void)w;
	DO(clock_gettime(CLOCK_BOOTTIME, &t) == 0 && clock_gettime(CLOCK_REALTIME, &t) == 0);
	DO(clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL) == 0);
	if (access("/usr/share/zoneinfo/Asia/Tokyo", R_OK) < 0)
		return CANNOT;
	/* Not read before: the configuration may be read again. */
	DO(zone_set("Asia/Tokyo", NULL) == 0);
	DO(!strcmp(zone_format(0, text), "1970-01-01T09:00:00.000+09:00"));
	DO(zone_set("America/New_York", NULL) == 0);
	DO(!strcmp(zone_format(0, text), "1969-12-31T19:00:00.000-05:00"));
	return 0;
}

/* The locale is set before; which words there are is looked up when the first is wanted. */
static int speak_japanese(const struct world *w)
{
	if (!w->words)
		return CANNOT;
	setenv("LANGUAGE", "ja", 1);
	bindtextdomain("sekimori", w->words);
	textdomain("sekimori");
	return strcmp(_("damaged data"), "damaged data") != 0 ? 0 : __LINE__;
}

static volatile sig_atomic_t signals;

static void take_signal(int number)
{
	(void)number;
	signals = 1;
}

static int take_signals(const struct world *w)
{
	const struct sigaction action = { .sa_handler = take_signal };

	(void)w;
	DO(sigaction(SIGHUP, &action, NULL) == 0 && raise(SIGHUP) == 0 && signals);
	signals = 0;
	DO(kill(getpid(), SIGHUP) == 0 && signals);
	return 0;
}

static int wait_for_events(const struct world *w)
{
	const struct itimerspec soon = { .it_value = { 0, 1000 } };
	int ends[2], epoll = epoll_create1(EPOLL_CLOEXEC), event = eventfd(0, EFD_CLOEXEC),
		     timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	struct epoll_event e = { .events = EPOLLIN };
	struct pollfd p;

	(void)w;
	DO(pipe2(ends, O_CLOEXEC) == 0 && epoll >= 0 && event >= 0 && timer >= 0);
	p = (struct pollfd){ ends[0], POLLIN, 0 };
	DO(poll(&p, 1, 0) == 0 && write(ends[1], "x", 1) == 1 && poll(&p, 1, -1) == 1);
	DO(ppoll(&p, 1, NULL, NULL) == 1);
	DO(epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &e) == 0 &&
	   timerfd_settime(timer, 0, &soon, NULL) == 0);
	DO(epoll_wait(epoll, &e, 1, -1) == 1 && eventfd_write(event, 1) == 0);
	return 0;
}

static int know_itself(const struct world *w)
{
	struct rusage usage;
	struct rlimit limit;
	struct sysinfo info;
	char byte;

	(void)w;
	DO(getrusage(RUSAGE_SELF, &usage) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0);
	DO(sysinfo(&info) == 0 && sysconf(_SC_NPROCESSORS_ONLN) > 0 && getpid() > 0);
	DO(getrandom(&byte, 1, 0) == 1);
	DO(printf("%s", "") == 0 && fflush(stdout) == 0);
	return 0;
}

/* --- sockets that are open, the filter's maps --- */

static int answer_status(const struct world *w)
{
	int fd = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	char byte;

	DO(fd >= 0 && recv(fd, &byte, 1, 0) == 1 && send(fd, "y", 1, MSG_NOSIGNAL) == 1);
	DO(shutdown(fd, SHUT_RDWR) == 0 && close(fd) == 0);
	return 0;
}

/* Sends to itself over the loopback interface, in a namespace of the test's own. */
static int watch_packets(const struct world *w)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	struct tpacket_stats stats;
	socklen_t length = sizeof(stats);
	static const char frame[60] = { 0 };
	char got[128];
	ssize_t n = 0;

	if (w->packet < 0)
		return CANNOT;
	a.sll_ifindex = all.mr_ifindex = (int)if_nametoindex("lo");
	DO(a.sll_ifindex > 0 && bind(w->packet, (struct sockaddr *)&a, sizeof(a)) == 0);
	DO(setsockopt(w->packet, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) == 0);
	DO(send(w->packet, frame, sizeof(frame), 0) == sizeof(frame));
	while (n != sizeof(frame)) { /* others may have sent before */
		n = recvfrom(w->packet, got, sizeof(got), 0, NULL, NULL);
		DO(n > 0);
	}
	DO(getsockopt(w->packet, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0);
	return stats.tp_packets > 0 ? 0 : __LINE__;
}

static int use_map(const struct world *w)
{
	uint32_t key = 0, value = 7, got = 0;
	union bpf_attr a = { .map_fd = (uint32_t)w->map,
			     .key = (uintptr_t)&key,
			     .value = (uintptr_t)&value };

	if (w->map < 0)
		return CANNOT;
	DO(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &a, sizeof(a)) == 0);
	a.value = (uintptr_t)&got;
	DO(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)) == 0);
	return got == 7 ? 0 : __LINE__;
}

/* An interface that has come back gets the program that was loaded before. */
static int attach_again(const struct world *w)
{
	union bpf_attr a = { .link_create = { .prog_fd = (uint32_t)w->program,
					      .target_ifindex = if_nametoindex("lo"),
					      .attach_type = BPF_XDP,
					      .flags = 2 /* generic */ } };

	if (w->program < 0)
		return CANNOT;
	DO(syscall(SYS_bpf, BPF_LINK_CREATE, &a, sizeof(a)) >= 0);
	return 0;
}

const struct try working_tries[] = {
	{ "keep files", keep_files },
	{ "commit files", commit_files },
	{ "read files", read_files },
	{ "write a database", write_database },
	{ "take memory", take_memory },
	{ "start threads", start_threads },
	{ "know the time, and zones", know_time },
	{ "speak Japanese", speak_japanese },
	{ "take signals", take_signals },
	{ "wait for events", wait_for_events },
	{ "know itself", know_itself },
	{ "answer on the status socket", answer_status },
	{ "watch packets", watch_packets },
	{ "use a map", use_map },
	{ "attach again", attach_again },
};
const size_t working_tries_count = ARRAY_LENGTH(working_tries);
