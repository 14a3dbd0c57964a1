/* Slices, growing buffers, and the cursors over binary messages. */
#include "gw/rt/buf.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

/* ---- slices ---- */

#define ck_assert_slice(s, z)                                                                      \
    ck_assert_msg(rt_str_eq((s), (z)), "got \"%.*s\", want \"%s\"", RT_STR(s), (z))

START_TEST(slices_compare_whole_and_by_octet)
{
    ck_assert(rt_str_eq((struct rt_str){"INVITE sip:", 6}, "INVITE"));
    ck_assert(!rt_str_eq((struct rt_str){"INVITE", 6}, "INVIT"));
    ck_assert(!rt_str_eq((struct rt_str){"INVITE", 5}, "INVITE"));
    ck_assert(!rt_str_eq(rt_str("invite"), "INVITE"));
    ck_assert(rt_str_caseeq(rt_str("iNvItE"), "INVITE"));
    ck_assert(!rt_str_caseeq(rt_str("iNvItE2"), "INVITE"));
    ck_assert(rt_str_eq(rt_str(NULL), ""));
}
END_TEST

START_TEST(trim_takes_blanks_off_both_ends_only)
{
    ck_assert_slice(rt_str_trim(rt_str(" \t a b\r\n")), "a b");
    ck_assert_slice(rt_str_trim(rt_str("a")), "a");
    ck_assert_slice(rt_str_trim(rt_str(" \r\n\t ")), "");
    ck_assert_slice(rt_str_trim(rt_str("")), "");
}
END_TEST

START_TEST(cut_walks_the_fields_of_a_list)
{
    struct rt_str s = rt_str("a,,bc");

    ck_assert_slice(rt_str_cut(&s, ','), "a");
    ck_assert_slice(rt_str_cut(&s, ','), "");
    ck_assert_slice(s, "bc");
    ck_assert_slice(rt_str_cut(&s, ','), "bc");
    ck_assert_uint_eq(s.n, 0);
    ck_assert_slice(rt_str_cut(&s, ','), "");
}
END_TEST

START_TEST(a_number_fills_its_slice_and_keeps_its_limit)
{
    static const struct {
        const char *text;
        uint64_t max;
        int err;
        uint64_t value;
    } rows[] = {
        {"0", 0, 0, 0},
        {"5060", 65535, 0, 5060},
        {"65535", 65535, 0, 65535},
        {"65536", 65535, ERANGE, 0},
        {"007", 10, 0, 7},
        {"18446744073709551615", UINT64_MAX, 0, UINT64_MAX}, /* 2^64 - 1 */
        {"18446744073709551616", UINT64_MAX, ERANGE, 0},
        {"99999999999999999999999", UINT64_MAX, ERANGE, 0},
        {"", 10, EINVAL, 0},
        {"-1", 10, EINVAL, 0},
        {"+1", 10, EINVAL, 0},
        {" 1", 10, EINVAL, 0},
        {"1 ", 10, EINVAL, 0},
        {"0x1", 10, EINVAL, 0},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        uint64_t v = 4711;
        int err = rt_str_u64(&v, rt_str(rows[i].text), rows[i].max);
        ck_assert_msg(err == rows[i].err, "\"%s\": %d", rows[i].text, err);
        ck_assert_uint_eq(v, err ? 4711 : rows[i].value); /* untouched on failure */
    }
}
END_TEST

START_TEST(copies_are_terminated_and_say_when_they_were_cut)
{
    char out[4] = "???";
    char *z = rt_str_dup((struct rt_str){"abcdef", 3});

    ck_assert_str_eq(z, "abc");
    free(z);
    ck_assert(rt_str_copy(out, sizeof out, rt_str("abc")));
    ck_assert_str_eq(out, "abc");
    ck_assert(!rt_str_copy(out, sizeof out, rt_str("abcd")));
    ck_assert_str_eq(out, "abc");
    ck_assert(rt_str_copy(out, 1, rt_str("")));
    ck_assert_str_eq(out, "");
    ck_assert(!rt_str_copy(out, 0, rt_str("")));
}
END_TEST

