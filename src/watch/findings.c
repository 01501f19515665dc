/* What a finding means, and what to do about it. */
#include <string.h>

#include "base/i18n.h"

#include "watch/watch_internal.h"

const char *watch_finding_words(enum mirror_finding f)
{
	switch (f) {
	case MIRROR_NO_FRAMES:
		return _(
			"no frame comes by: is the mirror port on, is the cable in the right one?");
	case MIRROR_NONE_OF_OURS:
		return _(
			"connections come by, but none of your networks: is this the border's line, are the networks right (--net)?");
	case MIRROR_ONLY_IN:
		return _(
			"only one direction is mirrored: SYNs come in, but nothing of yours goes out; mirror both, or name both interfaces of the tap");
	case MIRROR_ONLY_OUT:
		return _(
			"only one direction is mirrored: SYN+ACKs go out, but nothing comes in; services are seen, but the marks lack half of what they need");
	case MIRROR_DOUBLED:
		return _(
			"frames come twice: the mirror has both the way in and the way out of the same port; packets are counted double");
	case MIRROR_CUT:
		return _(
			"frames are cut short before the TCP flags: raise the mirror's or the tap's slice length");
	case MIRROR_FOREIGN:
		return _(
			"most SYN+ACKs go from strangers to strangers: was a network of yours forgotten (--net)?");
	case MIRROR_FINDINGS:
		break;
	}
	return "";
}

const char *watch_finding_meaning(const char *name)
{
	for (int i = 0; i < MIRROR_FINDINGS; i++) {
		if (!strcmp(name, mirror_finding_name((enum mirror_finding)i)))
			return watch_finding_words((enum mirror_finding)i);
	}
	return NULL;
}
