/* application/vnd.etsi.aoc+xml (3GPP TS 24.647 annexes C and D). Units are a currency named "UNIT"
 * there. One table per word list serves both directions.
 */
#include "gw/aoc_xml.h"
#include "gw/xml.h"

#include <errno.h>
#include <inttypes.h>

#define NAMESPACE "http://uri.etsi.org/ngn/params/xml/simservs/aoc"
#define UNIT      "UNIT"

/** An item of AOC-S, in the order of the schema, and whether time may be its measure. */
static const struct item {
    const char *name;
    enum isdn_aoc_item item;
    bool timed;
} items[] = {
    {"basic", ISDN_AOC_ITEM_BASIC, true},
    {"communication-attempt", ISDN_AOC_ITEM_ATTEMPT, false},
    {"communication-setup", ISDN_AOC_ITEM_SETUP, false},
    {"services", ISDN_AOC_ITEM_SUPPLEMENTARY, true},
};

static const char *const scales[ISDN_AOC_SCALES] = {
    [ISDN_AOC_HUNDREDTH_SECOND] = "one-hundredth-second",
    [ISDN_AOC_TENTH_SECOND] = "one-tenth-second",
    [ISDN_AOC_SECOND] = "one-second",
    [ISDN_AOC_TEN_SECONDS] = "ten-seconds",
    [ISDN_AOC_MINUTE] = "one-minute",
    [ISDN_AOC_HOUR] = "one-hour",
    [ISDN_AOC_DAY] = "twenty-four-hours",
};

static const char *const billings[ISDN_AOC_BILLINGS] = {
    [ISDN_AOC_BILLING_NORMAL] = "normal-charging",
    [ISDN_AOC_BILLING_REVERSE] = "reverse-charging",
    [ISDN_AOC_BILLING_CREDIT_CARD] = "credit-card",
    [ISDN_AOC_BILLING_CFU] = "call-forwarding-unconditional",
    [ISDN_AOC_BILLING_CFB] = "call-forwarding-busy",
    [ISDN_AOC_BILLING_CFNR] = "call-forwarding-no-reply",
    [ISDN_AOC_BILLING_DEFLECTION] = "call-deflection",
    [ISDN_AOC_BILLING_TRANSFER] = "call-transfer",
};

/* ---- reading ---- */

/** The index of the word that `n` says; `count`: none of them. */
static unsigned word_of(const xmlNode *n, const char *const *words, unsigned count)
{
    char text[40];
    unsigned i = 0;

    if (!n || !gw_xml_text(n, text, sizeof text))
        return count;
    while (i < count && (!words[i] || strcmp(words[i], text) != 0))
        i++;
    return i;
}

/** The currency, empty when there is none, and the amount, which there must be. */
static int read_money(struct isdn_aoc_money *out, const xmlNode *parent, struct gw_xml_error *err)
{
    const xmlNode *id = gw_xml_child(parent, "currency-id");
    const xmlNode *amount = gw_xml_child(parent, "currency-amount");
    char text[64];

    if (id && !gw_xml_text(id, out->currency, sizeof out->currency))
        return gw_xml_fail(err, id, "\"currency-id\" is no currency");
    if (!amount)
        return gw_xml_fail(err, parent, "no \"currency-amount\"");
    if (!gw_xml_text(amount, text, sizeof text) || gw_aoc_read_amount(out, rt_str(text)) != 0)
        return gw_xml_fail(err, amount, "\"currency-amount\" is no amount");
    return 0;
}

/** Absent: length 0. */
static int read_time(struct isdn_aoc_time *out, const xmlNode *n, struct gw_xml_error *err)
{
    const xmlNode *unit = n ? gw_xml_child(n, "time-unit") : NULL;
    char text[16];
    uint64_t length;

    if (!n)
        return 0;
    unsigned scale = word_of(gw_xml_child(n, "scale"), scales, ISDN_AOC_SCALES);
    if (scale == ISDN_AOC_SCALES)
        return gw_xml_fail(err, n, "\"scale\" is missing or unknown");
    if (!unit || !gw_xml_text(unit, text, sizeof text) ||
        rt_str_u64(&length, rt_str(text), UINT32_MAX) != 0)
        return gw_xml_fail(err, unit ? unit : n, "\"time-unit\" is no number");
    out->length = (uint32_t)length;
    out->scale = (enum isdn_aoc_scale)scale;
    return 0;
}

