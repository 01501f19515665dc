#ifndef N_H
#define N_H
static inline void notify_ready(void){} static inline void notify_reloading(void){} static inline void notify_stopping(void){} static inline void notify_watchdog(void){}
#endif
