/* Information elements found in messages and messages changed: octets worked out from Q.931 4.5.1
 * to 4.5.4, and messages that real exchanges sent.
 */
#include "isdn/ie_bearer.h"
#include "isdn/ie_party.h"
#include "isdn/ie_text.h"
#include "isdn/q931.h"
#include "test/unit/ie_rig.h"

#include <errno.h>

/* ---- the walk ---- */

START_TEST(elements_are_walked)
{
    static const uint8_t m[] = {CALL(0x05), 0xa1, 0x04, 0x03, 0x80, 0x90, 0xa3, 0x7e, 0x00};
    static const uint16_t keys[] = {0xa1, 0x04, 0x7e};
    struct isdn_ie_iter it;
    struct isdn_ie ie;

    isdn_ie_begin(&it, m, sizeof m);
    for (size_t i = 0; i < RT_COUNT(keys); i++) {
        ck_assert(isdn_ie_next(&it, &ie));
        ck_assert_uint_eq(ie.key, keys[i]);
    }
    ck_assert(!isdn_ie_next(&it, &ie));
    ck_assert(!it.broken);
    ck_assert(isdn_ie_find(&ie, m, sizeof m, 0x04, 0));
    ck_assert_uint_eq(ie.at, HEAD + 1);
    ck_assert_uint_eq(ie.end, HEAD + 6);
    ck_assert_uint_eq(ie.len, 3);
    ck_assert_uint_eq(ie.p[2], 0xa3);
}
END_TEST

START_TEST(shifts_make_the_codeset)
{
    /* 4.5.4: codeset 5 for one element; 4.5.3: codeset 6 from then on, and 0 for one; a locking
     * shift to a lower codeset is none */
    static const uint8_t m[] = {CALL(0x05), 0x9d, 0x01, 0x01, 0xaa, 0x70, 0x02, 0x81,
                                0x31,       0x96, 0x04, 0x01, 0x42, 0x98, 0x7e, 0x02,
                                0x04,       0x41, 0x90, 0x04, 0x00, 0x97, 0xd3};
    static const struct {
        uint16_t key;
        size_t from, at;
        uint8_t locked;
    } want[] = {{ISDN_IE(5, 0x01), 5, 6, 0},   {0x70, 9, 9, 0},
                {ISDN_IE(6, 0x04), 14, 14, 6}, {0x7e, 17, 18, 6},
                {ISDN_IE(6, 0x04), 23, 23, 6}, {ISDN_IE(7, 0xd0), 26, 26, 7}};
    struct isdn_ie_iter it;
    struct isdn_ie ie;

    isdn_ie_begin(&it, m, sizeof m);
    for (size_t i = 0; i < RT_COUNT(want); i++) {
        ck_assert(isdn_ie_next(&it, &ie));
        ck_assert_uint_eq(ie.key, want[i].key);
        ck_assert_uint_eq(ie.from, want[i].from);
        ck_assert_uint_eq(ie.at, want[i].at);
        ck_assert_uint_eq(ie.locked, want[i].locked);
    }
    ck_assert_uint_eq(ie.nibble, 3);
    ck_assert(!isdn_ie_next(&it, &ie));
    ck_assert_uint_eq(isdn_ie_count(m, sizeof m, ISDN_IE(6, 0x04)), 2);
    ck_assert(!isdn_ie_find(&ie, m, sizeof m, 0x04, 0));
    ck_assert(!isdn_ie_find(&ie, m, sizeof m, ISDN_IE(6, 0x04), 2));
}
END_TEST

START_TEST(what_does_not_fit_ends_the_walk)
{
    static const uint8_t m[] = {CALL(0x45), 0x08, 0x02, 0x81, 0x91, 0x1e, 0x03, 0x81, 0x88};
    struct isdn_ie_iter it;
    struct isdn_ie ie;

    isdn_ie_begin(&it, m, sizeof m);
    ck_assert(isdn_ie_next(&it, &ie));
    ck_assert(!isdn_ie_next(&it, &ie));
    ck_assert(it.broken);
    ck_assert(!isdn_ie_next(&it, &ie));
    for (size_t n = 0; n < HEAD; n++) { /* no message, no elements */
        isdn_ie_begin(&it, m, n);
        ck_assert(!isdn_ie_next(&it, &ie));
    }
    isdn_ie_begin(&it, m, HEAD + 1); /* identifier without length */
    ck_assert(!isdn_ie_next(&it, &ie));
    ck_assert(it.broken);
}
END_TEST

