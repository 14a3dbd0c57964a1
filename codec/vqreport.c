/* Writer of application/vq-rtcpxr, in the order of RFC 6035's grammar; without its empty lines
 * between the parts, which neither its examples nor any collector know. */
#include "codec/vqreport.h"

#include <errno.h>
#include <math.h>

#define ALGORITHM "G.107"

/** Characters besides letters and digits (RFC 6035 4.6.1). */
static const char word_plus[] = "-.!%*_+`'~()<>:\\/[]?{}= ";
static const char token[] = "-.!%*_+`'~";
static const char hex[] = ":";
static const char call_id[] = "-.!%*_+`'~()<>:\\\"/[]?{}";

static bool is_alphanumeric(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/** Writes `text`, `other` in the place of what is in no alphabet; "-" for nothing. */
static void put_chars(struct rt_buf *b, struct rt_str text, const char *others, char other)
{
    if (text.n == 0)
        text = rt_str("-");
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!is_alphanumeric((unsigned char)c) && (c == '\0' || !strchr(others, c)))
            c = other;
        rt_buf_put(b, &c, 1);
    }
}

static void put_word(struct rt_buf *b, const char *text, const char *others, char other)
{
    put_chars(b, rt_str(text), others, other);
}

/** Two words and an @ between them, or one. */
static void put_call_id(struct rt_buf *b, const char *text)
{
    struct rt_str rest = rt_str(text);
    struct rt_str left = rt_str_cut(&rest, '@');

    put_chars(b, left, call_id, '_');
    if (left.n < rt_str(text).n) {
        rt_buf_puts(b, "@");
        put_chars(b, rest, call_id, '_');
    }
}

