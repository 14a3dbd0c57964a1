/* Advice of charge: amounts, the XML of 3GPP TS 24.647 both ways, what hostile documents get, and
 * libpri's subcommands both ways; the XML of TS 24.616.
 */
#include "gw/aoc.h"
#include "gw/aoc_xml.h"
#include "gw/xml.h"

#include <check.h>
#include <errno.h>
#include <libpri.h>
#include <stdio.h>
#include <stdlib.h>

#define NS   "http://uri.etsi.org/ngn/params/xml/simservs/aoc"
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
#define AOC  HEAD "<aoc xmlns=\"" NS "\">"
#define EURO(amount)                                                                               \
    "<recorded-charges><recorded-currency-units><currency-id>EUR</"                                \
    "currency-id><currency-amount>" amount                                                         \
    "</currency-amount></recorded-currency-units></recorded-charges>"

static struct isdn_aoc_money money(uint32_t cost, enum isdn_aoc_multiplier multiplier)
{
    return (struct isdn_aoc_money){.cost = cost, .multiplier = multiplier, .currency = "EUR"};
}

/* ---- amounts ---- */

START_TEST(amounts_are_decimals)
{
    static const struct {
        uint32_t cost;
        enum isdn_aoc_multiplier multiplier;
        const char *text;
    } rows[] = {
        {1230, ISDN_AOC_THOUSANDTH, "1.230"}, {5, ISDN_AOC_HUNDREDTH, "0.05"},
        {12, ISDN_AOC_TENTH, "1.2"},          {0, ISDN_AOC_ONE, "0"},
        {7, ISDN_AOC_HUNDRED, "700"},         {16777215, ISDN_AOC_THOUSAND, "16777215000"},
        {16777215, ISDN_AOC_ONE, "16777215"}, {3, ISDN_AOC_TEN, "30"},
        {1, ISDN_AOC_THOUSANDTH, "0.001"},
    };
    char text[GW_AOC_AMOUNT_LEN];

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct isdn_aoc_money m = money(rows[i].cost, rows[i].multiplier), again = money(0, 0);
        ck_assert_str_eq(gw_aoc_amount(text, &m), rows[i].text);
        ck_assert_int_eq(gw_aoc_read_amount(&again, rt_str(text)), 0);
        char other[GW_AOC_AMOUNT_LEN];
        ck_assert_str_eq(gw_aoc_amount(other, &again), text);
    }
}
END_TEST

START_TEST(decimals_are_read)
{
    static const struct {
        const char *text;
        int err;
        uint32_t cost;
        enum isdn_aoc_multiplier multiplier;
    } rows[] = {
        {"0.1234", 0, 123, ISDN_AOC_THOUSANDTH},
        {"0.1235", 0, 124, ISDN_AOC_THOUSANDTH},
        {"0.9999", 0, 1000, ISDN_AOC_THOUSANDTH},
        {".5", 0, 5, ISDN_AOC_TENTH},
        {"5.", 0, 5, ISDN_AOC_ONE},
        {" +3 ", 0, 3, ISDN_AOC_ONE},
        {"16777220", 0, 1677722, ISDN_AOC_TEN},
        {"", EINVAL, 0, 0},
        {".", EINVAL, 0, 0},
        {"-1", EINVAL, 0, 0},
        {"1e3", EINVAL, 0, 0},
        {"1,5", EINVAL, 0, 0},
        {"1.2.3", EINVAL, 0, 0},
        {"+", EINVAL, 0, 0},
        {"16777217", ERANGE, 0, 0},
        {"99999999999999999999", ERANGE, 0, 0},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct isdn_aoc_money m = {.cost = 0};
        ck_assert_int_eq(gw_aoc_read_amount(&m, rt_str(rows[i].text)), rows[i].err);
        ck_assert_uint_eq(m.cost, rows[i].cost);
        if (rows[i].err == 0)
            ck_assert_uint_eq(m.multiplier, rows[i].multiplier);
    }
}
END_TEST

