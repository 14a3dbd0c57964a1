/* MGCP as text: what the scripted gateway and the scripted agent read and write. It knows nothing
 * of mgcp/ and shares nothing with it. */
#ifndef TEST_SCN_MGCP_TEXT_H
#define TEST_SCN_MGCP_TEXT_H

#include "scn.h"

#include "gw/rt/net.h"

/** A message that came, its line ends as '\n'. */
struct mgcp_said {
    struct mgcp_said *prev, *next;
    struct rt_str verb, tid, local, domain; /**< a response: its code, and tid */
    struct rt_str text, sdp;
    char data[];
};

/** A far end: its socket, what came and waits to be looked at. */
struct mgcp_far {
    struct rt_udp *sock;
    union rt_addr gateway;
    struct mgcp_said *commands, *responses;
    struct rt_buf last;    /**< the last datagram that it sent of its own accord */
    unsigned answered;     /**< the code of the last response */
    unsigned tid, mute;    /**< the last one of its own; datagrams still to lose */
    bool lost;             /**< it hears nothing */
    bool thinks;           /**< its answers wait */
    struct rt_buf late[8]; /**< those */
    unsigned nlate;
    struct rt_buf answers[8]; /**< the last that it gave */
    unsigned nanswers;
    /** Answers a command. False: it is not shown to the script. */
    bool (*command)(struct mgcp_far *f, const struct mgcp_said *m);
};

void mgcp_far_open(struct mgcp_far *f, struct rt_loop *loop, const char *address, uint16_t port);
void mgcp_far_close(struct mgcp_far *f);
/** Sends a command of its own; it is released. */
void mgcp_far_send(struct mgcp_far *f, struct rt_buf *text);
void mgcp_far_again(struct mgcp_far *f);
/** Sends the answer to a command; a repetition of it gets the same. */
void mgcp_far_answer(struct mgcp_far *f, struct rt_buf *text);
/** Sends the answers that wait. */
void mgcp_far_hurry(struct mgcp_far *f);
/** `VERB|CODE [ENDPOINT] [has A && B] [lacks A && B]`: the next that waits, of that endpoint.
 * NOTHING: none does. */
void mgcp_far_expect(struct mgcp_far *f, struct words *w);
/** Forgets what waits. */
void mgcp_far_skip(struct mgcp_far *f);

/** The value of the line `name`; no text: it has none. */
struct rt_str mgcp_said_line(const struct mgcp_said *m, const char *name);
bool mgcp_said_has(const struct mgcp_said *m, const char *name);
/** Where a description wants RTP. False: there is none. */
bool mgcp_said_media(union rt_addr *to, struct rt_str sdp);

#endif
