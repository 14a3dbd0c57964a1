/* The client's printer: JSON lines become aligned tables, blocks of facts, or a ladder. */
#include "gw/admin/control_priv.h"
#include "gw/explain.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COLUMNS_MAX 16

/** What lines of one type look like as a table: members in order; a leading `>` aligns right. */
struct table {
    const char *type;
    const char *columns; /* "call >talk_ms:talk": member, and a title of its own */
};

static const struct table tables[] = {
    {"calls", ">call state >duration_ms:ms >talk_ms from_trunk from_channel:channel caller "
              "to_trunk to_channel:channel called codec_a codec_b"},
    {"trunk", "trunk kind where numbers >calls >channels >free up service"},
    {"service", "what state >calls"},
    {"timer", "timer >value what"},
    {"server", "server state >since_ms:since_ms >priority >weight >round_trip_ms:rtt_ms "
               ">answered_ms:answered_ms_ago >failures >ttl"},
    {"spans",
     ">span line variant side alarm dchannel >calls >held >idle >busy >other >slips >lost"},
    {"channel", "channel state blocked >since_ms:since_ms trunk >call call_state:q931 timer "
                ">timer_ms:in_ms caller called"},
    {"line", "gateway endpoint:line number name trunk service hook state >calls messages "
             ">since_ms"},
    {"gateway", "gateway role address profile >endpoints >in_service up >since_ms >rtt_ms >queued "
                ">sent >received >repeated >lost"},
    {"endpoint", "peer endpoint role trunk service state >connections >since_ms"},
    {"registration", "trunk user state >expires_s:expires >next_s:next >last_answer:answer"},
    {"binding", "user contact >q >expires_s:expires received path agent"},
    {"sound", "leg direction codec >mos >mos_worst:worst >mos_average:average "
              ">mos_listening:listening >r >loss_percent:loss_% >jitter_ms >burst_ms >delay_ms "
              ">one_way_ms >level_dbm0 >echo_db faults"},
    {"sound_step", "direction:from >at_ms >step_ms >mos >loss_permille:loss_per_mille >jitter_ms"},
    {"audit", "at who from what why outcome"},
    {"record", "start_time:start from_trunk:from caller to_trunk:to called >talk_ms "
               ">cause_q850:cause >sip_status:sip released_by:by >mos_a >mos_b >attempt call_id"},
    {"routes", "wins from number to >hits last_hit:last at"},
    {"group", "group hunt trunk state >busy >total reserve cic at"},
    {"limit", "scope name what set >used >value unit window >ends_s limited >blocked_s block_set"},
    {"carrier", "carrier:trunk >attempts >seizures >answers >samples >asr_percent:asr_% "
                ">ner_percent:ner_% >acd_s >pdd_ms >talk_s"},
    {"emergency_number", "number at"},
    {"emergency_way", "way:trunk state >busy >total"},
    {"emergency_caller", "shown caller trunk >ago_s >left_s"},
    {"class", "class >called >callers others >limits >hops >trunks at"},
    {"deck", "deck currency >rows >bad >bytes >age_s >waiting next_change at"},
    {"rate", "deck prefix rate setup increments currency destination source"},
    {"lnp", "lnp table:file state >rows >routings >bytes at"},
    {"ported", "lnp number routing"},
    {"enum", "enum suffix services via >timeout_ms >cache_s >negative_s at"},
    {"enum_answer", "enum number result >expires_s stale >order >preference uri"},
    {"list", "list file >rows >bad >bytes >refresh_s at"},
    {"alarms", ">id severity kind object text raised_time:raised cleared_time:cleared acknowledged "
               "remedy"},
    {"exports", "target >delivered >failures >oldest_ms error"},
    {"series", "time >calls >peak >attempts >seizures >answers >effective >ended >talk_ms >rung "
               ">pdd_ms >mos >mos_samples:n >cpu_permille:cpu_o/oo"},
    {"log", "time level subsystem text"},
    {"metric", "name >value help"},
    {"generation", ">generation when who state sha256:sha file why"},
};

struct column {
    char member[32], title[32];
    bool right;
    size_t width;
};

struct gw_printer {
    bool json, bold, done;
    const struct table *table; /* of the lines being collected */
    json_t *rows;
    json_t *explain; /* of a call: printed when all else of it was; NULL: none */
};