START_TEST(records_get_a_text)
{
    char text[GW_CHARGE_LEN];
    struct isdn_aoc aoc = {.kind = ISDN_AOC_E};

    gw_aoc_text(text, &aoc);
    ck_assert_str_eq(text, "");
    aoc.de.charge = ISDN_AOC_FREE;
    gw_aoc_text(text, &aoc);
    ck_assert_str_eq(text, "free");
    aoc.de.charge = ISDN_AOC_MONEY;
    aoc.de.money = money(1230, ISDN_AOC_THOUSANDTH);
    gw_aoc_text(text, &aoc);
    ck_assert_str_eq(text, "1.230 EUR");
    aoc.de.money.currency[0] = '\0';
    gw_aoc_text(text, &aoc);
    ck_assert_str_eq(text, "1.230");
    aoc.de.charge = ISDN_AOC_UNITS_COUNTED;
    gw_aoc_text(text, &aoc);
    ck_assert_str_eq(text, "");
    aoc.de.nunits = 3;
    aoc.de.unit[0] = (struct isdn_aoc_unit){7, 1};
    aoc.de.unit[1] = (struct isdn_aoc_unit){-1, 2};
    aoc.de.unit[2] = (struct isdn_aoc_unit){5, -1};
    gw_aoc_text(text, &aoc);
    ck_assert_str_eq(text, "12 units");
    aoc = (struct isdn_aoc){.kind = ISDN_AOC_S};
    gw_aoc_text(text, &aoc);
    ck_assert_str_eq(text, "");
}
END_TEST

/* ---- XML that is read ---- */

static struct gw_aoc_parts parts;
static struct gw_xml_error why;

static const struct isdn_aoc *read_one(const char *text)
{
    int err = gw_aoc_xml_read(&parts, rt_str(text), &why);

    ck_assert_msg(err == 0, "line %d: %s", why.line, why.text);
    ck_assert_uint_eq(parts.n, 1);
    return &parts.part[0];
}

START_TEST(aoc_d_is_read)
{
    const struct isdn_aoc *aoc = read_one(AOC "<aoc-d><charging-info>subtotal</charging-info>" EURO(
        "1.230") "<billing-id>reverse-charging</billing-id></aoc-d></aoc>");

    ck_assert_uint_eq(aoc->kind, ISDN_AOC_D);
    ck_assert(aoc->de.subtotal);
    ck_assert_uint_eq(aoc->de.charge, ISDN_AOC_MONEY);
    ck_assert_uint_eq(aoc->de.money.cost, 1230);
    ck_assert_uint_eq(aoc->de.money.multiplier, ISDN_AOC_THOUSANDTH);
    ck_assert_str_eq(aoc->de.money.currency, "EUR");
    ck_assert_uint_eq(aoc->de.billing, ISDN_AOC_BILLING_REVERSE);
}
END_TEST

START_TEST(units_are_a_currency)
{
    const struct isdn_aoc *aoc = read_one(
        AOC "<aoc-e><recorded-charges><recorded-currency-units><currency-id>UNIT</currency-id>"
            "<currency-amount>12.00</currency-amount></recorded-currency-units>"
            "</recorded-charges></aoc-e></aoc>");

    ck_assert_uint_eq(aoc->kind, ISDN_AOC_E);
    ck_assert_uint_eq(aoc->de.charge, ISDN_AOC_UNITS_COUNTED);
    ck_assert_int_eq(gw_aoc_units(aoc), 12);
}
END_TEST

START_TEST(free_and_unknown_charges_are_read)
{
    const struct isdn_aoc *aoc =
        read_one(AOC "<aoc-e><recorded-charges><free-charge/></recorded-charges></aoc-e></aoc>");
    ck_assert_uint_eq(aoc->de.charge, ISDN_AOC_FREE);
    aoc = read_one(AOC "<aoc-e><recorded-charges><not-available/></recorded-charges></aoc-e>"
                       "</aoc>");
    ck_assert_uint_eq(aoc->de.charge, ISDN_AOC_NOT_AVAILABLE);
}
END_TEST