START_TEST(a_look_keeps_to_codeset_0)
{
    /* codeset 6, 0x08: not a cause */
    static const uint8_t f[] = {0x02, 0x01, 0x00, 0x00, CALL(0x45), 0x08, 0x02,
                                0x82, 0x90, 0x96, 0x08, 0x02,       0x81, 0x91};
    struct q931_view v;
    struct isdn_ie ie;

    ck_assert(q931_look(&v, f, sizeof f));
    ck_assert_uint_eq(v.cause, 16);
    ck_assert_uint_eq(v.location, 2);
    ck_assert(q931_find(&ie, f, sizeof f, ISDN_IE(6, 0x08), 0));
    ck_assert_uint_eq(ie.p[1], 0x91);
}
END_TEST

/* ---- messages changed ---- */

START_TEST(elements_go_where_they_belong)
{
    static const struct {
        uint16_t key;
        const char *value, *before, *after;
    } table[] = {
        {0x1e, "81 88", "", "1e 02 81 88"},
        {0x1e, "81 88", "08 02 81 91 28 01 78", "08 02 81 91 1e 02 81 88 28 01 78"},
        {0x1e, "81 88", "1e 02 81 81 28 01 78", "1e 02 81 81 1e 02 81 88 28 01 78"},
        {0x7e, "04", "08 02 81 91", "08 02 81 91 7e 01 04"},
        /* behind its like, though the message is in no order */
        {0x08, "82 90", "28 01 78 08 02 81 91 1e 02 81 88",
         "28 01 78 08 02 81 91 08 02 82 90 1e 02 81 88"},
        /* single octets first (4.5.1: anywhere) */
        {0xa1, "", "04 03 80 90 a3", "a1 04 03 80 90 a3"},
        {0xb0, "0f", "04 03 80 90 a3", "bf 04 03 80 90 a3"},
        /* before a locking shift; not between a shift and its element */
        {0x7e, "04", "08 02 81 91 96 01 01 42", "08 02 81 91 7e 01 04 96 01 01 42"},
        {0x7e, "04", "96 01 01 42", "7e 01 04 96 01 01 42"},
        {0x28, "78", "9e 01 01 42 70 01 80", "9e 01 01 42 28 01 78 70 01 80"},
        {0x28, "78", "08 02 81 91 9e", "08 02 81 91 28 01 78 9e"},
        /* its like stands among codeset 6: so does this one */
        {0x7e, "05", "96 01 01 42 98 7e 01 04", "96 01 01 42 98 7e 01 04 98 7e 01 05"},
        /* not between Repeat indicator and what it is about */
        {0x04, "88 90", "d1 7c 02 80 90 7c 02 88 90", "04 02 88 90 d1 7c 02 80 90 7c 02 88 90"},
        {0x7c, "88 c0", "d1 7c 02 80 90 7c 02 88 90", "d1 7c 02 80 90 7c 02 88 90 7c 02 88 c0"},
        /* other codesets: by a shift, or where one is in force */
        {ISDN_IE(6, 0x10), "41", "08 02 81 91", "08 02 81 91 9e 10 01 41"},
        {ISDN_IE(6, 0x10), "41", "08 02 81 91 96 20 01 42", "08 02 81 91 96 10 01 41 20 01 42"},
        {ISDN_IE(6, 0x10), "41", "96 01 01 42 97 01 01 43", "96 01 01 42 10 01 41 97 01 01 43"},
        {ISDN_IE(5, 0x10), "41", "96 01 01 42", "9d 10 01 41 96 01 01 42"},
        /* what does not fit stays last */
        {0x7e, "04", "08 02 81 91 1e 30", "08 02 81 91 7e 01 04 1e 30"},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        struct isdn_ie_value v = {.key = table[i].key};
        struct edit e;
        v.len = (uint8_t)unhex(v.p, table[i].value);
        begin(&e, table[i].before, 20);
        ck_assert_int_eq(isdn_ie_insert(&e.b, &v), 0);
        elements_are(&e, table[i].after);
    }
}
END_TEST

