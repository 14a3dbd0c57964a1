/* A record as text: one table of fields gives JSON and CSV their names, their order and their
 * values, and reads the JSON of the journal back.
 */
#include "gw/cdr_priv.h"

#include <stddef.h>
#include <stdio.h>

enum kind {
    TEXT,     /* char[] */
    WORD,     /* const char * to static text */
    U64,      /* 0 is a value */
    UINT,     /* unsigned */
    MS,       /* int64_t */
    TIME,     /* rt_time: null when it did not happen */
    OCTET,    /* uint8_t: null when there is no cause yet */
    STATUS,   /* int: null when 0 */
    BY,       /* enum gw_released_by: null when nobody did yet */
    RTP_U64,  /* in struct media_stats: null without RTP */
    RTP_U32,  /* likewise */
    MOS,      /* uint16_t, times 100: null when it is not known */
    FLAG,     /* true, or null */
    OBJECT,   /* const char * to JSON: an object in JSON, text in CSV; null when there is none */
    NOT_KNOWN /* measured by nothing yet: always null */
};

struct field {
    const char *name;
    struct rt_str json; /* the name as it stands before the value */
    enum kind kind;
    size_t at, size;
};

#define NAME(text)                                                                                 \
    text,                                                                                          \
    {                                                                                              \
        ",\"" text "\":", sizeof ",\"" text "\":" - 1                                              \
    }
#define AT(member) offsetof(struct gw_cdr, member), sizeof(((struct gw_cdr *)0)->member)

static const struct field fields[] = {
    {NAME("call_id"), TEXT, AT(call_id)},
    {NAME("seq"), U64, AT(seq)},
    {NAME("attempt"), UINT, AT(attempt)},
    {NAME("generation"), U64, AT(generation)},
    {NAME("start_time"), TIME, AT(start_time)},
    {NAME("ring_time"), TIME, AT(ring_time)},
    {NAME("answer_time"), TIME, AT(answer_time)},
    {NAME("end_time"), TIME, AT(end_time)},
    {NAME("duration_ms"), MS, AT(duration_ms)},
    {NAME("talk_ms"), MS, AT(talk_ms)},
    {NAME("from_trunk"), TEXT, AT(from_trunk)},
    {NAME("from_channel"), TEXT, AT(from_channel)},
    {NAME("to_trunk"), TEXT, AT(to_trunk)},
    {NAME("to_channel"), TEXT, AT(to_channel)},
    {NAME("caller"), TEXT, AT(caller)},
    {NAME("called"), TEXT, AT(called)},
    {NAME("caller_in"), TEXT, AT(caller_in)},
    {NAME("called_in"), TEXT, AT(called_in)},
    {NAME("caller_out"), TEXT, AT(caller_out)},
    {NAME("called_out"), TEXT, AT(called_out)},
    {NAME("redirecting"), TEXT, AT(redirecting)},
    {NAME("presentation"), WORD, AT(presentation)},
    {NAME("cause_q850"), OCTET, AT(cause.q850)},
    {NAME("cause_location"), OCTET, AT(cause.location)},
    {NAME("sip_status"), STATUS, AT(cause.sip_status)},
    {NAME("released_by"), BY, AT(cause.by)},
    {NAME("sip_call_id"), TEXT, AT(sip_call_id)},
    {NAME("codec_a"), WORD, AT(codec_a)},
    {NAME("codec_b"), WORD, AT(codec_b)},
    {NAME("srtp_a"), WORD, AT(srtp_a)},
    {NAME("srtp_b"), WORD, AT(srtp_b)},
    {NAME("bearer"), WORD, AT(bearer)},
    {NAME("rtp_rx_packets"), RTP_U64, AT(rtp.rx_packets)},
    {NAME("rtp_tx_packets"), RTP_U64, AT(rtp.tx_packets)},
    {NAME("rtp_rx_octets"), RTP_U64, AT(rtp.rx_octets)},
    {NAME("rtp_tx_octets"), RTP_U64, AT(rtp.tx_octets)},
    {NAME("rtp_lost"), RTP_U64, AT(rtp.lost)},
    {NAME("rtp_late"), RTP_U64, AT(rtp.late)},
    {NAME("rtp_duplicate"), RTP_U64, AT(rtp.duplicate)},
    {NAME("rtp_reordered"), RTP_U64, AT(rtp.reordered)},
    {NAME("rtp_jitter_us"), RTP_U32, AT(rtp.jitter_us)},
    {NAME("rtp_remote_lost"), RTP_U32, AT(rtp.remote_lost)},
    {NAME("rtp_remote_jitter_us"), RTP_U32, AT(rtp.remote_jitter_us)},
    {NAME("rtp_rtt_us"), RTP_U32, AT(rtp.rtt_us)},
    {NAME("mos_a"), MOS, AT(mos_a)},
    {NAME("mos_b"), MOS, AT(mos_b)},
    {NAME("dtmf_count"), UINT, AT(dtmf_count)},
    {NAME("fax"), NOT_KNOWN, 0, 0},
    {NAME("route_rule"), TEXT, AT(route_rule)},
    {NAME("cause_rule"), TEXT, AT(cause.rule)},
    {NAME("charge"), TEXT, AT(charge)},
    {NAME("malicious"), FLAG, AT(malicious)},
    {NAME("connected"), TEXT, AT(connected)},
    {NAME("original"), TEXT, AT(original)},
    {NAME("recording"), TEXT, AT(recording)},
    {NAME("rtp_discarded"), RTP_U32, AT(rtp.discarded)},
    {NAME("rtp_concealed"), RTP_U64, AT(rtp.concealed)},
    {NAME("rtp_malformed"), RTP_U64, AT(rtp.malformed)},
    {NAME("rtp_foreign"), RTP_U64, AT(rtp.foreign)},
    {NAME("rtp_refused"), RTP_U64, AT(rtp.refused)},
    {NAME("route_key"), TEXT, AT(route_key)},
    {NAME("npdi"), FLAG, AT(npdi)},
    {NAME("customer"), TEXT, AT(customer)},
    {NAME("group"), TEXT, AT(group)},
    {NAME("deck"), TEXT, AT(deck)},
    {NAME("cost"), TEXT, AT(cost)},
    {NAME("price"), TEXT, AT(price)},
    {NAME("emergency"), FLAG, AT(emergency)},
    {NAME("preempted"), FLAG, AT(preempted)},
    {NAME("explain"), OBJECT, AT(explain)},
};

