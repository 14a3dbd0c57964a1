/* The SIP peer: requests and responses as text, with just enough memory of its one call to write
 * the next message. It is no SIP stack and trusts nothing of ours.
 */
#include "scn.h"

#include "gw/rt/net.h"
#include "sip/uri.h"
#include "test/fake/fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SDP                                                                                        \
    "v=0\r\no=- 1 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %.*s\r\nt=0 0\r\nm=audio 30000 "                 \
    "%.*s %s\r\n%s%sa=%s\r\n"
#define EVENTS "a=rtpmap:101 telephone-event/8000\r\n"
#define CLEAR  "a=rtpmap:97 CLEARMODE/8000\r\n"

static union rt_addr gateway;
static unsigned calls, branches, sdp_version;

/* A far end with its one call. */
struct peer {
    const char *host;
    uint16_t port;
    struct rt_udp *sock;
    unsigned to_drop;
    struct rt_buf last_sent, request, invite, former, response;
    char call_id[64], local[128], remote[160], early[160], target[128], branch[64];
    unsigned cseq, invite_cseq;
    char former_branch[64], former_target[128]; /* of our INVITE before the last one */
    int payload;               /* the codec its descriptions name: a static payload type */
    bool clear, clear_too;     /* they name CLEARMODE alone, or as well */
    bool no_events;            /* they name no telephone-event */
    struct rt_str payloads;    /* of the line in progress: "9,0,8" instead of `payload` */
    struct rt_str name;        /* likewise: a host name instead of the address */
    uint16_t media;            /* where the gateway wants RTP, 0: not known */
    struct rt_str profile;     /* likewise: of the m= line instead of RTP/AVP */
    struct rt_str media_lines; /* likewise: more attributes of the stream, "a=x|a=y" */
    struct rt_str with;        /* header fields of the line in progress, "A: b|C: d" */
    struct rt_str body, type;  /* of the line in progress: no SDP; "|" is a new line */
    char replaces[320];        /* likewise: a Replaces, or empty */
};

/* The third is another line of the first one. */
static struct peer peers[SCN_PEERS] = {{.host = "10.0.0.2", .port = 5060, .payload = 8},
                                       {.host = "10.0.0.3", .port = 5060, .payload = 8},
                                       {.host = "10.0.0.2", .port = 5062, .payload = 8}};
static struct peer *peer = &peers[0];

void sip_peer_choose(unsigned i)
{
    peer = &peers[i];
}

static void open_socket(struct peer *p)
{
    union rt_addr a;

    rt_addr_parse(&a, p->host, strlen(p->host), p->port);
    if (rt_udp_open(&p->sock, NULL, &a, NULL, NULL) != 0)
        scn_fail("no socket for the SIP peer");
}

void sip_peer_start(void)
{
    rt_addr_parse(&gateway, SCN_GATEWAY, strlen(SCN_GATEWAY), 5060);
    for (size_t i = 0; i < RT_COUNT(peers); i++)
        open_socket(&peers[i]);
}

void sip_peer_move(struct rt_str address)
{
    union rt_addr a;

    rt_udp_close(peer->sock);
    if (rt_addr_parse(&a, address.p, address.n, 5060) != 0 ||
        rt_udp_open(&peer->sock, NULL, &a, NULL, NULL) != 0)
        scn_fail("no such address");
}

static void release(struct peer *p)
{
    struct rt_buf *const all[] = {&p->last_sent, &p->request, &p->invite, &p->former, &p->response};

    for (size_t i = 0; i < RT_COUNT(all); i++)
        rt_buf_release(all[i]);
    rt_udp_close(p->sock);
}

void sip_peer_stop(void)
{
    for (size_t i = 0; i < RT_COUNT(peers); i++)
        release(&peers[i]);
}

void sip_peer_drop(unsigned n)
{
    peer->to_drop = n;
}

bool sip_peer_loses(const union rt_addr *to)
{
    for (size_t i = 0; i < RT_COUNT(peers); i++)
        if (peers[i].to_drop > 0 && rt_addr_equal(to, rt_udp_local(peers[i].sock))) {
            peers[i].to_drop--;
            return true;
        }
    return false;
}

