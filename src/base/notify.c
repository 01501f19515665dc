#include "base/notify.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/notify_internal.h"
#include "base/text.h"

#define WORDS_MAX_BYTES 500

/*
 * A line end in WORDS would begin a line of its own, and say something else; bytes that are no
 * UTF-8 would make the manager drop the line. Cut between characters.
 */
static void send_words(const char *first, const char *words)
{
	char lines[WORDS_MAX_BYTES + 64];
	int at = snprintf(lines, sizeof(lines), "%sSTATUS=", first);
	const int end = at + WORDS_MAX_BYTES;

	while (*words) {
		const int length = text_utf8_length(words), bytes = MAX(length, 1);

		if (at + bytes > end)
			break;
		memcpy(lines + at, words, (size_t)bytes);
		if (length == 0) {
			lines[at] = '?';
		} else if (iscntrl((unsigned char)*words)) {
			lines[at] = ' ';
		}
		words += bytes;
		at += bytes;
	}
	lines[at] = '\0';
	notify_send(lines, true);
}

void notify_ready(const char *words)
{
	if (words) {
		send_words("READY=1\n", words);
	} else {
		notify_send("READY=1", true);
	}
}

void notify_status(const char *words)
{
	send_words("", words);
}

/* With the time, by which a manager that asked for it (Type=notify-reload) knows which request. */
void notify_reloading(void)
{
	struct timespec now = { 0 };
	char lines[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		 (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	notify_send(lines, true);
}

void notify_stopping(void)
{
	notify_send("STOPPING=1", true);
}

void notify_watchdog(void)
{
	notify_send("WATCHDOG=1", false);
}

uint64_t notify_watchdog_interval_ns(void)
{
	const uint64_t us = notify_watchdog_us();

	return us < UINT64_MAX / 1000 ? us * 1000 : UINT64_MAX;
}
