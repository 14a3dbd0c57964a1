/* The certificates of test/unit/data/tls, put into the fake kernel's files under the same names. */
#ifndef TEST_UNIT_TLS_FILES_H
#define TEST_UNIT_TLS_FILES_H

#include "gw/rt/file.h"
#include "gw/rt/tls.h"

#include <check.h>
#include <stdio.h>

static inline void tls_file(const char *name)
{
    char path[200], text[8192];

    snprintf(path, sizeof path, "test/unit/data/tls/%s", name);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s is not there", path);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    ck_assert_int_eq(rt_file_replace(name, text, n, 0600), 0);
}

static inline void tls_files(void)
{
    static const char *const names[] = {"dns",      "uri", "expired", "other",
                                        "wildcard", "cn",  "client",  "stranger"};
    char file[40];

    tls_file("ca.crt");
    tls_file("stranger-ca.crt");
    for (size_t i = 0; i < RT_COUNT(names); i++) {
        snprintf(file, sizeof file, "%s.crt", names[i]);
        tls_file(file);
        snprintf(file, sizeof file, "%s.key", names[i]);
        tls_file(file);
    }
}

/** What a context of that certificate is made of; it trusts the test CA. The texts are kept for
 * eight calls. */
static inline struct rt_tls_config tls_config(const char *name, enum rt_tls_verify verify)
{
    static char cert[8][40], key[8][40];
    static unsigned turn;

    turn = (turn + 1) % 8;
    snprintf(cert[turn], sizeof cert[turn], "%s.crt", name);
    snprintf(key[turn], sizeof key[turn], "%s.key", name);
    return (struct rt_tls_config){cert[turn], key[turn], "ca.crt", verify};
}

static inline struct rt_tls *tls_context(const char *name, enum rt_tls_verify verify)
{
    struct rt_tls_config cfg = tls_config(name, verify);
    struct rt_buf why = {0};
    struct rt_tls *t = NULL;
    int err = rt_tls_new(&t, &cfg, &why, NULL);

    ck_assert_msg(err == 0, "%s: %s", name, why.p);
    return t;
}

#endif
