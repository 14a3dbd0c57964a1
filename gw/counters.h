/* The counters of every part, for `show stats` and metrics. */
#ifndef GW_COUNTERS_H
#define GW_COUNTERS_H

/** Makes the counters of every folder known; once, by main(). */
void gw_stats_register(void);

#endif
