/* Inside the HTTP API: rows, parameters, a request on its way. */
#ifndef GW_ADMIN_API_PRIV_H
#define GW_ADMIN_API_PRIV_H

#include "gw/admin/api.h"
#include "gw/admin/login.h"
#include "gw/aside.h"

#include <jansson.h>

/* ---- rows (api_row.c) ---- */

enum gw_api_method { GW_API_GET, GW_API_POST, GW_API_PUT, GW_API_DELETE, GW_API_METHODS };
/** "GET" */
const char *gw_api_method_name(enum gw_api_method m);

enum gw_api_type { GW_API_STRING, GW_API_INTEGER, GW_API_FLAG };

/** What is known of a parameter's name, of fields.def. */
struct gw_api_param {
    const char *name;
    enum gw_api_type type;
    const char *help;
};
/** NULL: there is none. */
const struct gw_api_param *gw_api_param_find(struct rt_str name);

#define GW_API_PARAMS 8
#define GW_API_WORDS  16

/** A parameter of a row. */
struct gw_api_use {
    const struct gw_api_param *param;
    bool flag;     /**< `{x?}` */
    bool optional; /**< in brackets */
    bool in_path;
    bool carried; /**< goes along as JSON */
};

/** A word of the command; `group` 0: it always stands. */
struct gw_api_word {
    struct rt_str text; /**< with `{x}` in it */
    unsigned group;
};

struct gw_api_call;
typedef void gw_api_own_fn(struct gw_api_call *c);

struct gw_api_row {
    enum gw_api_method method;
    const char *path;
    enum gw_role role;
    const char *request, *help;
    /* compiled */
    struct gw_api_word word[GW_API_WORDS];
    unsigned nwords;
    struct gw_api_use use[GW_API_PARAMS];
    unsigned nuses;
    gw_api_own_fn *own; /**< of a row with `@` */
    bool carries;       /**< the body's members go along */
};

/** Compiles all rows once. EINVAL: one is wrong, which is logged. */
int gw_api_rows_init(void);
/** The `i`-th row; NULL behind the last. */
const struct gw_api_row *gw_api_row_at(size_t i);
/** The use of a name in a row, or NULL. */
const struct gw_api_use *gw_api_row_use(const struct gw_api_row *row, const char *name);

/** A row that matches a path, and what its `{x}` are; NULL: none does. `*allowed` gets the methods
 * that the path has, as bits. */
struct gw_api_match {
    const struct gw_api_row *row;
    struct {
        const char *name; /**< NULL behind the last */
        struct rt_str value;
    } part[4];
    unsigned allowed;
};
void gw_api_match(struct gw_api_match *out, const char *method, const char *path);

/* ---- a request on its way ---- */

struct gw_api_call {
    struct gw_api *api;
    struct rt_http_request *r; /**< NULL: the client has left */
    const struct gw_api_row *row;
    struct gw_api_who who;
    struct gw_asked *asked;
    struct gw_api_try *login;
    char *value[GW_API_PARAMS]; /**< as text, in the order of the row's; NULL: absent */
    unsigned wrong_status;      /**< its parameters are: the answer; 0: they are not */
    char wrong[160];
    char *reason;
    json_t *body; /**< an object; NULL: none */
    struct rt_buf carried;
    bool listens; /**< to events */
    bool aside;   /**< a thread works on it: it is freed afterwards */
    uint64_t at;  /**< of events: the last one that it has */
    struct gw_api_call *prev, *next;
};

struct gw_api {
    struct gw_api_config config;
    struct gw_api_call *calls;     /**< that wait for something */
    struct gw_api_call *listeners; /**< to events */
    unsigned nlisteners;
    struct rt_timer poll;
    uint64_t events_at;
    bool events_known; /**< `events_at` is where the gateway is */
    struct gw_asked *polling;
    rt_time spoke;  /**< when listeners last got something */
    rt_time looked; /**< when it was last looked who of them may still listen */
    struct gw_aside *aside;
    unsigned lookups; /**< of records, that wait for it or are under way */
    struct gw_logins *logins;
    struct gw_api_user {
        unsigned uid;
        char name[GW_ACCOUNT_NAME_LEN];
    } users[16]; /**< names of users of this machine that were asked for */
    unsigned nusers;
};

/** The value of a parameter, or NULL. */
const char *gw_api_value(const struct gw_api_call *c, const char *name);
bool gw_api_flag(const struct gw_api_call *c, const char *name);
/** Takes path, query and body apart. False: it was answered with 400 or 415. */
bool gw_api_take_params(struct gw_api_call *c, const struct gw_api_match *m);
/** Writes the words of the row's command; each is to be freed. False: no memory. */
bool gw_api_words(const struct gw_api_call *c, char *word[GW_API_WORDS], unsigned *n);

/* ---- answers; each ends the call ---- */

void gw_api_reply(struct gw_api_call *c, unsigned status, const char *type, struct rt_str body);
void gw_api_reply_with(struct gw_api_call *c, unsigned status, const char *type, struct rt_str body,
                       const char *name, const char *value);
void gw_api_refuse(struct gw_api_call *c, unsigned status, const char *fmt, ...) RT_PRINTF(3, 4);
/** JSON lines with their closing line become {"items": [...], "note": ...}, or a problem. */
void gw_api_reply_lines(struct gw_api_call *c, int code, unsigned status, struct rt_str lines);
/** {"items": [...]} of an array, which is taken over. */
void gw_api_reply_items(struct gw_api_call *c, json_t *items, const char *note);
void gw_api_call_free(struct gw_api_call *c);

/** Asks the signalling thread; `fn` is given the call. Answers 503 when it cannot. */
void gw_api_ask(struct gw_api_call *c, const struct gw_ask_request *r, gw_ask_fn *fn);
/** Leaves a line in the audit log about what the HTTP thread itself has done. */
void gw_api_note(struct gw_api_call *c, const char *what, const char *outcome);
void gw_api_note_of(struct gw_api *api, const struct gw_api_who *who, const char *why,
                    const char *what, const char *outcome);
/** True while who asked may still look: the session lasts, the account or its key is there. */
bool gw_api_lasts(const struct gw_api *api, const struct gw_api_who *who);
#define GW_API_JSON "application/json"

/* ---- rows of its own: api_own.c, api_accounts.c, api_records.c, api_events.c, api_tables.c ----
 */

gw_api_own_fn gw_api_ladder, gw_api_pcapng, gw_api_openapi;
gw_api_own_fn gw_api_session, gw_api_do_login, gw_api_do_logout;
gw_api_own_fn gw_api_accounts, gw_api_account_put, gw_api_account_delete;
gw_api_own_fn gw_api_records, gw_api_records_csv;
gw_api_own_fn gw_api_events;
gw_api_own_fn gw_api_tables, gw_api_table, gw_api_rejects, gw_api_table_put;
/** A listener has left. */
void gw_api_events_gone(struct gw_api_call *c);
/** Ends the streams of an account, or of one session of it. */
void gw_api_events_end(struct gw_api *api, const char *name, const char *csrf);
void gw_api_events_free(struct gw_api *api);
void gw_api_events_init(struct gw_api *api);

#endif