/** A SIP address: all but control characters. */
static void put_address(struct rt_buf *b, const char *name, const char *text)
{
    rt_buf_printf(b, "%s: ", name);
    for (text = text && *text ? text : "<sip:unknown.invalid>"; *text; text++) {
        char c = (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text;
        rt_buf_put(b, &c, 1);
    }
    rt_buf_puts(b, "\r\n");
}

/* ---- lines of NAME=value ---- */

struct line {
    struct rt_buf *b;
    const char *name;
    bool begun;
};

static void begin_field(struct line *l, const char *field)
{
    if (l->begun)
        rt_buf_printf(l->b, " %s=", field);
    else
        rt_buf_printf(l->b, "%s:%s=", l->name, field);
    l->begun = true;
}

static void put_int(struct line *l, const char *field, int v)
{
    begin_field(l, field);
    rt_buf_printf(l->b, "%d", v);
}

static void put_positive(struct line *l, const char *field, unsigned v)
{
    if (v > 0)
        put_int(l, field, (int)(v < 99999 ? v : 99999));
}

/** Unless it is RTCP_UNKNOWN. */
static void put_known(struct line *l, const char *field, int v)
{
    if (v != RTCP_UNKNOWN)
        put_int(l, field, v);
}

static void put_fraction(struct line *l, const char *field, double v, int digits)
{
    begin_field(l, field);
    rt_buf_printf(l->b, "%.*f", digits, v);
}

/** From 1/256. */
static void put_density(struct line *l, const char *field, uint8_t v)
{
    put_fraction(l, field, 100.0 * v / 256, 1);
}

static void end_line(struct line *l)
{
    if (l->begun)
        rt_buf_puts(l->b, "\r\n");
}

/* ---- the lines of a direction ---- */

static void put_session(struct rt_buf *b, const struct vqreport_metrics *m)
{
    const struct vqreport_session *s = &m->session;
    struct line l = {b, "SessionDesc", false};

    if (!s->name)
        return;
    put_int(&l, "PT", s->payload_type & 127);
    begin_field(&l, "PD");
    put_word(b, s->name, token, '_');
    put_positive(&l, "SR", s->rate);
    put_positive(&l, "PPS", s->packets_per_s);
    put_positive(&l, "FD", s->frame_ms < 9999 ? s->frame_ms : 9999);
    put_positive(&l, "FO", s->frame_octets);
    put_positive(&l, "FPP", s->frames_per_packet < 99 ? s->frames_per_packet : 99);
    if (s->fmtp) {
        begin_field(&l, "FMTP");
        rt_buf_puts(b, "\"");
        put_word(b, s->fmtp, word_plus, ' ');
        rt_buf_puts(b, "\"");
    }
    if (m->have_voip)
        put_int(&l, "PLC", m->voip.plc);
    begin_field(&l, "SSUP");
    rt_buf_puts(b, s->silence_suppression ? "on" : "off");
    end_line(&l);
}

static void put_jitter_buffer(struct rt_buf *b, const struct vqreport_metrics *m)
{
    struct line l = {b, "JitterBuffer", false};

    put_int(&l, "JBA", m->voip.jba);
    put_int(&l, "JBR", m->voip.jb_rate);
    put_int(&l, "JBN", m->voip.jb_nominal_ms);
    put_int(&l, "JBM", m->voip.jb_max_ms);
    put_int(&l, "JBX", m->voip.jb_abs_max_ms);
    end_line(&l);
}

static double percent(double known, uint8_t fixed)
{
    double v = known >= 0 ? known : 100.0 * fixed / 256;
    return v < 100 ? v : 100;
}

static void put_loss(struct rt_buf *b, const struct vqreport_metrics *m)
{
    struct line l = {b, "PacketLoss", false};

    put_fraction(&l, "NLR", percent(m->loss, m->voip.loss_rate), 2);
    put_fraction(&l, "JDR", percent(m->discard, m->voip.discard_rate), 2);
    end_line(&l);
}

static void put_burst(struct rt_buf *b, const struct vqreport_metrics *m)
{
    struct line l = {b, "BurstGapLoss", false};

    put_density(&l, "BLD", m->voip.burst_density);
    put_int(&l, "BD", m->voip.burst_ms);
    put_density(&l, "GLD", m->voip.gap_density);
    put_int(&l, "GD", m->voip.gap_ms);
    put_int(&l, "GMIN", m->voip.gmin > 0 ? m->voip.gmin : 1);
    end_line(&l);
}

static void put_delay(struct rt_buf *b, const struct vqreport_metrics *m)
{
    unsigned round_trip = m->voip.round_trip_ms, here = m->voip.end_system_ms;
    struct line l = {b, "Delay", false};

    put_positive(&l, "RTD", round_trip);
    put_positive(&l, "ESD", here);
    if (round_trip > 0 && here > 0 && m->far_system_ms > 0) /* 4.6.2.9.3 */
        put_positive(&l, "SOWD", (round_trip + here + m->far_system_ms) / 2);
    if (m->have_jitter)
        put_int(&l, "IAJ",
                (int)((m->jitter_us / 1000 < 65535 ? (m->jitter_us + 500) / 1000 : 65535)));
    end_line(&l);
}

static int two_digits(int dbm0)
{
    return dbm0 == RTCP_UNKNOWN ? dbm0 : dbm0 < -99 ? -99 : dbm0 > 99 ? 99 : dbm0;
}

static void put_signal(struct rt_buf *b, const struct vqreport_metrics *m)
{
    struct line l = {b, "Signal", false};

    put_known(&l, "SL", two_digits(m->voip.signal_dbm0));
    put_known(&l, "NL", two_digits(m->voip.noise_dbm0));
    put_known(&l, "RERL", m->voip.rerl_db);
    end_line(&l);
}

static void put_mos(struct line *l, const char *field, double known, uint8_t tenths)
{
    if (known >= 1)
        put_fraction(l, field, known < 4.9 ? known : 4.9, 2);
    else if (tenths != RTCP_UNKNOWN)
        put_fraction(l, field, tenths < 49 ? tenths / 10.0 : 4.9, 1);
}

static void put_quality(struct rt_buf *b, const struct vqreport_metrics *m)
{
    struct line l = {b, "QualityEst", false};

    if (m->r_lq >= 0)
        put_int(&l, "RLQ", (int)lround(m->r_lq < 120 ? m->r_lq : 120));
    put_known(&l, "RCQ", m->voip.r);
    put_known(&l, "EXTRI", m->voip.ext_r);
    put_mos(&l, "MOSLQ", m->mos_lq, m->voip.mos_lq);
    put_mos(&l, "MOSCQ", m->mos_cq, m->voip.mos_cq);
    if (l.begun) {
        begin_field(&l, "QoEEstAlg");
        rt_buf_puts(b, ALGORITHM);
    }
    end_line(&l);
}

static void put_metrics(struct rt_buf *b, const char *name, const struct vqreport_metrics *m)
{
    static void (*const lines[])(struct rt_buf * b, const struct vqreport_metrics *m) = {
        put_jitter_buffer, put_loss, put_burst, put_delay, put_signal, put_quality,
    };
    char start[RT_RFC3339_LEN], stop[RT_RFC3339_LEN];

    rt_buf_printf(b, "%s:\r\nTimestamps:START=%s STOP=%s\r\n", name, rt_rfc3339(start, m->start),
                  rt_rfc3339(stop, m->stop));
    put_session(b, m);
    for (size_t i = 0; m->have_voip && i < RT_COUNT(lines); i++)
        lines[i](b, m);
}

struct vqreport_metrics vqreport_metrics(const struct rtcp_voip *voip, rt_time start, rt_time stop)
{
    struct vqreport_metrics m = {
        .start = start,
        .stop = stop,
        .have_voip = voip != NULL,
        .loss = -1,
        .discard = -1,
        .r_lq = -1,
    };
    if (voip)
        m.voip = *voip;
    return m;
}

/* ---- the report ---- */

static void put_end_address(struct rt_buf *b, const char *name, const struct vqreport_end *e)
{
    rt_buf_printf(b, "%s: IP=", name);
    put_word(b, e->address ? e->address : "0.0.0.0", ".:", '_');
    rt_buf_printf(b, " PORT=%u SSRC=0x%08x\r\n", e->port, e->ssrc);
}

static void put_line(struct rt_buf *b, const char *name, const char *text, const char *others)
{
    rt_buf_printf(b, "%s: ", name);
    put_word(b, text, others, '_');
    rt_buf_puts(b, "\r\n");
}

static void put_dialog(struct rt_buf *b, const struct vqreport *r)
{
    rt_buf_puts(b, "DialogID:");
    put_call_id(b, r->dialog);
    if (r->to_tag) {
        rt_buf_puts(b, ";to-tag=");
        put_word(b, r->to_tag, token, '_');
    }
    if (r->from_tag) {
        rt_buf_puts(b, ";from-tag=");
        put_word(b, r->from_tag, token, '_');
    }
    rt_buf_puts(b, "\r\n");
}

int vqreport_write(struct rt_buf *out, const struct vqreport *r)
{
    rt_buf_printf(out, "%s%s\r\n", r->interval ? "VQIntervalReport" : "VQSessionReport",
                  r->final ? ": CallTerm" : "");
    rt_buf_puts(out, "CallID: ");
    put_call_id(out, r->call_id);
    rt_buf_puts(out, "\r\n");
    put_address(out, "LocalID", r->local.id);
    put_address(out, "RemoteID", r->remote.id);
    put_address(out, "OrigID", r->orig_id);
    put_end_address(out, "LocalAddr", &r->local);
    put_end_address(out, "RemoteAddr", &r->remote);
    put_line(out, "LocalGroup", r->local.group, word_plus);
    put_line(out, "RemoteGroup", r->remote.group, word_plus);
    if (r->local.mac)
        put_line(out, "LocalMAC", r->local.mac, hex);
    if (r->remote.mac)
        put_line(out, "RemoteMAC", r->remote.mac, hex);
    put_metrics(out, "LocalMetrics", r->local_metrics);
    if (r->remote_metrics)
        put_metrics(out, "RemoteMetrics", r->remote_metrics);
    if (r->dialog)
        put_dialog(out, r);
    return out->failed ? ENOMEM : 0;
}
