/*
 * What the site says of itself: one ini file, documented by docs/sekimori.conf.example, and the
 * host table that it names. The command line is put on top by cmd/.
 */
#ifndef SEKIMORI_BASE_CONFIG_H
#define SEKIMORI_BASE_CONFIG_H

#include "base/error.h"
#include "base/prefix.h"

struct config_excluded {
	struct net_prefix prefix; /* a host, or a whole network of them */
	char *reason;
};

/* A scanner that the site knows: its own, a partner's, a search engine's. */
struct config_scanner {
	struct net_prefix prefix; /* an address, or a whole network of them */
	char *name;
};

/* A list of addresses: block list, partners. Whoever shows peers opens it (place/place.h). */
struct config_list {
	char *name, *path;
};

/* Whose knocking a question is about. */
enum config_peers {
	CONFIG_PEERS_ALL,
	CONFIG_PEERS_SCANNERS, /* known scanners only */
	CONFIG_PEERS_OTHERS,   /* all but these */
};

/* Every text is a string, empty where the site says nothing. */
struct config_host {
	struct net_addr addr;
	char *name, *owner, *department;
	size_t place; /* in the order of reading; for sorting */
};

/* A day that is no working day though it is no Sunday. */
struct config_holiday {
	int32_t day; /* from 1970-01-01, local */
	char *name;
	size_t place; /* in the order of reading; for sorting */
};

/* What the sensor watches, and how long the store keeps what it saw. */
struct config_sensor {
	char **interfaces;
	size_t n_interfaces;
	char *driver;               /* a driver's name; NULL: not said */
	char *user;                 /* to become; NULL: not said */
	bool consume;               /* frames end at the filter */
	uint64_t memory_bytes;      /* that sightings and peers may take */
	uint32_t silent_s;          /* without a frame: then the line counts as silent */
	uint32_t keep_record_days;  /* 0: for ever */
	uint32_t keep_summary_days; /* 0: for ever; not fewer than those of records */
	uint64_t max_disk_bytes;    /* of the archive; 0: as much as there is */
};

#define CONFIG_MEMORY_BYTES (256ULL << 20)
#define CONFIG_SILENT_S     60

/* One bit a port. */
struct port_set {
	uint64_t words[65536 / 64];
};

struct config {
	struct prefix_set networks;
	char *timezone; /* NULL: not said */
	char *store;    /* NULL: not said */
	struct config_excluded *excluded;
	size_t n_excluded;
	struct config_scanner *scanners;
	size_t n_scanners;
	struct prefix_set scanner_networks; /* all of theirs: most peers are in none */
	struct config_list *lists;          /* in the file's order */
	size_t n_lists;
	enum config_peers peers;   /* of this call: the file does not say */
	struct config_host *hosts; /* sorted by address after config_read */
	size_t n_hosts, hosts_room;
	struct config_holiday *holidays; /* sorted by day after config_read */
	size_t n_holidays, holidays_room;
	char *libloc;   /* a database; NULL: the usual one, "": none */
	char **maxmind; /* databases, in the order of asking */
	size_t n_maxmind;
	struct config_sensor sensor;
	bool verify_new;               /* what is new is looked at by itself: packets are sent */
	struct port_set served_ports;  /* never hidden as FTP data */
	struct port_set control_ports; /* FTP control, where only SYN+ACKs tell */
};

/* Starts with the documented defaults. */
void config_init(struct config *c);
void config_finish(struct config *c);

/*
 * Reads the file on top of what C holds. A mistake is ERR_USAGE, with file, line and the offending
 * value in D; a build without libinih says ERR_UNSUPPORTED. Returns 0, one of these, or -errno.
 */
must_check int config_read(struct config *c, const char *path, struct diagnosis *d);

/*
 * Reads a host table: CSV with the header line address,name,owner,department (columns in any order,
 * address alone is required). Returns 0, ERR_USAGE with file, line and value in D, or -errno.
 */
must_check int config_hosts_read(struct config *c, const char *path, struct diagnosis *d);

/*
 * Reads a table of holidays: CSV with a date (2019-01-01 or 2019/1/1) and its name a line, with or
 * without a header; further columns are ignored. In UTF-8, or else in Shift_JIS as Windows writes
 * it (CP932). At most 1 MiB. Returns 0, ERR_USAGE with file, line and value in D, or -errno.
 */
must_check int config_holidays_read(struct config *c, const char *path, struct diagnosis *d);

void config_sensor_finish(struct config_sensor *s);

/* Adds an interface to watch. Returns 0, ERR_USAGE or -ENOMEM. */
must_check int config_add_interface(struct config_sensor *s, const char *name, struct diagnosis *d);

must_check int config_add_excluded(struct config *c, const char *prefix, const char *reason,
				   struct diagnosis *d);

/* The reason why that host is excluded, or NULL when it is not. */
const char *config_excluded_reason(const struct config *c, struct net_addr host);

must_check int config_add_scanner(struct config *c, const char *prefix, const char *name,
				  struct diagnosis *d);

void config_forget_scanners(struct config *c);

/* The name of the known scanner that has that address, or NULL. */
const char *config_scanner_name(const struct config *c, struct net_addr peer);

/* "all", "scanners", "others". */
const char *config_peers_name(enum config_peers peers);
must_check bool config_peers_parse(const char *text, enum config_peers *ret_peers);

/* Is the peer one of those that the call is about? */
static inline bool config_wants_peer(const struct config *c, struct net_addr peer)
{
	return c->peers == CONFIG_PEERS_ALL || prefix_set_contains(&c->scanner_networks, peer) ==
						       (c->peers == CONFIG_PEERS_SCANNERS);
}

/* NULL when nothing is said of it. */
const struct config_host *config_host(const struct config *c, struct net_addr host);

/* The name of that local day (counted from 1970-01-01), or NULL when it is no holiday. */
const char *config_holiday(const struct config *c, int32_t day);

static inline bool port_set_has(const struct port_set *s, uint16_t port)
{
	return s->words[port / 64] >> (port % 64) & 1;
}

/* Reads "22, 80 8000-8100" into the set, which is cleared first. Returns 0 or ERR_USAGE. */
must_check int port_set_parse(const char *text, struct port_set *ret_set, struct diagnosis *d);

#endif
