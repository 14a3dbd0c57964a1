/* What the measurements' SIP far ends share: the responses they give, what they learn of ours, and
 * their sockets in the fake network.
 */
#ifndef TEST_BENCH_SIP_FAR_H
#define TEST_BENCH_SIP_FAR_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Ends the program, with 2, when that did not go well. */
static inline void far_need(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(err));
    exit(2);
}

/** Whether a response repeats this header field (RFC 3261, 8.2.6.2 and 12.1.1). */
static inline bool far_repeats(struct rt_str line)
{
    static const char *const fields[] = {
        "Via:", "From:", "To:", "Call-ID:", "CSeq:", "Record-Route:"};

    for (size_t i = 0; i < RT_COUNT(fields); i++)
        if (line.n > strlen(fields[i]) && memcmp(line.p, fields[i], strlen(fields[i])) == 0)
            return true;
    return false;
}

/** The response to a request in `out`, whose content is replaced: `status` is "200 OK", say;
 * `contact` what is in its angle brackets; `body` a description, or "". A To without a tag gets
 * `tag`, but not in "100". */
static inline void far_respond(struct rt_buf *out, struct rt_str request, const char *status,
                               const char *tag, const char *contact, const char *body)
{
    rt_buf_reset(out);
    rt_buf_printf(out, "SIP/2.0 %s\r\n", status);
    for (struct rt_str line; (line = rt_str_trim(rt_str_cut(&request, '\n'))).n > 0;) {
        if (!far_repeats(line))
            continue;
        rt_buf_put(out, line.p, line.n);
        if (line.p[0] == 'T' && strncmp(status, "100", 3) != 0 &&
            !memmem(line.p, line.n, ";tag=", 5))
            rt_buf_printf(out, ";tag=%s", tag);
        rt_buf_puts(out, "\r\n");
    }
    rt_buf_printf(out, "Contact: <%s>\r\n%sContent-Length: %zu\r\n\r\n%s", contact,
                  body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
}

/** What is in Contact's angle brackets and the tag of To, of a response that ends with a NUL; each
 * has room for `cap` octets. False: there is none. */
static inline bool far_learn(const char *response, char *uri, char *tag, size_t cap)
{
    const char *contact = strstr(response, "\nContact: <"), *to = strstr(response, "\nTo: ");
    const char *at = to ? strstr(to, ";tag=") : NULL;

    if (!contact || !at)
        return false;
    rt_str_copy(uri, cap, (struct rt_str){contact + 11, strcspn(contact + 11, ">")});
    rt_str_copy(tag, cap, (struct rt_str){at + 5, strcspn(at + 5, "\r;")});
    return true;
}

/** A socket there that is asked, and calls nobody. */
static inline struct rt_udp *far_open(const char *host, uint16_t port)
{
    union rt_addr a;
    struct rt_udp *u = NULL;

    far_need(rt_addr_parse(&a, host, strlen(host), port), host);
    far_need(rt_udp_open(&u, NULL, &a, NULL, NULL), host);
    return u;
}

#endif
