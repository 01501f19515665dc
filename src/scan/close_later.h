/*
 * Closing a packet socket waits until no processor can still be in it (20 ms and more): a thread of
 * its own does so, while we go on. The descriptor is no longer the caller's.
 */
#ifndef SEKIMORI_SCAN_CLOSE_LATER_H
#define SEKIMORI_SCAN_CLOSE_LATER_H

void close_later(int fd);

#endif