/* ---- reading ---- */

/** A header field's value in a message, by its long name at the start of a line. */
static struct rt_str header(const struct rt_buf *msg, const char *name)
{
    struct rt_str rest = rt_buf_str(msg);

    while (rest.n > 0) {
        struct rt_str line = rt_str_cut(&rest, '\n');
        struct rt_str key = rt_str_cut(&line, ':');
        if (rt_str_caseeq(rt_str_trim(key), name))
            return rt_str_trim(line);
    }
    return (struct rt_str){"", 0};
}

static void copy_target(const struct rt_buf *msg)
{
    struct rt_str v = header(msg, "Contact");

    rt_str_cut(&v, '<');
    rt_str_copy(peer->target, sizeof peer->target, rt_str_cut(&v, '>'));
}

static void keep(struct rt_buf *slot, const void *data, size_t n)
{
    rt_buf_reset(slot);
    rt_buf_put(slot, data, n);
}

static bool receive(char *data, size_t cap, size_t *n)
{
    union rt_addr from;

    fake_settle();
    return rt_udp_recv(peer->sock, data, cap, n, &from) == 0;
}

/* ---- sending ---- */

static void send_text(const struct rt_buf *b)
{
    keep(&peer->last_sent, b->p, b->n);
    rt_udp_send(peer->sock, b->p, b->n, &gateway);
    fake_settle();
}

/** The dialog of an INVITE that the peer has not answered yet. */
static void name_early_dialog(const struct peer *p)
{
    struct rt_str id = header(&p->invite, "Call-ID"), from = header(&p->invite, "From");
    const char *tag = memmem(from.p, from.n, ";tag=", 5);

    if (tag)
        snprintf(peer->replaces, sizeof peer->replaces, "%.*s;to-tag=%.*s;from-tag=peer-uas",
                 RT_STR(id), (int)(from.p + from.n - tag - 5), tag + 5);
}

/** Another peer's dialog as the gateway knows it: its own tag is `to-tag` (RFC 3891 3). */
static void name_dialog(const struct words *w)
{
    uint64_t n = 0;

    peer->replaces[0] = '\0';
    if (rt_str_u64(&n, option_word(w, "replaces"), SCN_PEERS) != 0 || n == 0)
        return;
    const struct peer *p = &peers[n - 1];
    if (p->call_id[0] == '\0' && p->invite.n > 0) {
        name_early_dialog(p);
        return;
    }
    const char *ours = strstr(p->local, ";tag=");
    const char *theirs = strstr(strstr(p->remote, ";tag=") ? p->remote : p->early, ";tag=");
    snprintf(peer->replaces, sizeof peer->replaces, "%s;to-tag=%s;from-tag=%s%s", p->call_id,
             theirs ? theirs + 5 : "none", ours ? ours + 5 : "none",
             flag(w, "early-only") ? ";early-only" : "");
}

static void add_text(struct rt_buf *b)
{
    struct rt_buf text = {0};

    for (size_t i = 0; i < peer->body.n; i++)
        if (peer->body.p[i] == '|')
            rt_buf_puts(&text, "\r\n");
        else
            rt_buf_put(&text, peer->body.p + i, 1);
    rt_buf_printf(b, "Content-Type: %.*s\r\nContent-Length: %zu\r\n\r\n", RT_STR(peer->type),
                  text.n);
    rt_buf_put(b, text.p, text.n);
    rt_buf_release(&text);
    peer->body = (struct rt_str){"", 0};
}

