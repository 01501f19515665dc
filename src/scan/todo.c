/* What other branches bring; deleted when they are merged. */
#include <stdlib.h>

#include "base/i18n.h"
#include "scan/engine.h"
#include "scan/prober.h"

#define weak __attribute__((weak))

weak int scan_syn_run(const struct scan_plan *plan, const struct scan_listener *listener,
		      struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	(void)plan, (void)listener, (void)progress, (void)stop;
	return diagnose(d, ERR_UNSUPPORTED, "the SYN engine is not built in");
}

weak int scan_udp_run(const struct scan_plan *plan, const struct scan_listener *listener,
		      struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	(void)plan, (void)listener, (void)progress, (void)stop;
	return diagnose(d, ERR_UNSUPPORTED, "the UDP engine is not built in");
}

weak struct prober_settings prober_settings_default(const struct fingerprints *fingerprints)
{
	return (struct prober_settings){ .fingerprints = fingerprints };
}

weak int prober_run(const struct prober_settings *settings, struct port_outcome *outcomes, size_t n,
		    void (*done)(void *arg, const struct port_outcome *outcome), void *arg,
		    const atomic_bool *stop, struct diagnosis *d)
{
	(void)settings, (void)outcomes, (void)n, (void)done, (void)arg, (void)stop;
	return diagnose(d, ERR_UNSUPPORTED, "version detection is not built in");
}

weak int fingerprints_new(bool empty, struct fingerprints **ret_set)
{
	(void)empty;
	*ret_set = NULL;
	return 0;
}

weak void fingerprints_free(struct fingerprints *set)
{
	(void)set;
}

weak int fingerprints_add(struct fingerprints *set, const char *path, struct diagnosis *d)
{
	(void)set, (void)path;
	return diagnose(d, ERR_UNSUPPORTED, "fingerprints are not built in");
}

weak void service_init(struct service *s)
{
	*s = (struct service){ 0 };
}

weak void service_finish(struct service *s)
{
	free(s->name), free(s->product), free(s->version), free(s->extra_info);
	free(s->hostname), free(s->os), free(s->device);
	for (size_t i = 0; i < ARRAY_LENGTH(s->cpe); i++)
		free(s->cpe[i]);
	free(s->evidence), free(s->certificate);
	service_init(s);
}