/* ---- a field's value ---- */

static void number(struct gw_cdr_value *v, long long n)
{
    v->type = GW_CDR_NUMBER;
    v->text = rt_decimal(v->room + 1, n < 0 ? -(uint64_t)n : (uint64_t)n);
    if (n < 0) {
        v->room[v->text.p - v->room - 1] = '-';
        v->text = (struct rt_str){v->text.p - 1, v->text.n + 1};
    }
}

/** With two decimals. */
static void hundredths(struct gw_cdr_value *v, unsigned n)
{
    v->type = GW_CDR_NUMBER;
    v->text = (struct rt_str){
        v->room, (size_t)snprintf(v->room, sizeof v->room, "%u.%02u", n / 100, n % 100)};
}

static void string(struct gw_cdr_value *v, const char *text)
{
    v->type = GW_CDR_STRING;
    v->text = rt_str(text ? text : "");
}

/** JSON of its own: it stands as it is. */
static void object(struct gw_cdr_value *v, const char *json)
{
    if (!json)
        return;
    v->type = GW_CDR_NUMBER;
    v->text = rt_str(json);
}

static void time_value(struct gw_cdr_value *v, rt_time t)
{
    if (t != 0)
        string(v, rt_rfc3339(v->room, t));
}

static const void *member(const struct gw_cdr *r, const struct field *f)
{
    return (const char *)r + f->at;
}

/** Numbers of any width, as they stand in the record. */
static long long integer(const struct gw_cdr *r, const struct field *f)
{
    const void *p = member(r, f);
    uint64_t u64 = 0;
    uint32_t u32 = 0;

    if (f->size == 1)
        return *(const uint8_t *)p;
    if (f->size == sizeof(uint16_t))
        return *(const uint16_t *)p;
    if (f->size == sizeof u32) {
        memcpy(&u32, p, sizeof u32);
        return u32;
    }
    memcpy(&u64, p, sizeof u64);
    return (long long)u64;
}

static void get(struct gw_cdr_value *v, const struct gw_cdr *r, const struct field *f)
{
    v->type = GW_CDR_NOTHING;
    v->text = (struct rt_str){"", 0};
    switch (f->kind) {
    case TEXT:
        string(v, member(r, f));
        break;
    case WORD:
        string(v, *(const char *const *)member(r, f));
        break;
    case TIME:
        time_value(v, integer(r, f));
        break;
    case OCTET:
        if (r->cause.q850 != 0)
            number(v, integer(r, f));
        break;
    case STATUS:
        if (integer(r, f) != 0)
            number(v, integer(r, f));
        break;
    case BY:
        if (r->cause.by != GW_BY_NONE)
            string(v, gw_released_by_name(r->cause.by));
        break;
    case RTP_U64:
    case RTP_U32:
        if (r->have_rtp)
            number(v, integer(r, f));
        break;
    case MOS:
        if (integer(r, f) != 0)
            hundredths(v, (unsigned)integer(r, f));
        break;
    case U64:
    case UINT:
    case MS:
        number(v, integer(r, f));
        break;
    case FLAG:
        if (*(const bool *)member(r, f)) {
            v->type = GW_CDR_NUMBER;
            v->text = rt_str("true");
        }
        break;
    case OBJECT:
        object(v, *(const char *const *)member(r, f));
        break;
    case NOT_KNOWN:
        break;
    }
}