START_TEST(what_has_no_room_is_not_inserted)
{
    struct isdn_ie_value v = {.key = ISDN_IE(6, 0x10), .len = 1};
    struct edit e;

    begin(&e, "08 02 81 91", 3); /* shift, identifier, length, one octet */
    ck_assert_int_eq(isdn_ie_insert(&e.b, &v), ENOSPC);
    elements_are(&e, "08 02 81 91");
    e.b.cap++;
    ck_assert_int_eq(isdn_ie_insert(&e.b, &v), 0);
    elements_are(&e, "08 02 81 91 9e 10 01 00");
    v = (struct isdn_ie_value){.key = 0x08, .len = 3, .p = {0x81, 0x91, 0x01}};
    ck_assert_int_eq(isdn_ie_replace(&e.b, &v, 0), ENOSPC);
    elements_are(&e, "08 02 81 91 9e 10 01 00");
    e.octets[0] = 0x09;
    ck_assert_int_eq(isdn_ie_insert(&e.b, &v), EINVAL);
}
END_TEST

START_TEST(no_shift_and_no_broken_octet_is_inserted)
{
    static const struct isdn_ie_value bad[] = {
        {.key = 0x90, .len = 1},              /* a shift */
        {.key = 0xa1, .len = 1},              /* type 2 carries nothing */
        {.key = 0xb1, .len = 1},              /* type 1 has its value beside it */
        {.key = 0xb0, .len = 1, .p = {0x10}}, /* of four bits */
        {.key = 0xb0},                        /* and cannot be without */
        {.key = ISDN_IE(8, 0x01)},            /* there are eight codesets */
    };
    struct edit e;

    begin(&e, "", 20);
    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        ck_assert_int_eq(isdn_ie_insert(&e.b, &bad[i]), EINVAL);
        ck_assert_int_eq(isdn_ie_replace(&e.b, &bad[i], 0), EINVAL);
    }
    elements_are(&e, "");
}
END_TEST

START_TEST(elements_are_replaced)
{
    struct isdn_ie_value v = {.key = 0x1e, .len = 2, .p = {0x82, 0x88}};
    struct edit e;

    begin(&e, "1e 02 81 81 1e 03 81 82 00 28 01 78", 0);
    ck_assert_int_eq(isdn_ie_replace(&e.b, &v, 1), 0);
    elements_are(&e, "1e 02 81 81 1e 02 82 88 28 01 78");
    ck_assert_int_eq(isdn_ie_replace(&e.b, &v, 2), ENOENT);
    ck_assert_int_eq(isdn_ie_set(&e.b, &v), 0);
    elements_are(&e, "1e 02 82 88 1e 02 82 88 28 01 78");
    v = (struct isdn_ie_value){.key = ISDN_IE(6, 1), .len = 2, .p = {1, 2}};
    begin(&e, "9e 01 01 42", 4);
    ck_assert_int_eq(isdn_ie_set(&e.b, &v), 0); /* its shift stays */
    elements_are(&e, "9e 01 02 01 02");
    v = (struct isdn_ie_value){.key = 0x08, .len = 2, .p = {0x82, 0x90}};
    e.b.cap += 4;
    ck_assert_int_eq(isdn_ie_set(&e.b, &v), 0);
    elements_are(&e, "9e 01 02 01 02 08 02 82 90");
}
END_TEST

