/* The office: one line, one provider, one telephone system in Berlin. Calls through its whole plan,
 * each row worked out by hand from what the plan says: who may call what, by which way it leaves,
 * with which number, and what rings when. */
#include "test/unit/vectors_rig.h"

/** The plan of the manual (conf/examples/office.conf), with the line it uses; without TLS, which
 * wants certificates. */
static const char office[] =
    "version 1\n"
    "span 1 {\n pseudowire local 127.0.0.1:7001 remote 127.0.0.1:7002\n e1\n"
    " isdn euroisdn user\n}\n"
    "sip {\n listen udp:127.0.0.1:5060, tcp:127.0.0.1:5060\n}\n"
    "media {\n address 127.0.0.1\n}\n"
    "site berlin {\n"
    "    dialling  de area 30\n"
    "    zone      Europe/Berlin\n"
    "    main      +4930901820\n"
    "    ddi       +4930901821[00..99] <-> 1[00..99]\n"
    "}\n"
    "trunk pri {\n"
    "    span      1\n"
    "    channels  1-15,17-31 descending\n"
    "    numbers   isdn\n"
    "    own       +49309018280, +49309018281, +4930901820, +4930901821[00..99]\n"
    "}\n"
    "trunk voipco {\n"
    "    sip       sip:sip.voipco.example;transport=tcp\n"
    "    register  user 4930901820 secret file:/etc/tandem/voipco.key\n"
    "    numbers   e164\n"
    "    limit     30 calls, 3 cps\n"
    "}\n"
    "trunk pbx {\n"
    "    sip       sip:10.1.0.10\n"
    "    accept    from 10.1.0.0/24\n"
    "    numbers   as-dialled\n"
    "    class     staff\n"
    "}\n"
    "class staff {\n"
    "    allow     internal, national, mobile, freephone, +43*, +41*, +33*\n"
    "    deny      premium\n"
    "    deny      international\n"
    "    limit     10 calls, 120 min/day international\n"
    "    fraud     30 EUR/day then block international 12h notify ops@mueller.example\n"
    "}\n"
    "emergency {\n"
    "    numbers   110, 112\n"
    "    accept    0110, 0112\n"
    "    send      pri, voipco\n"
    "    preempt   newest ordinary\n"
    "    location  10.1.0.0/25   caller +49309018280 \"Lindenstr. 1, floor 1\"\n"
    "    location  10.1.0.128/25 caller +49309018281 \"Lindenstr. 1, floor 2\"\n"
    "    callback  30min\n"
    "    notify    pbx:100, mail:security@mueller.example\n"
    "}\n"
    "calendar holidays {\n"
    "    file      berlin-holidays.ics\n"
    "    date      2026-12-24, 2026-12-31 12:00-24:00\n"
    "}\n"
    "time open {\n"
    "    weekly    mon-thu 08:00-18:00, fri 08:00-16:00\n"
    "    except    holidays\n"
    "}\n"
    "routes from pbx {\n"
    "    1xx         -> pbx\n"
    "    *21*        -> pbx\n"
    "    national    -> pri, voipco\n"
    "    freephone   -> pri\n"
    "    international -> voipco, pri\n"
    "}\n"
    "routes from pri, voipco {\n"
    "    +4930901821xx {\n"
    "        when open   -> pbx\n"
    "        otherwise   -> pbx called 199\n"
    "    }\n"
    "    +4930901820     -> pbx called 100\n"
    "    +493090182[80..81] -> emergency callback\n"
    "    *               -> reject 1\n"
    "}\n";

