/* Columns of a table: by place, by header name, or as the first line says. */
#include "dialplan/rows_priv.h"

#include <errno.h>
#include <stdio.h>

static int find_field(const char *const *fields, struct rt_str name)
{
    for (int i = 0; fields[i] && i < DP_ROW_FIELDS; i++)
        if (rt_str_caseeq(name, fields[i]))
            return i;
    return -1;
}

static int bind_column(struct dp_columns *c, unsigned column, int field, char why[DP_ROWS_WHY])
{
    if (c->has & 1u << field) {
        snprintf(why, DP_ROWS_WHY, "column %u is given twice", column + 1);
        return EINVAL;
    }
    c->field[column] = (signed char)field;
    c->has |= 1u << field;
    if (column >= c->need)
        c->need = column + 1;
    return 0;
}

static int unknown_field(struct rt_str name, char why[DP_ROWS_WHY])
{
    snprintf(why, DP_ROWS_WHY, "unknown column \"%.*s\"", (int)(name.n < 60 ? name.n : 60), name.p);
    return EINVAL;
}

/** `prefix:dialcode`: the column whose header is `dialcode`. */
static int bind_by_header(struct dp_columns *c, struct rt_str name, struct rt_str header,
                          const struct dp_rows_config *cfg, const struct rt_str *cell,
                          unsigned ncells, char why[DP_ROWS_WHY])
{
    int field = find_field(cfg->fields, name);

    if (field < 0)
        return unknown_field(name, why);
    for (unsigned i = 0; i < ncells; i++)
        if (cell[i].n == header.n && strncasecmp(cell[i].p, header.p, header.n) == 0)
            return bind_column(c, i, field, why);
    snprintf(why, DP_ROWS_WHY, "no column is headed \"%.*s\"", (int)(header.n < 60 ? header.n : 60),
             header.p);
    return EINVAL;
}

static int bind_given(struct dp_columns *c, bool *header, const struct dp_rows_config *cfg,
                      const struct rt_str *cell, unsigned ncells, char why[DP_ROWS_WHY])
{
    struct rt_str rest = rt_str(cfg->columns);
    unsigned place = 0;
    int err = 0;

    while (err == 0 && rest.n > 0) {
        struct rt_str part = rt_str_cut(&rest, ','), word = rt_str_trim(part);
        struct rt_str name = rt_str_trim(rt_str_cut(&word, ':'));
        if (word.n > 0) {
            *header = true;
            err = bind_by_header(c, name, rt_str_trim(word), cfg, cell, ncells, why);
            continue;
        }
        int field = find_field(cfg->fields, name);
        if (place >= DP_ROW_COLUMNS)
            err = E2BIG;
        else if (field >= 0)
            err = bind_column(c, place, field, why);
        else if (!rt_str_eq(name, "-"))
            err = unknown_field(name, why);
        place++;
    }
    if (err == 0 && *header && place > 0) {
        snprintf(why, DP_ROWS_WHY, "columns are either all FIELD:HEADER or all by place");
        err = EINVAL;
    }
    return err;
}

/** A heading, where numbers stand otherwise: it has a letter beyond A-F and no digit. */
static bool is_heading(struct rt_str s)
{
    bool letter = false;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i] | 0x20;
        if (s.p[i] >= '0' && s.p[i] <= '9')
            return false;
        letter |= c > 'f' && c <= 'z';
    }
    return letter;
}

static int bind_first_line(struct dp_columns *c, bool *header, const struct dp_rows_config *cfg,
                           const struct rt_str *cell, unsigned ncells, char why[DP_ROWS_WHY])
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < ncells && i < DP_ROW_COLUMNS; i++) {
        int field = find_field(cfg->fields, cell[i]);
        if (field >= 0)
            err = bind_column(c, i, field, why);
    }
    *header = c->has != 0;
    if (err != 0 || *header)
        return err;
    if (ncells == 1 && !is_heading(cell[0]))
        return bind_column(c, 0, 0, why);
    snprintf(why, DP_ROWS_WHY, "the first line names no column \"%s\"", cfg->fields[0]);
    return EINVAL;
}

/** Whether the line is the header of columns given by place. */
static bool heads(const struct dp_columns *c, const struct rt_str *cell, unsigned ncells)
{
    unsigned best = DP_ROW_FIELDS, column = 0;

    for (unsigned i = 0; i < DP_ROW_COLUMNS; i++)
        if (c->field[i] >= 0 && (unsigned)c->field[i] < best) {
            best = (unsigned)c->field[i];
            column = i;
        }
    return best < DP_ROW_FIELDS && column < ncells && is_heading(cell[column]);
}

int dp_columns_bind(struct dp_columns *c, bool *header, const struct dp_rows_config *cfg,
                    const struct rt_str *cell, unsigned ncells, char why[DP_ROWS_WHY])
{
    *c = (struct dp_columns){.has = 0};
    memset(c->field, -1, sizeof c->field);
    *header = false;
    if (!cfg->columns || !*cfg->columns)
        return bind_first_line(c, header, cfg, cell, ncells, why);
    int err = bind_given(c, header, cfg, cell, ncells, why);
    if (err == 0 && !*header)
        *header = heads(c, cell, ncells);
    return err;
}
