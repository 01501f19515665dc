/* The page of figures: one JSON document for each who connects to STORE/status. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/json.h"
#include "base/zone.h"

#include "watch/watch_internal.h"

#define GUARD_FILE "sensor" /* whose lock a living sensor holds */
#define ANSWERS    8        /* of one turn */

/*
 * A socket's name has 107 bytes at most, a store's path may have more. Anybody may ask: it tells
 * nothing that the store's files do not tell. The mode is given by the mask: by name, somebody
 * might have put another file there. There is no other thread yet.
 */
static int bind_in_store(struct watch *w, int fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int folder = archive_folder(w->settings.archive), error = 0;
	mode_t mask;

	(void)unlinkat(folder, WATCH_SOCKET, 0); /* of a sensor that died */
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" WATCH_SOCKET, folder);
	mask = umask(0111);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		error = -errno;
	(void)umask(mask);
	return error;
}

int watch_listen(struct watch *w, struct diagnosis *d)
{
	int error = archive_make_file(w->settings.archive, GUARD_FILE, &w->guard, d);

	if (error < 0)
		return error;
	if (flock(w->guard, LOCK_EX | LOCK_NB) < 0) {
		return diagnose(d, -EBUSY,
				_("another sensor writes to %s; name all interfaces with one"),
				archive_path(w->settings.archive));
	}
	w->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	error = w->listener < 0 ? -errno : bind_in_store(w, w->listener);
	if (!error && listen(w->listener, ANSWERS) < 0)
		error = -errno;
	return error < 0 ? diagnose(d, error, "%s/" WATCH_SOCKET ": %s",
				    archive_path(w->settings.archive), error_text(error))
			 : 0;
}

/* ---- the page ---- */

