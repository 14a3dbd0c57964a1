/* Voice quality reports: the example of RFC 6035 4.7.1 line by line, and what hostile ids do to it.
 * The grammar itself is checked by test/sys/test_rtcp_wire.py. */
#include "codec/vqreport.h"

#include <check.h>
#include <stdlib.h>

#define SECONDS(h, m, s) (((h)*3600 + (m)*60 + (s)) * RT_S)
/* 2004-10-10T00:00:00Z: 12701 days after 1970-01-01 */
#define DAY (12701 * 86400 * RT_S)

static struct rtcp_voip voip;
static struct vqreport_metrics local, remote;
static struct vqreport report;

/** What 4.7.1 reports, as far as it is possible: 5.0 percent is no multiple of 1/256. */
static void setup(void)
{
    voip = (struct rtcp_voip){.gmin = 16,
                              .gap_ms = 500,
                              .gap_density = 5,
                              .round_trip_ms = 200,
                              .end_system_ms = 140,
                              .signal_dbm0 = -18,
                              .noise_dbm0 = -50,
                              .rerl_db = 55,
                              .r = 85,
                              .ext_r = 90,
                              .mos_lq = 41,
                              .mos_cq = 40,
                              .plc = RTCP_PLC_STANDARD,
                              .jba = RTCP_JBA_ADAPTIVE,
                              .jb_rate = 2,
                              .jb_nominal_ms = 40,
                              .jb_max_ms = 80,
                              .jb_abs_max_ms = 120};
    local = vqreport_metrics(&voip, DAY + SECONDS(18, 23, 43), DAY + SECONDS(18, 26, 2));
    local.session = (struct vqreport_session){.name = "PCMU",
                                              .rate = 8000,
                                              .packets_per_s = 50,
                                              .frame_ms = 20,
                                              .frame_octets = 160,
                                              .frames_per_packet = 1,
                                              .silence_suppression = true};
    local.far_system_ms = 60;
    local.have_jitter = true;
    local.jitter_us = 2400;
    local.loss = 5;
    local.discard = 2;
    local.r_lq = 88;
    remote = vqreport_metrics(&voip, local.start, local.stop);
    report = (struct vqreport){
        .final = true,
        .call_id = "6dg37f1890463",
        .orig_id = "Alice <sip:alice@example.org>",
        .local = {"Alice <sip:alice@example.org>", "10.10.1.100", 5000, 0x1a3b5c7d,
                  "example-phone-55671", "00:1f:5b:cc:21:0f"},
        .remote = {"Bill <sip:bill@example.net>", "11.1.1.150", 5002, 0x2468abcd,
                   "example-gateway-09871", "00:26:08:8e:95:02"},
        .local_metrics = &local,
        .remote_metrics = &remote,
        .dialog = "1890463548@alice.example.org",
        .to_tag = "8472761",
        .from_tag = "9123dh311",
    };
}

static char *written(void)
{
    struct rt_buf b = {0};
    ck_assert_int_eq(vqreport_write(&b, &report), 0);
    return b.p;
}

START_TEST(the_rfcs_example_in_the_grammars_order)
{
    char *text = written();

    ck_assert_str_eq(text, "VQSessionReport: CallTerm\r\n"
                           "CallID: 6dg37f1890463\r\n"
                           "LocalID: Alice <sip:alice@example.org>\r\n"
                           "RemoteID: Bill <sip:bill@example.net>\r\n"
                           "OrigID: Alice <sip:alice@example.org>\r\n"
                           "LocalAddr: IP=10.10.1.100 PORT=5000 SSRC=0x1a3b5c7d\r\n"
                           "RemoteAddr: IP=11.1.1.150 PORT=5002 SSRC=0x2468abcd\r\n"
                           "LocalGroup: example-phone-55671\r\n"
                           "RemoteGroup: example-gateway-09871\r\n"
                           "LocalMAC: 00:1f:5b:cc:21:0f\r\n"
                           "RemoteMAC: 00:26:08:8e:95:02\r\n"
                           "LocalMetrics:\r\n"
                           "Timestamps:START=2004-10-10T18:23:43.000Z "
                           "STOP=2004-10-10T18:26:02.000Z\r\n"
                           "SessionDesc:PT=0 PD=PCMU SR=8000 PPS=50 FD=20 FO=160 FPP=1 PLC=3 "
                           "SSUP=on\r\n"
                           "JitterBuffer:JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\n"
                           "PacketLoss:NLR=5.00 JDR=2.00\r\n"
                           "BurstGapLoss:BLD=0.0 BD=0 GLD=2.0 GD=500 GMIN=16\r\n"
                           "Delay:RTD=200 ESD=140 SOWD=200 IAJ=2\r\n"
                           "Signal:SL=-18 NL=-50 RERL=55\r\n"
                           "QualityEst:RLQ=88 RCQ=85 EXTRI=90 MOSLQ=4.1 MOSCQ=4.0 "
                           "QoEEstAlg=G.107\r\n"
                           "RemoteMetrics:\r\n"
                           "Timestamps:START=2004-10-10T18:23:43.000Z "
                           "STOP=2004-10-10T18:26:02.000Z\r\n"
                           "JitterBuffer:JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\n"
                           "PacketLoss:NLR=0.00 JDR=0.00\r\n"
                           "BurstGapLoss:BLD=0.0 BD=0 GLD=2.0 GD=500 GMIN=16\r\n"
                           "Delay:RTD=200 ESD=140\r\n"
                           "Signal:SL=-18 NL=-50 RERL=55\r\n"
                           "QualityEst:RCQ=85 EXTRI=90 MOSLQ=4.1 MOSCQ=4.0 QoEEstAlg=G.107\r\n"
                           "DialogID:1890463548@alice.example.org;to-tag=8472761;"
                           "from-tag=9123dh311\r\n");
    free(text);
}
END_TEST

