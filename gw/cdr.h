/* Call detail records: one per call and one per attempt, kept in a journal that a crash cannot
 * tear.
 *
 * The journal has two lines per record: one when the call starts, one when it is over. A thread of
 * its own appends and makes durable (fdatasync); another brings what is durable to CSV. On start,
 * records that were opened and never closed are closed with released_by "restart" and cause 41, so
 * that nothing is billed twice or lost.
 */
#ifndef GW_CDR_H
#define GW_CDR_H

#include "codec/media.h"
#include "gw/aoc.h"
#include "gw/cause.h"
#include "gw/plan.h"

#define GW_CALL_ID_LEN 33
#define GW_MONEY_LEN   24 /* "12.345678 EUR" */
#define GW_CHANNEL_LEN 96 /* "1/17", "aaln/1@iad1.example.com" */

/** A record. Times are rt_wall() of the call's start and what has passed since then; 0: did not
 * happen. Durations are from the monotonic clock. Fields have these names in JSON and CSV too. */
struct gw_cdr {
    char call_id[GW_CALL_ID_LEN];
    uint64_t seq;     /**< of the record, grows over restarts */
    unsigned attempt; /**< 0: the call; 1..: its attempts */
    uint64_t generation;
    rt_time start_time, ring_time, answer_time, end_time;
    int64_t duration_ms, talk_ms;
    char from_trunk[GW_NAME_LEN], to_trunk[GW_NAME_LEN];
    char from_channel[GW_CHANNEL_LEN], to_channel[GW_CHANNEL_LEN];
    char caller[DP_TEXT_LEN], called[DP_TEXT_LEN];         /**< normalised */
    char caller_in[DP_TEXT_LEN], called_in[DP_TEXT_LEN];   /**< as received */
    char caller_out[DP_TEXT_LEN], called_out[DP_TEXT_LEN]; /**< as sent */
    char redirecting[DP_TEXT_LEN];
    char original[DP_TEXT_LEN];  /**< the first that diverted it, of several */
    char connected[DP_TEXT_LEN]; /**< who answered, or has the call now; normalised */
    const char *presentation;    /**< "allowed", "restricted", "unavailable" */
    struct gw_cause cause;
    char sip_call_id[128];
    const char *codec_a, *codec_b;
    const char *srtp_a, *srtp_b; /**< the suite that protects its media, NULL or empty: none */
    bool have_rtp;
    struct media_stats rtp;
    uint16_t mos_a, mos_b; /**< what each side heard, on average, MOS-CQ times 100; 0: unknown */
    unsigned dtmf_count;
    const char *bearer;          /**< "audio", "speech", "data64" */
    char charge[GW_CHARGE_LEN];  /**< as it was last said: "1.230 EUR", "12 units", "free" */
    bool malicious;              /**< the called side had the caller identified */
    char recording[256];         /**< path of the file; empty: none */
    char route_rule[96];         /**< "office.conf:69 national" */
    char route_key[DP_TEXT_LEN]; /**< what it was routed on; empty: the number called */
    bool npdi;                   /**< the number was looked up */
    char customer[GW_NAME_LEN];  /**< whose the caller's trunk is */
    char group[GW_NAME_LEN];     /**< that the trunk was hunted in */
    char deck[GW_NAME_LEN];      /**< whose price was the reason to go there */
    char cost[GW_MONEY_LEN];     /**< by that deck; empty: not answered, or no deck */
    char price[GW_MONEY_LEN];    /**< what the customer pays, likewise */
    bool emergency;              /**< to the emergency service */
    bool preempted;              /**< released to make room for an emergency call */
    const char *explain;         /**< why it went where it went: a JSON object; NULL: not kept */
    struct gw_cdr_item *opening; /**< its beginning, for its end: the writer's */
};

struct gw_cdr_writer;

/** Opens the journal and CSV of `plan` (either may be absent), closes what a crash left open, and
 * starts the writer's thread. With neither, records go nowhere. The errno of opening; `failed`
 * names the path. */
int gw_cdr_writer_new(struct gw_cdr_writer **out, const struct gw_cdr_plan *plan,
                      const char **failed);
/** Writes out what is queued, then frees. */
void gw_cdr_writer_free(struct gw_cdr_writer *w);
/** The next sequence number. */
uint64_t gw_cdr_next_seq(struct gw_cdr_writer *w);
/** A call or attempt has begun: what is known of it so far. Never blocks. What `r->opening`
 * becomes has to be there again when it is over. */
void gw_cdr_open(struct gw_cdr_writer *w, struct gw_cdr *r);
/** It is over. Never blocks; when the queue to the writer is full it waits in memory. */
void gw_cdr_close(struct gw_cdr_writer *w, struct gw_cdr *r);
/** How many records a crash had left open at start. */
unsigned gw_cdr_recovered(const struct gw_cdr_writer *w);

/** True while records cannot be written; how many wait in memory. Signalling thread. */
bool gw_cdr_failing(const struct gw_cdr_writer *w, unsigned *waiting);
/** True while the CSV or JSON file fails, or is more than 10 s behind the journal: since when
 * (rt_now()) it lacks records, and how many octets of the journal it has yet to get. */
bool gw_cdr_behind(const struct gw_cdr_writer *w, rt_time *since, uint64_t *octets);

/** The record as one JSON object without newline (also what `show call` and --json print). */
void gw_cdr_json(struct rt_buf *out, const struct gw_cdr *r);

/* ---- the fields one by one, in the order that JSON, CSV and SQL have them ---- */

enum gw_cdr_type {
    GW_CDR_TEXT,
    GW_CDR_INTEGER,
    GW_CDR_DECIMAL, /**< two decimals */
    GW_CDR_TIME,    /**< RFC 3339 with milliseconds, UTC */
    GW_CDR_FLAG,    /**< true, or nothing */
    GW_CDR_OBJECT   /**< JSON of its own */
};
/** How many there are. */
size_t gw_cdr_nfields(void);
const char *gw_cdr_field_name(size_t i);
enum gw_cdr_type gw_cdr_field_type(size_t i);

struct gw_cdr_value {
    enum { GW_CDR_NOTHING, GW_CDR_NUMBER, GW_CDR_STRING } type; /**< as JSON has it */
    struct rt_str text; /**< borrowed from the record or from `room` */
    char room[RT_RFC3339_LEN];
};
/** The value of a field. */
void gw_cdr_value(struct gw_cdr_value *out, const struct gw_cdr *r, size_t i);

/** Text as a JSON string with its quotes. A peer's text may be anything: what is not UTF-8 becomes
 * U+FFFD. */
void gw_json_text(struct rt_buf *out, const char *text);
/** The CSV header line and one record, RFC 4180, with CRLF as it asks. */
void gw_cdr_csv_header(struct rt_buf *out);
void gw_cdr_csv(struct rt_buf *out, const struct gw_cdr *r);

#endif
