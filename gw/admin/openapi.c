/* The API's description of itself (OpenAPI 3.1), made of the rows that serve it and of fields.def:
 * it cannot say other than what is done.
 */
#include "gw/admin/api_priv.h"
#include "gw/version.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- lines ---- */

/** Of a call some are null as long as they are not known. */
enum kind {
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    OBJECT,
    ARRAY,
    OR_NULL,
    STRING_OR_NULL = OR_NULL,
    INTEGER_OR_NULL,
    NUMBER_OR_NULL,
    BOOLEAN_OR_NULL,
    OBJECT_OR_NULL
};

static const char *const kinds[] = {"string", "integer", "number", "boolean", "object", "array"};

struct field {
    const char *type, *name;
    enum kind kind;
    const char *help;
};

#define PARAM(n, t, h)
#define TYPE(n, h)
#define GIVES(r, t)
#define FIELD(t, n, k, h) {#t, #n, k, h},
static const struct field fields[] = {
#include "gw/admin/fields.def"
    {NULL, NULL, STRING, NULL},
};
#undef FIELD
#undef TYPE
#define FIELD(t, n, k, h)
#define TYPE(n, h) {#n, h},
static const struct {
    const char *name, *help;
} types[] = {
#include "gw/admin/fields.def"
    {NULL, NULL},
};
#undef TYPE
#undef GIVES
#define TYPE(n, h)
#define GIVES(r, t) {r, t},
static const struct {
    const char *request, *types;
} gives[] = {
#include "gw/admin/fields.def"
    {NULL, NULL},
};
#undef PARAM
#undef FIELD
#undef TYPE
#undef GIVES

static json_t *schema_of(enum kind kind, const char *help)
{
    if (kind >= OR_NULL)
        return json_pack("{s:[s, s], s:s}", "type", kinds[kind - OR_NULL], "null", "description",
                         help);
    return json_pack("{s:s, s:s}", "type", kinds[kind], "description", help);
}

static json_t *line_schema(const char *type, const char *help)
{
    json_t *properties = json_pack("{s:{s:s}}", "type", "const", type);

    for (const struct field *f = fields; f->type; f++)
        if (strcmp(f->type, type) == 0)
            json_object_set_new(properties, f->name, schema_of(f->kind, f->help));
    return json_pack("{s:s, s:s, s:o, s:[s]}", "type", "object", "description", help, "properties",
                     properties, "required", "type");
}

static json_t *schemas(void)
{
    json_t *out = json_object();

    for (size_t i = 0; types[i].name; i++)
        json_object_set_new(out, types[i].name, line_schema(types[i].name, types[i].help));
    json_object_set_new(
        out, "problem",
        json_pack("{s:s, s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}}", "type", "object",
                  "description", "What is wrong (RFC 9457); items are lines that say more.",
                  "properties", "type", "type", "string", "title", "type", "string", "status",
                  "type", "integer", "detail", "type", "string", "items", "type", "array"));
    return out;
}

/* ---- operations ---- */

/** The lines that a request is answered with, or NULL. */
static const char *types_of(const char *request)
{
    size_t best = 0;
    const char *found = NULL;

    for (size_t i = 0; gives[i].request; i++) {
        size_t n = strlen(gives[i].request);
        bool whole =
            strncmp(request, gives[i].request, n) == 0 && (request[n] == '\0' || request[n] == ' ');
        if (whole && n > best) {
            best = n;
            found = gives[i].types;
        }
    }
    return found;
}

static json_t *ref(const char *what, struct rt_str name)
{
    char text[120];

    (void)snprintf(text, sizeof text, "#/components/%s%.*s", what, RT_STR(name));
    return json_pack("{s:s}", "$ref", text);
}

static json_t *items_schema(const char *request)
{
    struct rt_str rest = rt_str(types_of(request));
    json_t *one = json_array();

    while (rest.n > 0)
        json_array_append_new(one, ref("schemas/", rt_str_cut(&rest, ' ')));
    json_t *item = json_array_size(one) > 0 ? json_pack("{s:O}", "oneOf", one)
                                            : json_pack("{s:s}", "type", "object");
    json_decref(one);
    return json_pack("{s:s, s:{s:{s:s, s:o}, s:{s:s}}, s:[s]}", "type", "object", "properties",
                     "items", "type", "array", "items", item, "note", "type", "string", "required",
                     "items");
}

/** Rows that do not answer with lines. */
static const struct {
    const char *request, *type;
} others[] = {{"@ladder", "image/svg+xml"},
              {"@pcapng", "application/x-pcapng"},
              {"@records-csv", "text/csv"},
              {"@events", "text/event-stream"},
              {"@table", "text/csv"}};

static json_t *content_of(const struct gw_api_row *row)
{
    struct rt_str first = row->word[0].text;

    for (size_t i = 0; i < RT_COUNT(others); i++)
        if (rt_str_eq(first, others[i].request))
            return json_pack("{s:{s:{s:s}}}", others[i].type, "schema", "type", "string");
    if (row->own == gw_api_openapi)
        return json_pack("{s:{s:{s:s}}}", GW_API_JSON, "schema", "type", "object");
    return json_pack("{s:{s:o}}", GW_API_JSON, "schema", items_schema(row->request));
}

static const struct {
    const char *status, *help;
} refusals[] = {
    {"400", "A parameter is wrong or missing."},
    {"401", "Nobody is logged in."},
    {"403", "The role is not enough, or the CSRF token is missing."},
    {"404", "There is no such thing."},
    {"409", "It cannot be done now."},
    {"413", "The body is too large."},
    {"415", "The body is of another type."},
    {"422", "The plan or the table is wrong."},
    {"429", "Too many wrong passwords."},
    {"503", "The gateway does not answer now."},
};

