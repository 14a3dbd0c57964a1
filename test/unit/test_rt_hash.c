/* Hash tables without memory: they are made and grow from the reserve, and give it back. The linker
 * sends malloc() to __wrap_malloc() (Makefile). */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uthash.h>

#define N 2000

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool refused;

void *__wrap_malloc(size_t size)
{
    return refused ? NULL : __real_malloc(size);
}

struct thing {
    unsigned key;
    UT_hash_handle hh;
};

static void fill_and_empty(struct thing *things, bool poor)
{
    struct thing *all = NULL, *t;

    refused = poor; /* the test library asks too, and ends when it is refused */
    for (unsigned i = 0; i < N; i++) {
        things[i].key = i;
        HASH_ADD_INT(all, key, &things[i]);
    }
    refused = false;
    ck_assert_uint_eq(HASH_COUNT(all), N);
    for (unsigned i = 0; i < N; i++) {
        HASH_FIND_INT(all, &i, t);
        ck_assert_ptr_eq(t, &things[i]);
    }
    for (unsigned i = 0; i < N; i++)
        HASH_DEL(all, &things[i]);
}

START_TEST(a_table_grows_without_memory)
{
    struct thing *things = calloc(N, sizeof *things);

    ck_assert_ptr_nonnull(things);
    for (unsigned i = 0; i < 100; i++) /* what is given back is there again */
        fill_and_empty(things, i % 3 != 0);
    free(things);
}
END_TEST

START_TEST(hundreds_of_tables_are_made_without_memory)
{
    enum { TABLES = 200 };
    static struct thing *tables[TABLES], things[TABLES];

    refused = true;
    for (unsigned i = 0; i < TABLES; i++)
        HASH_ADD_INT(tables[i], key, &things[i]);
    for (unsigned i = 0; i < TABLES; i++)
        HASH_DEL(tables[i], &things[i]);
    refused = false;
}
END_TEST

START_TEST(the_reserve_has_an_end)
{
    void *p[8];
    unsigned n = 0;

    refused = true;
    void *beyond = rt_hash_alloc((size_t)2 << 20);
    for (; n < 5; n++)
        p[n] = rt_hash_alloc((size_t)1 << 20);
    refused = false;
    ck_assert_ptr_null(beyond);
    ck_assert_ptr_nonnull(p[3]);
    ck_assert_ptr_null(p[4]);
    while (n-- > 0)
        rt_hash_free(p[n]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hash memory");
    TCase *t = tcase_create("refused");

    tcase_add_test(t, a_table_grows_without_memory);
    tcase_add_test(t, hundreds_of_tables_are_made_without_memory);
    tcase_add_test(t, the_reserve_has_an_end);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
