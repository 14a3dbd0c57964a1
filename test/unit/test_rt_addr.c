/* Addresses and address blocks: text in, text out, comparison (RFC 3986 3.2.2, RFC 4291 2.5.5.2,
 * RFC 4632 3.1, RFC 5952 4). */
#include "gw/rt/net.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static union rt_addr addr(const char *text)
{
    union rt_addr a;

    ck_assert_msg(rt_addr_parse(&a, text, strlen(text), 5060) == 0, "%s", text);
    return a;
}

START_TEST(an_address_is_read_and_written)
{
    static const struct {
        const char *text, *format, *host;
        uint16_t port;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1:5060", "192.0.2.1", 5060},
        {"192.0.2.1:5062", "192.0.2.1:5062", "192.0.2.1", 5062},
        {"192.0.2.1:0", "192.0.2.1:0", "192.0.2.1", 0},
        {"255.255.255.255:65535", "255.255.255.255:65535", "255.255.255.255", 65535},
        {"2001:db8::1", "[2001:db8::1]:5060", "2001:db8::1", 5060},
        {"2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:5060", "2001:db8::1", 5060},
        {"[2001:db8::1]", "[2001:db8::1]:5060", "2001:db8::1", 5060},
        {"[2001:db8::1]:7000", "[2001:db8::1]:7000", "2001:db8::1", 7000},
        {"::", "[::]:5060", "::", 5060},
        {"[::ffff:192.0.2.1]:9", "[::ffff:192.0.2.1]:9", "::ffff:192.0.2.1", 9},
    };
    char out[RT_ADDR_LEN];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        union rt_addr a = addr(rows[i].text);
        ck_assert_str_eq(rt_addr_format(out, &a), rows[i].format);
        ck_assert_str_eq(rt_addr_host(out, &a), rows[i].host);
        ck_assert_uint_eq(rt_addr_port(&a), rows[i].port);
    }
}
END_TEST

START_TEST(what_is_no_numeric_address_is_refused_and_leaves_the_result_alone)
{
    static const char *const rows[] = {
        "",
        "localhost",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1.",
        "192.0.2.1:",
        "192.0.2.1:65536",
        "192.0.2.1:-1",
        "192.0.2.1:x",
        "192.0.2.1:5060x",
        " 192.0.2.1",
        "192.0.2.1/24",
        ":5060",
        "[",
        "[]",
        "[2001:db8::1",
        "[2001:db8::1]5060",
        "[2001:db8::1]:",
        "[2001:db8::1]:65536",
        "2001:db8::1::2",
        "2001:db8::12345",
        "1:2:3:4:5:6:7:8:9",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    union rt_addr a, before;

    memset(&before, 0x5a, sizeof before);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        a = before;
        ck_assert_msg(rt_addr_parse(&a, rows[i], strlen(rows[i]), 5060) == EINVAL, "%s", rows[i]);
        ck_assert_mem_eq(&a, &before, sizeof a);
    }
}
END_TEST

START_TEST(only_the_octets_of_the_slice_are_read)
{
    union rt_addr a;
    char out[RT_ADDR_LEN];

    ck_assert_int_eq(rt_addr_parse(&a, "192.0.2.1:5060", 9, 1), 0);
    ck_assert_str_eq(rt_addr_format(out, &a), "192.0.2.1:1");
    ck_assert_int_eq(rt_addr_parse(&a, "192.0.2.1:5060", 12, 1), 0);
    ck_assert_str_eq(rt_addr_format(out, &a), "192.0.2.1:50");
}
END_TEST

START_TEST(a_unix_path_is_kept_up_to_the_length_the_kernel_takes)
{
    union rt_addr a, b;
    char out[RT_ADDR_LEN], path[110];

    ck_assert_int_eq(rt_addr_unix(&a, "/run/tandem/control"), 0);
    ck_assert_str_eq(rt_addr_format(out, &a), "/run/tandem/control");
    ck_assert_str_eq(rt_addr_host(out, &a), "/run/tandem/control");
    ck_assert_uint_eq(rt_addr_port(&a), 0);
    ck_assert_int_eq(rt_addr_unix(&b, ""), ENAMETOOLONG);
    memset(path, 'a', sizeof path);
    path[107] = '\0'; /* unix(7): sun_path has 108 octets, the last for the NUL */
    ck_assert_int_eq(rt_addr_unix(&b, path), 0);
    ck_assert_str_eq(rt_addr_format(out, &b), path);
    ck_assert(!rt_addr_equal(&a, &b));
    ck_assert(!rt_addr_same_host(&a, &a)); /* a path is no host */
    path[107] = 'a';
    path[108] = '\0';
    ck_assert_int_eq(rt_addr_unix(&b, path), ENAMETOOLONG);
}
END_TEST

