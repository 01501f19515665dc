/* What confine_tries.c tries in a confined process, and what the process had before. */
#ifndef CONFINE_TRIES_H
#define CONFINE_TRIES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What refuses a thing, each by itself. */
enum layer {
	USER = 1,
	LANDLOCK = 2,
	SECCOMP = 4
};

/* Opened before the process is confined. Folders: "in" may be written to, "read" be read, "out" is
 * not mentioned; each holds a "file". -1: this system gave none. */
struct world {
	char root[64], in[80], read[80], out[80];
	pid_t other; /* another process of ours */
	int packet, tcp, listener, map, program;
	int abstract;      /* a Unix socket that others listen on, without a file */
	const char *words; /* a folder with translations; NULL: none were built */
};

#define CANNOT 1000 /* of a try: this system has not what it takes */

struct
try {
	const char *name;
	int (*run)(const struct world *w); /* 0, -errno or CANNOT */
	int layers;                        /* that refuse it; 0: it has to work */
	bool ends;                         /* seccomp does not refuse, but ends the process */
	int abi;                           /* of Landlock, that it takes; 0: any */
	bool asks;                         /* and so a scanner may */
};

extern const struct try refused_tries[], working_tries[], scanner_tries[];
extern const size_t refused_tries_count, working_tries_count, scanner_tries_count;

/* How a child ended that ran DO(CONTEXT): its exit status, or minus the signal. */
int in_child(int (*run)(const void *context), const void *context);

/* What is not about one thing that is tried; returns the number of failures. */
int check_edges(int landlock_abi);

static inline int answer(long result)
{
	return result < 0 ? -errno : 0;
}

#endif