/* ---- buffers ---- */

START_TEST(a_buffer_grows_and_stays_terminated)
{
    struct rt_buf b = {0};

    ck_assert_slice(rt_buf_str(&b), "");
    for (unsigned i = 0; i < 1000; i++) {
        rt_buf_puts(&b, "0123456789");
        ck_assert_uint_eq(b.n, 10 * (i + 1));
        ck_assert_int_eq(b.p[b.n], '\0');
    }
    ck_assert_mem_eq(b.p + 9990, "0123456789", 10);
    ck_assert(!b.failed);
    rt_buf_release(&b);
    ck_assert_ptr_null(b.p);
    ck_assert_uint_eq(b.n + b.cap, 0);
}
END_TEST

START_TEST(printing_crosses_the_end_of_the_room_at_every_length)
{
    char fill[200];

    memset(fill, 'x', sizeof fill);
    for (int len = 0; len < (int)sizeof fill; len++) {
        struct rt_buf b = {0};
        rt_buf_printf(&b, "%.*s%d", len, fill, 42);
        ck_assert_uint_eq(b.n, (size_t)len + 2);
        ck_assert_str_eq(b.p + len, "42");
        rt_buf_printf(&b, "%s", "");
        ck_assert_uint_eq(b.n, (size_t)len + 2);
        rt_buf_release(&b);
    }
}
END_TEST

START_TEST(octets_of_zero_are_kept)
{
    struct rt_buf b = {0};

    rt_buf_put(&b, "a\0b", 3);
    rt_buf_put(&b, NULL, 0);
    ck_assert_uint_eq(b.n, 3);
    ck_assert_mem_eq(b.p, "a\0b", 4);
    rt_buf_release(&b);
}
END_TEST

START_TEST(reset_empties_and_keeps_the_memory)
{
    struct rt_buf b = {0};

    rt_buf_reset(&b);
    rt_buf_puts(&b, "something");
    size_t cap = b.cap;
    rt_buf_reset(&b);
    ck_assert_uint_eq(b.n, 0);
    ck_assert_str_eq(b.p, "");
    ck_assert_uint_eq(b.cap, cap);
    rt_buf_release(&b);
}
END_TEST

START_TEST(the_first_failure_sticks_and_nothing_is_appended_after_it)
{
    struct rt_buf b = {0};
    volatile size_t most = SIZE_MAX / 2; /* the compiler would see the copy that is never made */

    rt_buf_puts(&b, "before");
    rt_buf_put(&b, "", most); /* more than there can be: refused before a copy */
    ck_assert(b.failed);
    rt_buf_puts(&b, "after");
    rt_buf_printf(&b, "%d", 1);
    ck_assert_str_eq(b.p, "before");
    rt_buf_reset(&b);
    rt_buf_puts(&b, "again");
    ck_assert(!b.failed);
    ck_assert_str_eq(b.p, "again");
    rt_buf_release(&b);
}
END_TEST

/* ---- cursors ---- */

START_TEST(a_reader_is_big_endian)
{
    static const uint8_t octets[] = {0x80, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 'x', 'y'};
    struct rt_reader r = rt_reader(octets, sizeof octets);

    ck_assert_uint_eq(rt_read_u8(&r), 0x80);
    ck_assert_uint_eq(rt_read_u16(&r), 0x1234);
    ck_assert_uint_eq(rt_read_u32(&r), 0xdeadbeef);
    ck_assert_uint_eq(rt_read_left(&r), 2);
    ck_assert_mem_eq(rt_read_bytes(&r, 2), "xy", 2);
    ck_assert_uint_eq(rt_read_left(&r), 0);
    ck_assert(!r.failed);
    ck_assert_ptr_nonnull(rt_read_bytes(&r, 0));
    ck_assert(!r.failed);
}
END_TEST

