/*
 * The loaded program and its loader, in a network namespace of their own: settings that change,
 * budgets, a full ring, and a real connection over the loopback interface. Exit status 77: the
 * kernel takes no program from us, or the program is not built in.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel_run.h"

#if HAVE_XDP
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#endif

#define REQUIRE(condition) require(condition, __LINE__, #condition)

static int failures;

static void require(bool good, int line, const char *text)
{
	if (good)
		return;
	printf("line %d: not so: %s\n", line, text);
	failures++;
}

/* From 192.0.2.1, port 21 to 198.51.100.7: a SYN+ACK, or words. */
static const uint8_t synack[60] = { [12] = 8, [14] = 0x45, [17] = 40,   [23] = 6,    [26] = 192,
				    [28] = 2, [29] = 1,    [30] = 198,  [31] = 51,   [32] = 100,
				    [33] = 7, [35] = 21,   [36] = 0xc3, [46] = 0x50, [47] = 0x12 };

static struct kernel_answer answer_to(struct kernel_run *k, const uint8_t frame[60])
{
	struct kernel_answer a = { 0 };

	REQUIRE(kernel_run_frame(k, frame, 60, &a) == 0);
	return a;
}

static void set_networks(struct config *c, const char *prefix)
{
	struct net_prefix p;

	prefix_set_finish(&c->networks);
	prefix_set_init(&c->networks);
	REQUIRE(prefix_parse(prefix, &p, NULL) == 0);
	REQUIRE(prefix_set_add(&c->networks, p) == 0);
}

static void check_settings(struct kernel_run *k, struct config *c)
{
	struct filter_settings s = filter_settings_default(c);
	struct kernel_answer a = answer_to(k, synack);

	REQUIRE(a.records == 1 && a.facts.outcome == FILTER_SIGHTING && a.returned == 2);
	set_networks(c, "198.51.100.0/24");
	s.consume = true;
	REQUIRE(filter_configure(kernel_run_filter(k), &s) == 0);
	a = answer_to(k, synack);
	REQUIRE(a.records == 1 && a.facts.outcome == FILTER_ANSWER && a.returned == 1);
	s.consume = false;
	set_networks(c, "192.0.2.0/24");
	REQUIRE(filter_configure(kernel_run_filter(k), &s) == 0);
	a = answer_to(k, synack);
	REQUIRE(a.records == 1 && a.facts.outcome == FILTER_SIGHTING && a.returned == 2);
}

static void check_budget(struct kernel_run *k, const struct config *c)
{
	struct filter_settings s = filter_settings_default(c);
	struct filter_counts before, after;
	uint8_t words[60], tunnel[60];

	memcpy(words, synack, sizeof(words));
	words[17] = 46;
	words[47] = 0x18;
	memcpy(tunnel, synack, sizeof(tunnel));
	tunnel[23] = 47;
	s.frames_per_second[FILTER_BUDGET_WORDS] = 0;
	REQUIRE(filter_configure(kernel_run_filter(k), &s) == 0);
	filter_counts_read(kernel_run_filter(k), &before);
	REQUIRE(answer_to(k, words).records == 0);
	REQUIRE(answer_to(k, tunnel).records == 1);
	REQUIRE(answer_to(k, synack).records == 1);
	filter_counts_read(kernel_run_filter(k), &after);
	REQUIRE(after.over_budget[FILTER_UP_CONTROL] == before.over_budget[FILTER_UP_CONTROL] + 1);
	REQUIRE(after.frames[FILTER_UP_CONTROL] == before.frames[FILTER_UP_CONTROL] + 1);
	REQUIRE(after.over_budget[FILTER_UP_TUNNEL] == 0 && after.lost[FILTER_UP_TUNNEL] == 0);
}

#if HAVE_XDP
static int repeat(struct filter *f, const uint8_t frame[60], int times)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = 60,
		    .repeat = times);

	return bpf_prog_test_run_opts(filter_program(f), &options);
}

static void ignore_facts(void *context, const struct filter_facts *facts)
{
	int *n = context;

	n[facts->outcome]++;
}

static void ignore_frame(void *context, const struct filter_up *up)
{
	(void)context;
	(void)up;
}