static void add_sdp(struct rt_buf *b, const char *direction)
{
    bool events = !peer->clear && !peer->no_events;
    char formats[64] = "97", list[40];
    struct rt_str name = peer->name.n ? peer->name : rt_str(peer->host);

    snprintf(list, sizeof list, "%d", peer->payload);
    if (peer->payloads.n > 0)
        rt_str_copy(list, sizeof list, peer->payloads);
    for (char *p = list; *p; p++)
        *p = *p == ',' ? ' ' : *p;
    if (!peer->clear)
        snprintf(formats, sizeof formats, "%s%s%s", list, peer->clear_too ? " 97" : "",
                 events ? " 101" : "");
    rt_buf_printf(b, SDP, ++sdp_version, peer->host, RT_STR(name),
                  RT_STR(peer->profile.n ? peer->profile : rt_str("RTP/AVP")), formats,
                  peer->clear || peer->clear_too ? CLEAR : "", events ? EVENTS : "", direction);
    for (struct rt_str rest = peer->media_lines; rest.n > 0;) {
        struct rt_str line = rt_str_cut(&rest, '|');
        rt_buf_printf(b, "%.*s%s%s\r\n", RT_STR(line), rt_str_eq(line, "a=fingerprint") ? ":" : "",
                      rt_str_eq(line, "a=fingerprint") ? path_print() : "");
    }
    peer->media_lines = (struct rt_str){"", 0};
}

static void add_body(struct rt_buf *b, const char *direction)
{
    struct rt_buf sdp = {0};

    for (struct rt_str rest = peer->with; rest.n > 0;) {
        struct rt_str field = rt_str_cut(&rest, '|');
        rt_buf_printf(b, "%.*s\r\n", RT_STR(field));
    }
    peer->with = (struct rt_str){"", 0};
    if (peer->body.n > 0) {
        add_text(b);
        return;
    }
    if (direction)
        add_sdp(&sdp, direction);
    if (direction)
        rt_buf_puts(b, "Content-Type: application/sdp\r\n");
    rt_buf_printf(b, "Content-Length: %zu\r\n\r\n", sdp.n);
    rt_buf_put(b, sdp.p ? sdp.p : "", sdp.n);
    rt_buf_release(&sdp);
}

static void send_request(const char *method, const char *uri, unsigned number,
                         const char *direction)
{
    struct rt_buf b = {0};
    char me[RT_ADDR_LEN];

    rt_addr_format(me, rt_udp_local(peer->sock));
    rt_buf_printf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s\r\n", method, uri, me,
                  peer->branch);
    rt_buf_printf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n", peer->local,
                  peer->remote, peer->call_id, number, method);
    rt_buf_printf(&b, "Contact: <sip:%s>\r\n", me);
    if (peer->with.n == 0 || !memmem(peer->with.p, peer->with.n, "Max-Forwards:", 13))
        rt_buf_puts(&b, "Max-Forwards: 70\r\n");
    add_body(&b, direction);
    send_text(&b);
    rt_buf_release(&b);
}

static void new_branch(void)
{
    snprintf(peer->branch, sizeof peer->branch, "z9hG4bK-scn-%u", ++branches);
}

static void send_invite(struct words *w)
{
    struct rt_str from = option_word(w, "from"), number = word(w);
    char uri[96];

    if (memmem(number.p, number.n, ":", 1))
        rt_str_copy(uri, sizeof uri, number); /* a whole URI */
    else
        snprintf(uri, sizeof uri, "sip:%.*s@" SCN_GATEWAY, RT_STR(number));
    snprintf(peer->call_id, sizeof peer->call_id, "scn-%u@peer", ++calls);
    snprintf(peer->local, sizeof peer->local, "<%.*s>;tag=peer%u", from.n ? (int)from.n : 16,
             from.n ? from.p : "sip:123@10.0.0.2", calls);
    snprintf(peer->remote, sizeof peer->remote, "<%s>", uri);
    rt_str_copy(peer->target, sizeof peer->target, rt_str(uri));
    peer->cseq = peer->invite_cseq = 1;
    char replaces[340];
    snprintf(replaces, sizeof replaces, "Replaces: %s", peer->replaces);
    if (peer->replaces[0])
        peer->with = rt_str(replaces);
    new_branch();
    send_request("INVITE", uri, peer->cseq, flag(w, "no-sdp") ? NULL : "sendrecv");
}

