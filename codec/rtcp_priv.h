/* Extended reports, between rtcp.c and rtcp_xr.c. */
#ifndef CODEC_RTCP_PRIV_H
#define CODEC_RTCP_PRIV_H

#include "codec/rtcp.h"

enum { RTCP_SR = 200, RTCP_RR, RTCP_SDES, RTCP_BYE, RTCP_APP, RTCP_RTPFB, RTCP_PSFB, RTCP_XR };

uint64_t rtcp_ntp(rt_time wall);
void rtcp_write_header(struct rt_writer *w, unsigned count, unsigned type, unsigned words);
/** Writes an XR packet with what there is to say; nothing when there is nothing. */
void rtcp_write_xr(struct rt_writer *w, const struct rtcp_report *r);
/** Reads an XR packet's body. False: a length in it is wrong. */
bool rtcp_read_xr(struct rtcp_news *out, struct rt_reader body, uint32_t our_ssrc);

#endif
