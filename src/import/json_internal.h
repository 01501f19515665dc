/*
 * What the objects of a scanner's JSON mean. Comes in: events of a parser. Goes out: ports and
 * hosts.
 *
 * An object that may be a host or a port is a *thing*; what it contains, a thing again where its
 * name says so ("data", "matches", "services", "ports", …) and else a *part* that tells more of it
 * ("http", "_shodan", "software"). A port that has no address waits for that of the thing around
 * it, which may come behind it.
 */
#ifndef SEKIMORI_IMPORT_JSON_INTERNAL_H
#define SEKIMORI_IMPORT_JSON_INTERNAL_H

#include "import/telling_internal.h"

#define JSON_DEPTH_LIMIT   64
#define JSON_WAITING_MAX   131072 /* ports without an address: all of TCP and UDP, of one host */
#define JSON_WAITING_BYTES ((size_t)8 << 20) /* of their services; those beyond go without */

enum json_scalar {
	JSON_NULL,
	JSON_BOOLEAN, /* "1" or "" */
	JSON_NUMBER,
	JSON_STRING,
};

struct json_things;

must_check int json_things_new(struct telling *t, struct diagnosis *d, struct json_things **ret);
void json_things_free(struct json_things *j);

/* Before a top-level object. */
void json_things_begin(struct json_things *j);
int json_things_depth(const struct json_things *j);

/* An array around all objects has come to its end. */
void json_things_whole(struct json_things *j);

/* Was any of it what a scanner writes? */
bool json_things_known(const struct json_things *j);

must_check int json_things_open(struct json_things *j, bool is_object);
must_check int json_things_close(struct json_things *j);
must_check int json_things_key(struct json_things *j, struct words key);
must_check int json_things_scalar(struct json_things *j, enum json_scalar kind, struct words value);

/* The rest: between json_things.c, which follows the nesting, and json_fields.c, which knows the
 * names. */

enum json_tool {
	TOOL_UNKNOWN,
	TOOL_NAABU,
	TOOL_MASSCAN,
	TOOL_CENSYS,
	TOOL_SHODAN,
	TOOL_OURS,
};

/* What waits for an address, of all things that are open. */
struct json_waiting {
	size_t n, bytes;
};

struct json_thing {
	bool has_addr, has_port;
	bool bad_state, bad_protocol; /* none that a port can have */
	bool has_told;                /* a port of it, or of a thing within */
	bool addr_is_weak;            /* of a key that may hold a name as well */
	struct net_addr addr;
	char *host_name;
	uint64_t n_ports; /* of our own "not_listed": so many have the state */
	struct port_outcome o;
	struct port_outcome *waiting; /* ports of things within that have no address */
	size_t n_waiting, waiting_room, waiting_bytes;
	struct json_waiting *in_all;
	/* Shodan's short forms: numbers alone. They count where no port is told otherwise. */
	uint16_t *bare;
	size_t n_bare, bare_room;
};

void json_thing_init(struct json_thing *thing, struct json_waiting *in_all);
void json_thing_finish(struct json_thing *thing);

/* Is an object of that name (or in an array of it) a thing? */
bool json_name_is_thing(struct words name);

/* Takes PART's (or, where that is empty, the thing's own) KEY. *tool becomes what KEY gives away.
 */
must_check int json_field_take(struct json_thing *thing, struct words part, struct words key,
			       enum json_scalar kind, struct words value, enum json_tool *tool,
			       struct telling *t, struct diagnosis *d);

/* What the name of a list or an object alone gives away. */
void json_field_open(struct json_thing *thing, struct words key, bool is_object,
		     enum json_tool *tool);

/* Censys' old form: "443/https". Adds a port that waits for its address. */
must_check int json_thing_add_word(struct json_thing *thing, struct words word);
must_check int json_thing_wait(struct json_thing *thing, struct port_outcome *o);

/* None is counted any more; whoever took the list finishes their services. */
void json_thing_forget_waiting(struct json_thing *thing);

/* A number of a list "ports", also where it is a text (Censys' old data sets). */
must_check int json_thing_add_bare(struct json_thing *thing, struct words number);

#endif
