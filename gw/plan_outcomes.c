/* What makes the next target be tried, or not: `cause 34, 38, sip 500, timeout 6s`. */
#include "gw/plan_priv.h"

static void add_cause(struct gw_outcomes *out, struct gw_words *w)
{
    uint64_t cause;

    if (gw_words_number(w, "a cause", 1, 127, &cause))
        out->q850[cause / 64] |= 1ull << cause % 64;
    else
        w->t = w->end;
}

static void add_status(struct gw_outcomes *out, struct gw_words *w)
{
    uint64_t status;

    if (gw_words_number(w, "a SIP status", 300, 699, &status))
        out->sip[(status - 300) / 64] |= 1ull << (status - 300) % 64;
    else
        w->t = w->end;
}

void gw_plan_compile_outcomes(struct gw_compile *c, struct gw_outcomes *out, struct gw_words *w)
{
    void (*add)(struct gw_outcomes *, struct gw_words *) = NULL;

    (void)c;
    do {
        if (gw_words_is(w, "cause"))
            add = add_cause;
        else if (gw_words_is(w, "sip"))
            add = add_status;
        if (gw_words_is(w, "timeout")) {
            /* alone: silence without a limit of its own is what the SIP trunk calls silence */
            out->on_timeout = true;
            if (gw_words_peek(w) && !gw_words_duration(w, "a duration", &out->timeout))
                w->t = w->end;
        } else if (add) {
            add(out, w);
        } else {
            const struct conf_token *t = gw_words_peek(w);
            conf_error(w->c->diag, t ? t->pos : w->pos,
                       "\"cause\", \"sip\" or \"timeout\" is missing");
            w->t = w->end;
        }
    } while (gw_words_comma(w));
    gw_words_end(w);
}
