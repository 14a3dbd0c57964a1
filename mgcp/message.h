/* MGCP messages (RFC 3435 3 and appendix A): read in place, written in order.
 *
 * Reading borrows slices of the datagram and allocates nothing. What is wrong with a command that
 * can still be answered is said by the return code that refuses it.
 */
#ifndef MGCP_MESSAGE_H
#define MGCP_MESSAGE_H

#include "gw/rt/buf.h"
#include "mgcp/config.h"

#include <stdbool.h>
#include <stdint.h>

#define MGCP_TID_MAX 999999999u
/** Lines of a message that are kept apart; further ones are there for mgcp_line_next() alone. */
#define MGCP_LINES 48

enum mgcp_verb {
    MGCP_EPCF,
    MGCP_CRCX,
    MGCP_MDCX,
    MGCP_DLCX,
    MGCP_RQNT,
    MGCP_NTFY,
    MGCP_AUEP,
    MGCP_AUCX,
    MGCP_RSIP,
    MGCP_MESG,
    MGCP_UNKNOWN_VERB, /**< experimental ones too: 504 */
    MGCP_VERBS
};
/** "EPCF", ...; "" for the unknown one. */
const char *mgcp_verb_name(enum mgcp_verb v);

/** Parameter lines (3.2.2). */
enum mgcp_param {
    MGCP_P_B,
    MGCP_P_C,
    MGCP_P_A,
    MGCP_P_I,
    MGCP_P_I2,
    MGCP_P_M,
    MGCP_P_P,
    MGCP_P_T,
    MGCP_P_D,
    MGCP_P_ES,
    MGCP_P_L,
    MGCP_P_MD,
    MGCP_P_N,
    MGCP_P_O,
    MGCP_P_PL,
    MGCP_P_Q,
    MGCP_P_E,
    MGCP_P_R,
    MGCP_P_F,
    MGCP_P_X,
    MGCP_P_K,
    MGCP_P_RD,
    MGCP_P_RM,
    MGCP_P_S,
    MGCP_P_Z,
    MGCP_P_Z2,
    MGCP_P_KNOWN,                  /**< so many */
    MGCP_P_PACKAGE = MGCP_P_KNOWN, /**< "B/PR": of a package */
    MGCP_P_VENDOR,                 /**< "X-": ignored when not known */
    MGCP_P_CRITICAL,               /**< "X+": 511 when not known */
    MGCP_P_STRANGE                 /**< 539 in a command, ignored in a response */
};
/** "B", ...; "" for what has no code. */
const char *mgcp_param_name(enum mgcp_param p);

struct mgcp_line {
    enum mgcp_param param;
    struct rt_str name, value; /**< the value without blanks around it */
};

struct mgcp_message {
    bool command;
    uint32_t tid;
    /* a command */
    enum mgcp_verb verb;
    struct rt_str verb_text;
    struct rt_str endpoint, local, domain; /**< whole name; before and after the "@" */
    struct rt_str version;                 /**< "1.0" */
    struct rt_str profile;                 /**< what follows it: "NCS 1.0"; empty: nothing */
    /* a response */
    unsigned code;
    struct rt_str package, comment; /**< "/S" of codes 8xx without the slash */
    /* both */
    struct mgcp_line line[MGCP_LINES];
    unsigned nlines;
    struct rt_str lines;  /**< all of them, for mgcp_line_next() */
    struct rt_str sdp[2]; /**< bodies after empty lines: LC before RC in a response to AUCX */
    unsigned nsdp;
    struct rt_str raw; /**< the whole message without what separates it from the next */
};

/** Takes the next message off the front of a datagram: messages stand behind each other with a line
 * "." between them (3.5.5).
 *  0: `*out` is good. ENOENT: nothing is left. EBADMSG: it cannot be answered, and is skipped.
 *  EPROTO: a command that can: `*refusal` is the return code (500, 504, 510, 511, 528, 539), with
 * `out->tid` known. Lines have their codes then as far as they could be read. */
int mgcp_read(struct mgcp_message *out, struct rt_str *datagram, unsigned *refusal);
/** The value of the first such line, or no text (`p` NULL) when there is none. */
struct rt_str mgcp_value(const struct mgcp_message *m, enum mgcp_param p);
bool mgcp_has(const struct mgcp_message *m, enum mgcp_param p);
/** Every line of `lines`, one after the other; `*lines` begins as m->lines. False: no more. */
bool mgcp_line_next(struct rt_str *lines, struct mgcp_line *out);
/** Checks which lines the verb must, may and must not have (table of 3.2.2), each once, and the
 * grammar of ids and numbers in them. 0, or the return code. */
unsigned mgcp_check_lines(const struct mgcp_message *m);
/** 1 to 32 hexadecimal digits. */
bool mgcp_is_id(struct rt_str s);

/** Writes messages. Begin with a command or a response, then lines in the standard's order, then
 * descriptions. Lines end with CRLF; a colon is followed by one blank. */
void mgcp_write_command(struct rt_buf *out, enum mgcp_verb v, uint32_t tid, struct rt_str local,
                        struct rt_str domain, const struct mgcp_peculiar *p);
/** `comment` NULL: the code's own text. `package` NULL: none. */
void mgcp_write_response(struct rt_buf *out, unsigned code, uint32_t tid, const char *package,
                         const char *comment);
void mgcp_write_line(struct rt_buf *out, const char *name, struct rt_str value);
void mgcp_write_linef(struct rt_buf *out, const char *name, const char *fmt, ...) RT_PRINTF(3, 4);
/** An empty line, and the description. */
void mgcp_write_sdp(struct rt_buf *out, struct rt_str sdp);
/** Puts what separates two messages of a datagram. */
void mgcp_write_separator(struct rt_buf *out);

#endif