START_TEST(aoc_s_is_read)
{
    const struct isdn_aoc *aoc =
        read_one("<a:aoc xmlns:a=\"" NS "\" xmlns:x=\"urn:x\"><a:aoc-s><a:charged-items>"
                 "<a:basic><x:other/><a:price-time><a:currency-id>EUR</a:currency-id>"
                 "<a:currency-amount>0.12</a:currency-amount>"
                 "<a:length-time-unit><a:time-unit>1</a:time-unit><a:scale>one-minute</a:scale>"
                 "</a:length-time-unit><a:charging-type>step-function</a:charging-type>"
                 "<a:granularity><a:time-unit>10</a:time-unit><a:scale>one-second</a:scale>"
                 "</a:granularity></a:price-time></a:basic>"
                 "<a:communication-attempt><a:free-charge/></a:communication-attempt>"
                 "<a:communication-setup><a:flat-rate><a:currency-amount>1</a:currency-amount>"
                 "</a:flat-rate></a:communication-setup>"
                 "<a:services><a:special-code>3</a:special-code></a:services>"
                 "</a:charged-items></a:aoc-s></a:aoc>");

    ck_assert_uint_eq(aoc->kind, ISDN_AOC_S);
    ck_assert_uint_eq(aoc->s.n, 4);
    const struct isdn_aoc_rate *r = aoc->s.rate;
    ck_assert_uint_eq(r[0].item, ISDN_AOC_ITEM_BASIC);
    ck_assert_uint_eq(r[0].kind, ISDN_AOC_RATE_DURATION);
    ck_assert_uint_eq(r[0].money.cost, 12);
    ck_assert_uint_eq(r[0].money.multiplier, ISDN_AOC_HUNDREDTH);
    ck_assert_uint_eq(r[0].time.length, 1);
    ck_assert_uint_eq(r[0].time.scale, ISDN_AOC_MINUTE);
    ck_assert(r[0].step);
    ck_assert_uint_eq(r[0].granularity.length, 10);
    ck_assert_uint_eq(r[0].granularity.scale, ISDN_AOC_SECOND);
    ck_assert_uint_eq(r[1].item, ISDN_AOC_ITEM_ATTEMPT);
    ck_assert_uint_eq(r[1].kind, ISDN_AOC_RATE_FREE);
    ck_assert_uint_eq(r[2].kind, ISDN_AOC_RATE_FLAT);
    ck_assert_str_eq(r[2].money.currency, "");
    ck_assert_uint_eq(r[3].item, ISDN_AOC_ITEM_SUPPLEMENTARY);
    ck_assert_uint_eq(r[3].kind, ISDN_AOC_RATE_CODE);
    ck_assert_uint_eq(r[3].code, 3);
}
END_TEST

START_TEST(one_document_may_have_all_kinds)
{
    ck_assert_int_eq(
        gw_aoc_xml_read(&parts,
                        rt_str(AOC "<aoc-s><special-arrangement>7</special-arrangement></aoc-s>"
                                   "<aoc-d><charging-info>total</charging-info>" EURO(
                                       "2") "</aoc-d>"
                                            "<aoc-e>" EURO("3") "</aoc-e></aoc>"),
                        &why),
        0);
    ck_assert_uint_eq(parts.n, 3);
    ck_assert_uint_eq(parts.part[0].s.rate[0].item, ISDN_AOC_ITEM_SPECIAL);
    ck_assert_uint_eq(parts.part[0].s.rate[0].code, 7);
    ck_assert(!parts.part[1].de.subtotal);
    ck_assert_uint_eq(parts.part[2].de.money.cost, 3);
}
END_TEST

/* ---- XML that is refused ---- */

static void refused(const char *text, int line, const char *reason)
{
    ck_assert_int_eq(gw_aoc_xml_read(&parts, rt_str(text), &why), EBADMSG);
    ck_assert_uint_eq(parts.n, 0);
    ck_assert_msg(strstr(why.text, reason), "\"%s\" lacks \"%s\"", why.text, reason);
    ck_assert_int_eq(why.line, line);
}

