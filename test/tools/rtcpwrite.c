/* rtcpwrite: what tandem's writers of RTCP and voice quality reports make of figures, for judges
 * that have none of our code.
 *
 * Each line of the input is a packet, numbers in the order of the tables below and two words, CNAME
 * and the BYE's reason ("-": no BYE); its octets come out in hexadecimal. With an argument "report"
 * the VoIP metrics of each line come out as a vq-rtcpxr body instead, a line with a dot behind it.
 */
#include "codec/vqreport.h"

#include <stdio.h>

enum {
    SSRC,
    SENDER,
    WALL,
    TS,
    PACKETS,
    OCTETS, /* of the report */
    SOURCE,
    BASE,
    HIGHEST,
    RECEIVED,
    JITTER,
    LAST_SR,
    SINCE_SR, /* SOURCE 0: nobody heard */
    REFERENCE,
    DLRR_SSRC,
    LAST_RR,
    SINCE_RR, /* extended reports */
    VOIP,     /* 0: no metrics; its SSRC */
    LOSS,
    DISCARD,
    BURST_DENSITY,
    GAP_DENSITY,
    BURST_MS,
    GAP_MS,
    ROUND_TRIP,
    END_SYSTEM,
    SIGNAL,
    NOISE,
    RERL,
    GMIN,
    R,
    EXT_R,
    MOS_LQ,
    MOS_CQ,
    PLC,
    JBA,
    JB_RATE,
    JB_NOMINAL,
    JB_MAX,
    JB_ABS_MAX,
    NUMBERS
};

static struct rtcp_voip metrics(const long long v[NUMBERS])
{
    return (struct rtcp_voip){
        .ssrc = (uint32_t)v[VOIP],
        .loss_rate = (uint8_t)v[LOSS],
        .discard_rate = (uint8_t)v[DISCARD],
        .burst_density = (uint8_t)v[BURST_DENSITY],
        .gap_density = (uint8_t)v[GAP_DENSITY],
        .burst_ms = (uint16_t)v[BURST_MS],
        .gap_ms = (uint16_t)v[GAP_MS],
        .round_trip_ms = (uint16_t)v[ROUND_TRIP],
        .end_system_ms = (uint16_t)v[END_SYSTEM],
        .signal_dbm0 = (int8_t)v[SIGNAL],
        .noise_dbm0 = (int8_t)v[NOISE],
        .rerl_db = (uint8_t)v[RERL],
        .gmin = (uint8_t)v[GMIN],
        .r = (uint8_t)v[R],
        .ext_r = (uint8_t)v[EXT_R],
        .mos_lq = (uint8_t)v[MOS_LQ],
        .mos_cq = (uint8_t)v[MOS_CQ],
        .plc = (enum rtcp_plc)v[PLC],
        .jba = (enum rtcp_jba)v[JBA],
        .jb_rate = (uint8_t)v[JB_RATE],
        .jb_nominal_ms = (uint16_t)v[JB_NOMINAL],
        .jb_max_ms = (uint16_t)v[JB_MAX],
        .jb_abs_max_ms = (uint16_t)v[JB_ABS_MAX],
    };
}

static void write_packet(const long long v[NUMBERS], const char *cname, const char *reason)
{
    struct rtp_source source = {
        .valid = true,
        .ssrc = (uint32_t)v[SOURCE],
        .base = (uint32_t)v[BASE],
        .highest = (uint32_t)v[HIGHEST],
        .received = (uint64_t)v[RECEIVED],
        .jitter16 = (uint32_t)v[JITTER] << 4,
    };
    struct rtcp_voip voip = metrics(v);
    struct rtcp_report r = {
        .ssrc = (uint32_t)v[SSRC],
        .sender = v[SENDER],
        .wall = v[WALL],
        .ts = (uint32_t)v[TS],
        .packets = (uint32_t)v[PACKETS],
        .octets = (uint32_t)v[OCTETS],
        .source = v[SOURCE] ? &source : NULL,
        .last_sr = (uint32_t)v[LAST_SR],
        .since_sr = (uint32_t)v[SINCE_SR],
        .cname = cname,
        .bye = strcmp(reason, "-") != 0,
        .reason = reason,
        .reference_time = v[REFERENCE],
        .dlrr_ssrc = (uint32_t)v[DLRR_SSRC],
        .last_rr = (uint32_t)v[LAST_RR],
        .since_rr = (uint32_t)v[SINCE_RR],
        .voip = v[VOIP] ? &voip : NULL,
    };
    uint8_t out[RTCP_MAX];
    size_t n = rtcp_write(out, &r);

    for (size_t i = 0; i < n; i++)
        printf("%02x", out[i]);
    putchar('\n');
}

static void write_report(const long long v[NUMBERS], const char *cname, const char *reason)
{
    struct rtcp_voip voip = metrics(v);
    struct vqreport_metrics m = vqreport_metrics(&voip, v[WALL], v[WALL] + 10 * RT_S);
    struct vqreport_metrics far = m;
    struct rt_buf b = {0};
    struct vqreport r = {
        .interval = v[SENDER],
        .final = !v[SENDER],
        .call_id = cname,
        .orig_id = "\"An \\\"exchange\\\"\" <sip:+4930123@example.org;user=phone>",
        .local = {"<sip:+4930123@example.org;user=phone>", "192.0.2.1", 5004, (uint32_t)v[SSRC],
                  "gateway 1", "02:00:5e:10:00:01"},
        .remote = {"sip:4711@example.net", "2001:db8::5", 65534, (uint32_t)v[SOURCE], cname, NULL},
        .local_metrics = &m,
        .remote_metrics = v[VOIP] ? &far : NULL,
        .dialog = cname,
        .to_tag = reason,
        .from_tag = "f.t",
    };

    m.session = (struct vqreport_session){.payload_type = 8,
                                          .name = "PCMA",
                                          .rate = 8000,
                                          .packets_per_s = 50,
                                          .frame_ms = 20,
                                          .frame_octets = 160,
                                          .frames_per_packet = 1,
                                          .fmtp = v[REFERENCE] ? "annexb=no; x,y" : NULL};
    m.far_system_ms = 60;
    m.have_jitter = true;
    m.jitter_us = (uint32_t)v[JITTER];
    m.r_lq = 93.2;
    if (vqreport_write(&b, &r) == 0)
        printf("%s.\n", b.p);
    rt_buf_release(&b);
}

int main(int argc, char **argv)
{
    bool report = argc > 1 && strcmp(argv[1], "report") == 0;
    long long v[NUMBERS];
    char cname[300], reason[300];

    for (;;) {
        for (unsigned i = 0; i < NUMBERS; i++)
            if (scanf("%lld", &v[i]) != 1)
                return i == 0 ? 0 : 1;
        if (scanf("%299s %299s", cname, reason) != 2)
            return 1;
        (report ? write_report : write_packet)(v, cname, reason);
    }
}