static int read_price(struct isdn_aoc_rate *out, const xmlNode *n, struct gw_xml_error *err)
{
    static const char *const types[] = {"continuous", "step-function"};

    int bad = read_money(&out->money, n, err);
    if (bad == 0)
        bad = read_time(&out->time, gw_xml_child(n, "length-time-unit"), err);
    if (bad == 0)
        bad = read_time(&out->granularity, gw_xml_child(n, "granularity"), err);
    out->step = word_of(gw_xml_child(n, "charging-type"), types, 2) == 1;
    if (bad == 0 && out->time.length == 0)
        return gw_xml_fail(err, n, "no \"length-time-unit\"");
    return bad;
}

static int read_flat(struct isdn_aoc_rate *out, const xmlNode *n, struct gw_xml_error *err)
{
    return read_money(&out->money, n, err);
}

static int read_nothing(struct isdn_aoc_rate *out, const xmlNode *n, struct gw_xml_error *err)
{
    (void)out;
    (void)n;
    (void)err;
    return 0;
}

/** 1 to 10 in ISDN, any token in XML: another one is a rate that is not known. */
static int read_code(struct isdn_aoc_rate *out, const xmlNode *n, struct gw_xml_error *err)
{
    char text[8];
    uint64_t code;

    (void)err;
    if (gw_xml_text(n, text, sizeof text) && rt_str_u64(&code, rt_str(text), 10) == 0 && code > 0)
        out->code = (unsigned)code;
    else
        out->kind = ISDN_AOC_RATE_UNKNOWN;
    return 0;
}

/** How an item is charged. */
static const struct {
    const char *name;
    enum isdn_aoc_rate_kind kind;
    int (*read)(struct isdn_aoc_rate *out, const xmlNode *n, struct gw_xml_error *err);
} rates[] = {
    {"price-time", ISDN_AOC_RATE_DURATION, read_price},
    {"flat-rate", ISDN_AOC_RATE_FLAT, read_flat},
    {"free-charge", ISDN_AOC_RATE_FREE, read_nothing},
    {"special-code", ISDN_AOC_RATE_CODE, read_code},
    {"not-available", ISDN_AOC_RATE_UNKNOWN, read_nothing},
};

/** The first child that is known says it; an item without one is not known. */
static int read_rate(struct isdn_aoc_rate *out, const xmlNode *item, struct gw_xml_error *err)
{
    const xmlNode *n = gw_xml_element(item->children);

    for (; n; n = gw_xml_element(n->next))
        for (size_t i = 0; i < RT_COUNT(rates); i++)
            if (gw_xml_is(n, rates[i].name)) {
                out->kind = rates[i].kind;
                return rates[i].read(out, n, err);
            }
    return 0;
}

static int read_items(struct isdn_aoc *out, const xmlNode *list, struct gw_xml_error *err)
{
    const xmlNode *n = gw_xml_element(list->children);
    int bad = 0;

    for (; n && bad == 0; n = gw_xml_element(n->next)) {
        size_t i = 0;
        while (i < RT_COUNT(items) && !gw_xml_is(n, items[i].name))
            i++;
        if (i == RT_COUNT(items))
            continue;
        if (out->s.n == ISDN_AOC_RATES)
            return gw_xml_fail(err, n, "more than %d charged items", ISDN_AOC_RATES);
        struct isdn_aoc_rate *r = &out->s.rate[out->s.n++];
        r->item = items[i].item;
        bad = read_rate(r, n, err);
    }
    return bad;
}

static int read_s(struct isdn_aoc *out, const xmlNode *n, struct gw_xml_error *err)
{
    const xmlNode *special = gw_xml_child(n, "special-arrangement");
    const xmlNode *list = gw_xml_child(n, "charged-items");

    if (special) {
        struct isdn_aoc_rate *r = &out->s.rate[out->s.n++];
        r->item = ISDN_AOC_ITEM_SPECIAL;
        r->kind = ISDN_AOC_RATE_CODE;
        return read_code(r, special, err);
    }
    return list ? read_items(out, list, err) : 0;
}