/** A further INVITE of the same call, with another number (RFC 3578 3.2). */
static void send_more(struct words *w)
{
    struct rt_str number = word(w);
    char uri[96];

    snprintf(uri, sizeof uri, "sip:%.*s@" SCN_GATEWAY, RT_STR(number));
    rt_str_copy(peer->former_branch, sizeof peer->former_branch, rt_str(peer->branch));
    rt_str_copy(peer->former_target, sizeof peer->former_target, rt_str(peer->target));
    snprintf(peer->remote, sizeof peer->remote, "<%s>", uri);
    rt_str_copy(peer->target, sizeof peer->target, rt_str(uri));
    peer->cseq = (unsigned)option(w, "cseq", peer->cseq + 1);
    peer->invite_cseq = peer->cseq;
    new_branch();
    send_request("INVITE", uri, peer->cseq, flag(w, "no-sdp") ? NULL : "sendrecv");
}

/** ACK to the refusal of the INVITE before the last one. */
static void send_former_ack(void)
{
    struct rt_str number = header(&peer->response, "CSeq");
    uint64_t cseq = 0;
    char branch[sizeof peer->branch];

    rt_str_u64(&cseq, rt_str_cut(&number, ' '), 1000000);
    rt_str_copy(branch, sizeof branch, rt_str(peer->branch));
    rt_str_copy(peer->branch, sizeof peer->branch, rt_str(peer->former_branch));
    send_request("ACK", peer->former_target, (unsigned)cseq, NULL);
    rt_str_copy(peer->branch, sizeof peer->branch, rt_str(branch));
}

/** Before the answer the dialog is the provisional response's. */
static void use_early_dialog(void)
{
    if (!strstr(peer->remote, ";tag="))
        rt_str_copy(peer->remote, sizeof peer->remote, rt_str(peer->early));
}

static void send_reinvite(struct words *w)
{
    struct rt_str direction = word(w);
    char text[16];

    rt_str_copy(text, sizeof text, direction);
    use_early_dialog();
    peer->invite_cseq = ++peer->cseq;
    new_branch();
    send_request("INVITE", peer->target, peer->cseq, rt_str_eq(direction, "no-sdp") ? NULL : text);
}

/** ACK to the last final response: a 2xx has a transaction of its own, the others are part of the
 * INVITE's. */
static void send_ack(struct words *w)
{
    bool success = peer->response.n > 8 && peer->response.p[8] == '2';

    if (flag(w, "former")) {
        send_former_ack();
        return;
    }
    if (success)
        new_branch();
    send_request("ACK", peer->target, peer->invite_cseq, flag(w, "sdp") ? "sendrecv" : NULL);
}

static void send_bye(struct words *w)
{
    (void)w;
    use_early_dialog();
    new_branch();
    send_request("BYE", peer->target, ++peer->cseq, NULL);
}

static void send_update(struct words *w)
{
    struct rt_str direction = word(w);
    char text[16];

    rt_str_copy(text, sizeof text, direction);
    use_early_dialog();
    new_branch();
    send_request("UPDATE", peer->target, ++peer->cseq,
                 rt_str_eq(direction, "no-sdp") ? NULL : text);
}

/** For the last provisional (RFC 3262 7.2). */
static void send_prack(struct words *w)
{
    struct rt_str number = header(&peer->response, "RSeq");
    char rack[64];

    snprintf(rack, sizeof rack, "RAck: %.*s %u INVITE", RT_STR(number), peer->invite_cseq);
    peer->with = rt_str(rack);
    use_early_dialog();
    new_branch();
    send_request("PRACK", peer->target, ++peer->cseq, flag(w, "sdp") ? "sendrecv" : NULL);
}

/** To a number, or a whole URI; with another line's dialog in it (RFC 5589 7). */
static void send_refer(struct words *w)
{
    struct rt_str to = word(w), extra = peer->with;
    char field[900], escaped[700] = "";

    if (peer->replaces[0])
        sip_uri_escape(escaped, sizeof escaped, rt_str(peer->replaces), SIP_URI_HEADER);
    bool uri = memchr(to.p, ':', to.n) != NULL;
    snprintf(field, sizeof field, "Refer-To: <%s%.*s%s%s%s>%s%.*s", uri ? "" : "sip:", RT_STR(to),
             uri ? "" : "@" SCN_GATEWAY, escaped[0] ? "?Replaces=" : "", escaped,
             extra.n ? "|" : "", RT_STR(extra));
    peer->with = rt_str(field);
    use_early_dialog();
    new_branch();
    send_request("REFER", peer->target, ++peer->cseq, NULL);
}

