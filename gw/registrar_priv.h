/* What the files of the registrar share. */
#ifndef GW_REGISTRAR_PRIV_H
#define GW_REGISTRAR_PRIV_H

#include "gw/registrar.h"
#include "gw/state_file.h"

#include <uthash.h>

struct gw_aor;

/** A binding; `pub` points into what it owns. */
struct gw_bound {
    struct gw_binding pub;
    struct gw_registrar *registrar;
    struct gw_aor *aor;
    uint64_t serial; /**< of its last update: the newest has the largest */
    struct rt_timer timer;
    struct gw_bound *prev, *next;
};

/** A user that has bindings. */
struct gw_aor {
    char *user;
    struct gw_bound *bounds;
    unsigned n;
    UT_hash_handle hh;
};

struct gw_registrar {
    struct rt_loop *loop;
    struct gw_registrar_plan *plan;
    struct gw_users *users;
    struct gw_aor *aors;
    unsigned n;
    uint64_t serial;
    struct gw_state_file *state; /**< NULL: none is kept */
    struct rt_timer save;        /**< what changed is written soon */
};

/* registrar_store.c */
struct gw_bound *gw_registrar_same(const struct gw_registrar *r, const char *user,
                                   struct rt_str uri);
unsigned gw_registrar_bounds(const struct gw_registrar *r, const char *user);
/** Makes a binding like `b`, or renews the one with that URI. ENOMEM: all is as before. */
int gw_registrar_bind(struct gw_registrar *r, const struct gw_binding *b);
void gw_registrar_unbind(struct gw_registrar *r, struct gw_bound *b);
/** Removes all of a user's, or everybody's when `user` is NULL. */
void gw_registrar_clear(struct gw_registrar *r, const char *user);

/* registrar_state.c: the file, written by a thread of its own so that no disk delays a call */
int gw_registrar_state_new(struct gw_state_file **out, const char *path);
/** Hands the bindings to the thread; what it had not begun to write is replaced. */
void gw_registrar_state_write(struct gw_registrar *r);
/** Reads the file into the registrar; an absent one is no error. */
int gw_registrar_state_read(struct gw_registrar *r);

#endif