static uint64_t resident_bytes(const struct watch *w)
{
	char text[128] = "";
	unsigned long long all, resident;

	if (w->statm < 0 || pread(w->statm, text, sizeof(text) - 1, 0) <= 0 ||
	    sscanf(text, "%llu %llu", &all, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void put_line(struct json *j, const struct watch *w, size_t i)
{
	static const char *const states[] = {
		[LIVE_UP] = "up", [LIVE_DOWN] = "down", [LIVE_GONE] = "gone"
	};
	const struct watch_line *line = &w->lines[i];
	const struct live_counts *c = &line->counts;

	json_open_object(j, NULL);
	json_text(j, "interface", line->name);
	json_text(j, "driver", live_name(w->merge_lines[i].source));
	json_text(j, "reason", live_reason(w->merge_lines[i].source));
	json_text(j, "state", states[line->state]);
	json_number(j, "down_since_ns", line->down_ns);
	json_number(j, "frames", c->frames);
	json_number(j, "taken", c->taken);
	json_number(j, "undecided", c->undecided);
	json_number(j, "lost", c->lost);
	json_number(j, "missed", c->missed);
	json_number(j, "over_budget", c->over_budget);
	json_real(j, "frames_per_second", line->frames_rate);
	json_real(j, "taken_per_second", line->taken_rate);
	json_real(j, "silent_seconds",
		  (double)(w->now.boot_ns - line->frames_ns) / (double)NS_PER_SECOND);
	json_close_object(j);
}

static void put_gaps(struct json *j, const struct watch *w)
{
	json_open_array(j, "gaps");
	for (size_t i = 0; i < w->ledger.n_recent; i++) {
		const struct batch_gap *g = &w->ledger.recent[i];

		json_open_object(j, NULL);
		json_text(j, "kind", batch_gap_name(g->kind));
		json_text(j, "interface", g->interface);
		json_number(j, "from_ns", g->from_ns);
		json_number(j, "to_ns", g->to_ns);
		json_number(j, "count", g->count);
		json_close_object(j);
	}
	json_close_array(j);
}

static void put_mirror(struct json *j, const struct watch *w)
{
	struct observer_foreign foreign[WATCH_FOREIGN_MAX];
	int n = observer_foreign_top(w->observer, foreign, WATCH_FOREIGN_MAX);
	char text[PREFIX_TEXT_MAX];

	json_bool(j, "judged", w->mirror.judged);
	json_open_array(j, "findings");
	for (int i = 0; i < MIRROR_FINDINGS; i++) {
		if (w->mirror.findings >> i & 1)
			json_text(j, NULL, mirror_finding_name((enum mirror_finding)i));
	}
	json_close_array(j);
	json_open_array(j, "foreign");
	for (int i = 0; i < n; i++) {
		json_open_object(j, NULL);
		json_text(j, "network", prefix_format(foreign[i].prefix, text));
		json_number(j, "packets", foreign[i].packets);
		json_close_object(j);
	}
	json_close_array(j);
}

/* Of this hour. */
static void put_floods(struct json *j, const struct watch *w)
{
	struct flood_figures f = flood_figures(w->flood);

	json_open_object(j, "floods");
	json_number(j, "series", f.series);
	json_bool(j, "others", f.others);
	json_number(j, "packets", f.packets);
	json_close_object(j);
}

static void put_writer(struct json *j, struct watch *w)
{
	struct writer_figures f;

	writer_figures(w->writer, &f);
	json_open_object(j, "journal");
	json_text(j, "name", f.journal);
	json_number(j, "sightings", f.sightings);
	json_number(j, "bytes", f.bytes);
	json_number(j, "durable_ns", f.durable_ns);
	json_real(j, "lag_seconds",
		  w->seen_ns > f.durable_ns && (w->full || (w->chunk && w->chunk->n) || f.failing)
			  ? (double)(w->seen_ns - f.durable_ns) / (double)NS_PER_SECOND
			  : 0);
	json_number(j, "unwritten", w->unwritten);
	json_text(j, "trouble", f.failing ? f.trouble : "");
	json_close_object(j);
}

static void put_keeper(struct json *j, struct watch *w)
{
	struct keeper_figures f;

	keeper_figures(w->keeper, &f);
	json_open_object(j, "store");
	json_text(j, "path", archive_path(w->settings.archive));
	json_number(j, "bytes", f.archive_bytes);
	json_number(j, "free_bytes", f.free_bytes);
	json_number(j, "sightings", f.sightings);
	json_number(j, "batches", f.batches);
	json_number(j, "services", f.services);
	json_number(j, "records_gone_until_ns", f.bared_until_ns);
	json_number(j, "gone_until_ns", f.dropped_until_ns);
	json_bool(j, "over", f.over);
	json_text(j, "trouble", f.failing ? f.trouble : "");
	json_close_object(j);
}

static void put_page(struct json *j, struct watch *w)
{
	json_open_object(j, NULL);
	json_number(j, "pid", (uint64_t)getpid());
	json_number(j, "now_ns", w->now.wall_ns);
	json_number(j, "started_ns", w->started.wall_ns);
	json_text(j, "confinement", w->confinement);
	json_number(j, "memory_bytes", resident_bytes(w));
	json_number(j, "memory_limit_bytes", w->memory_bytes);
	json_number(j, "sightings", w->outcomes[OUTCOME_SIGHTING]);
	json_real(j, "sightings_per_second", w->sightings_rate);
	json_number(j, "last_sighting_ns", w->last_sighting_ns);
	json_open_array(j, "interfaces");
	for (size_t i = 0; i < w->n_lines; i++)
		put_line(j, w, i);
	json_close_array(j);
	put_mirror(j, w);
	put_gaps(j, w);
	put_floods(j, w);
	put_writer(j, w);
	put_keeper(j, w);
	json_close_object(j);
}

static void answer_one(struct watch *w, int fd)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct json j;

	if (!out)
		return;
	json_init(&j, out, false, 1);
	put_page(&j, w);
	(void)json_end(&j);
	if (fclose(out) == 0)
		(void)send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	free(text);
}

void watch_answer(struct watch *w)
{
	for (int i = 0; i < ANSWERS; i++) {
		int fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		answer_one(w, fd);
		close(fd);
	}
}