/** `SEND INFO TYPE body TEXT` */
static void send_info(struct words *w)
{
    peer->type = word(w);
    use_early_dialog();
    new_branch();
    send_request("INFO", peer->target, ++peer->cseq, NULL);
}

/** `SEND NOTIFY URI [event E] [type TYPE body TEXT]`, outside any dialog. */
static void send_notify(struct words *w)
{
    struct rt_str event = option_word(w, "event"), uri = word(w);
    char text[96], field[64];

    rt_str_copy(text, sizeof text, uri);
    snprintf(field, sizeof field, "Event: %.*s", RT_STR(event));
    if (event.n > 0)
        peer->with = rt_str(field);
    snprintf(peer->call_id, sizeof peer->call_id, "scn-%u@peer", ++calls);
    snprintf(peer->local, sizeof peer->local, "<sip:mail@10.0.0.2>;tag=peer%u", calls);
    snprintf(peer->remote, sizeof peer->remote, "<%s>", text);
    new_branch();
    send_request("NOTIFY", text, 1, NULL);
}

static void send_cancel(struct words *w)
{
    (void)w;
    send_request("CANCEL", peer->target, peer->invite_cseq, NULL);
}

/** What the descriptions of the line in progress are to say. */
static void take_description(const struct words *w)
{
    peer->payload = (int)option(w, "payload", 8);
    peer->payloads = option_word(w, "payloads");
    peer->name = option_word(w, "host");
    peer->clear = flag(w, "clear");
    peer->clear_too = flag(w, "clear-too");
    peer->no_events = flag(w, "no-events");
}

bool sip_peer_media(unsigned i, union rt_addr *to)
{
    *to = gateway;
    rt_addr_set_port(to, peers[i].media);
    return peers[i].media != 0;
}

void sip_peer_send(struct words *w)
{
    static const struct {
        const char *name;
        void (*fn)(struct words *w);
    } table[] = {{"INVITE", send_invite}, {"MORE", send_more},     {"REINVITE", send_reinvite},
                 {"ACK", send_ack},       {"BYE", send_bye},       {"UPDATE", send_update},
                 {"PRACK", send_prack},   {"CANCEL", send_cancel}, {"REFER", send_refer},
                 {"INFO", send_info},     {"NOTIFY", send_notify}};
    struct rt_str what = word(w);

    peer->media_lines = tail(w, "lines");
    peer->profile = option_word(w, "profile");
    peer->with = tail(w, "with");
    peer->body = tail(w, "body");
    peer->type = option_word(w, "type");
    name_dialog(w);
    take_description(w);
    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (rt_str_eq(what, table[i].name)) {
            table[i].fn(w);
            return;
        }
    scn_fail("nobody knows how to send %.*s", RT_STR(what));
}

void sip_peer_again(void)
{
    rt_udp_send(peer->sock, peer->last_sent.p, peer->last_sent.n, &gateway);
    fake_settle();
}

/** The answer to an INVITE that another one has followed. */
static bool to_former(const struct rt_buf *response)
{
    struct rt_str number = header(response, "CSeq"), method = number;
    uint64_t cseq = 0;

    rt_str_u64(&cseq, rt_str_cut(&method, ' '), 1000000);
    return rt_str_eq(rt_str_trim(method), "INVITE") && cseq != peer->invite_cseq;
}

static bool tagged(struct rt_str to)
{
    return memmem(to.p, to.n, ";tag=", 5) != NULL;
}

static void copy_headers(struct rt_buf *b, const struct rt_buf *req, const char *tag)
{
    static const char *const names[] = {"Via", "From", "Call-ID", "CSeq", "Record-Route"};

    for (size_t i = 0; i < RT_COUNT(names); i++) {
        struct rt_str v = header(req, names[i]);
        if (v.n > 0)
            rt_buf_printf(b, "%s: %.*s\r\n", names[i], RT_STR(v));
    }
    struct rt_str to = header(req, "To");
    bool has_tag = tagged(to);
    rt_buf_printf(b, "To: %.*s%s%s\r\n", RT_STR(to), has_tag ? "" : ";tag=", has_tag ? "" : tag);
}

