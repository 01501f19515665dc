/* The same work on two threads at once: this one and one more. */
#ifndef SEKIMORI_BASE_THREADS_H
#define SEKIMORI_BASE_THREADS_H

#include <stdatomic.h>

/*
 * Calls WORK(ARGUMENT) here and on a second thread and returns when both have. Where no thread can
 * be had, WORK runs once: it must share its work out by itself and do all of it when alone. The
 * second thread takes no signals.
 */
void run_on_two_threads(void (*work)(void *argument), void *argument);

#endif
