#include "observe/sighting.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	uint8_t mark;
} marks[] = {
	{ "ftp-data", MARK_FTP_DATA }, { "split-handshake", MARK_SPLIT_HANDSHAKE },
	{ "own-scan", MARK_OWN_SCAN }, { "inside", MARK_INSIDE },
	{ "excluded", MARK_EXCLUDED }, { "all", MARK_ALL },
};

const char *marks_format(uint8_t set, char ret_text[MARKS_TEXT_MAX])
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i + 1 < ARRAY_LENGTH(marks); i++) {
		if (set & marks[i].mark) {
			used += (size_t)snprintf(ret_text + used, MARKS_TEXT_MAX - used, "%s%s",
						 used ? "," : "", marks[i].name);
		}
	}
	return ret_text;
}

bool marks_parse(const char *text, uint8_t *ret_marks, const char **ret_bad)
{
	uint8_t set = 0;

	for (const char *at = text; *at;) {
		size_t n = strcspn(at, ","), i = 0;

		while (i < ARRAY_LENGTH(marks) &&
		       (strlen(marks[i].name) != n || strncmp(at, marks[i].name, n) != 0))
			i++;
		if (i == ARRAY_LENGTH(marks)) {
			*ret_bad = at;
			return false;
		}
		set |= marks[i].mark;
		at += n + (at[n] == ',');
	}
	*ret_marks = set;
	return true;
}