/** The INVITE was theirs: what we need for requests of our own in its dialog. */
static void take_dialog(const char *tag)
{
    struct rt_str from = header(&peer->invite, "From"), to = header(&peer->invite, "To"),
                  id = header(&peer->invite, "Call-ID");

    if (rt_str_eq(id, peer->call_id))
        return; /* a reliable provisional was the first to make it */
    rt_str_copy(peer->call_id, sizeof peer->call_id, id);
    rt_str_copy(peer->remote, sizeof peer->remote, from);
    snprintf(peer->local, sizeof peer->local, "%.*s;tag=%s", RT_STR(to), tag);
    copy_target(&peer->invite);
    peer->cseq = 100;
}

void sip_peer_reply(struct words *w, bool to_invite)
{
    struct rt_buf b = {0};

    peer->media_lines = tail(w, "lines");
    peer->profile = option_word(w, "profile");
    peer->with = tail(w, "with");
    take_description(w);
    peer->body = tail(w, "body");
    peer->type = option_word(w, "type");
    const struct rt_buf *req = flag(w, "former") ? &peer->former
                               : to_invite       ? &peer->invite
                                                 : &peer->request;
    struct rt_str status = word(w), tag_word = option_word(w, "tag");
    char tag[32] = "peer-uas", me[RT_ADDR_LEN];
    long reason = option(w, "reason", 0);

    if (tag_word.n > 0)
        rt_str_copy(tag, sizeof tag, tag_word);
    rt_buf_printf(&b, "SIP/2.0 %.*s Said\r\n", RT_STR(status));
    copy_headers(&b, req, tag);
    rt_buf_printf(&b, "Contact: <sip:%s>\r\n", rt_addr_format(me, rt_udp_local(peer->sock)));
    if (reason)
        rt_buf_printf(&b, "Reason: Q.850;cause=%ld\r\n", reason);
    bool reliable = memmem(peer->with.p, peer->with.n, "RSeq", 4) != NULL;
    if ((status.p[0] == '2' || reliable) && req->p[0] == 'I' && !tag_word.n &&
        !tagged(header(req, "To")))
        take_dialog(tag);
    add_body(&b, flag(w, "sdp") ? "sendrecv" : NULL);
    send_text(&b);
    rt_buf_release(&b);
}

/* ---- expecting ---- */

/** Files what came where later lines look for it. */
static void remember(const char *data, size_t n)
{
    struct rt_buf view = {.p = (char *)(uintptr_t)data, .n = n};
    const char *m = memmem(data, n, "m=audio ", 8);

    if (m)
        peer->media = (uint16_t)strtoul(m + 8, NULL, 10);
    if (strncmp(data, "SIP/2.0 ", 8) == 0) {
        keep(&peer->response, data, n);
        if (to_former(&view))
            return;
        struct rt_str to = header(&view, "To");
        if (memmem(to.p, to.n, ";tag=", 5) && data[8] == '1')
            rt_str_copy(peer->early, sizeof peer->early, to);
        else if (memmem(to.p, to.n, ";tag=", 5) &&
                 rt_str_eq(header(&view, "Call-ID"), peer->call_id) &&
                 !memmem(peer->remote, strlen(peer->remote), ";tag=", 5))
            rt_str_copy(peer->remote, sizeof peer->remote, to);
        if (header(&view, "Contact").n > 0)
            copy_target(&view);
        return;
    }
    if (strncmp(data, "ACK ", 4) == 0)
        return; /* nothing answers an ACK */
    keep(&peer->request, data, n);
    if (strncmp(data, "INVITE ", 7) == 0) {
        if (peer->invite.n > 0)
            keep(&peer->former, peer->invite.p, peer->invite.n);
        keep(&peer->invite, data, n);
    }
}

struct rt_str sip_peer_said(void)
{
    const struct rt_buf *from = peer->response.n ? &peer->response : &peer->invite;

    return rt_buf_str(from);
}