START_TEST(bad_documents_are_refused)
{
    refused("", 0, "empty");
    refused("aoc", 1, "");
    refused(AOC "<aoc-d>", 2, "");
    refused("<aoc><aoc-e/></aoc>", 1, "the root");
    refused("<aoc xmlns=\"urn:other\"/>", 1, "the root");
    refused("<mcid xmlns=\"" NS "\"/>", 1, "the root");
    refused(AOC "\n<aoc-d>" EURO("1") "</aoc-d></aoc>", 3, "charging-info");
    refused(AOC "<aoc-e/></aoc>", 2, "recorded-charges");
    refused(AOC "<aoc-e>\n" EURO("-1") "</aoc-e></aoc>", 3, "currency-amount");
    refused(AOC "<aoc-e>" EURO("1<b/>") "</aoc-e></aoc>", 2, "currency-amount");
    refused(AOC "<aoc-e><recorded-charges><recorded-currency-units>"
                "<currency-id>LONGER THAN TEN</currency-id><currency-amount>1</currency-amount>"
                "</recorded-currency-units></recorded-charges></aoc-e></aoc>",
            2, "currency-id");
    refused(AOC "<aoc-e><recorded-charges><recorded-currency-units>"
                "<currency-id>UNIT</currency-id><currency-amount>1.5</currency-amount>"
                "</recorded-currency-units></recorded-charges></aoc-e></aoc>",
            2, "part of a unit");
    refused(AOC "<aoc-s><charged-items><basic><price-time><currency-amount>1</currency-amount>"
                "<length-time-unit><time-unit>1</time-unit><scale>week</scale></length-time-unit>"
                "</price-time></basic></charged-items></aoc-s></aoc>",
            2, "scale");
}
END_TEST

START_TEST(document_types_are_refused)
{
    refused("<?xml version=\"1.0\"?><!DOCTYPE aoc [<!ENTITY a \"aaaaaaaaaa\">"
            "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>"
            "<aoc xmlns=\"" NS "\"><aoc-e>&c;</aoc-e></aoc>",
            0, "document type");
    refused("<!DOCTYPE aoc SYSTEM \"http://example.com/aoc.dtd\"><aoc xmlns=\"" NS "\"/>", 0,
            "document type");
    refused(AOC "<aoc-e>&undeclared;</aoc-e></aoc>", 2, "undeclared");
}
END_TEST

/** In UTF-16 a document type would not be found by its octets. */
START_TEST(utf_16_is_refused)
{
    static const char text[] = "<aoc xmlns=\"" NS "\"><aoc-e>" EURO("1") "</aoc-e></aoc>";
    char doc[2 * sizeof text] = "\xff\xfe";
    const size_t high = _i; /* which octet of a character is the 0 */

    if (high == 0)
        memcpy(doc, "\xfe\xff", 2);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        doc[2 + 2 * i + high] = '\0';
        doc[3 + 2 * i - high] = text[i];
    }
    read_one(text);
    ck_assert_int_eq(gw_aoc_xml_read(&parts, (struct rt_str){doc, sizeof doc}, &why), EBADMSG);
}
END_TEST

START_TEST(large_and_deep_documents_are_refused)
{
    struct rt_buf text = {0};

    rt_buf_puts(&text, AOC "<aoc-e>");
    while (text.n <= GW_XML_MAX)
        rt_buf_puts(&text, "          ");
    rt_buf_puts(&text, EURO("1") "</aoc-e></aoc>");
    ck_assert_int_eq(gw_aoc_xml_read(&parts, rt_buf_str(&text), &why), EBADMSG);
    ck_assert_str_eq(why.text, "too large");
    rt_buf_reset(&text);
    for (unsigned i = 0; i < 1000; i++)
        rt_buf_puts(&text, "<a>");
    ck_assert_int_eq(gw_aoc_xml_read(&parts, rt_buf_str(&text), &why), EBADMSG);
    rt_buf_release(&text);
}
END_TEST

START_TEST(more_than_ten_rates_are_refused)
{
    struct rt_buf text = {0};

    rt_buf_puts(&text, AOC "<aoc-s><charged-items>");
    for (unsigned i = 0; i < 11; i++)
        rt_buf_puts(&text, "<basic><free-charge/></basic>");
    rt_buf_puts(&text, "</charged-items></aoc-s></aoc>");
    ck_assert_int_eq(gw_aoc_xml_read(&parts, rt_buf_str(&text), &why), EBADMSG);
    rt_buf_release(&text);
}
END_TEST

/* ---- XML that is written ---- */