/* A ring of 4096 bytes holds 73 facts of 56: three quarters of it others, all of it sightings. */
static void check_full_ring(const struct config *c)
{
	struct filter_settings s = filter_settings_default(c);
	int n[FILTER_OUTCOMES] = { 0 };
	const struct filter_handlers handlers = { ignore_facts, ignore_frame, n };
	struct filter_counts counts;
	struct filter *f;
	uint8_t answer[60];

	memcpy(answer, synack, sizeof(answer));
	answer[26] = 193;
	s.ring_bytes = 4096;
	REQUIRE(filter_open(&s, &f, NULL) == 0);
	REQUIRE(repeat(f, answer, 1000) == 0 && repeat(f, synack, 1000) == 0);
	filter_counts_read(f, &counts);
	REQUIRE(counts.frames[FILTER_ANSWER] == 1000 && counts.frames[FILTER_SIGHTING] == 1000);
	REQUIRE(filter_read(f, &handlers, INT_MAX) == 73);
	REQUIRE(n[FILTER_ANSWER] == 55 && n[FILTER_SIGHTING] == 18);
	REQUIRE(counts.lost[FILTER_ANSWER] == 945 && counts.lost[FILTER_SIGHTING] == 982);
	filter_close(f);
}

struct seen {
	int syn, sighting;
	uint16_t port, peer_port;
};

static void see_facts(void *context, const struct filter_facts *f)
{
	struct seen *s = context;

	if (f->outcome == FILTER_SYN && f->dport == s->port) {
		s->syn++;
		s->peer_port = f->sport;
	}
	if (f->outcome == FILTER_SIGHTING && f->sport == s->port && f->dport == s->peer_port)
		s->sighting++;
}

static int raise_loopback(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	if (fd < 0)
		return -1;
	result = ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
	return result;
}

/* Listens, connects, and closes; returns the port, or 0. */
static uint16_t connect_once(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t length = sizeof(a);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = bind(server, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(server, 1) == 0 &&
		    getsockname(server, (struct sockaddr *)&a, &length) == 0 &&
		    connect(client, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(client);
	close(server);
	return good ? ntohs(a.sin_port) : 0;
}

static uint32_t attached_program(unsigned index)
{
	uint32_t id = 0;

	REQUIRE(bpf_xdp_query_id((int)index, 0, &id) == 0);
	return id;
}

/* A process that is killed leaves no program behind, not even one that consumes. */
static void check_killed(const struct config *c, unsigned index)
{
	struct filter_settings s = filter_settings_default(c);
	struct filter *f;
	int ready[2];
	char byte;
	pid_t child;

	REQUIRE(pipe(ready) == 0);
	s.consume = true;
	child = fork();
	if (child == 0) {
		if (filter_open(&s, &f, NULL) == 0 &&
		    filter_attach(f, index, FILTER_GENERIC, NULL) == 0)
			(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	REQUIRE(child > 0 && read(ready[0], &byte, 1) == 1);
	REQUIRE(attached_program(index) != 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(ready[0]);
	for (int i = 0; i < 1000 && attached_program(index) != 0; i++)
		usleep(1000); /* the kernel lets go of it a moment later */
	REQUIRE(attached_program(index) == 0);
}

static void check_interface(struct config *c)
{
	const unsigned index = 1; /* the loopback interface of a new namespace */
	struct filter_settings s;
	struct seen seen = { 0 };
	const struct filter_handlers handlers = { see_facts, ignore_frame, &seen };
	struct filter *f;

	set_networks(c, "127.0.0.0/8");
	s = filter_settings_default(c);
	REQUIRE(raise_loopback() == 0);
	check_killed(c, index);
	REQUIRE(filter_open(&s, &f, NULL) == 0);
	REQUIRE(filter_attach(f, index, FILTER_GENERIC, NULL) == 0);
	REQUIRE(filter_attach(f, index, FILTER_GENERIC, NULL) == -EBUSY);
	seen.port = connect_once();
	REQUIRE(seen.port != 0);
	REQUIRE(filter_read(f, &handlers, INT_MAX) >= 2);
	REQUIRE(seen.syn == 1 && seen.sighting == 1);
	filter_close(f);
}
#endif

int main(void)
{
	struct diagnosis d = { "" };
	struct kernel_run *k = NULL;
	struct config config;
	int error;

	config_init(&config);
	set_networks(&config, "192.0.2.0/24");
	error = kernel_run_open(&config, &k, &d);
	if (error == ERR_UNSUPPORTED || error == -EPERM || error == -EACCES || error == -ENOSYS) {
		printf("skipped: %s\n", d.text);
		return 77;
	}
	REQUIRE(error == 0);
	if (error == 0) {
		check_settings(k, &config);
		check_budget(k, &config);
	}
#if HAVE_XDP
	check_full_ring(&config);
	if (unshare(CLONE_NEWNET) == 0)
		check_interface(&config);
	else
		printf("no network namespace (%s): nothing was attached\n", strerror(errno));
#endif
	kernel_run_close(k);
	config_finish(&config);
	printf("%d failures\n", failures);
	return failures ? 1 : 0;
}
