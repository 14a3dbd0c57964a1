/* Tables as a partner uploads them, plain or packed. The first octet says how the columns are
 * named; the rest is the file. What holds for any: every row that comes has all its columns and a
 * line within the file, slices lie in the row or are free of what was cut off, and a deck made of
 * the same octets either refuses them or answers for every one of its rows.
 */
#include "dialplan/deck.h"
#include "dialplan/key.h"
#include "dialplan/list.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"
#include "test/fuzz/fuzz.h"

#include <errno.h>

static const char *const columns[] = {
    NULL, "prefix, rate", "prefix, -, rate, setup, first, step, effective",
    "prefix:dialcode, rate:peak, name:destination", "from, to, rate"};
static const char *const fields[] = {"prefix", "from", "to", "rate", "name", NULL};
static const char *const file[] = {"t", NULL};

static void read_rows(const char *names, uint64_t feeds)
{
    struct dp_rows_config cfg = {
        .path = file[0], .columns = names, .fields = fields, .rejects = "t.rejects"};
    char why[DP_ROWS_WHY];
    const struct dp_row *row;
    struct dp_rows *rows;
    uint64_t line = 0;

    if (dp_rows_open(&rows, &cfg, why) != 0) {
        fuzz_check(why[0] != '\0');
        return;
    }
    while (dp_rows_next(rows, &row) == 0) {
        fuzz_check(row->line > line);
        line = row->line;
        fuzz_check(row->text.n <= DP_ROW_LEN && (feeds == UINT64_MAX || line <= feeds + 1));
        for (unsigned i = 0; i < 5; i++)
            fuzz_check(row->field[i].n <= row->text.n &&
                       (dp_rows_has(rows, i) || row->field[i].n == 0));
        if (line % 5 == 0)
            dp_rows_reject(rows, row, "every fifth");
    }
    dp_rows_close(rows);
}

static void load_deck(const char *names)
{
    struct dp_deck_config cfg = {.name = "t",
                                 .patterns = file,
                                 .columns = names,
                                 .bad_ppm = DP_DECK_ANY,
                                 .change_ppm = DP_DECK_ANY,
                                 .now = 1767225600};
    struct dp_deck_report report;
    struct dp_deck_source source;
    struct dp_deck_diff diff;
    struct dp_rate rate;
    struct dp_deck *d;

    if (dp_deck_load(&d, &cfg, NULL, &report) != 0) {
        fuzz_check(report.why[0] != '\0');
        return;
    }
    for (unsigned i = 1; i < 1000; i += 37) {
        char digits[8] = {(char)('0' + i / 100), (char)('0' + i / 10 % 10), (char)('0' + i % 10),
                          0};
        uint64_t key = dp_key_of(digits);
        bool found = dp_deck_find(d, key, &rate);
        fuzz_check(found == (dp_deck_source(d, key, &source) == 0));
        fuzz_check(!found || dp_rate_cost(&rate, UINT32_MAX) >= 0);
    }
    dp_deck_diff(&diff, d, d, NULL, NULL);
    fuzz_check(diff.added + diff.removed + diff.up + diff.down == 0);
    dp_deck_unref(d);
}

static void load_list(const char *names, bool raw)
{
    struct dp_list_config cfg = {.patterns = file,
                                 .columns = names,
                                 .raw = raw,
                                 .bad_ppm = DP_DECK_ANY,
                                 .change_ppm = DP_DECK_ANY};
    struct dp_number n = {.digits = "49301234", .e164 = !raw};
    char why[DP_ROWS_WHY];
    struct dp_list *l;

    if (dp_list_load(&l, &cfg, NULL, why) != 0) {
        fuzz_check(why[0] != '\0');
        return;
    }
    dp_list_has(l, &n);
    dp_list_unref(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t feeds = 0;

    if (size == 0)
        return 0;
    const char *names = columns[data[0] % RT_COUNT(columns)];
    bool packed = size > 2 && (data[1] == 0x1f || data[1] == 0x28);
    for (size_t i = 1; i < size; i++)
        feeds += data[i] == '\n';
    fake_reset();
    rt_file_replace(file[0], data + 1, size - 1, 0644);
    read_rows(names, packed ? UINT64_MAX : feeds);
    load_deck(names);
    load_list(names, data[0] & 0x80);
    fake_reset();
    return 0;
}