/** Units are whole ones. */
static int read_recorded(struct isdn_aoc *out, const xmlNode *n, struct gw_xml_error *err)
{
    struct isdn_aoc_money *m = &out->de.money;

    int bad = read_money(m, n, err);
    out->de.charge = ISDN_AOC_MONEY;
    if (bad != 0 || strcmp(m->currency, UNIT) != 0)
        return bad;
    uint64_t units = m->cost;
    for (unsigned i = m->multiplier; i < ISDN_AOC_ONE; i++, units /= 10)
        if (units % 10 != 0)
            return gw_xml_fail(err, n, "a part of a unit");
    for (unsigned i = ISDN_AOC_ONE; i < m->multiplier; i++)
        units *= 10;
    if (units > ISDN_AOC_COST_MAX)
        return gw_xml_fail(err, n, "too many units");
    out->de.charge = ISDN_AOC_UNITS_COUNTED;
    out->de.nunits = 1;
    out->de.unit[0] = (struct isdn_aoc_unit){(int32_t)units, -1};
    memset(m, 0, sizeof *m);
    return 0;
}

/** What AOC-D and AOC-E have alike. */
static int read_charges(struct isdn_aoc *out, const xmlNode *n, struct gw_xml_error *err)
{
    const xmlNode *charges = gw_xml_child(n, "recorded-charges");

    if (!charges)
        return gw_xml_fail(err, n, "no \"recorded-charges\"");
    unsigned billing = word_of(gw_xml_child(n, "billing-id"), billings, ISDN_AOC_BILLINGS);
    out->de.billing =
        billing < ISDN_AOC_BILLINGS ? (enum isdn_aoc_billing)billing : ISDN_AOC_BILLING_NONE;
    const xmlNode *recorded = gw_xml_child(charges, "recorded-currency-units");
    if (recorded)
        return read_recorded(out, recorded, err);
    out->de.charge = gw_xml_child(charges, "free-charge") ? ISDN_AOC_FREE : ISDN_AOC_NOT_AVAILABLE;
    return 0;
}

static int read_d(struct isdn_aoc *out, const xmlNode *n, struct gw_xml_error *err)
{
    static const char *const infos[] = {"subtotal", "total"};
    unsigned info = word_of(gw_xml_child(n, "charging-info"), infos, RT_COUNT(infos));

    if (info == RT_COUNT(infos))
        return gw_xml_fail(err, n, "\"charging-info\" is missing or unknown");
    out->de.subtotal = info == 0;
    return read_charges(out, n, err);
}

static const struct {
    const char *name;
    enum isdn_aoc_kind kind;
    int (*read)(struct isdn_aoc *out, const xmlNode *n, struct gw_xml_error *err);
} kinds[GW_AOC_PARTS] = {
    {"aoc-s", ISDN_AOC_S, read_s},
    {"aoc-d", ISDN_AOC_D, read_d},
    {"aoc-e", ISDN_AOC_E, read_charges},
};

int gw_aoc_xml_read(struct gw_aoc_parts *out, struct rt_str text, struct gw_xml_error *err)
{
    int bad = 0;

    memset(out, 0, sizeof *out);
    xmlDoc *doc = gw_xml_read(text, NAMESPACE, "aoc", err);
    if (!doc)
        return EBADMSG;
    const xmlNode *root = xmlDocGetRootElement(doc);
    for (size_t i = 0; i < RT_COUNT(kinds) && bad == 0; i++) {
        const xmlNode *n = gw_xml_child(root, kinds[i].name);
        if (!n)
            continue;
        struct isdn_aoc *part = &out->part[out->n++];
        part->kind = kinds[i].kind;
        bad = kinds[i].read(part, n, err);
    }
    if (bad != 0)
        out->n = 0;
    xmlFreeDoc(doc);
    return bad;
}

/* ---- writing ---- */

static void put(struct rt_buf *out, const char *name, const char *text)
{
    rt_buf_printf(out, "<%s>", name);
    gw_xml_put(out, text);
    rt_buf_printf(out, "</%s>", name);
}

static void put_money(struct rt_buf *out, const struct isdn_aoc_money *m)
{
    char amount[GW_AOC_AMOUNT_LEN];

    if (m->currency[0])
        put(out, "currency-id", m->currency);
    put(out, "currency-amount", gw_aoc_amount(amount, m));
}

static void put_time(struct rt_buf *out, const char *name, const struct isdn_aoc_time *t)
{
    if (t->length == 0)
        return;
    rt_buf_printf(out, "<%s><time-unit>%" PRIu32 "</time-unit><scale>%s</scale></%s>", name,
                  t->length, scales[t->scale], name);
}