size_t gw_cdr_nfields(void)
{
    return RT_COUNT(fields);
}

const char *gw_cdr_field_name(size_t i)
{
    return fields[i].name;
}

enum gw_cdr_type gw_cdr_field_type(size_t i)
{
    static const enum gw_cdr_type types[] = {
        [TEXT] = GW_CDR_TEXT,       [WORD] = GW_CDR_TEXT,       [U64] = GW_CDR_INTEGER,
        [UINT] = GW_CDR_INTEGER,    [MS] = GW_CDR_INTEGER,      [TIME] = GW_CDR_TIME,
        [OCTET] = GW_CDR_INTEGER,   [STATUS] = GW_CDR_INTEGER,  [BY] = GW_CDR_TEXT,
        [RTP_U64] = GW_CDR_INTEGER, [RTP_U32] = GW_CDR_INTEGER, [MOS] = GW_CDR_DECIMAL,
        [FLAG] = GW_CDR_FLAG,       [OBJECT] = GW_CDR_OBJECT,   [NOT_KNOWN] = GW_CDR_TEXT};

    return types[fields[i].kind];
}

void gw_cdr_value(struct gw_cdr_value *out, const struct gw_cdr *r, size_t i)
{
    get(out, r, &fields[i]);
}

/* ---- JSON ---- */

/** Octets of the UTF-8 character at `p` (RFC 3629 4), 0 when it is none. */
static size_t utf8_length(const unsigned char *p)
{
    size_t n = p[0] >= 0xc2 && p[0] <= 0xdf   ? 2
               : p[0] >= 0xe0 && p[0] <= 0xef ? 3
               : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
                                              : 0;

    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool none = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return overlong || none ? 0 : n;
}

/** Octets at the start that stand for themselves. */
static size_t plain(struct rt_str s)
{
    static const bool special[256] = {
        [0 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x80 ... 0xff] = true};
    size_t i = 0;

    while (i < s.n && !special[(unsigned char)s.p[i]])
        i++;
    return i;
}

/** One character that does not; `s` ends with NUL. Returns its octets. */
static size_t escaped(struct rt_buf *out, struct rt_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t n = *p < 0x80 ? 1 : utf8_length(p);

    if (*p == '"' || *p == '\\')
        rt_buf_printf(out, "\\%c", *p);
    else if (*p < 0x20 || n == 0)
        rt_buf_printf(out, "\\u%04x", n == 0 ? 0xfffd : *p);
    else
        rt_buf_put(out, p, n);
    return n ? n : 1;
}

static void json_text(struct rt_buf *out, struct rt_str s)
{
    rt_buf_puts(out, "\"");
    while (s.n > 0) {
        size_t n = plain(s);
        rt_buf_put(out, s.p, n);
        if (n < s.n)
            n += escaped(out, (struct rt_str){s.p + n, s.n - n});
        s = (struct rt_str){s.p + n, s.n - n};
    }
    rt_buf_puts(out, "\"");
}

void gw_json_text(struct rt_buf *out, const char *text)
{
    json_text(out, rt_str(text));
}

#define RECORD_ROOM 2048 /* most records are shorter */

void gw_cdr_json(struct rt_buf *out, const struct gw_cdr *r)
{
    rt_buf_reserve(out, RECORD_ROOM);
    rt_buf_puts(out, "{");
    for (size_t i = 0; i < RT_COUNT(fields); i++) {
        const struct field *f = &fields[i];
        bool comma = i > 0;
        struct gw_cdr_value v;
        get(&v, r, f);
        rt_buf_put(out, f->json.p + !comma, f->json.n - !comma);
        if (v.type == GW_CDR_NOTHING)
            rt_buf_puts(out, "null");
        else if (v.type == GW_CDR_NUMBER)
            rt_buf_put(out, v.text.p, v.text.n);
        else
            json_text(out, v.text);
    }
    rt_buf_puts(out, "}");
}

/* ---- CSV ---- */

/** What a spreadsheet would compute: callers choose their texts. Numbers, which begin with a `+` or
 * a `-` too, are none. */
