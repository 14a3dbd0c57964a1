/* What the tests of MGCP's messages share: a message, a buffer to write to, and the standard's
 * examples.
 */
#ifndef TEST_MGCP_MESSAGE_RIG_H
#define TEST_MGCP_MESSAGE_RIG_H

#include "mgcp/message.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** A name of an endpoint. */
#define NAME "aaln/1@rgw.example.net"

static struct mgcp_message msg;
static unsigned refusal;
static struct rt_buf out;

static inline void teardown(void)
{
    rt_buf_release(&out);
    memset(&out, 0, sizeof out);
}

static inline int read_text(const char *text)
{
    struct rt_str datagram = rt_str(text);

    return mgcp_read(&msg, &datagram, &refusal);
}

/** A command that is read is judged; 0, or the code that refuses it. */
static inline unsigned refused(const char *text)
{
    int err = read_text(text);

    ck_assert_msg(err == 0 || err == EPROTO, "%s: %d", text, err);
    return err ? refusal : mgcp_check_lines(&msg);
}

static inline void is(struct rt_str got, const char *expected)
{
    ck_assert_msg(rt_str_eq(got, expected), "\"%s\" expected, got \"%.*s\"", expected, RT_STR(got));
}

static inline void written(const char *expected)
{
    is(rt_buf_str(&out), expected);
    rt_buf_reset(&out);
}

/** All messages of RFC 3435's section 3 and appendices B to G, as one datagram. */
static inline struct rt_str examples(bool crlf)
{
    static char text[40000];
    FILE *f = fopen("test/unit/data/mgcp/rfc3435.txt", "r");
    size_t n = 0;

    ck_assert_ptr_nonnull(f);
    for (int c; (c = fgetc(f)) != EOF && n + 2 < sizeof text;) {
        if (c == '\n' && crlf)
            text[n++] = '\r';
        text[n++] = (char)c;
    }
    fclose(f);
    return (struct rt_str){text, n};
}

static inline int run_suite(Suite *s)
{
    SRunner *r = srunner_create(s);

    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}

#endif
