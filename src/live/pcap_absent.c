/* A build without libpcap. */
#include "live/live_internal.h"

const struct live_ops *const live_pcap_ops = NULL;