void sip_peer_rtp(void)
{
    static const uint8_t packet[172] = {0x80, 8, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4};
    const struct rt_buf *from = peer->response.n ? &peer->response : &peer->invite;
    const char *m = memmem(from->p, from->n, "m=audio ", 8);
    union rt_addr me, to = gateway;
    struct rt_udp *u;

    rt_addr_parse(&me, "10.0.0.2:30000", 14, 0);
    if (!m || rt_udp_open(&u, NULL, &me, NULL, NULL) != 0) {
        scn_fail("there is nowhere to send RTP");
        return;
    }
    rt_addr_set_port(&to, (uint16_t)strtoul(m + 8, NULL, 10));
    rt_udp_send(u, packet, sizeof packet, &to);
    fake_advance(40 * RT_MS);
    rt_udp_close(u);
}

static bool is_message(const char *data, struct rt_str what)
{
    const char *start = strncmp(data, "SIP/2.0 ", 8) == 0 ? data + 8 : data;
    return strncmp(start, what.p, what.n) == 0 && start[what.n] == ' ';
}

static void first_line(char *out, size_t cap, const char *data, size_t n)
{
    struct rt_str rest = {data, n};
    rt_str_copy(out, cap, rt_str_cut(&rest, '\r'));
}

static void check_options(const struct words *w, const char *data, size_t n)
{
    long reason = option(w, "reason", 0);
    struct rt_buf view = {.p = (char *)(uintptr_t)data, .n = n};
    char want[32];

    if (flag(w, "sdp") && !memmem(data, n, "\r\n\r\nv=0", 7))
        scn_fail("it has no SDP:\n%.*s", (int)n, data);
    if (reason) {
        snprintf(want, sizeof want, "cause=%ld", reason);
        struct rt_str v = header(&view, "Reason");
        if (!memmem(v.p, v.n, want, strlen(want)))
            scn_fail("its Reason is \"%.*s\"", RT_STR(v));
    }
    static const char *const directions[] = {"recvonly", "sendonly", "sendrecv", "inactive"};
    for (size_t i = 0; i < RT_COUNT(directions); i++) {
        snprintf(want, sizeof want, "a=%s", directions[i]);
        bool is_default =
            i == 2 && !memmem(data, n, "only\r\n", 6) && !memmem(data, n, "a=inactive", 10);
        if (flag(w, directions[i]) && !is_default && !memmem(data, n, want, strlen(want)))
            scn_fail("it is not %s:\n%.*s", directions[i], (int)n, data);
    }
}

void sip_peer_expect(struct words *w)
{
    struct rt_str lacks = tail(w, "lacks"), has = tail(w, "has");
    struct rt_str what = word(w);
    char data[8192], line[128];
    size_t n = 0;
    bool came = receive(data, sizeof data - 1, &n);

    if (came)
        data[n] = '\0';
    if (came)
        first_line(line, sizeof line, data, n);
    if (rt_str_eq(what, "NOTHING")) {
        if (came)
            scn_fail("this came: %s", line);
        return;
    }
    if (!came) {
        scn_fail("nothing came");
        return;
    }
    remember(data, n);
    if (!is_message(data, what)) {
        scn_fail("this came: %s", line);
        return;
    }
    if (rt_str_eq(what, "INVITE") && w->rest.n > 0 && strchr("+0123456789", w->rest.p[0])) {
        struct rt_str number = word(w);
        if (!memmem(line, strlen(line), number.p, number.n))
            scn_fail("this came: %s", line);
    }
    check_options(w, data, n);
    if (has.n > 0 && !memmem(data, n, has.p, has.n))
        scn_fail("it lacks %.*s:\n%.*s", RT_STR(has), (int)n, data);
    if (lacks.n > 0 && memmem(data, n, lacks.p, lacks.n))
        scn_fail("it has %.*s:\n%.*s", RT_STR(lacks), (int)n, data);
}

void sip_peer_expect_either(struct words *w)
{
    char data[8192];
    size_t n;
    struct rt_str a = word(w), b = word(w);

    for (unsigned i = 0; i < 2; i++) {
        if (!receive(data, sizeof data - 1, &n)) {
            scn_fail("nothing came");
            return;
        }
        data[n] = '\0';
        remember(data, n);
        if (!is_message(data, a) && !is_message(data, b))
            scn_fail("this came: %.60s", data);
    }
}