START_TEST(an_interval_without_much_is_short)
{
    struct vqreport_metrics m = vqreport_metrics(NULL, DAY, DAY + 10 * RT_S);
    char *text;

    report = (struct vqreport){.interval = true,
                               .call_id = "a",
                               .orig_id = "<sip:1@b>",
                               .local = {.id = "<sip:1@b>", .address = "2001:db8::1"},
                               .remote = {.id = "<sip:2@b>", .address = "2001:db8::2"},
                               .local_metrics = &m};
    text = written();
    ck_assert_str_eq(text, "VQIntervalReport\r\n"
                           "CallID: a\r\n"
                           "LocalID: <sip:1@b>\r\n"
                           "RemoteID: <sip:2@b>\r\n"
                           "OrigID: <sip:1@b>\r\n"
                           "LocalAddr: IP=2001:db8::1 PORT=0 SSRC=0x00000000\r\n"
                           "RemoteAddr: IP=2001:db8::2 PORT=0 SSRC=0x00000000\r\n"
                           "LocalGroup: -\r\n"
                           "RemoteGroup: -\r\n"
                           "LocalMetrics:\r\n"
                           "Timestamps:START=2004-10-10T00:00:00.000Z "
                           "STOP=2004-10-10T00:00:10.000Z\r\n");
    free(text);
}
END_TEST

START_TEST(what_is_unknown_is_left_out)
{
    voip.r = voip.ext_r = voip.mos_lq = voip.mos_cq = RTCP_UNKNOWN;
    voip.signal_dbm0 = voip.noise_dbm0 = RTCP_UNKNOWN;
    voip.rerl_db = RTCP_UNKNOWN;
    voip.round_trip_ms = voip.end_system_ms = 0;
    voip.loss_rate = 128;
    remote = vqreport_metrics(&voip, 0, 0);
    char *text = written();
    char *rest = strstr(text, "RemoteMetrics");

    ck_assert_ptr_nonnull(rest);
    ck_assert_ptr_null(strstr(rest, "QualityEst"));
    ck_assert_ptr_null(strstr(rest, "Signal"));
    ck_assert_ptr_null(strstr(rest, "Delay"));
    ck_assert_ptr_nonnull(strstr(rest, "NLR=50.00"));
    free(text);
}
END_TEST

START_TEST(extremes_keep_to_the_digits)
{
    local.voip.signal_dbm0 = -127;
    local.voip.noise_dbm0 = 126;
    local.voip.mos_lq = 50;
    local.mos_cq = 4.96;
    local.jitter_us = 4000000000;
    local.r_lq = 1e9;
    local.loss = 1000;
    char *text = written();

    ck_assert_ptr_nonnull(strstr(text, "SL=-99 NL=99 "));
    ck_assert_ptr_nonnull(strstr(text, "MOSLQ=4.9 MOSCQ=4.90"));
    ck_assert_ptr_nonnull(strstr(text, "IAJ=65535\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "RLQ=120 "));
    ck_assert_ptr_nonnull(strstr(text, "NLR=100.00 "));
    free(text);
}
END_TEST

START_TEST(ids_cannot_forge_lines)
{
    report.call_id = "x\r\nQualityEst:MOSLQ=9";
    report.local.id = "<sip:a\r\nRemoteID: b@c>";
    report.local.group = "g\nh;\"";
    report.remote.group = "";
    report.remote.mac = "\r\n\r\n";
    report.to_tag = "t;from-tag=1";
    local.session.name = "P CM\"U";
    local.session.fmtp = "a=1;b=\"2\"\r\n";
    char *text = written();
    unsigned lines = 0;

    for (char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    ck_assert_uint_eq(lines, 29); /* as many as without */
    ck_assert_ptr_nonnull(strstr(text, "CallID: x__QualityEst:MOSLQ_9\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "LocalID: <sip:a  RemoteID: b@c>\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "LocalGroup: g_h__\r\nRemoteGroup: -\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "PD=P_CM_U "));
    ck_assert_ptr_nonnull(strstr(text, "FMTP=\"a=1 b= 2   \" "));
    ck_assert_ptr_nonnull(strstr(text, ";to-tag=t_from-tag_1;"));
    free(text);
    report.call_id = "a@b@c";
    report.dialog = "@";
    text = written();
    ck_assert_ptr_nonnull(strstr(text, "CallID: a@b_c\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "DialogID:-@-;"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vqreport");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, the_rfcs_example_in_the_grammars_order);
    tcase_add_test(tc, an_interval_without_much_is_short);
    tcase_add_test(tc, what_is_unknown_is_left_out);
    tcase_add_test(tc, extremes_keep_to_the_digits);
    tcase_add_test(tc, ids_cannot_forge_lines);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
