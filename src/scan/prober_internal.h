/*
 * The prober's parts: an inquiry is one port being asked; a conversation is one connection of it.
 * All in one thread, over one epoll; times are of the monotonic clock.
 */
#ifndef SEKIMORI_SCAN_PROBER_INTERNAL_H
#define SEKIMORI_SCAN_PROBER_INTERNAL_H

#include "scan/dialogue.h"
#include "scan/pace.h"
#include "scan/probe.h"
#include "scan/prober.h"
#include "scan/tls.h"

#define TALKS_MAX     5      /* conversations of one inquiry: a lingering one, and four */
#define HEARD_MAX     32768  /* bytes of a service that are kept; then it is cut off */
#define WIRE_MAX      262144 /* bytes of TLS that are taken for these */
#define DATAGRAMS_MAX 4
#define READINGS_MAX  32 /* of what comes piece by piece; then at the end only */
#define MS_NS         1000000ULL

struct inquiry;

enum phase {
	PHASE_CONNECTING,
	PHASE_SHAKING, /* TLS */
	PHASE_TALKING
};

struct conversation {
	struct inquiry *inquiry;
	struct conversation *next_dead;
	int fd;
	enum phase phase;
	bool over;               /* nothing more will be heard */
	bool connected, secured; /* got so far */
	bool datagram, lingering;
	bool spoke_first;          /* it said something before it was asked */
	const struct probe *probe; /* NULL: listens, as to a service that speaks first */
	const char *asked;         /* protocol of the question, once it is put */
	bool within_tls;
	struct tls_talk *tls;
	struct dialogue dialogue;
	struct buffer out, heard;
	size_t sent; /* of OUT */
	size_t wire_bytes;
	uint64_t began_ns, wake_ns;
	int readings, wakes;
	size_t ends[DATAGRAMS_MAX]; /* of the datagrams in HEARD */
	int n_ends;
	char *certificate;
	struct certificate_names names;
};

struct host {
	struct net_addr addr;
	size_t next, end; /* of the prober's order: its ports that wait */
	uint32_t running;
	bool queued;
	struct host *next_host;
};

struct inquiry {
	struct prober *prober;
	struct host *host;
	struct port_outcome *outcome;
	uint64_t began_ns, limit_ns, retry_ns, rtt_ns;
	struct conversation *talks[TALKS_MAX];
	int n_talks;
	const struct probe *usual;
	bool usual_tls, first_done, tls_tried, tls_there, done;
	bool anything;     /* all else has been asked: what is left is asked at once */
	uint64_t asked[2]; /* bits of tcp_probes: in the open, within TLS */
	int failures;
	unsigned sent; /* connections and datagrams */
	const struct probe *hint;
	bool hint_tls;
	struct service best;
	int best_score;
	char *certificate;
	struct certificate_names names;
};

struct prober {
	struct prober_settings settings;
	struct tls_setup *tls;
	struct pace pace;
	int epoll;
	uint64_t now_ns, quiet_ns;
	struct reading *reading; /* scratch */
	struct conversation *dead;
	struct host *hosts, *first_host, **last_host;
	size_t n_hosts;
	struct port_outcome **order;
	struct inquiry **active;
	size_t n_active;
	size_t n_talks; /* in all */
};

/* How long this port's service is waited for, where nothing says more. */
uint64_t inquiry_patience(const struct inquiry *q);

/*
 * Opens a connection, or a socket for datagrams. Returns 0; -EAGAIN when the system has no room
 * now; or another -errno. The conversation is in the inquiry's list until conversation_close.
 */
must_check int conversation_open(struct inquiry *q, const struct probe *probe, bool within_tls);
must_check int conversation_open_datagram(struct inquiry *q);

/* Its socket is ready; its time has come. */
void conversation_ready(struct conversation *c, uint32_t events);
void conversation_wake(struct conversation *c);
void conversation_datagram(struct conversation *c, uint32_t events);
void conversation_datagram_wake(struct conversation *c);

/* Takes it out of the inquiry; it is freed once no event can speak of it. */
void conversation_close(struct conversation *c);
void conversation_bury(struct prober *p);

struct heard conversation_heard(const struct conversation *c);

/* Takes one more connection or datagram from what may be sent: the first of an inquiry was taken
 * when it began. The next inquiries wait the longer. */
void inquiry_charge(struct inquiry *q);

/* A new inquiry about OUTCOME, or NULL when out of memory. */
struct inquiry *inquiry_new(struct prober *p, struct host *host, struct port_outcome *outcome);

/* Takes what conversations have brought, wakes those whose time has come, opens the next. True when
 * the inquiry is at its end. */
bool inquiry_go_on(struct inquiry *q);

/* When inquiry_go_on has something to do, whatever the sockets say. */
uint64_t inquiry_wake(const struct inquiry *q);

/* Gives the outcome what is known by now. */
void inquiry_finish(struct inquiry *q);

/* Reads what datagrams said; the better of old and new is kept. */
void inquiry_judge(struct inquiry *q, const struct heard *h, bool tls);

#endif