static bool is_formula(struct rt_str text)
{
    if (text.n == 0 || !strchr("=@+-\t\r\n", text.p[0]))
        return false;
    for (size_t i = 1; i < text.n; i++)
        if ((text.p[i] < '0' || text.p[i] > '9') && text.p[i] != '.')
            return true;
    return text.p[0] != '+' && text.p[0] != '-';
}

/** RFC 4180 2, rules 5 to 7; a formula is made text by an apostrophe, as spreadsheets have it. */
static void csv_text(struct rt_buf *out, struct rt_str text)
{
    static const bool special[256] = {['"'] = true, [','] = true, ['\r'] = true, ['\n'] = true};
    const char *mark = is_formula(text) ? "'" : "";
    size_t i = 0;

    while (i < text.n && !special[(unsigned char)text.p[i]])
        i++;
    if (i == text.n) {
        rt_buf_puts(out, mark);
        rt_buf_put(out, text.p, text.n);
        return;
    }
    rt_buf_puts(out, "\"");
    rt_buf_puts(out, mark);
    for (i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            rt_buf_puts(out, "\"");
        rt_buf_put(out, text.p + i, 1);
    }
    rt_buf_puts(out, "\"");
}

void gw_cdr_csv_header(struct rt_buf *out)
{
    for (size_t i = 0; i < RT_COUNT(fields); i++)
        rt_buf_printf(out, "%s%s", i == 0 ? "" : ",", fields[i].name);
    rt_buf_puts(out, "\r\n");
}

void gw_cdr_csv(struct rt_buf *out, const struct gw_cdr *r)
{
    rt_buf_reserve(out, RECORD_ROOM);
    for (size_t i = 0; i < RT_COUNT(fields); i++) {
        struct gw_cdr_value v;
        get(&v, r, &fields[i]);
        if (i > 0)
            rt_buf_puts(out, ",");
        csv_text(out, v.text);
    }
    rt_buf_puts(out, "\r\n");
}

/* ---- back from JSON ---- */

/** `2026-03-01T08:00:00.123Z` to microseconds since 1970 (days from civil, proleptic Gregorian). */
static rt_time time_from(const char *text)
{
    int y, mon, d, h, min, s, ms;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &y, &mon, &d, &h, &min, &s, &ms) != 7)
        return 0;
    if (mon <= 2)
        y--;
    int era = y / 400, yoe = y % 400;
    int doy = (153 * (mon + (mon > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t days = (int64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
    return ((days * 24 + h) * 60 + min) * 60 * RT_S + s * RT_S + ms * RT_MS;
}

static enum gw_released_by by_from(const char *text)
{
    for (unsigned by = GW_BY_CALLER; by <= GW_BY_RESTART; by++)
        if (strcmp(text, gw_released_by_name((enum gw_released_by)by)) == 0)
            return (enum gw_released_by)by;
    return GW_BY_NONE;
}

static void set_integer(void *p, size_t size, long long n)
{
    uint64_t u64 = (uint64_t)n;
    uint32_t u32 = (uint32_t)n;
    uint8_t u8 = (uint8_t)n;

    memcpy(p, size == 1 ? (void *)&u8 : size == sizeof u32 ? (void *)&u32 : (void *)&u64, size);
}

static void set_string(struct gw_cdr *r, const struct field *f, const char *text)
{
    void *p = (char *)r + f->at;

    if (f->kind == TEXT)
        rt_str_copy(p, f->size, rt_str(text));
    else if (f->kind == WORD)
        *(const char **)p = text;
    else if (f->kind == TIME)
        *(rt_time *)p = time_from(text);
    else if (f->kind == BY)
        r->cause.by = by_from(text);
}

void gw_cdr_read(struct gw_cdr *out, const json_t *json)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < RT_COUNT(fields); i++) {
        const struct field *f = &fields[i];
        const json_t *v = json_object_get(json, f->name);
        if (json_is_string(v)) {
            set_string(out, f, json_string_value(v));
        } else if (json_is_true(v) && f->kind == FLAG) {
            *(bool *)((char *)out + f->at) = true;
        } else if (json_is_real(v) && f->kind == MOS) {
            *(uint16_t *)((char *)out + f->at) = (uint16_t)(100 * json_real_value(v) + 0.5);
        } else if (json_is_integer(v) && f->kind != TEXT && f->kind != WORD && f->kind != MOS &&
                   f->kind != OBJECT && f->size > 0) {
            set_integer((char *)out + f->at, f->size, json_integer_value(v));
            out->have_rtp |= f->kind == RTP_U64 || f->kind == RTP_U32;
        }
    }
}
