/* Lists of events and signals, options, statistics. The first octet says which; the rest is the
 * text. What holds for any of them: slices lie within the text, an item that was taken can be taken
 * again, what is embedded in a good item is good, statistics that were written are read the same.
 */
#include "mgcp/event.h"
#include "mgcp/mgcp.h"
#include "mgcp/options.h"
#include "mgcp/package.h"
#include "test/fuzz/fuzz.h"

#include <errno.h>

static const char kinds[] = "RSOT"; /* in the order of enum mgcp_list */
static struct rt_str all;

static void check_slice(struct rt_str s)
{
    fuzz_check(s.n == 0 || (s.p >= all.p && s.p + s.n <= all.p + all.n));
}

static void check_params(struct rt_str params)
{
    struct rt_str name, value;

    for (size_t left = params.n; mgcp_param_next(&params, &name, &value); left = params.n) {
        check_slice(name);
        check_slice(value);
        fuzz_check(params.n < left);
    }
}

static void check_embedded(struct rt_str list, enum mgcp_list kind)
{
    struct mgcp_item item;
    int err;

    while ((err = mgcp_item_next(&list, kind, &item, NULL)) == 0)
        fuzz_check(!(item.actions & MGCP_EMBEDDED));
    fuzz_check(err == ENOENT);
}

static void check_item(const struct mgcp_item *item)
{
    const struct mgcp_package *p = mgcp_package(item->package);

    check_slice(item->package);
    check_slice(item->name);
    check_slice(item->connection);
    check_slice(item->d);
    check_params(item->params);
    check_embedded(item->r, MGCP_LIST_R);
    check_embedded(item->s, MGCP_LIST_S);
    fuzz_check(item->name.n > 0 && mgcp_item_covers(item->name, item->name));
    for (unsigned i = 0; p && i < p->nsymbols; i++)
        mgcp_item_covers(item->name, rt_str(p->symbol[i].name));
    if (p && mgcp_symbol(p, item->name))
        fuzz_check(mgcp_item_covers(item->name, rt_str(mgcp_symbol(p, item->name)->name)));
}

static void check_list(struct rt_str list, enum mgcp_list kind)
{
    struct mgcp_item item;
    unsigned refusal;
    size_t left = list.n;
    int err;

    while ((err = mgcp_item_next(&list, kind, &item, &refusal)) == 0) {
        fuzz_check(refusal == 0 && list.n < left);
        left = list.n;
        check_item(&item);
    }
    fuzz_check((err == EBADMSG) == (refusal == 510 || refusal == 523 || refusal == 538));
}

static void check_options(struct rt_str text)
{
    struct mgcp_options o;

    if (mgcp_options_read(&o, text) != 0)
        return;
    fuzz_check(o.ncodecs <= MGCP_CODECS_MAX && o.nfmtp <= RT_COUNT(o.fmtp));
    for (unsigned i = 0; i < o.ncodecs; i++)
        check_slice(o.codec[i]);
    for (unsigned i = 0; i < o.nfmtp; i++)
        check_slice(o.fmtp[i]);
    check_slice(o.fax);
    check_slice(o.key);
    fuzz_check(o.ptime_min <= o.ptime_max && o.bandwidth_min <= o.bandwidth);
    fuzz_check(o.tos >= -1 && o.tos <= 255);
}

static void check_statistics(struct rt_str text)
{
    struct mgcp_statistics a, b;
    struct rt_buf out = {0};

    mgcp_mode_read(text);
    if (mgcp_statistics_read(&a, text) == 0) {
        mgcp_statistics_write(&out, &a);
        fuzz_check(mgcp_statistics_read(&b, rt_buf_str(&out)) == 0 && a.present == b.present);
        fuzz_check(a.ps > 999999999 || a.ps == b.ps);
        fuzz_check(a.la > 999999999 || a.la == b.la);
    }
    rt_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    all = (struct rt_str){(const char *)data + 1, size - 1};
    const char *kind = memchr(kinds, data[0], sizeof kinds - 1);
    if (kind)
        check_list(all, (enum mgcp_list)(kind - kinds));
    else if (data[0] == 'L')
        check_options(all);
    else
        check_statistics(all);
    return 0;
}