START_TEST(elements_are_removed)
{
    static const struct {
        uint16_t key;
        unsigned nth;
        int want;
        const char *before, *after;
    } table[] = {
        {0x08, 0, 0, "08 02 81 91 28 01 78", "28 01 78"},
        {0x08, 1, ENOENT, "08 02 81 91", "08 02 81 91"},
        {0x1e, 1, 0, "1e 02 81 81 1e 02 81 88", "1e 02 81 81"},
        {0xa1, 0, 0, "a1 28 01 78", "28 01 78"},
        {ISDN_IE(6, 1), 0, 0, "08 02 81 91 9e 01 01 42 28 01 78", "08 02 81 91 28 01 78"},
        {ISDN_IE(6, 1), 0, 0, "96 01 01 42 02 01 43", "96 02 01 43"}, /* the others need it */
        {0x7c, 0, 0, "d1 7c 01 80 7c 01 88", "d1 7c 01 88"},
        {0x7c, 0, 0, "d1 7c 01 80 7e 01 04", "7e 01 04"},
    };
    struct edit e;

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        begin(&e, table[i].before, 0);
        ck_assert_int_eq(isdn_ie_remove(&e.b, table[i].key, table[i].nth), table[i].want);
        elements_are(&e, table[i].after);
    }
    begin(&e, "1e 02 81 81 28 01 78 1e 02 81 88", 0);
    ck_assert_uint_eq(isdn_ie_remove_all(&e.b, 0x1e), 2);
    elements_are(&e, "28 01 78");
}
END_TEST

/* ---- messages begun ---- */

START_TEST(messages_are_begun)
{
    static const struct {
        struct isdn_head h;
        const char *want; /* NULL: EINVAL */
    } table[] = {
        {{0x75, 2, 0x0123, true}, "08 02 01 23 75"},
        {{0x7d, 2, 0x7fff, false}, "08 02 ff ff 7d"},
        {{0x62, 0, 0, false}, "08 00 62"},
        {{0x05, 1, 0x7f, true}, "08 01 7f 05"},
        {{0x07, 1, 0x05, false}, "08 01 85 07"},
        {{0x46, 2, 0, true}, "08 02 00 00 46"},
        {{0x05, 1, 0x80, true}, NULL},
        {{0x05, 2, 0x8000, true}, NULL},
        {{0x05, 3, 1, true}, NULL},
        {{0x62, 0, 1, false}, NULL},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        uint8_t octets[8], want[8];
        struct isdn_body b = {octets, 0, sizeof octets};
        struct isdn_head h;
        ck_assert_int_eq(isdn_body_begin(&b, &table[i].h), table[i].want ? 0 : EINVAL);
        if (!table[i].want)
            continue;
        ck_assert_uint_eq(b.len, unhex(want, table[i].want));
        ck_assert_mem_eq(octets, want, b.len);
        ck_assert(isdn_head_read(&h, octets, b.len));
        ck_assert_uint_eq(h.type, table[i].h.type);
        ck_assert_uint_eq(h.reference, table[i].h.reference);
        ck_assert_int_eq(h.from_origin, table[i].h.from_origin);
        b.cap = b.len - 1;
        ck_assert_int_eq(isdn_body_begin(&b, &table[i].h), ENOSPC);
    }
}
END_TEST

START_TEST(a_frame_becomes_another_message)
{
    static const uint8_t want[] = {0x02, 0x01, 0x08, 0x0a, CALL(0x75)};
    static const uint8_t filled[] = {0x02, 0x01, 0x08, 0x0a, CALL(0x75), 0x28, 0x01, 0x78};
    uint8_t f[20] = {0x02, 0x01, 0x08, 0x0a, CALL(0x03), 0x1e, 0x02, 0x81, 0x88};
    const struct isdn_ie_display d = {.text = "x"};
    struct isdn_ie_value v;
    struct isdn_body b;

    ck_assert_uint_eq(q931_set_type(f, 13, Q931_T_STATUS_ENQUIRY), sizeof want);
    ck_assert_mem_eq(f, want, sizeof want);
    ck_assert(isdn_body_in_frame(&b, f, sizeof want, sizeof f));
    ck_assert_int_eq(isdn_ie_write_display(&v, &d), 0);
    ck_assert_int_eq(isdn_ie_insert(&b, &v), 0);
    ck_assert_uint_eq((size_t)(b.p - f) + b.len, sizeof filled);
    ck_assert_mem_eq(f, filled, sizeof filled);
    uint8_t sabme[] = {0x02, 0x01, 0x7f};
    ck_assert_uint_eq(q931_set_type(sabme, sizeof sabme, 0x75), sizeof sabme);
    ck_assert(!isdn_body_in_frame(&b, sabme, sizeof sabme, sizeof sabme));
    ck_assert(!isdn_body_in_frame(&b, f, sizeof filled, sizeof filled - 1));
}
END_TEST

