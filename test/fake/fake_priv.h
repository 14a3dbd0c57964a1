/* What the parts of the fake kernel share. */
#ifndef TEST_FAKE_PRIV_H
#define TEST_FAKE_PRIV_H

#include "fake.h"

/** When the next datagram or stream octet is to be delivered; INT64_MAX: none. */
rt_time fake_net_next(void);
/** Delivers what is due. */
void fake_net_deliver(rt_time now);
void fake_net_reset(void);
void fake_net_leaks(struct fake_leaks *out);
bool fake_net_failing(int *err);

/* stream.c */
rt_time fake_stream_next(void);
void fake_stream_deliver(void);
void fake_stream_reset(void);
void fake_stream_leaks(struct fake_leaks *out);

void fake_dns_reset(void);

/** When the next interrupt comes; INT64_MAX: no card has open channels. */
rt_time fake_dahdi_next(void);
void fake_dahdi_interrupt(rt_time now);
void fake_dahdi_reset(void);
void fake_dahdi_leaks(struct fake_leaks *out);

void fake_child_reset(void);
void fake_child_leaks(struct fake_leaks *out);

void fake_http_reset(void);

void fake_files_reset(void);
void fake_files_leaks(struct fake_leaks *out);

#endif
