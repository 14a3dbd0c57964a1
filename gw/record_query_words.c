/* What can be asked of call records: one table of words, each with the fields that it means and,
 * where something is computed, the same computation twice: as SQL of SQLite and here.
 */
#include "gw/record_query_priv.h"

/* ---- what is computed ---- */

static bool talk(const struct gw_cdr *r, double *out)
{
    *out = (double)r->talk_ms;
    return true;
}

static bool duration(const struct gw_cdr *r, double *out)
{
    *out = (double)r->duration_ms;
    return true;
}

/** Of the side that heard worse. */
static bool mos(const struct gw_cdr *r, double *out)
{
    unsigned a = r->mos_a, b = r->mos_b, worse = a == 0 || (b != 0 && b < a) ? b : a;

    *out = worse / 100.0;
    return worse != 0;
}

static bool loss(const struct gw_cdr *r, double *out)
{
    uint64_t sent = r->rtp.rx_packets + r->rtp.lost;

    if (!r->have_rtp || sent == 0)
        return false;
    *out = 100.0 * (double)r->rtp.lost / (double)sent;
    return true;
}

/** From the start until something was heard. Records have milliseconds. */
static bool pdd(const struct gw_cdr *r, double *out)
{
    rt_time heard = r->ring_time ? r->ring_time : r->answer_time;

    *out = (double)(heard / RT_MS - r->start_time / RT_MS);
    return heard != 0 && r->start_time != 0;
}

#define MS_OF(time) "(strftime('%s', " time ") * 1000 + substr(" time ", 21, 3))"
#define HEARD       "coalesce(\"ring_time\", \"answer_time\")"
#define MOS_SQL     "coalesce(min(\"mos_a\", \"mos_b\"), \"mos_a\", \"mos_b\")"
#define LOSS_SQL    "(100.0 * \"rtp_lost\" / nullif(\"rtp_rx_packets\" + \"rtp_lost\", 0))"

/* ---- the table ---- */

#define ANYWHERE                                                                                   \
    "caller called caller_in called_in caller_out called_out redirecting original connected "      \
    "from_trunk to_trunk customer call_id sip_call_id"

static const struct gw_record_word words[] = {
    {"to", GW_RECORD_NAME, .fields = "called called_in called_out"},
    {"from", GW_RECORD_NAME, .fields = "caller caller_in caller_out"},
    {"trunk", GW_RECORD_NAME, .fields = "from_trunk to_trunk"},
    {"in", GW_RECORD_NAME, .fields = "from_trunk"},
    {"out", GW_RECORD_NAME, .fields = "to_trunk"},
    {"id", GW_RECORD_NAME, .fields = "call_id sip_call_id"},
    {"cause", GW_RECORD_NUMBER, .fields = "cause_q850", .low = 1, .high = 127},
    {"sip", GW_RECORD_NUMBER, .fields = "sip_status", .low = 100, .high = 699},
    {"by", GW_RECORD_BY, .fields = "released_by"},
    {"state", GW_RECORD_STATE, .fields = ""},
    {"last", GW_RECORD_LAST, .fields = "start_time"},
    {"since", GW_RECORD_SINCE, .fields = "start_time"},
    {"until", GW_RECORD_UNTIL, .fields = "start_time"},
    {"talk", GW_RECORD_DURATION, .fields = "", .sql = "\"talk_ms\"", .measure = talk},
    {"duration", GW_RECORD_DURATION, .fields = "", .sql = "\"duration_ms\"", .measure = duration},
    {"mos", GW_RECORD_PLAIN, .fields = "", .sql = MOS_SQL, .measure = mos},
    {"loss", GW_RECORD_PERCENT, .fields = "", .sql = LOSS_SQL, .measure = loss},
    {"pdd", GW_RECORD_DURATION, .fields = "",
     .sql = "(" MS_OF(HEARD) " - " MS_OF("\"start_time\"") ")", .measure = pdd},
    {"rule", GW_RECORD_PART, .fields = "route_rule"},
    {"customer", GW_RECORD_NAME, .fields = "customer"},
    {"codec", GW_RECORD_CASE, .fields = "codec_a codec_b"},
    {"attempt", GW_RECORD_NUMBER, .fields = "attempt", .high = 1000000},
    {NULL, GW_RECORD_PART, .fields = ANYWHERE},
};

const struct gw_record_state gw_record_states[3] = {{"answered", "answer_time", true},
                                                    {"failed", "answer_time", false},
                                                    {"emergency", "emergency", true}};

const struct gw_record_word *gw_record_word(struct rt_str name)
{
    for (size_t i = 0; i < RT_COUNT(words); i++)
        if (words[i].name ? rt_str_eq(name, words[i].name) : name.n == 0)
            return &words[i];
    return NULL;
}

void gw_record_words(struct rt_buf *out)
{
    for (size_t i = 0; i < RT_COUNT(words) && words[i].name; i++)
        rt_buf_printf(out, "%s%s", i > 0 ? ", " : "", words[i].name);
}

size_t gw_record_field(struct rt_str name)
{
    size_t i = 0;

    while (i + 1 < gw_cdr_nfields() && !rt_str_eq(name, gw_cdr_field_name(i)))
        i++;
    return i;
}