static json_t *responses(const struct gw_api_row *row)
{
    json_t *out =
        json_pack("{s:{s:s, s:o}}", "200", "description", "Done.", "content", content_of(row));

    for (size_t i = 0; i < RT_COUNT(refusals); i++)
        json_object_set_new(out, refusals[i].status, ref("responses/", rt_str(refusals[i].status)));
    return out;
}

static json_t *all_refusals(void)
{
    json_t *out = json_object();

    for (size_t i = 0; i < RT_COUNT(refusals); i++)
        json_object_set_new(out, refusals[i].status,
                            json_pack("{s:s, s:{s:{s:o}}}", "description", refusals[i].help,
                                      "content", "application/problem+json", "schema",
                                      ref("schemas/", rt_str("problem"))));
    return out;
}

static json_t *param_schema(const struct gw_api_use *use)
{
    static const char *const names[] = {
        [GW_API_STRING] = "string", [GW_API_INTEGER] = "integer", [GW_API_FLAG] = "boolean"};
    return json_pack("{s:s}", "type", names[use->param->type]);
}

/** Whether it goes in the body; else in the path or the query. */
static bool in_body(const struct gw_api_row *row, const struct gw_api_use *use)
{
    return !use->in_path && row->method != GW_API_GET && row->own != gw_api_table_put;
}

static json_t *parameters(const struct gw_api_row *row)
{
    json_t *out = json_array();

    for (unsigned i = 0; i < row->nuses; i++) {
        const struct gw_api_use *use = &row->use[i];
        if (!in_body(row, use))
            json_array_append_new(
                out, json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", use->param->name, "in",
                               use->in_path ? "path" : "query", "required", !use->optional,
                               "description", use->param->help, "schema", param_schema(use)));
    }
    return out;
}

static json_t *files_schema(const char *help)
{
    return json_pack("{s:s, s:s, s:{s:s, s:[s, s], s:{s:{s:s}, s:{s:s}}}}", "type", "array",
                     "description", help, "items", "type", "object", "required", "path", "text",
                     "properties", "path", "type", "string", "text", "type", "string");
}

static json_t *member_schema(const struct gw_api_use *use)
{
    if (use->carried && use->param->type == GW_API_STRING)
        return files_schema(use->param->help);
    json_t *schema = param_schema(use);
    json_object_set_new(schema, "description", json_string(use->param->help));
    return schema;
}

static json_t *body_of(const struct gw_api_row *row)
{
    json_t *properties = json_object(), *required = json_array();

    for (unsigned i = 0; i < row->nuses; i++) {
        const struct gw_api_use *use = &row->use[i];
        if (!in_body(row, use))
            continue;
        json_object_set_new(properties, use->param->name, member_schema(use));
        if (!use->optional)
            json_array_append_new(required, json_string(use->param->name));
    }
    json_object_set_new(properties, "reason", schema_of(STRING, "Why, for the audit log."));
    return json_pack("{s:b, s:{s:{s:{s:s, s:o, s:o, s:b}}}}", "required",
                     (int)(json_array_size(required) > 0), "content", GW_API_JSON, "schema", "type",
                     "object", "properties", properties, "required", required,
                     "additionalProperties", 0);
}

static json_t *operation(const struct gw_api_row *row)
{
    json_t *out =
        json_pack("{s:s, s:s, s:o, s:o}", "summary", row->help, "x-role", gw_role_name(row->role),
                  "parameters", parameters(row), "responses", responses(row));

    if (row->own == gw_api_table_put)
        json_object_set_new(out, "requestBody",
                            json_pack("{s:b, s:{s:{s:{s:s}}}}", "required", 1, "content",
                                      "text/csv", "schema", "type", "string"));
    else if (row->method != GW_API_GET)
        json_object_set_new(out, "requestBody", body_of(row));
    if (row->role == GW_ROLE_NONE)
        json_object_set_new(out, "security", json_array());
    return out;
}

static json_t *paths(void)
{
    json_t *out = json_object();
    const struct gw_api_row *row;

    for (size_t i = 0; (row = gw_api_row_at(i)) != NULL; i++) {
        const char *name = gw_api_method_name(row->method);
        char method[8] = "";
        for (size_t k = 0; name[k] && k + 1 < sizeof method; k++)
            method[k] = (char)tolower((unsigned char)name[k]);
        if (!json_object_get(out, row->path))
            json_object_set_new(out, row->path, json_object());
        json_object_set_new(json_object_get(out, row->path), method, operation(row));
    }
    return out;
}

/* ---- all of it ---- */

static json_t *security(void)
{
    return json_pack("{s:{s:s, s:s, s:s}, s:{s:s, s:s}}", "cookie", "type", "apiKey", "in",
                     "cookie", "name", GW_API_COOKIE, "key", "type", "http", "scheme", "bearer");
}

void gw_openapi(struct rt_buf *out)
{
    json_t *root = json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:[{s:[]}, {s:[]}], s:o, s:{s:o, s:o, s:o}}",
        "openapi", "3.1.0", "info", "title", "tandem", "version", GW_VERSION, "description",
        "A SIP <-> ISDN gateway. A write with a cookie needs the header X-CSRF-Token with the "
        "token "
        "that GET /session gives; keys, and users of this machine, need none.",
        "servers", "url", GW_API_PREFIX, "security", "cookie", "key", "paths", paths(),
        "components", "schemas", schemas(), "responses", all_refusals(), "securitySchemes",
        security());
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

    json_decref(root);
    if (text)
        rt_buf_puts(out, text);
    else
        out->failed = true;
    free(text);
}