/** Fixed holidays of Berlin; Good Friday and Easter Monday of 2026 are the 3rd and 6th of April. */
static const char holidays[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"
#define DAY(uid, date, more)                                                                       \
    "BEGIN:VEVENT\r\nUID:" uid "\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:" date          \
    "\r\n" more "END:VEVENT\r\n"
    DAY("1", "20200101", "RRULE:FREQ=YEARLY\r\n") DAY("2", "20200501", "RRULE:FREQ=YEARLY\r\n")
        DAY("3", "20201225", "RRULE:FREQ=YEARLY\r\n") DAY("4", "20260403", "")
            DAY("5", "20260406", "") "END:VCALENDAR\r\n";

static void setup(void)
{
    fake_reset();
    zone_file("Europe/Berlin");
    vectors_file("/etc/tandem/voipco.key", "secret\n");
    vectors_file("/etc/tandem/berlin-holidays.ics", holidays);
    vectors_plan("/etc/tandem/office.conf", office, "Europe/Berlin");
}

#define PBX(n, ...)                                                                                \
    {                                                                                              \
        .from = "pbx", .called = n, .caller = "123", .want = __VA_ARGS__                           \
    }

/** +49 30 9018 2123 is extension 123: on the line a national number. */
#define ME .shown = "national:3090182123"

START_TEST(what_staff_dials)
{
    static const struct vector rows[] = {
        /* extension to extension */
        PBX("123", "pbx 123"),
        PBX("100", "pbx 100"),
        PBX("199", "pbx 199"),
        PBX("115", "pbx 115"), /* an extension goes before the country's short code */
        /* star codes stay at home */
        PBX("*21*123#", "pbx *21*123#"),
        PBX("*21*", "pbx *21*"),
        PBX("*43#", "reject 3"), /* no such route */
        /* national: the line first, then the provider */
        PBX("30123456", "pri national:3030123456, voipco +493030123456", ME),
        PBX("030123456", "pri national:30123456, voipco +4930123456", ME),
        PBX("08912345678", "pri national:8912345678, voipco +498912345678", ME),
        PBX("004989123456", "pri national:89123456, voipco +4989123456", ME),
        PBX("+498912345678", "pri national:8912345678, voipco +498912345678", ME),
        PBX("015112345678", "pri national:15112345678, voipco +4915112345678", ME),
        PBX("01721234567", "pri national:1721234567, voipco +491721234567", ME),
        PBX("032212345678", "pri national:32212345678, voipco +4932212345678", ME),
        PBX("01805123456", "pri national:1805123456, voipco +491805123456", ME),
        PBX("0309018250", "pri national:309018250, voipco +49309018250", ME),
        /* freephone: the line alone */
        PBX("08001234567", "pri national:8001234567", ME),
        PBX("0080012345678", "pri international:80012345678", ME), /* E.169.1 */
        PBX("116117", "pri 116117", ME),
        /* premium, by the country's list */
        PBX("09001234567", "reject 21"),
        PBX("09005123456", "reject 21"),
        PBX("01371234567", "reject 21"),
        PBX("11833", "reject 21"),
        PBX("118000", "reject 21"),
        PBX("00499001234567", "reject 21"),
        PBX("00979123456789", "reject 21"), /* E.169.2 */
        /* international: Austria, Switzerland, France; the provider first */
        /* +43 is allowed; Austria's premium numbers (0900, 0930: RTR) are not, by the class */
        PBX("0043900123456", "reject 21"),
        PBX("004315350", "voipco +4315350, pri international:4315350", .shown = "+493090182123"),
        PBX("0041441234567", "voipco +41441234567, pri international:41441234567"),
        PBX("0033123456789", "voipco +33123456789, pri international:33123456789"),
        PBX("00442079460148", "reject 21"),
        PBX("0012125550123", "reject 21"),
        PBX("0044909879123", "reject 21"),
        PBX("008823456789", "reject 21"),
        PBX("0039061234567", "reject 21"),
        /* no number of anybody's */
        PBX("200", "reject 28"), /* too short: numbers of Berlin have 5 digits at least */
        PBX("5", "reject 28"),
        PBX("0", "reject 28"),
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(emergency_numbers)
{
#define FLOOR_1 .source = "10.1.0.7", .shown = "national:309018280"
#define FLOOR_2 .source = "10.1.0.200", .shown = "national:309018281"
    static const struct vector rows[] = {
        /* though 110 and 112 look like extensions */
        PBX("110", "pri 110, voipco 110", FLOOR_1),
        PBX("112", "pri 112, voipco 112", FLOOR_1),
        PBX("0110", "pri 110, voipco 110", FLOOR_2),
        PBX("0112", "pri 112, voipco 112", FLOOR_2),
        PBX("112", "pri 112, voipco 112", .source = "10.1.0.127", .shown = "national:309018280"),
        PBX("112", "pri 112, voipco 112", .source = "10.1.0.128", .shown = "national:309018281"),
        PBX("112", "pri 112, voipco 112", ME), /* the place is not known */
        PBX("112", "pri 112, voipco 112", FLOOR_1, .at = "2026-01-01 03:00"),
        PBX("112", "pri 112, voipco 112", FLOOR_1, .busy = "pri"), /* a call makes way */
        PBX("112", "voipco 112", .source = "10.1.0.7", .shown = "+49309018280", .down = "pri"),
        PBX("112", "reject 34", .down = "pri, voipco"),
        /* whoever calls, and by whatever type of number */
        {.from = "pbx", .called = "112", .want = "pri 112, voipco 112"},
        {.from = "pbx", .called = "112", .caller = "0171234567", .want = "pri 112, voipco 112"},
        {.from = "pri", .called = "subscriber:112", .want = "pri 112, voipco 112"},
        {.from = "pri", .called = "national:110", .want = "pri 110, voipco 110"},
        {.from = "pbx", .called = "+49112", .want = "pri 112, voipco 112"}, /* a telephone's help */
        /* what only begins so is none */
        PBX("1122", "reject 28"),
        PBX("11245", "pri national:3011245, voipco +493011245"),
        PBX("01121", "pri national:1121, voipco +491121"),
        /* the service calls the place, where nobody called from */
        {.from = "pri",
         .called = "national:309018280",
         .caller = "national:304664",
         .want = "reject 1"},
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

#define IN(n, t, w)                                                                                \
    {                                                                                              \
        .from = "pri", .called = n, .caller = "national:8912345678", .at = t, .want = w            \
    }

START_TEST(who_rings_when)
{
    static const struct vector rows[] = {
        /* Monday to Thursday 08:00-18:00 */
        IN("national:3090182150", "2026-03-02 07:59", "pbx 199"),
        IN("national:3090182150", "2026-03-02 08:00", "pbx 150"),
        IN("national:3090182150", "2026-03-05 17:59", "pbx 150"),
        IN("national:3090182150", "2026-03-05 18:00", "pbx 199"),
        IN("national:3090182150", "2026-03-02 20:00", "pbx 199"),
        /* Friday to 16:00 */
        IN("national:3090182150", "2026-03-06 08:00", "pbx 150"),
        IN("national:3090182150", "2026-03-06 15:59", "pbx 150"),
        IN("national:3090182150", "2026-03-06 16:00", "pbx 199"),
        IN("national:3090182150", "2026-03-07 10:00", "pbx 199"), /* Saturday */
        IN("national:3090182150", "2026-03-08 10:00", "pbx 199"),
        /* holidays, of the calendar's file and of its own rows */
        IN("national:3090182150", "2026-01-01 10:00", "pbx 199"),
        IN("national:3090182150", "2026-04-03 10:00", "pbx 199"), /* Good Friday */
        IN("national:3090182150", "2026-04-06 10:00", "pbx 199"), /* Easter Monday */
        IN("national:3090182150", "2026-04-07 10:00", "pbx 150"),
        IN("national:3090182150", "2026-05-01 10:00", "pbx 199"),
        IN("national:3090182150", "2026-12-23 10:00", "pbx 150"),
        IN("national:3090182150", "2026-12-24 10:00", "pbx 199"),
        IN("national:3090182150", "2026-12-25 10:00", "pbx 199"),
        IN("national:3090182150", "2026-12-31 11:59", "pbx 150"),
        IN("national:3090182150", "2026-12-31 12:00", "pbx 199"),
        IN("national:3090182150", "2026-12-31 13:00", "pbx 199"),
        /* the clock on the wall counts: summer time begins and ends on a Sunday */
        IN("national:3090182150", "2026-03-30 08:00", "pbx 150"),
        IN("national:3090182150", "2026-03-30T05:59:59Z", "pbx 199"),
        IN("national:3090182150", "2026-03-30T06:00:00Z", "pbx 150"),
        IN("national:3090182150", "2026-10-26T06:59:59Z", "pbx 199"),
        IN("national:3090182150", "2026-10-26T07:00:00Z", "pbx 150"),
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(numbers_that_come_in)
{
#define OUTSIDE .caller = "national:8912345678", .shown = "08912345678"
    static const struct vector rows[] = {
        /* the block, in each type of number and by both ways */
        {"pri", "national:3090182100", OUTSIDE, .want = "pbx 100"},
        {"pri", "national:3090182199", OUTSIDE, .want = "pbx 199"},
        {"pri", "international:493090182150", OUTSIDE, .want = "pbx 150"},
        {"pri", "subscriber:90182150", OUTSIDE, .want = "pbx 150"},
        {"pri", "90182150", OUTSIDE, .want = "pbx 150"},
        {"pri", "03090182150", OUTSIDE, .want = "pbx 150"},
        {"voipco", "+493090182150", "+498912345678", .want = "pbx 150", .shown = "08912345678"},
        {"voipco", "+493090182150", "+4315350", .want = "pbx 150", .shown = "004315350"},
        {"pri", "national:3090182150", "international:4315350", .want = "pbx 150",
         .shown = "004315350"},
        {"pri", "national:3090182150", "subscriber:7654321", .want = "pbx 150",
         .shown = "0307654321"},
        {"voipco", "+493090182150", "+493090182117", .want = "pbx 150", .shown = "117"},
        {"voipco", "+493090182150", .want = "pbx 150", .shown = ""}, /* no number: not the house */
        {"pri", "national:3090182150", .want = "pbx 150", .shown = ""},
        /* the attendant, at any time */
        {"pri", "national:30901820", OUTSIDE, .want = "pbx 100"},
        {"voipco", "+4930901820", "+498912345678", .at = "2026-03-08 03:00", .want = "pbx 100"},
        /* of the block next door, and elsewhere */
        {"pri", "national:3090182200", .want = "reject 1"},
        {"pri", "national:309018299", .want = "reject 1"},
        {"pri", "national:30901821500", .want = "reject 1"},
        {"pri", "international:4315350", .want = "reject 1"},
        {"voipco", "+4915112345678", .want = "reject 1"},
        {"voipco", "123", .want = "reject 1"}, /* extensions are none of the world's */
        {"voipco", "*21*", .want = "reject 1"},
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(who_is_shown)
{
#define OUT "pri national:8912345678, voipco +498912345678"
    static const struct vector rows[] = {
        {"pbx", "08912345678", "100", .want = OUT, .shown = "national:3090182100"},
        {"pbx", "08912345678", "+493090182150", .want = OUT, .shown = "national:3090182150"},
        {"pbx", "08912345678", .want = OUT, .shown = "national:30901820"}, /* the house */
        {"pbx", "08912345678", "0171234567", .want = OUT,
         .shown = "national:30901820"}, /* not own */
        {"pbx", "08912345678", "200", .want = OUT, .shown = "national:30901820"},
        {"pbx", "08912345678", "123", .down = "pri", .want = "voipco +498912345678",
         .shown = "+493090182123"},
        {"pbx", "08912345678", "123", .busy = "pri", .want = "voipco +498912345678",
         .shown = "+493090182123"},
        {"pbx", "08912345678", "123", .down = "pri, voipco", .want = "reject 34"},
        {"pbx", "08001234567", "123", .busy = "pri", .want = "reject 34"},
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan office");
    TCase *tc = tcase_create("plan office");

    tcase_add_checked_fixture(tc, setup, vectors_done);
    tcase_add_test(tc, what_staff_dials);
    tcase_add_test(tc, emergency_numbers);
    tcase_add_test(tc, who_rings_when);
    tcase_add_test(tc, numbers_that_come_in);
    tcase_add_test(tc, who_is_shown);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
