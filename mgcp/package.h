/* The registry of packages (RFC 3435 2.1.6, RFC 3660, 3064, 3624, 3991, 3992, 5347): which events
 * and signals there are, and of what kind. */
#ifndef MGCP_PACKAGE_H
#define MGCP_PACKAGE_H

#include "gw/rt/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum mgcp_signal_kind { MGCP_NO_SIGNAL, MGCP_BRIEF, MGCP_ON_OFF, MGCP_TIME_OUT };

/** Properties of a symbol, or-ed. */
enum mgcp_symbol_flag {
    MGCP_SYM_EVENT = 1,        /**< it can be detected */
    MGCP_SYM_STATE = 2,        /**< its state can be audited */
    MGCP_SYM_PERSISTENT = 4,   /**< told without being asked for */
    MGCP_SYM_EVENT_CONN = 8,   /**< on a connection too */
    MGCP_SYM_SIGNAL_CONN = 16, /**< likewise as a signal */
    MGCP_SYM_PARAMS = 32,      /**< a parameter must be there (538) */
    MGCP_SYM_VARIABLE = 64     /**< a time-out signal that ends by itself: it takes no "to" */
};

struct mgcp_symbol {
    const char *name;
    uint8_t flags, signal; /**< enum mgcp_symbol_flag, enum mgcp_signal_kind */
    uint16_t id;           /**< among all symbols */
    uint32_t timeout_ms;   /**< of a time-out signal; 0: for ever */
};

struct mgcp_package {
    const char *name;
    unsigned version;
    const struct mgcp_symbol *symbol;
    unsigned nsymbols;
};

/** All packages, ordered by name. */
extern const struct mgcp_package mgcp_packages[];
extern const unsigned mgcp_npackages;

/** By name, in any case; NULL: there is none. */
const struct mgcp_package *mgcp_package(struct rt_str name);
/** A symbol of a package by name, in any case; NULL. */
const struct mgcp_symbol *mgcp_symbol(const struct mgcp_package *p, struct rt_str name);
/** Whether time-outs may be given as a parameter "to" (RFC 3660 2). */
bool mgcp_package_takes_timeout(const struct mgcp_package *p);

#endif