/* ---- messages that were sent ---- */

START_TEST(real_setups_are_read)
{
    /* a gateway to the public network, and a call manager; what is H.225's own is left off */
    static const char one[] = "08 02 15 56 05 a1 04 03 90 90 a5 1e 02 81 83 6c 0c 21 80 34 39 35 39"
                              "38 31 38 31 30 30 70 0b 81 34 39 35 34 38 31 38 30 35 35";
    static const char two[] = "08 02 0a 6d 05 04 03 80 90 a3 28 0b 4f 55 54 5f 4f 46 5f 41 52 45 41"
                              "6c 0d 11 80 31 37 32 33 33 36 38 31 30 30 30 70 08 80 30 30 30 38 30"
                              "32 35";
    uint8_t m[100];
    size_t len = unhex(m, one);
    struct isdn_ie_number n;
    struct isdn_ie_bearer b;
    struct isdn_ie_display d;
    struct isdn_ie ie;

    ck_assert(isdn_ie_find(&ie, m, len, ISDN_IE_COMPLETE, 0));
    ck_assert(isdn_ie_find(&ie, m, len, ISDN_IE_BEARER, 0));
    ck_assert_int_eq(isdn_ie_read_bearer(&b, &ie), 0);
    ck_assert_uint_eq(b.capability, ISDN_CAP_AUDIO_31);
    ck_assert_uint_eq(b.layer[0].protocol, ISDN_L1_H221);
    ck_assert(isdn_ie_find(&ie, m, len, ISDN_IE_CALLING, 0));
    ck_assert_int_eq(isdn_ie_read_number(&n, &ie), 0);
    ck_assert_str_eq(n.digits, "4959818100");
    ck_assert_uint_eq(n.ton, 2);
    ck_assert(isdn_ie_find(&ie, m, len, ISDN_IE_CALLED, 0));
    ck_assert_int_eq(isdn_ie_read_number(&n, &ie), 0);
    ck_assert_str_eq(n.digits, "4954818055");

    len = unhex(m, two);
    ck_assert(isdn_ie_find(&ie, m, len, ISDN_IE_DISPLAY, 0));
    ck_assert_int_eq(isdn_ie_read_display(&d, &ie), 0);
    ck_assert_str_eq(d.text, "OUT_OF_AREA");
    ck_assert(isdn_ie_find(&ie, m, len, ISDN_IE_CALLING, 0));
    ck_assert_int_eq(isdn_ie_read_number(&n, &ie), 0);
    ck_assert_str_eq(n.digits, "17233681000");
    ck_assert_uint_eq(n.ton, 1);
    ck_assert(isdn_ie_find(&ie, m, len, ISDN_IE_CALLED, 0));
    ck_assert_int_eq(isdn_ie_read_number(&n, &ie), 0);
    ck_assert_str_eq(n.digits, "0008025");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ie");
    TCase *tc = tcase_create("ie");

    tcase_add_test(tc, elements_are_walked);
    tcase_add_test(tc, shifts_make_the_codeset);
    tcase_add_test(tc, what_does_not_fit_ends_the_walk);
    tcase_add_test(tc, a_look_keeps_to_codeset_0);
    tcase_add_test(tc, elements_go_where_they_belong);
    tcase_add_test(tc, what_has_no_room_is_not_inserted);
    tcase_add_test(tc, no_shift_and_no_broken_octet_is_inserted);
    tcase_add_test(tc, elements_are_replaced);
    tcase_add_test(tc, elements_are_removed);
    tcase_add_test(tc, messages_are_begun);
    tcase_add_test(tc, a_frame_becomes_another_message);
    tcase_add_test(tc, real_setups_are_read);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
