#include <systemd/sd-daemon.h>

#include "base/notify_internal.h"

void notify_send(const char *lines)
{
	(void)sd_notify(0, lines);
}

uint64_t notify_watchdog_us(void)
{
	uint64_t us;

	return sd_watchdog_enabled(0, &us) > 0 ? us : 0;
}
