#include "confine/confine.h"
int confine_enter(const struct confine_settings *settings, struct confine_result *r, struct diagnosis *d){(void)settings;(void)d;*r=(struct confine_result){.words="none"};return 0;}