struct gw_printer *gw_printer_new(bool json)
{
    struct gw_printer *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->json = json;
    p->bold = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    p->rows = json_array();
    return p;
}

bool gw_printer_done(const struct gw_printer *p)
{
    return p->done;
}

void gw_printer_free(struct gw_printer *p)
{
    if (!p)
        return;
    json_decref(p->rows);
    json_decref(p->explain);
    free(p);
}

/* ---- values ---- */

/** A member as text; empty for null and what is not there. */
static void value_text(struct rt_buf *out, const json_t *v)
{
    rt_buf_reset(out);
    if (json_is_string(v))
        rt_buf_puts(out, json_string_value(v));
    else if (json_is_integer(v))
        rt_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    else if (json_is_real(v))
        rt_buf_printf(out, "%.2f", json_real_value(v));
    else if (json_is_boolean(v))
        rt_buf_puts(out, json_is_true(v) ? "yes" : "no");
    for (size_t i = 0; i < out->n; i++) /* a peer's text must not drive the terminal */
        if ((unsigned char)out->p[i] < 0x20 || out->p[i] == 0x7f)
            out->p[i] = '?';
}

/** Characters, not octets. */
static size_t width_of(struct rt_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

/* ---- tables ---- */

static unsigned take_columns(struct column *c, const struct table *t)
{
    struct rt_str rest = rt_str(t->columns);
    unsigned n = 0;

    for (; rest.n > 0 && n < COLUMNS_MAX; n++) {
        struct rt_str title = rt_str_cut(&rest, ' ');
        c[n].right = title.p[0] == '>';
        if (c[n].right)
            title = (struct rt_str){title.p + 1, title.n - 1};
        struct rt_str member = rt_str_cut(&title, ':');
        rt_str_copy(c[n].member, sizeof c[n].member, member);
        rt_str_copy(c[n].title, sizeof c[n].title, title.n > 0 ? title : member);
        c[n].width = strlen(c[n].title);
    }
    return n;
}

static void measure(struct column *c, unsigned n, const json_t *rows)
{
    struct rt_buf text = {0};
    size_t i;
    const json_t *row;

    json_array_foreach(rows, i, row) for (unsigned k = 0; k < n; k++)
    {
        value_text(&text, json_object_get(row, c[k].member));
        size_t w = width_of(rt_buf_str(&text));
        if (w > c[k].width)
            c[k].width = w;
    }
    rt_buf_release(&text);
}

static void add_cell(struct rt_buf *out, const struct column *c, struct rt_str text)
{
    int pad = (int)(c->width - width_of(text));

    if (out->n > 0)
        rt_buf_puts(out, "  ");
    if (c->right)
        rt_buf_printf(out, "%*s%.*s", pad, "", RT_STR(text));
    else
        rt_buf_printf(out, "%.*s%*s", RT_STR(text), pad, "");
}

/** `row` NULL: the titles. */
static void print_row(const struct column *c, unsigned n, const json_t *row)
{
    struct rt_buf out = {0}, text = {0};

    for (unsigned k = 0; k < n; k++) {
        if (row)
            value_text(&text, json_object_get(row, c[k].member));
        add_cell(&out, &c[k], row ? rt_buf_str(&text) : rt_str(c[k].title));
    }
    while (out.n > 0 && out.p[out.n - 1] == ' ')
        out.n--;
    printf("%.*s\n", RT_STR(rt_buf_str(&out)));
    rt_buf_release(&out);
    rt_buf_release(&text);
}

static void print_table(struct gw_printer *p)
{
    struct column c[COLUMNS_MAX];
    unsigned n = take_columns(c, p->table);
    size_t i;
    const json_t *row;

    measure(c, n, p->rows);
    fputs(p->bold ? "\033[1m" : "", stdout);
    print_row(c, n, NULL);
    fputs(p->bold ? "\033[0m" : "", stdout);
    json_array_foreach(p->rows, i, row) print_row(c, n, row);
    json_array_clear(p->rows);
    p->table = NULL;
}

/* ---- the rest ---- */

/** A block of facts: what is empty is left out. */
static void print_record(const json_t *line)
{
    struct rt_buf text = {0};
    const char *key;
    const json_t *v;
    json_t *members = json_deep_copy(line);

    json_object_del(members, "type");
    json_object_foreach(members, key, v)
    {
        value_text(&text, v);
        if (text.n > 0)
            printf("%-24s %s\n", key, text.p);
    }
    json_decref(members);
    rt_buf_release(&text);
}

static const char *member(const json_t *line, const char *key)
{
    const char *s = json_string_value(json_object_get(line, key));
    return s ? s : "";
}

/** Text of several lines: a peer's text in it must not drive the terminal. */
static void print_text(const char *text)
{
    for (const char *p = text; *p; p++)
        putchar(((unsigned char)*p < 0x20 && *p != '\n') || *p == 0x7f ? '?' : *p);
}

/** Why the call went where it went, below its ladder. */
static void print_kept(const struct gw_printer *p)
{
    struct rt_buf text = {0};

    gw_explain_lines(&text, p->explain);
    if (text.n > 0 && !text.failed) {
        putchar('\n');
        print_text(text.p);
    }
    rt_buf_release(&text);
}

static void print_ladder_head(struct gw_printer *p, const json_t *line)
{
    struct rt_buf text = {0};
    char legs[2][80];

    snprintf(legs[0], sizeof legs[0], "%s %s", member(line, "kind_a"), member(line, "trunk_a"));
    snprintf(legs[1], sizeof legs[1], "%s %s", member(line, "kind_b"), member(line, "trunk_b"));
    gw_ladder_head(&text, legs[0], legs[1]);
    printf("\n%s%s%s", p->bold ? "\033[1m" : "", rt_buf_str(&text).p, p->bold ? "\033[0m" : "");
    rt_buf_release(&text);
}

static void print_message(const json_t *line)
{
    struct rt_buf text = {0}, what = {0};

    value_text(&what, json_object_get(line, "text"));
    gw_ladder_line(&text, json_integer_value(json_object_get(line, "at_ms")),
                   member(line, "side")[0], json_is_true(json_object_get(line, "sent")),
                   rt_buf_str(&what).p);
    fputs(rt_buf_str(&text).p, stdout);
    rt_buf_release(&text);
    rt_buf_release(&what);
}

static const struct table *table_of(const char *type)
{
    for (size_t i = 0; i < RT_COUNT(tables); i++)
        if (strcmp(tables[i].type, type) == 0)
            return &tables[i];
    return NULL;
}

static void print_line(struct gw_printer *p, json_t *line)
{
    const char *type = member(line, "type");
    const struct table *table = table_of(type);

    if (p->table && p->table != table)
        print_table(p);
    if (table) {
        p->table = table;
        json_array_append(p->rows, line);
    } else if (strcmp(type, "text") == 0 || strcmp(type, "test") == 0) {
        puts(member(line, "text"));
    } else if (strcmp(type, "explain") == 0) {
        print_text(member(line, "text"));
    } else if (strcmp(type, "complaint") == 0) {
        fprintf(stderr, "%s\n", member(line, "text"));
    } else if (strcmp(type, "ladder") == 0) {
        print_ladder_head(p, line);
    } else if (strcmp(type, "message") == 0) {
        print_message(line);
    } else {
        print_record(line);
        if (!p->explain)
            p->explain = json_incref(json_object_get(line, "explain"));
    }
}

static void print_close(struct gw_printer *p, const json_t *line, int code)
{
    const char *error = member(line, "error"), *note = member(line, "note");

    if (p->table)
        print_table(p);
    if (p->explain)
        print_kept(p);
    if (note[0] && !p->json)
        puts(note);
    if (code != 0 && error[0])
        fprintf(stderr, "tandem: %s\n", error);
}

bool gw_printer_line(struct gw_printer *p, struct rt_str text, int *code)
{
    json_t *line = json_loadb(text.p, text.n, 0, NULL);
    const json_t *closing = json_object_get(line, "exit");

    if (closing)
        *code = (int)json_integer_value(closing);
    p->done = json_is_true(json_object_get(line, "done"));
    if (p->json)
        printf("%.*s\n", RT_STR(text));
    if (closing)
        print_close(p, line, *code);
    else if (line && !p->json)
        print_line(p, line);
    fflush(stdout);
    json_decref(line);
    return closing != NULL;
}
