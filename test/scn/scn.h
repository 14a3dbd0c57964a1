/* The scenario runner's parts: a SIP peer made of text, an ISDN network made of isdn/, and the
 * script between them. */
#ifndef TEST_SCN_SCN_H
#define TEST_SCN_SCN_H

#include "gw/gw.h"
#include "gw/rt/buf.h"

/** What is wrong with the line in progress; the script ends at the first. */
void scn_fail(const char *fmt, ...) RT_PRINTF(1, 2);
bool scn_failed(void);

/** The words of a line, taken one by one. */
struct words {
    struct rt_str rest;
};
/** The next word, or an empty one. */
struct rt_str word(struct words *w);
/** The number after the word `name`, anywhere in the rest of the line; `absent` when it is not
 * there. */
long option(const struct words *w, const char *name, long absent);
/** The word after `name`, or an empty one. */
struct rt_str option_word(const struct words *w, const char *name);
bool flag(const struct words *w, const char *name);
/** Cuts the rest of the line after the word `name` off the words and returns it; empty: absent. */
struct rt_str tail(struct words *w, const char *name);

/* sip_peer.c */
#define SCN_PEERS 3
/** Which of them the next commands are for: 0, 1, or 2. */
void sip_peer_choose(unsigned i);
void sip_peer_start(void);
void sip_peer_stop(void);
void sip_peer_move(struct rt_str address);
void sip_peer_send(struct words *w);
void sip_peer_again(void);
/** One RTP packet to where the gateway's last description says. */
void sip_peer_rtp(void);
/** Answers the last request, or with `invite` the last INVITE. */
void sip_peer_reply(struct words *w, bool invite);
void sip_peer_expect(struct words *w);
void sip_peer_expect_either(struct words *w);
void sip_peer_drop(unsigned n);
/** The hook's question: is this datagram one to lose? */
bool sip_peer_loses(const union rt_addr *to);

/** Where the gateway's last description for peer `i` wants RTP. False: nowhere. */
bool sip_peer_media(unsigned i, union rt_addr *to);

/** Its last message with a body, or without. */
struct rt_str sip_peer_said(void);

/* apply.c */
/** The plan `after` comes into force in a gateway that runs with `before`. */
void apply_plan(struct gw *gw, struct rt_str before, struct rt_str after);
void apply_stop(void);

/* path_peer.c */
/** `CHECK [former] [refused]`: a connectivity check that nominates, with the last credentials of
 * the gateway's, or those before; it is answered well, or not. */
void path_check(struct words *w);
/** `SHAKE active|passive [refused]`: a DTLS handshake in that role, which must give keys, or none.
 */
void path_shake(struct words *w);
/** Its certificate's fingerprint, for SDP. */
const char *path_print(void);
void path_stop(void);

/* sounds.c */
/** `SOUND PATH DIGIT MS` lines are files that the plan may name. */
void scn_sounds(struct rt_str script);
/** The file is a recording of so many milliseconds. */
void scn_recorded(struct rt_str path, unsigned least, unsigned most);

/* iad_peer.c: a gateway with telephones and circuits, at 10.0.0.9:2427 */
void iad_peer_start(struct rt_loop *loop);
void iad_peer_stop(void);
void iad_peer_command(struct words *w);
/** Where the first connection of its first line sends RTP. False: nowhere. */
bool iad_peer_media(union rt_addr *to);

/* agent_peer.c: an agent that directs channels of ours, at 10.0.0.8:2727 */
void agent_peer_start(struct rt_loop *loop);
void agent_peer_stop(void);
void agent_peer_command(struct words *w);
/** Where its last connection is heard. False: nowhere. */
bool agent_peer_media(union rt_addr *to);

/* voice.c: sound of the first two SIP peers, of the MGCP peers, and of a channel of the line */
#define VOICE_IAD   2
#define VOICE_AGENT 3
/** `TALK [payload N]`: silence for 600 ms. */
void voice_talk(unsigned peer, struct words *w);
/** `DIAL D [event]`: the digit for 100 ms, then silence; `DIAL 2100`: that tone for 600 ms. */
void voice_dial(unsigned peer, struct words *w);
/** `HEAR D [event]`, `HEAR NOTHING`, `HEAR payload N` */
void voice_hear(unsigned peer, struct words *w);
/** A tone from now on; `HEAR STEADY` where it goes. */
void voice_hum(unsigned peer);
void voice_line_hum(void);
/** The channel that is spoken on. */
void voice_line(unsigned timeslot);
void voice_line_dial(struct words *w);
void voice_line_hear(struct words *w);
void voice_stop(void);
struct isdn_block;
void voice_tdm(void *arg, struct isdn_block *b);

/* admin.c */
void admin_command(struct gw *gw, struct words *w);
void admin_check_free(struct words *w);

/* net_peer.c */
/** `user`: the gateway is the network, this side a PBX. `timeslots`: that the line carries. */
void net_peer_start(struct rt_loop *loop, bool user, const char *variant, uint32_t timeslots);
void net_peer_stop(void);
void net_peer_command(struct words *w);
struct isdn_span *net_peer_span(void);
/** The hook's question: is the line cut? */
bool net_peer_cut(const union rt_addr *to);

#define SCN_GATEWAY "10.0.0.1"
#define SCN_NETWORK "10.0.0.9:7002"

#endif
