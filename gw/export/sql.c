/* Columns by the one list of fields (gw/cdr.h). */
#include "gw/export/sql.h"

#include "gw/cdr_sql.h"

void export_columns_add(struct export_columns *c, const char *name)
{
    for (size_t i = 0; i < gw_cdr_nfields() && c->n < RT_COUNT(c->name); i++)
        if (strcmp(gw_cdr_field_name(i), name) == 0)
            c->name[c->n++] = gw_cdr_field_name(i);
}

void export_columns_list(struct rt_buf *out, const struct export_columns *c, const char *prefix)
{
    for (size_t i = 0; i < c->n; i++) {
        rt_buf_printf(out, "%s%s", i == 0 ? "" : ", ", prefix);
        gw_cdr_sql_name(out, c->name[i]);
    }
}

char *export_place_table(const char *table)
{
    struct rt_buf name = {0};

    rt_buf_printf(&name, "%s_position", table);
    return name.failed ? NULL : name.p;
}
