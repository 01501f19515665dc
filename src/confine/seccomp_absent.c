/* Built without libseccomp. */
#include "confine/confine_internal.h"

bool confine_seccomp_built(void)
{
	return false;
}

int confine_seccomp_enter(enum confine_role role, bool *ret_entered, struct diagnosis *d)
{
	(void)role;
	(void)d;
	*ret_entered = false;
	return 0;
}
