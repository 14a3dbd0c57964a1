/* The rows of the API, compiled once: what words of which command each becomes, and which
 * parameters it has.
 */
#include "gw/admin/api_priv.h"
#include "gw/rt/log.h"

#include <errno.h>

static struct gw_api_row rows[] = {
#define ROW(m, p, r, q, h)                                                                         \
    {.method = GW_API_##m, .path = p, .role = GW_ROLE_##r, .request = q, .help = h},
#include "gw/admin/api_rows.def"
#undef ROW
};

static const struct gw_api_param params[] = {
#define PARAM(n, t, h) {#n, GW_API_##t, h},
#define TYPE(n, h)
#define FIELD(t, n, k, h)
#define GIVES(r, t)
#include "gw/admin/fields.def"
#undef PARAM
#undef TYPE
#undef FIELD
#undef GIVES
};

static const struct {
    const char *name;
    gw_api_own_fn *fn;
} own[] = {
    {"@ladder", gw_api_ladder},
    {"@pcapng", gw_api_pcapng},
    {"@openapi", gw_api_openapi},
    {"@session", gw_api_session},
    {"@login", gw_api_do_login},
    {"@logout", gw_api_do_logout},
    {"@accounts", gw_api_accounts},
    {"@account-put", gw_api_account_put},
    {"@account-delete", gw_api_account_delete},
    {"@records", gw_api_records},
    {"@records-csv", gw_api_records_csv},
    {"@events", gw_api_events},
    {"@tables", gw_api_tables},
    {"@table", gw_api_table},
    {"@rejects", gw_api_rejects},
    {"@table-put", gw_api_table_put},
};

const char *gw_api_method_name(enum gw_api_method m)
{
    static const char *const names[] = {"GET", "POST", "PUT", "DELETE"};
    return names[m];
}

const struct gw_api_param *gw_api_param_find(struct rt_str name)
{
    for (size_t i = 0; i < RT_COUNT(params); i++)
        if (rt_str_eq(name, params[i].name))
            return &params[i];
    return NULL;
}

const struct gw_api_row *gw_api_row_at(size_t i)
{
    return i < RT_COUNT(rows) ? &rows[i] : NULL;
}

const struct gw_api_use *gw_api_row_use(const struct gw_api_row *row, const char *name)
{
    for (unsigned i = 0; i < row->nuses; i++)
        if (strcmp(row->use[i].param->name, name) == 0)
            return &row->use[i];
    return NULL;
}

/* ---- compiling ---- */

static bool in_path(const struct gw_api_row *row, struct rt_str name)
{
    const char *p = row->path;

    while ((p = strchr(p, '{')) != NULL) {
        p++;
        if (strncmp(p, name.p, name.n) == 0 && p[name.n] == '}')
            return true;
    }
    return false;
}

/** `{x}` or `{x?}` was found. */
static int add_use(struct gw_api_row *row, struct rt_str name, bool optional, bool carried)
{
    bool flag = name.n > 0 && name.p[name.n - 1] == '?';
    const struct gw_api_param *param;

    name.n -= flag;
    param = gw_api_param_find(name);
    if (!param || row->nuses == GW_API_PARAMS || flag != (param->type == GW_API_FLAG))
        return EINVAL;
    row->use[row->nuses++] =
        (struct gw_api_use){param, flag, optional, in_path(row, name), carried};
    return 0;
}

static int add_uses(struct gw_api_row *row, struct rt_str word, bool optional, bool carried)
{
    int err = 0;

    for (const char *open; err == 0 && word.n > 0 && (open = memchr(word.p, '{', word.n));) {
        const char *close = memchr(open, '}', word.n - (size_t)(open - word.p));
        if (!close)
            return EINVAL;
        err =
            add_use(row, (struct rt_str){open + 1, (size_t)(close - open - 1)}, optional, carried);
        word.n -= (size_t)(close + 1 - word.p);
        word.p = close + 1;
    }
    return err;
}

static int add_word(struct gw_api_row *row, struct rt_str word, unsigned group)
{
    if (row->nwords == GW_API_WORDS)
        return EINVAL;
    row->word[row->nwords++] = (struct gw_api_word){word, group};
    return add_uses(row, word, group != 0, false);
}

static int compile(struct gw_api_row *row)
{
    struct rt_str rest = rt_str(row->request);
    unsigned group = 0, groups = 0;
    int err = 0;

    row->nwords = row->nuses = 0;
    row->carries = false;
    while (rest.n > 0 && err == 0) {
        struct rt_str word = rt_str_cut(&rest, ' ');
        bool opens = word.p[0] == '[', closes = word.p[word.n - 1] == ']';
        if (rt_str_eq(word, "<")) {
            row->carries = true;
            continue;
        }
        if (opens)
            group = ++groups;
        word = (struct rt_str){word.p + opens, word.n - opens - closes};
        err = row->carries ? add_uses(row, word, group != 0, true) : add_word(row, word, group);
        if (closes)
            group = 0;
    }
    return err;
}

static int find_own(struct gw_api_row *row)
{
    if (row->request[0] != '@')
        return 0;
    for (size_t i = 0; i < RT_COUNT(own); i++)
        if (rt_str_eq(row->word[0].text, own[i].name)) {
            row->own = own[i].fn;
            return 0;
        }
    return EINVAL;
}

int gw_api_rows_init(void)
{
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        int err = compile(&rows[i]);
        if (err == 0)
            err = find_own(&rows[i]);
        if (err != 0) {
            rt_log(RT_LOG_ADMIN, RT_ERROR, "row %s %s of the API is wrong: %s",
                   gw_api_method_name(rows[i].method), rows[i].path, rows[i].request);
            return err;
        }
    }
    return 0;
}

/* ---- paths ---- */

/** Fills in what the `{x}` of `pattern` are. */
static bool matches(struct gw_api_match *m, const struct gw_api_row *row, const char *path)
{
    struct rt_str pattern = rt_str(row->path), text = rt_str(path);
    unsigned n = 0;

    while (pattern.n > 0 && text.n > 0) {
        struct rt_str want = rt_str_cut(&pattern, '/'), have = rt_str_cut(&text, '/');
        bool part = want.n > 2 && want.p[0] == '{';
        if (part && have.n > 0 && n < RT_COUNT(m->part))
            m->part[n++].value = have;
        else if (part || want.n != have.n || memcmp(want.p, have.p, want.n) != 0)
            return false;
    }
    if (n < RT_COUNT(m->part))
        m->part[n].value = (struct rt_str){NULL, 0};
    return pattern.n == 0 && text.n == 0 && path[strlen(path) - 1] != '/';
}

static void name_parts(struct gw_api_match *m)
{
    const char *p = m->row->path;

    for (unsigned i = 0; i < RT_COUNT(m->part) && (p = strchr(p, '{')) != NULL; i++, p++) {
        struct rt_str name = {p + 1, strcspn(p + 1, "}")};
        const struct gw_api_param *param = gw_api_param_find(name);
        m->part[i].name = param ? param->name : "";
    }
}

void gw_api_match(struct gw_api_match *out, const char *method, const char *path)
{
    struct gw_api_match m = {.allowed = 0};

    *out = m;
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        if (path[0] != '/' || !matches(&m, &rows[i], path))
            continue;
        m.allowed = out->allowed | 1U << rows[i].method;
        if (!out->row && strcmp(method, gw_api_method_name(rows[i].method)) == 0) {
            m.row = &rows[i];
            name_parts(&m);
            *out = m;
        }
        out->allowed = m.allowed;
        m = (struct gw_api_match){.allowed = 0};
    }
}