START_TEST(equality_is_host_and_port_and_mapped_ipv4_is_ipv4)
{
    union rt_addr v4 = addr("192.0.2.1:5060"), mapped = addr("[::ffff:192.0.2.1]:5060");
    union rt_addr other_port = addr("192.0.2.1:5061"), other_host = addr("192.0.2.2:5060");
    union rt_addr v6 = addr("[2001:db8::1]:5060"), none = {0}, path;

    ck_assert(rt_addr_equal(&v4, &v4));
    ck_assert(rt_addr_equal(&v4, &mapped));
    ck_assert(!rt_addr_equal(&v4, &other_port));
    ck_assert(rt_addr_same_host(&v4, &other_port));
    ck_assert(!rt_addr_same_host(&v4, &other_host));
    ck_assert(!rt_addr_same_host(&v4, &v6));
    ck_assert(!rt_addr_same_host(&none, &none));
    ck_assert_int_eq(rt_addr_unix(&path, "/a"), 0);
    ck_assert(rt_addr_equal(&path, &path));
    ck_assert(!rt_addr_equal(&path, &v4));
    ck_assert(!rt_addr_equal(&v4, &path));
}
END_TEST

START_TEST(any_port_and_size)
{
    union rt_addr a = addr("0.0.0.0"), b = addr("[::]:1"), c = addr("127.0.0.1"), none = {0};
    char out[RT_ADDR_LEN];

    ck_assert(rt_addr_is_any(&a));
    ck_assert(rt_addr_is_any(&b));
    ck_assert(!rt_addr_is_any(&c));
    ck_assert(!rt_addr_is_any(&none));
    rt_addr_set_port(&c, 65535);
    ck_assert_str_eq(rt_addr_format(out, &c), "127.0.0.1:65535");
    rt_addr_set_port(&b, 2);
    ck_assert_str_eq(rt_addr_format(out, &b), "[::]:2");
    ck_assert_uint_eq(rt_addr_size(&a), sizeof(struct sockaddr_in));
    ck_assert_uint_eq(rt_addr_size(&b), sizeof(struct sockaddr_in6));
    ck_assert_str_eq(rt_addr_format(out, &none), "");
}
END_TEST

START_TEST(a_block_contains_what_shares_its_leading_bits)
{
    static const struct {
        const char *block, *host;
        bool inside;
    } rows[] = {
        {"10.1.0.0/24", "10.1.0.255", true},
        {"10.1.0.0/24", "10.1.1.0", false},
        {"10.1.0.77/24", "10.1.0.1", true}, /* host bits of the block do not count */
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.4/31", "192.0.2.5", true},
        {"192.0.2.4/31", "192.0.2.6", false},
        {"172.16.0.0/12", "172.31.255.255", true},
        {"172.16.0.0/12", "172.32.0.0", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"10.0.0.0/8", "::ffff:10.2.3.4", true},
        {"10.0.0.0/8", "::ffff:11.2.3.4", false},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1/128", "2001:db8::2", false},
        {"::/0", "2001:db8::2", true},
        {"2001:db8::/32", "10.0.0.1", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rt_cidr c;
        union rt_addr a = addr(rows[i].host);
        ck_assert_int_eq(rt_cidr_parse(&c, rows[i].block, strlen(rows[i].block)), 0);
        ck_assert_msg(rt_cidr_contains(&c, &a) == rows[i].inside, "%s %s", rows[i].block,
                      rows[i].host);
    }
}
END_TEST

START_TEST(a_block_has_its_length_in_bits)
{
    static const struct {
        const char *text;
        unsigned bits;
    } good[] = {{"10.1.0.0/24", 24}, {"10.1.0.1", 32}, {"0.0.0.0/0", 0}, {"2001:db8::1", 128}};
    static const char *const bad[] = {
        "",  "10.0.0.0/33",    "10.0.0.0/",       "10.0.0.0/-1",   "10.0.0.0/8/8", "10.0.0.0/x",
        "/", "2001:db8::/129", "[2001:db8::]/32", "10.0.0.0:80/8", "10.0.0/8",     "example.com/8",
    };
    struct rt_cidr c;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_int_eq(rt_cidr_parse(&c, good[i].text, strlen(good[i].text)), 0);
        ck_assert_uint_eq(c.bits, good[i].bits);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(rt_cidr_parse(&c, bad[i], strlen(bad[i])) == EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(a_path_is_in_no_block)
{
    struct rt_cidr c;
    union rt_addr path;

    ck_assert_int_eq(rt_cidr_parse(&c, "::/0", 4), 0);
    ck_assert_int_eq(rt_addr_unix(&path, "/a"), 0);
    ck_assert(!rt_cidr_contains(&c, &path));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rt addr");
    TCase *tc = tcase_create("rt addr");

    tcase_add_test(tc, an_address_is_read_and_written);
    tcase_add_test(tc, what_is_no_numeric_address_is_refused_and_leaves_the_result_alone);
    tcase_add_test(tc, only_the_octets_of_the_slice_are_read);
    tcase_add_test(tc, a_unix_path_is_kept_up_to_the_length_the_kernel_takes);
    tcase_add_test(tc, equality_is_host_and_port_and_mapped_ipv4_is_ipv4);
    tcase_add_test(tc, any_port_and_size);
    tcase_add_test(tc, a_block_contains_what_shares_its_leading_bits);
    tcase_add_test(tc, a_block_has_its_length_in_bits);
    tcase_add_test(tc, a_path_is_in_no_block);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
