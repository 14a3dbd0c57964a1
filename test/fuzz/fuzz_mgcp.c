/* Any datagram of MGCP: each message in it is read and judged, and one that is good is written
 * again and read back as the same. */
#include "mgcp/message.h"
#include "test/fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>

static struct mgcp_message first, again;

static void inside(struct rt_str s, struct rt_str whole)
{
    fuzz_check(s.p == NULL || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n));
}

static void check_slices(const struct mgcp_message *m, struct rt_str whole)
{
    inside(m->raw, whole);
    inside(m->endpoint, m->raw);
    inside(m->local, m->raw);
    inside(m->domain, m->raw);
    inside(m->profile, m->raw);
    inside(m->package, m->raw);
    inside(m->comment, m->raw);
    inside(m->lines, m->raw);
    fuzz_check(m->nlines <= MGCP_LINES && m->nsdp <= RT_COUNT(m->sdp));
    for (unsigned i = 0; i < m->nlines; i++) {
        inside(m->line[i].name, m->lines);
        inside(m->line[i].value, m->lines);
    }
    for (unsigned i = 0; i < m->nsdp; i++)
        inside(m->sdp[i], m->raw);
}

/** The lines kept are the first of those that can be asked for one by one. */
static void check_iterator(const struct mgcp_message *m)
{
    struct rt_str rest = m->lines;
    struct mgcp_line line;
    unsigned n = 0;

    while (mgcp_line_next(&rest, &line)) {
        if (!m->command && line.param == MGCP_P_STRANGE)
            continue;
        fuzz_check(n >= m->nlines || line.value.p == m->line[n].value.p);
        n++;
    }
    fuzz_check(n >= m->nlines);
}

static char *copy_of(struct rt_str s)
{
    char *z = rt_str_dup(s);

    fuzz_check(z != NULL);
    return z;
}

static void write_again(struct rt_buf *out, const struct mgcp_message *m)
{
    char *profile = copy_of(m->profile), *comment = copy_of(m->comment);
    struct rt_buf version = {0};

    rt_buf_printf(&version, "MGCP %.*s %s", RT_STR(m->version), profile);
    struct mgcp_peculiar p = {.version = version.p};
    if (m->command)
        mgcp_write_command(out, m->verb, m->tid, m->local, m->domain, &p);
    else
        mgcp_write_response(out, m->code, m->tid, NULL, comment);
    for (unsigned i = 0; i < m->nlines; i++) {
        char *name = copy_of(m->line[i].name);
        mgcp_write_line(out, name, m->line[i].value);
        free(name);
    }
    for (unsigned i = 0; i < m->nsdp; i++)
        mgcp_write_sdp(out, m->sdp[i]);
    mgcp_write_separator(out);
    rt_buf_release(&version);
    free(profile);
    free(comment);
}

/** Equal but for a CR in the middle, which becomes a blank. */
static void check_same(struct rt_str a, struct rt_str b)
{
    fuzz_check(a.n == b.n);
    for (size_t i = 0; i < a.n; i++)
        fuzz_check(a.p[i] == b.p[i] || (a.p[i] == '\r' && b.p[i] == ' '));
}

static void round_trip(const struct mgcp_message *m)
{
    struct rt_buf out = {0};
    unsigned refusal;

    write_again(&out, m);
    struct rt_str whole = rt_buf_str(&out), rest = whole;
    fuzz_check(mgcp_read(&again, &rest, &refusal) == 0 && rest.n == 0);
    check_slices(&again, whole);
    fuzz_check(again.command == m->command && again.tid == m->tid && again.code == m->code);
    fuzz_check(again.verb == m->verb && again.nlines == m->nlines && again.nsdp == m->nsdp);
    check_same(m->endpoint, again.endpoint);
    check_same(m->profile, again.profile);
    for (unsigned i = 0; i < m->nlines; i++) {
        fuzz_check(again.line[i].param == m->line[i].param);
        check_same(m->line[i].value, again.line[i].value);
    }
    for (unsigned i = 0; i < m->nsdp; i++)
        fuzz_check(again.sdp[i].n >= m->sdp[i].n &&
                   memcmp(again.sdp[i].p, m->sdp[i].p, m->sdp[i].n) == 0);
    rt_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str whole = {(const char *)data, size}, rest = whole;
    unsigned refusal = 0;
    int err;

    while ((err = mgcp_read(&first, &rest, &refusal)) != ENOENT) {
        fuzz_check(err == 0 || err == EPROTO || err == EBADMSG);
        check_slices(&first, whole);
        check_iterator(&first);
        if (err == EPROTO)
            fuzz_check(first.command && first.tid > 0 && refusal >= 500 && refusal < 540);
        if (err != 0)
            continue;
        unsigned code = mgcp_check_lines(&first);
        fuzz_check(code == 0 || (first.command && code >= 500 && code < 540));
        round_trip(&first);
    }
    fuzz_check(rest.n == 0);
    return 0;
}