static void put_price(struct rt_buf *out, const struct isdn_aoc_rate *r)
{
    rt_buf_puts(out, "<price-time>");
    put_money(out, &r->money);
    put_time(out, "length-time-unit", &r->time);
    put(out, "charging-type", r->step ? "step-function" : "continuous");
    put_time(out, "granularity", &r->granularity);
    rt_buf_puts(out, "</price-time>");
}

static void put_rate(struct rt_buf *out, const struct item *item, const struct isdn_aoc_rate *r)
{
    rt_buf_printf(out, "<%s>", item->name);
    if (r->kind == ISDN_AOC_RATE_DURATION && item->timed) {
        put_price(out, r);
    } else if (r->kind == ISDN_AOC_RATE_FLAT) {
        rt_buf_puts(out, "<flat-rate>");
        put_money(out, &r->money);
        rt_buf_puts(out, "</flat-rate>");
    } else if (r->kind == ISDN_AOC_RATE_CODE) {
        rt_buf_printf(out, "<special-code>%u</special-code>", r->code);
    } else if (r->kind == ISDN_AOC_RATE_FREE || r->kind == ISDN_AOC_RATE_FREE_FROM_BEGINNING) {
        rt_buf_puts(out, "<free-charge/>");
    } else {
        rt_buf_puts(out, "<not-available/>");
    }
    rt_buf_printf(out, "</%s>", item->name);
}

/** The first rate of that item, or NULL. */
static const struct isdn_aoc_rate *rate_of(const struct isdn_aoc *aoc, enum isdn_aoc_item item)
{
    for (unsigned i = 0; i < aoc->s.n && i < ISDN_AOC_RATES; i++)
        if (aoc->s.rate[i].item == item)
            return &aoc->s.rate[i];
    return NULL;
}

static void write_s(struct rt_buf *out, const struct isdn_aoc *aoc)
{
    static const struct isdn_aoc_rate unknown = {.kind = ISDN_AOC_RATE_UNKNOWN};
    const struct isdn_aoc_rate *special = rate_of(aoc, ISDN_AOC_ITEM_SPECIAL);
    bool any = false;

    if (special && special->kind == ISDN_AOC_RATE_CODE) {
        rt_buf_printf(out, "<special-arrangement>%u</special-arrangement>", special->code);
        return;
    }
    rt_buf_puts(out, "<charged-items>");
    for (size_t i = 0; i < RT_COUNT(items); i++) {
        const struct isdn_aoc_rate *r = rate_of(aoc, items[i].item);
        any = any || r;
        if (r)
            put_rate(out, &items[i], r);
    }
    if (!any)
        put_rate(out, &items[0], &unknown);
    rt_buf_puts(out, "</charged-items>");
}

static void put_charges(struct rt_buf *out, const struct isdn_aoc *aoc)
{
    struct isdn_aoc_money units = {.multiplier = ISDN_AOC_ONE, .currency = UNIT};
    const struct isdn_aoc_money *m = aoc->de.charge == ISDN_AOC_MONEY ? &aoc->de.money : NULL;

    if (aoc->de.charge == ISDN_AOC_UNITS_COUNTED && gw_aoc_units(aoc) >= 0) {
        units.cost = (uint32_t)gw_aoc_units(aoc);
        m = &units;
    }
    rt_buf_puts(out, "<recorded-charges>");
    if (m) {
        rt_buf_puts(out, "<recorded-currency-units>");
        put_money(out, m);
        rt_buf_puts(out, "</recorded-currency-units>");
    } else {
        rt_buf_puts(out, aoc->de.charge == ISDN_AOC_FREE ? "<free-charge/>" : "<not-available/>");
    }
    rt_buf_puts(out, "</recorded-charges>");
    if (billings[aoc->de.billing])
        put(out, "billing-id", billings[aoc->de.billing]);
}

void gw_aoc_xml_write(struct rt_buf *out, const struct isdn_aoc *aoc)
{
    const char *name = kinds[aoc->kind].name;

    rt_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<aoc xmlns=\"" NAMESPACE "\">");
    rt_buf_printf(out, "<%s>", name);
    if (aoc->kind == ISDN_AOC_D)
        put(out, "charging-info", aoc->de.subtotal ? "subtotal" : "total");
    if (aoc->kind == ISDN_AOC_S)
        write_s(out, aoc);
    else
        put_charges(out, aoc);
    rt_buf_printf(out, "</%s></aoc>\r\n", name);
}