static void written(const struct isdn_aoc *aoc, const char *text)
{
    struct rt_buf out = {0};

    gw_aoc_xml_write(&out, aoc);
    ck_assert_str_eq(out.p, text);
    ck_assert_int_eq(gw_aoc_xml_read(&parts, rt_buf_str(&out), &why), 0);
    ck_assert_uint_eq(parts.n, 1);
    rt_buf_release(&out);
}

START_TEST(aoc_d_and_e_are_written)
{
    struct isdn_aoc aoc = {.kind = ISDN_AOC_D};

    aoc.de.charge = ISDN_AOC_MONEY;
    aoc.de.money = money(1230, ISDN_AOC_THOUSANDTH);
    aoc.de.subtotal = true;
    aoc.de.billing = ISDN_AOC_BILLING_NORMAL;
    written(&aoc, AOC "<aoc-d><charging-info>subtotal</charging-info>" EURO(
                      "1.230") "<billing-id>normal-charging</billing-id></aoc-d></aoc>\r\n");
    aoc = (struct isdn_aoc){.kind = ISDN_AOC_E};
    aoc.de.charge = ISDN_AOC_UNITS_COUNTED;
    aoc.de.nunits = 2;
    aoc.de.unit[0].number = 5;
    aoc.de.unit[1].number = 7;
    written(&aoc, AOC "<aoc-e><recorded-charges><recorded-currency-units>"
                      "<currency-id>UNIT</currency-id><currency-amount>12</currency-amount>"
                      "</recorded-currency-units></recorded-charges></aoc-e></aoc>\r\n");
    aoc.de.charge = ISDN_AOC_FREE;
    written(&aoc,
            AOC "<aoc-e><recorded-charges><free-charge/></recorded-charges></aoc-e></aoc>\r\n");
    aoc.de.charge = ISDN_AOC_NOT_AVAILABLE;
    written(&aoc, AOC "<aoc-e><recorded-charges><not-available/></recorded-charges></aoc-e>"
                      "</aoc>\r\n");
}
END_TEST

START_TEST(aoc_s_is_written)
{
    struct isdn_aoc aoc = {.kind = ISDN_AOC_S};

    written(&aoc, AOC "<aoc-s><charged-items><basic><not-available/></basic></charged-items>"
                      "</aoc-s></aoc>\r\n");
    aoc.s.n = 3;
    aoc.s.rate[0] = (struct isdn_aoc_rate){.item = ISDN_AOC_ITEM_SETUP,
                                           .kind = ISDN_AOC_RATE_FLAT,
                                           .money = money(5, ISDN_AOC_HUNDREDTH)};
    aoc.s.rate[1] = (struct isdn_aoc_rate){.item = ISDN_AOC_ITEM_BASIC,
                                           .kind = ISDN_AOC_RATE_DURATION,
                                           .money = {12, ISDN_AOC_HUNDREDTH, "A&B"},
                                           .time = {1, ISDN_AOC_MINUTE}};
    aoc.s.rate[2] = (struct isdn_aoc_rate){.item = ISDN_AOC_ITEM_UUI, .kind = ISDN_AOC_RATE_FREE};
    written(&aoc, AOC "<aoc-s><charged-items><basic><price-time><currency-id>A&amp;B</currency-id>"
                      "<currency-amount>0.12</currency-amount><length-time-unit>"
                      "<time-unit>1</time-unit><scale>one-minute</scale></length-time-unit>"
                      "<charging-type>continuous</charging-type></price-time></basic>"
                      "<communication-setup><flat-rate><currency-id>EUR</currency-id>"
                      "<currency-amount>0.05</currency-amount></flat-rate></communication-setup>"
                      "</charged-items></aoc-s></aoc>\r\n");
    ck_assert_str_eq(parts.part[0].s.rate[0].money.currency, "A&B");
    aoc.s.n = 1;
    aoc.s.rate[0] = (struct isdn_aoc_rate){
        .item = ISDN_AOC_ITEM_SPECIAL, .kind = ISDN_AOC_RATE_CODE, .code = 4};
    written(&aoc, AOC "<aoc-s><special-arrangement>4</special-arrangement></aoc-s></aoc>\r\n");
}
END_TEST

/* ---- libpri ---- */

