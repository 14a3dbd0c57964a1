/* Cells of decks and lists: prefixes, prices, increments, dates. */
#include "dialplan/deck_priv.h"

#define NANO_DECIMALS 9
/* A price above this is a broken file; it also keeps every later product within 64 bits. */
#define WHOLE_MAX 1000000

const char *dp_cell_prefix(uint64_t *key, struct rt_str s)
{
    uint64_t k = 0;
    unsigned shift = 64, n = 0;

    if (s.n > 0 && s.p[0] == '+')
        s = (struct rt_str){s.p + 1, s.n - 1};
    if (s.n > 1 && s.p[s.n - 1] == '*')
        s.n--;
    if (s.n == 0)
        return "prefix is empty";
    if (s.n > DP_KEY_DIGITS)
        return "prefix has more than 15 digits";
    for (; n < s.n; n++) {
        unsigned digit = (unsigned char)s.p[n] - (unsigned)'0';
        if (digit > 9)
            return "prefix is no number";
        shift -= 4;
        k |= (uint64_t)digit << shift;
    }
    *key = k | n;
    return NULL;
}

const char *dp_cell_range(uint64_t *lo, uint64_t *hi, struct rt_str from, struct rt_str to)
{
    uint64_t first, last;
    const char *why = dp_cell_prefix(&first, from);

    if (!why)
        why = dp_cell_prefix(&last, to);
    if (why)
        return "from or to is no number of at most 15 digits";
    if (dp_key_length(first) != dp_key_length(last))
        return "from and to have not as many digits";
    if (first > last)
        return "to is below from";
    *lo = first;
    *hi = dp_key_end(last);
    return NULL;
}

const char *dp_cell_price(int64_t *nano, struct rt_str s)
{
    int64_t v = 0;
    unsigned decimals = 0, digits = 0;
    bool point = false;

    if (s.n == 0)
        return "price is empty";
    if (s.p[0] == '-')
        return "price is negative";
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';
        if (digit > 9) {
            if (point || (s.p[i] != '.' && s.p[i] != ','))
                return "price is no number";
            point = true;
            continue;
        }
        digits++;
        if (decimals == NANO_DECIMALS)
            continue;
        v = 10 * v + digit;
        decimals += point;
        if (!point && v > WHOLE_MAX)
            return "price is too high";
    }
    if (digits == 0)
        return "price is no number";
    static const int64_t scale[NANO_DECIMALS + 1] = {
        1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1,
    };
    *nano = v * scale[decimals];
    return NULL;
}

const char *dp_cell_seconds(uint32_t *out, struct rt_str s, uint32_t otherwise)
{
    uint64_t v = otherwise;

    if (s.n > 0 && rt_str_u64(&v, s, 86400) != 0)
        return "increment is no number of seconds up to a day";
    *out = (uint32_t)v;
    return NULL;
}

/* ---- dates ---- */

/** Reads exactly `n` digits at `at`; -1: they are none. */
static int digits_at(struct rt_str s, size_t at, unsigned n)
{
    int v = 0;

    if (at + n > s.n)
        return -1;
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -1;
        v = 10 * v + (s.p[i] - '0');
    }
    return v;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/** Days from 1970-01-01 of the Gregorian calendar. */
static int64_t days_from(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1; /* years that begin in March end in the leap day */
    int64_t m = month > 2 ? month - 3 : month + 9;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/** `Z`, `+hh:mm` or `-hh:mm` at `at` to the end, as seconds east. */
static bool offset_at(struct rt_str s, size_t at, int64_t *east)
{
    *east = 0;
    if (at + 1 == s.n && (s.p[at] == 'Z' || s.p[at] == 'z'))
        return true;
    int hours = digits_at(s, at + 1, 2), minutes = digits_at(s, at + 4, 2);
    if (at + 6 != s.n || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 ||
        s.p[at + 3] != ':' || (s.p[at] != '+' && s.p[at] != '-'))
        return false;
    *east = (hours * 60 + minutes) * 60 * (s.p[at] == '-' ? -1 : 1);
    return true;
}

/** `Thh:mm:ss[.fraction]` and the offset, behind a date. */
static bool time_at(struct rt_str s, size_t at, int64_t *seconds)
{
    int h = digits_at(s, at + 1, 2), m = digits_at(s, at + 4, 2), sec = digits_at(s, at + 7, 2);
    int64_t east;

    if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60 || s.p[at + 3] != ':' ||
        s.p[at + 6] != ':' || (s.p[at] != 'T' && s.p[at] != 't' && s.p[at] != ' '))
        return false;
    at += 9;
    if (at < s.n && s.p[at] == '.')
        for (at++; at < s.n && s.p[at] >= '0' && s.p[at] <= '9';)
            at++;
    if (at >= s.n || !offset_at(s, at, &east))
        return false;
    *seconds = (h * 60 + m) * 60 + sec - east;
    return true;
}

const char *dp_cell_date(int64_t *out, struct rt_str s)
{
    int year = digits_at(s, 0, 4), month = digits_at(s, 5, 2), day = digits_at(s, 8, 2);
    int64_t seconds = 0;

    if (s.n == 0) {
        *out = INT64_MIN;
        return NULL;
    }
    if (year < 0 || month < 1 || month > 12 || day < 1 || s.p[4] != '-' || s.p[7] != '-' ||
        day > days_of_month(year, month) || (s.n > 10 && !time_at(s, 10, &seconds)))
        return "date is none (YYYY-MM-DD or RFC 3339)";
    *out = days_from(year, month, day) * 86400 + seconds;
    return NULL;
}
