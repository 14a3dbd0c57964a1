/* `show`: the tables that the plan reads from files: rate decks, lists, ported numbers; and ENUM.
 */
#include "dialplan/deck.h"
#include "dialplan/key.h"
#include "dialplan/list.h"
#include "dialplan/ported.h"
#include "gw/admin/control_priv.h"
#include "gw/enum.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- decks ---- */

static void list_deck(struct gw_answer *a, const struct gw_deck *deck)
{
    int64_t now = rt_wall() / RT_S;
    struct dp_deck_info i;

    dp_deck_info(deck->deck, &i);
    gw_answer_begin(a, "deck");
    gw_answer_text(a, "deck", deck->name);
    gw_answer_text(a, "currency", deck->currency);
    gw_answer_number(a, "rows", (int64_t)i.rows);
    gw_answer_number(a, "bad", (int64_t)i.bad);
    gw_answer_number(a, "rates", i.classes);
    gw_answer_number(a, "ranges", (int64_t)i.ranges);
    gw_answer_number(a, "bytes", (int64_t)i.bytes);
    gw_answer_number(a, "age_s", now > i.modified ? now - i.modified : 0);
    gw_answer_time(a, "built_for", i.built_for * RT_S);
    gw_answer_number(a, "waiting", (int64_t)i.future_rows);
    gw_answer_time(a, "next_change", i.next_change == DP_DECK_NEVER ? 0 : i.next_change * RT_S);
    gw_answer_place(a, "at", deck->pos);
    gw_answer_end(a);
}

int gw_show_decks(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_dial_plan *d = &a->plan->dial;

    (void)args;
    for (unsigned i = 0; i < d->ndecks; i++)
        list_deck(a, &d->decks[i]);
    if (d->ndecks == 0)
        snprintf(a->note, sizeof a->note, "no decks");
    return GW_EXIT_OK;
}

/** Millionths, all of them: rates have six decimals. */
static void answer_money(struct gw_answer *a, const char *key, int64_t micro)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64 ".%06" PRId64, micro / 1000000, micro % 1000000);
    gw_answer_text(a, key, text);
}

static bool list_rate(struct gw_answer *a, const struct gw_deck *deck, uint64_t key)
{
    struct dp_deck_source s;
    struct dp_rate rate;
    char text[32];

    if (!dp_deck_find(deck->deck, key, &rate))
        return false;
    bool known = dp_deck_source(deck->deck, key, &s) == 0;
    gw_answer_begin(a, "rate");
    gw_answer_text(a, "deck", deck->name);
    gw_answer_text(a, "prefix", known ? s.prefix : "");
    answer_money(a, "rate", rate.rate);
    answer_money(a, "setup", rate.setup);
    snprintf(text, sizeof text, "%" PRIu32 "/%" PRIu32, rate.first, rate.step);
    gw_answer_text(a, "increments", text);
    gw_answer_text(a, "currency", deck->currency);
    gw_answer_text(a, "destination", rate.name);
    if (known)
        gw_answer_place(a, "source", (struct conf_pos){.file = s.file, .line = (unsigned)s.line});
    gw_answer_end(a);
    return true;
}

/** An E.164 number, with or without "+". */
static int e164(struct gw_answer *a, struct dp_number *out, const char *text)
{
    int code = gw_control_number(a, out, text);

    if (code == GW_EXIT_OK && !out->e164 && out->digits[0] == '0')
        code = gw_answer_fail(a, GW_EXIT_USAGE, "%.40s: not an international number", text);
    out->e164 = true;
    return code;
}

int gw_show_rates(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_dial_plan *d = &a->plan->dial;
    struct dp_number n;
    unsigned found = 0;
    int code = e164(a, &n, args->arg[0]);

    if (code != GW_EXIT_OK)
        return code;
    for (unsigned i = 0; i < d->ndecks; i++)
        found += list_rate(a, &d->decks[i], dp_key_of(n.digits));
    if (found == 0)
        snprintf(a->note, sizeof a->note, "no deck has a rate for it");
    return GW_EXIT_OK;
}

/* ---- lists ---- */

int gw_show_lists(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_dial_plan *d = &a->plan->dial;

    (void)args;
    for (unsigned i = 0; i < d->nlists; i++) {
        const struct gw_list *l = &d->lists[i];
        gw_answer_begin(a, "list");
        gw_answer_text(a, "list", l->name);
        gw_answer_text(a, "file", l->path);
        gw_answer_number(a, "rows", (int64_t)dp_list_rows(l->list));
        gw_answer_number(a, "bad", (int64_t)dp_list_bad(l->list));
        gw_answer_number(a, "bytes", (int64_t)dp_list_bytes(l->list));
        if (l->refresh > 0)
            gw_answer_number(a, "refresh_s", l->refresh / RT_S);
        gw_answer_place(a, "at", l->pos);
        gw_answer_end(a);
    }
    if (d->nlists == 0)
        snprintf(a->note, sizeof a->note, "no lists");
    return GW_EXIT_OK;
}

/* ---- ported numbers ---- */