START_TEST(rates_pass_libpri)
{
    struct pri_subcmd_aoc_s in = {.num_items = 5}, out;
    struct isdn_aoc aoc;

    in.item[0].chargeable = PRI_AOC_CHARGED_ITEM_BASIC_COMMUNICATION;
    in.item[0].rate_type = PRI_AOC_RATE_TYPE_DURATION;
    in.item[0].rate.duration = (struct pri_aoc_duration){.amount = {12, 1},
                                                         .time = {3, PRI_AOC_TIME_SCALE_MINUTE},
                                                         .granularity = {0, 0},
                                                         .charging_type = 1,
                                                         .currency = "EUR"};
    in.item[1].chargeable = PRI_AOC_CHARGED_ITEM_CALL_SETUP;
    in.item[1].rate_type = PRI_AOC_RATE_TYPE_FLAT;
    in.item[1].rate.flat = (struct pri_aoc_flat){{5, PRI_AOC_MULTIPLIER_ONE}, "FRF"};
    in.item[2].chargeable = PRI_AOC_CHARGED_ITEM_USER_USER_INFO;
    in.item[2].rate_type = PRI_AOC_RATE_TYPE_VOLUME;
    in.item[2].rate.volume =
        (struct pri_aoc_volume){{6, PRI_AOC_MULTIPLIER_TEN}, PRI_AOC_VOLUME_UNIT_SEGMENT, "USD"};
    in.item[3].chargeable = PRI_AOC_CHARGED_ITEM_SPECIAL_ARRANGEMENT;
    in.item[3].rate_type = PRI_AOC_RATE_TYPE_SPECIAL_CODE;
    in.item[3].rate.special = 10;
    in.item[4].chargeable = 99;
    in.item[4].rate_type = PRI_AOC_RATE_TYPE_SPECIAL_CODE;
    in.item[4].rate.special = 11;
    isdn_aoc_from_s(&aoc, &in);
    ck_assert_uint_eq(aoc.s.n, 5);
    ck_assert_uint_eq(aoc.s.rate[0].time.scale, ISDN_AOC_MINUTE);
    ck_assert_uint_eq(aoc.s.rate[2].volume, ISDN_AOC_SEGMENT);
    ck_assert_uint_eq(aoc.s.rate[4].item, ISDN_AOC_ITEM_UNKNOWN);
    ck_assert_uint_eq(aoc.s.rate[4].kind, ISDN_AOC_RATE_UNKNOWN);
    isdn_aoc_to_s(&out, &aoc);
    in.item[4].chargeable = PRI_AOC_CHARGED_ITEM_NOT_AVAILABLE;
    in.item[4].rate_type = PRI_AOC_RATE_TYPE_NOT_AVAILABLE;
    ck_assert_int_eq(out.num_items, 5);
    ck_assert_int_eq(out.item[0].rate.duration.charging_type, 1);
    ck_assert_int_eq(out.item[0].rate.duration.time.length, 3);
    ck_assert_int_eq(out.item[0].rate.duration.amount.cost, 12);
    ck_assert_str_eq(out.item[0].rate.duration.currency, "EUR");
    ck_assert_str_eq(out.item[1].rate.flat.currency, "FRF");
    ck_assert_int_eq(out.item[2].rate.volume.unit, PRI_AOC_VOLUME_UNIT_SEGMENT);
    ck_assert_int_eq(out.item[3].rate.special, 10);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(out.item[i].chargeable, in.item[i].chargeable);
        ck_assert_int_eq(out.item[i].rate_type, in.item[i].rate_type);
    }
}
END_TEST