START_TEST(after_a_short_read_everything_is_zero)
{
    static const uint8_t octets[] = {1, 2, 3};
    struct rt_reader r = rt_reader(octets, sizeof octets);

    ck_assert_uint_eq(rt_read_u32(&r), 0);
    ck_assert(r.failed);
    ck_assert_uint_eq(rt_read_u8(&r), 0); /* there are octets left, but the message is broken */
    ck_assert_uint_eq(rt_read_u16(&r), 0);
    ck_assert_ptr_null(rt_read_bytes(&r, 1));
    ck_assert_ptr_null(rt_read_bytes(&r, 0));
}
END_TEST

START_TEST(a_reader_refuses_a_length_beyond_the_end)
{
    static const uint8_t octets[] = {1, 2, 3};
    struct rt_reader r = rt_reader(octets, sizeof octets);

    ck_assert_ptr_null(rt_read_bytes(&r, SIZE_MAX));
    ck_assert(r.failed);
}
END_TEST

START_TEST(a_writer_is_big_endian)
{
    static const uint8_t want[] = {0x80, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 'x', 'y'};
    uint8_t room[16];
    struct rt_writer w = rt_writer(room, sizeof room);

    rt_write_u8(&w, 0x80);
    rt_write_u16(&w, 0x1234);
    rt_write_u32(&w, 0xdeadbeef);
    rt_write_bytes(&w, "xy", 2);
    rt_write_bytes(&w, NULL, 0);
    ck_assert(!w.failed);
    ck_assert_uint_eq(rt_written(&w), sizeof want);
    ck_assert_mem_eq(room, want, sizeof want);
}
END_TEST

START_TEST(a_writer_never_passes_its_end_and_writes_nothing_after)
{
    uint8_t room[8];

    memset(room, 0xaa, sizeof room);
    struct rt_writer w = rt_writer(room, 4);
    rt_write_u8(&w, 1);
    rt_write_u32(&w, 0x02030405);
    ck_assert(w.failed);
    rt_write_u8(&w, 6);
    ck_assert_uint_eq(rt_written(&w), 1);
    ck_assert_mem_eq(room, "\x01\xaa\xaa\xaa\xaa\xaa\xaa\xaa", 8);
}
END_TEST

START_TEST(a_writer_may_fill_its_room_to_the_last_octet)
{
    uint8_t room[4];
    struct rt_writer w = rt_writer(room, sizeof room);

    rt_write_u32(&w, 0x01020304);
    ck_assert(!w.failed);
    ck_assert_mem_eq(room, "\x01\x02\x03\x04", 4);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rt buf");
    TCase *tc = tcase_create("rt buf");

    tcase_add_test(tc, slices_compare_whole_and_by_octet);
    tcase_add_test(tc, trim_takes_blanks_off_both_ends_only);
    tcase_add_test(tc, cut_walks_the_fields_of_a_list);
    tcase_add_test(tc, a_number_fills_its_slice_and_keeps_its_limit);
    tcase_add_test(tc, copies_are_terminated_and_say_when_they_were_cut);
    tcase_add_test(tc, a_buffer_grows_and_stays_terminated);
    tcase_add_test(tc, printing_crosses_the_end_of_the_room_at_every_length);
    tcase_add_test(tc, octets_of_zero_are_kept);
    tcase_add_test(tc, reset_empties_and_keeps_the_memory);
    tcase_add_test(tc, the_first_failure_sticks_and_nothing_is_appended_after_it);
    tcase_add_test(tc, a_reader_is_big_endian);
    tcase_add_test(tc, after_a_short_read_everything_is_zero);
    tcase_add_test(tc, a_reader_refuses_a_length_beyond_the_end);
    tcase_add_test(tc, a_writer_is_big_endian);
    tcase_add_test(tc, a_writer_never_passes_its_end_and_writes_nothing_after);
    tcase_add_test(tc, a_writer_may_fill_its_room_to_the_last_octet);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
