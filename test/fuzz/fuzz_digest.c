/* Any octets as a challenge, as credentials and as a Contact: read without harm, and our answer to
 * a challenge can be read again.
 */
#include "sip/message.h"
#include "test/fuzz/fuzz.h"

#include <stdlib.h>

static const char *no_user(void *arg, struct rt_str user, enum sip_hash hash)
{
    (void)arg, (void)user, (void)hash;
    return NULL;
}

static void answer(const struct sip_message *m)
{
    static const struct sip_credentials any = {.user = "u", .password = "p"};
    struct sip_auth_state st = {NULL};
    struct rt_buf lines = {0};
    struct sip_digest d;

    if (sip_digest_answer(&st, &any, m, rt_str("INVITE"), rt_str("sip:a@b"), rt_str(""), &lines)) {
        struct rt_str rest = rt_buf_str(&lines), line = rt_str_cut(&rest, '\n');
        rt_str_cut(&line, ' ');
        fuzz_check(sip_digest_next(&d, &line) && rt_str_caseeq(d.scheme, "Digest"));
        fuzz_check(rt_str_eq(d.username, "u") && rt_str_eq(d.uri, "sip:a@b"));
        fuzz_check(!sip_digest_answer(&st, &any, m, rt_str("INVITE"), rt_str("sip:a@b"), rt_str(""),
                                      &lines));
    }
    rt_buf_release(&lines);
    sip_auth_release(&st);
}

static void check(const struct sip_message *m)
{
    struct sip_digest_server *s;
    struct sip_contacts at = {.field = 0};
    struct sip_contact c;
    char user[32];

    if (sip_digest_server_new(&s, "r", RT_S, 8) == 0) {
        fuzz_check(sip_digest_check(s, m, false, no_user, NULL, user, sizeof user) !=
                   SIP_DIGEST_GOOD);
        sip_digest_server_free(s);
    }
    while (sip_contact_next(&c, &at, m)) {
        fuzz_check(c.q <= 1000 && sip_uri_same(c.uri, c.uri));
        sip_uri_same(c.uri, m->request_uri);
        sip_uri_user(user, sizeof user, c.uri);
        sip_uri_domain(c.uri);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sip_scan scan;
    struct rt_buf wire = {0};
    struct sip_message m = {.status = 401, .parsed = &scan};

    rt_buf_puts(&wire, "SIP/2.0 401 Unauthorized\r\n");
    rt_buf_put(&wire, data, size);
    rt_buf_puts(&wire, "\r\n\r\n");
    if (sip_scan(&scan, rt_buf_str(&wire)) == 0) {
        m.method = rt_str("INVITE");
        m.request_uri = rt_str("sip:a@b");
        answer(&m);
        check(&m);
    }
    rt_buf_release(&wire);
    return 0;
}