static void list_lnp(struct gw_answer *a, const struct gw_lnp *l)
{
    gw_answer_begin(a, "lnp");
    gw_answer_text(a, "lnp", l->name);
    gw_answer_text(a, "table", l->path);
    gw_answer_text(a, "state", l->table ? "open" : "cannot be read");
    if (l->table) {
        gw_answer_number(a, "rows", (int64_t)dp_ported_rows(l->table));
        gw_answer_number(a, "routings", (int64_t)dp_ported_routings(l->table));
        gw_answer_number(a, "bytes", (int64_t)dp_ported_bytes(l->table));
    }
    gw_answer_place(a, "at", l->pos);
    gw_answer_end(a);
}

static void look_up_ported(struct gw_answer *a, const struct gw_lnp *l, const struct dp_number *n)
{
    const char *routing = "the table cannot be read";
    char text[DP_TEXT_LEN];

    if (l->table && dp_ported_find(l->table, n, &routing) != 0)
        routing = "not ported";
    gw_answer_begin(a, "ported");
    gw_answer_text(a, "lnp", l->name);
    gw_answer_text(a, "number", dp_text(text, n));
    gw_answer_text(a, "routing", routing);
    gw_answer_end(a);
}

int gw_show_lnp(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_dial_plan *d = &a->plan->dial;
    struct dp_number n;
    int code = args->n > 0 ? e164(a, &n, args->arg[0]) : GW_EXIT_OK;

    if (code != GW_EXIT_OK)
        return code;
    for (unsigned i = 0; i < d->nlnps; i++)
        if (args->n > 0)
            look_up_ported(a, &d->lnps[i], &n);
        else
            list_lnp(a, &d->lnps[i]);
    if (d->nlnps == 0)
        snprintf(a->note, sizeof a->note, "no tables of ported numbers");
    return GW_EXIT_OK;
}

/* ---- ENUM ---- */

static void list_enum(struct gw_answer *a, const struct gw_enum_plan *e)
{
    struct rt_buf services = {0};

    for (unsigned i = 0; i < e->nservices; i++)
        rt_buf_printf(&services, "%s%s", i > 0 ? ", " : "", e->service[i]);
    gw_answer_begin(a, "enum");
    gw_answer_text(a, "enum", e->name);
    gw_answer_text(a, "suffix", e->suffix);
    gw_answer_text(a, "services", services.p);
    gw_answer_text(a, "via", e->via ? e->via->name : "");
    gw_answer_number(a, "timeout_ms", e->timeout / RT_MS);
    gw_answer_number(a, "cache_s", e->cache / RT_S);
    gw_answer_number(a, "negative_s", e->negative / RT_S);
    gw_answer_place(a, "at", e->pos);
    gw_answer_end(a);
    rt_buf_release(&services);
}

/** `uri` NULL: there is none. */
static void list_remembered(struct gw_answer *a, const struct gw_enum_plan *e, const char *number,
                            const struct gw_enum_answer *answer, const struct dp_enum_uri *uri)
{
    rt_time left = answer->expires - rt_now();

    gw_answer_begin(a, "enum_answer");
    gw_answer_text(a, "enum", e->name);
    gw_answer_text(a, "number", number);
    gw_answer_text(a, "result", gw_enum_result_text(answer->result));
    gw_answer_number(a, "expires_s", left > 0 ? left / RT_S : 0);
    gw_answer_flag(a, "stale", answer->stale);
    if (uri) {
        gw_answer_number(a, "order", uri->order);
        gw_answer_number(a, "preference", uri->preference);
        gw_answer_text(a, "uri", uri->text);
    }
    gw_answer_end(a);
}

/** False: nothing is remembered of the number. */
static bool remembered(struct gw_answer *a, const struct gw_enum_plan *e, const struct dp_number *n)
{
    struct gw_enum_config cfg = gw_enum_config(e);
    struct gw_enum_answer answer;
    char text[DP_TEXT_LEN];

    if (!a->gw->enums || !gw_enum_peek(&answer, a->gw->enums, &cfg, n))
        return false;
    dp_text(text, n);
    for (unsigned i = 0; i < answer.n; i++)
        list_remembered(a, e, text, &answer, &answer.uri[i]);
    if (answer.n == 0)
        list_remembered(a, e, text, &answer, NULL);
    return true;
}

int gw_show_enum(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_dial_plan *d = &a->plan->dial;
    struct dp_number n;
    unsigned found = 0;
    int code = args->n > 0 ? e164(a, &n, args->arg[0]) : GW_EXIT_OK;

    if (code != GW_EXIT_OK)
        return code;
    for (unsigned i = 0; i < d->nenums; i++)
        if (args->n > 0)
            found += remembered(a, &d->enums[i], &n);
        else
            list_enum(a, &d->enums[i]);
    if (d->nenums == 0)
        snprintf(a->note, sizeof a->note, "no enum");
    else if (args->n == 0)
        snprintf(a->note, sizeof a->note, "%u numbers remembered",
                 a->gw->enums ? gw_enum_entries(a->gw->enums) : 0);
    else if (found == 0)
        snprintf(a->note, sizeof a->note, "nothing is remembered of it");
    return GW_EXIT_OK;
}