START_TEST(charges_pass_libpri)
{
    struct pri_subcmd_aoc_d d = {.charge = PRI_AOC_DE_CHARGE_CURRENCY,
                                 .billing_accumulation = 0,
                                 .billing_id = PRI_AOC_D_BILLING_ID_REVERSE};
    struct pri_subcmd_aoc_d d_out;
    struct isdn_aoc aoc;

    d.recorded.money = (struct pri_aoc_recorded_currency){{99, 0}, "EUR"};
    isdn_aoc_from_d(&aoc, &d);
    ck_assert(aoc.de.subtotal);
    isdn_aoc_to_d(&d_out, &aoc);
    ck_assert_int_eq(d_out.charge, d.charge);
    ck_assert_int_eq(d_out.billing_accumulation, 0);
    ck_assert_int_eq(d_out.billing_id, d.billing_id);
    ck_assert_int_eq(d_out.recorded.money.amount.cost, 99);
    ck_assert_str_eq(d_out.recorded.money.currency, "EUR");
    aoc.de.billing = ISDN_AOC_BILLING_TRANSFER; /* AOC-E's alone */
    isdn_aoc_to_d(&d_out, &aoc);
    ck_assert_int_eq(d_out.billing_id, PRI_AOC_D_BILLING_ID_NOT_AVAILABLE);
    d.recorded.money.amount.cost = -1;
    isdn_aoc_from_d(&aoc, &d);
    ck_assert_uint_eq(aoc.de.charge, ISDN_AOC_NOT_AVAILABLE);
}
END_TEST

START_TEST(final_charges_pass_libpri)
{
    struct pri_subcmd_aoc_e e = {.charge = PRI_AOC_DE_CHARGE_UNITS,
                                 .billing_id = PRI_AOC_E_BILLING_ID_CALL_DEFLECTION};
    struct pri_subcmd_aoc_e out;
    struct isdn_aoc aoc;

    e.recorded.unit.num_items = 2;
    e.recorded.unit.item[0] = (struct pri_aoc_units_element){7, 2};
    e.recorded.unit.item[1] = (struct pri_aoc_units_element){-1, -1};
    e.associated.charging_type = PRI_AOC_E_CHARGING_ASSOCIATION_NUMBER;
    e.associated.charge.number = (struct pri_party_number){1, 0, 0x21, "30123456"};
    isdn_aoc_from_e(&aoc, &e);
    ck_assert_int_eq(gw_aoc_units(&aoc), 7);
    ck_assert_str_eq(aoc.de.number, "30123456");
    isdn_aoc_to_e(&out, &aoc);
    ck_assert_int_eq(out.charge, e.charge);
    ck_assert_int_eq(out.billing_id, e.billing_id);
    ck_assert_int_eq(out.recorded.unit.num_items, 2);
    ck_assert_int_eq(out.recorded.unit.item[0].number, 7);
    ck_assert_int_eq(out.recorded.unit.item[0].type, 2);
    ck_assert_int_eq(out.recorded.unit.item[1].number, -1);
    ck_assert_int_eq(out.associated.charge.number.valid, 1);
    ck_assert_int_eq(out.associated.charge.number.plan, 0x21);
    ck_assert_str_eq(out.associated.charge.number.str, "30123456");
    e.associated.charging_type = PRI_AOC_E_CHARGING_ASSOCIATION_ID;
    e.associated.charge.id = -5;
    isdn_aoc_from_e(&aoc, &e);
    isdn_aoc_to_e(&out, &aoc);
    ck_assert_int_eq(out.associated.charging_type, PRI_AOC_E_CHARGING_ASSOCIATION_ID);
    ck_assert_int_eq(out.associated.charge.id, -5);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("aoc");
    TCase *t = tcase_create("all");
    SRunner *r;

    tcase_add_test(t, amounts_are_decimals);
    tcase_add_test(t, decimals_are_read);
    tcase_add_test(t, records_get_a_text);
    tcase_add_test(t, aoc_d_is_read);
    tcase_add_test(t, units_are_a_currency);
    tcase_add_test(t, free_and_unknown_charges_are_read);
    tcase_add_test(t, aoc_s_is_read);
    tcase_add_test(t, one_document_may_have_all_kinds);
    tcase_add_test(t, bad_documents_are_refused);
    tcase_add_test(t, document_types_are_refused);
    tcase_add_loop_test(t, utf_16_is_refused, 0, 2);
    tcase_add_test(t, large_and_deep_documents_are_refused);
    tcase_add_test(t, more_than_ten_rates_are_refused);
    tcase_add_test(t, aoc_d_and_e_are_written);
    tcase_add_test(t, aoc_s_is_written);
    tcase_add_test(t, rates_pass_libpri);
    tcase_add_test(t, charges_pass_libpri);
    tcase_add_test(t, final_charges_pass_libpri);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
