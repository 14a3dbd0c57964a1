/* CREATE TABLE from the one list of fields. */
#include "gw/cdr_sql.h"

static const char *const types[][2] = {
    [GW_CDR_TEXT] = {"TEXT", "text"},       [GW_CDR_INTEGER] = {"INTEGER", "bigint"},
    [GW_CDR_DECIMAL] = {"REAL", "numeric"}, [GW_CDR_TIME] = {"TEXT", "timestamptz"},
    [GW_CDR_FLAG] = {"INTEGER", "boolean"}, [GW_CDR_OBJECT] = {"TEXT", "jsonb"},
};

static void quoted(struct rt_buf *out, struct rt_str part)
{
    rt_buf_puts(out, "\"");
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] == '"')
            rt_buf_puts(out, "\"");
        rt_buf_put(out, part.p + i, 1);
    }
    rt_buf_puts(out, "\"");
}

void gw_cdr_sql_name(struct rt_buf *out, const char *name)
{
    struct rt_str rest = rt_str(name);

    while (rest.n > 0) {
        quoted(out, rt_str_cut(&rest, '.'));
        if (rest.n > 0)
            rt_buf_puts(out, ".");
    }
}

/** An index is in its table's schema and named without it. */
static void add_index(struct rt_buf *out, const char *table, const char *column)
{
    const char *dot = strrchr(table, '.');
    struct rt_buf name = {0};

    rt_buf_printf(&name, "%s_%s", dot ? dot + 1 : table, column);
    rt_buf_puts(out, "CREATE INDEX IF NOT EXISTS ");
    quoted(out, rt_buf_str(&name));
    rt_buf_puts(out, " ON ");
    gw_cdr_sql_name(out, table);
    rt_buf_printf(out, " (\"%s\");\n", column);
    rt_buf_release(&name);
}

static bool is_key(const char *field)
{
    return strcmp(field, "call_id") == 0 || strcmp(field, "attempt") == 0;
}

void gw_cdr_sql_create(struct rt_buf *out, const char *table, enum gw_cdr_dialect dialect)
{
    rt_buf_puts(out, "CREATE TABLE IF NOT EXISTS ");
    gw_cdr_sql_name(out, table);
    rt_buf_puts(out, " (\n");
    for (size_t i = 0; i < gw_cdr_nfields(); i++) {
        const char *name = gw_cdr_field_name(i);
        rt_buf_printf(out, "  \"%s\" %s%s,\n", name, types[gw_cdr_field_type(i)][dialect],
                      is_key(name) ? " NOT NULL" : "");
    }
    rt_buf_printf(out, "  \"json\" %s NOT NULL,\n", types[GW_CDR_OBJECT][dialect]);
    rt_buf_puts(out, "  PRIMARY KEY (\"call_id\", \"attempt\")\n);\n");
    add_index(out, table, "start_time");
    add_index(out, table, "seq");
}
