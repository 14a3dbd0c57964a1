/* The file of accounts: its lines read, kept in their order, and written back. */
#include "gw/admin/accounts_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

bool gw_account_name_good(struct rt_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '\0' || (!letter && (c < '0' || c > '9') && !strchr(".-_@", c)))
            return false;
    }
    return name.n > 0 && name.n < GW_ACCOUNT_NAME_LEN;
}

/** What is wrong with a line, or NULL. */
static const char *take_account(struct gw_account_line *l, struct rt_str line)
{
    struct rt_str name = rt_str_cut(&line, ':'), role = rt_str_cut(&line, ':');

    if (!gw_account_name_good(name))
        return "not NAME:ROLE:HASH, or a bad name";
    rt_str_copy(l->account.name, sizeof l->account.name, name);
    if (gw_role_parse(&l->account.role, role) != 0)
        return "the role is not one of viewer, operator, planner, admin";
    if (!gw_hash_good(line, &l->account.key))
        return "not a hash that begins with $y$, $7$ or key$";
    rt_str_copy(l->hash, sizeof l->hash, line);
    return NULL;
}

static const struct gw_account_line *line_of(const struct gw_account_line *lines, const char *name)
{
    const struct gw_account_line *l;

    DL_FOREACH(lines, l)
    if (!l->text && strcmp(l->account.name, name) == 0)
        return l;
    return NULL;
}

struct gw_account_line *gw_account_line(const struct gw_accounts *a, const char *name)
{
    struct gw_account_line *l;

    DL_FOREACH(a->lines, l)
    if (!l->text && strcmp(l->account.name, name) == 0)
        return l;
    return NULL;
}

/** Reads one line; `*what` is what is wrong with it. */
static int take_line(struct gw_account_line **lines, struct rt_str line, const char **what)
{
    struct gw_account_line *l = calloc(1, sizeof *l);
    struct rt_str trimmed = rt_str_trim(line);

    if (!l)
        return ENOMEM;
    if (trimmed.n == 0 || trimmed.p[0] == '#') {
        l->text = rt_str_dup(line);
        if (!l->text) {
            free(l);
            return ENOMEM;
        }
    } else {
        *what = take_account(l, trimmed);
        if (!*what && line_of(*lines, l->account.name))
            *what = "this name is there already";
    }
    DL_APPEND(*lines, l);
    return 0;
}

int gw_accounts_read(struct gw_account_line **lines, struct rt_str text, const char *path,
                     struct rt_buf *why)
{
    unsigned number = 0;
    int err = 0;

    while (text.n > 0) {
        const char *what = NULL;
        int failed = take_line(lines, rt_str_cut(&text, '\n'), &what);
        number++;
        if (failed != 0)
            return failed;
        if (what) {
            rt_buf_printf(why, "%s%s:%u: %s", why->n > 0 ? "\n" : "", path, number, what);
            err = EINVAL;
        }
    }
    return err;
}

void gw_account_lines_free(struct gw_account_line **lines)
{
    struct gw_account_line *l, *next;

    DL_FOREACH_SAFE(*lines, l, next)
    {
        free(l->text);
        explicit_bzero(l->hash, sizeof l->hash);
        free(l);
    }
    *lines = NULL;
}

void gw_account_line_put(struct rt_buf *out, const struct gw_account_line *l)
{
    if (l->text)
        rt_buf_printf(out, "%s\n", l->text);
    else
        rt_buf_printf(out, "%s:%s:%s\n", l->account.name, gw_role_name(l->account.role), l->hash);
}
