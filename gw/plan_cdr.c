/* What a plan says of records. It reads the statement alone and leans on conf/ only, so that
 * tandem-export needs no more of the gateway than this. */
#include "gw/plan_cdr.h"

#include <errno.h>

static const struct {
    enum gw_target_kind kind;
    const char *prefix;
} targets[] = {
    {GW_TARGET_SQLITE, "sqlite:"},
    {GW_TARGET_POSTGRES, "postgres:"},
    {GW_TARGET_RADIUS, "radius:"},
    {GW_TARGET_WEBHOOK, "webhook:"},
};

const char *gw_target_name(enum gw_target_kind kind)
{
    static const char *const names[] = {
        [GW_TARGET_SQLITE] = "sqlite",
        [GW_TARGET_POSTGRES] = "postgres",
        [GW_TARGET_RADIUS] = "radius",
        [GW_TARGET_WEBHOOK] = "webhook",
    };
    return names[kind];
}

/* ---- targets ---- */

static void check_target(struct conf_diag *diag, const struct gw_target_plan *target,
                         const struct conf_token *t)
{
    union rt_addr addr;
    struct rt_str where = rt_str(target->where);

    if (where.n == 0)
        conf_error(diag, t->pos, "\"%s\" does not say where", t->text);
    else if (target->kind == GW_TARGET_RADIUS && rt_addr_parse(&addr, where.p, where.n, 1813) != 0)
        conf_error(diag, t->pos, "\"%s\" is not an address like radius:192.0.2.1:1813", t->text);
    else if (target->kind == GW_TARGET_WEBHOOK && strncmp(where.p, "https://", 8) != 0 &&
             strncmp(where.p, "http://", 7) != 0)
        conf_error(diag, t->pos, "\"%s\" is not a URL like webhook:https://example.com/cdr",
                   t->text);
}

static bool is_there(const struct gw_cdr_plan *out, const struct gw_target_plan *target)
{
    for (unsigned i = 0; i < out->ntargets; i++)
        if (out->target[i].kind == target->kind && strcmp(out->target[i].where, target->where) == 0)
            return true;
    return false;
}

static void add_target(struct conf_diag *diag, struct gw_cdr_plan *out, const struct conf_token *t)
{
    for (size_t i = 0; i < RT_COUNT(targets); i++) {
        size_t n = strlen(targets[i].prefix);
        if (strncmp(t->text, targets[i].prefix, n) != 0)
            continue;
        struct gw_target_plan target = {targets[i].kind, t->text + n};
        if (is_there(out, &target)) {
            conf_error(diag, t->pos, "\"%s\" is there already", t->text);
        } else if (out->ntargets == GW_TARGETS_MAX) {
            conf_error(diag, t->pos, "there may be %u targets of records", GW_TARGETS_MAX);
        } else {
            check_target(diag, &target, t);
            out->target[out->ntargets++] = target;
        }
        return;
    }
    conf_error(diag, t->pos,
               "\"%s\" is no target of records: sqlite:FILE, postgres:..., radius:HOST:PORT, "
               "webhook:URL or explain",
               t->text);
}

/** What another target would never look at. */
static void check_settings(struct conf_diag *diag, const struct gw_cdr_plan *cdr,
                           const struct conf_node *n)
{
    bool radius = false;

    for (unsigned i = 0; i < cdr->ntargets; i++)
        radius = radius || cdr->target[i].kind == GW_TARGET_RADIUS;
    if (cdr->ntargets > 0 && !cdr->journal)
        conf_error(diag, n->pos, "records for %s need a journal to be fed from",
                   gw_target_name(cdr->target[0].kind));
    if (radius && !cdr->radius_secret)
        conf_error(diag, n->pos, "records for RADIUS need a \"radius-secret\"");
    if (cdr->csv && cdr->json && strcmp(cdr->csv, cdr->json) == 0)
        conf_error(diag, n->pos, "\"csv\" and \"json\" cannot be one file");
    if (n->ntokens == 1)
        conf_error(diag, n->pos, "\"cdr\" lacks \"journal\", \"csv\" or \"json\"");
}

/* ---- the statement ---- */

static void read_settings(struct gw_cdr_plan *out, const struct conf_node *n)
{
    const struct conf_token *t;

    out->journal = conf_token_text(conf_labelled(n, "journal"));
    out->csv = conf_token_text(conf_labelled(n, "csv"));
    out->json = conf_token_text(conf_labelled(n, "json"));
    out->radius_secret = conf_token_text(conf_child_arg(n, "radius-secret"));
    out->webhook_token = conf_token_text(conf_child_arg(n, "webhook-token"));
    out->webhook_ca = conf_token_text(conf_child_arg(n, "webhook-ca"));
    if ((t = conf_child_arg(n, "radius-nas")))
        out->radius_nas = t->text;
    if ((t = conf_child_arg(n, "table")))
        out->table = t->text;
    if ((t = conf_child_arg(n, "keep")))
        out->keep = conf_is(t, "forever") ? 0 : conf_duration(t);
    if ((t = conf_child_arg(n, "late")))
        out->late = conf_duration(t);
}

int gw_cdr_plan_read(struct gw_cdr_plan *out, const struct conf_node *root, struct conf_diag *diag)
{
    const struct conf_node *n = conf_child(root, "cdr");
    unsigned errors = diag->errors;
    const struct conf_token *t;

    *out = (struct gw_cdr_plan){
        .radius_nas = "tandem",
        .table = "cdr",
        .keep = 90 * 24 * 3600 * RT_S,
        .late = 300 * RT_S,
    };
    if (!n)
        return 0;
    read_settings(out, n);
    for (size_t i = 0; (t = conf_arg(n, i)); i++) {
        if (conf_is(t, "explain"))
            out->explain = true;
        else
            add_target(diag, out, t);
    }
    check_settings(diag, out, n);
    return diag->errors == errors ? 0 : EINVAL;
}
