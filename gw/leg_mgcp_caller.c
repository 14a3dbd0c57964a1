/* Who calls, as a telephone shows it: L/ci(time,number,name) (RFC 3660 2.4).
 *
 * A quoted name may be UTF-8, but telephones show ASCII: the data that a gateway sends them before
 * or after the first ring knows no more (V.23 and Bell 202 in the practice of networks). So letters
 * of Latin scripts become plain ones here, and characters of other scripts are left out.
 */
#include "dialplan/zone.h"
#include "gw/leg_mgcp_priv.h"

#include <stdio.h>
#include <time.h>

/* ---- names ---- */

/** U+00C0 to U+017F. */
static const char *const latin[] = {
    "A", "A", "A",  "A",  "Ae", "A", "AE", "C", "E",  "E", "E", "E", "I",  "I", "I",  "I", /* C0 */
    "D", "N", "O",  "O",  "O",  "O", "Oe", "x", "Oe", "U", "U", "U", "Ue", "Y", "Th", "ss",
    "a", "a", "a",  "a",  "ae", "a", "ae", "c", "e",  "e", "e", "e", "i",  "i", "i",  "i", /* E0 */
    "d", "n", "o",  "o",  "o",  "o", "oe", "/", "oe", "u", "u", "u", "ue", "y", "th", "y",
    "A", "a", "A",  "a",  "A",  "a", "C",  "c", "C",  "c", "C", "c", "C",  "c", "D",  "d", /* 100 */
    "D", "d", "E",  "e",  "E",  "e", "E",  "e", "E",  "e", "E", "e", "G",  "g", "G",  "g",
    "G", "g", "G",  "g",  "H",  "h", "H",  "h", "I",  "i", "I", "i", "I",  "i", "I",  "i", /* 120 */
    "I", "i", "IJ", "ij", "J",  "j", "K",  "k", "k",  "L", "l", "L", "l",  "L", "l",  "L",
    "l", "L", "l",  "N",  "n",  "N", "n",  "N", "n",  "n", "N", "n", "O",  "o", "O",  "o", /* 140 */
    "O", "o", "OE", "oe", "R",  "r", "R",  "r", "R",  "r", "S", "s", "S",  "s", "S",  "s",
    "S", "s", "T",  "t",  "T",  "t", "T",  "t", "U",  "u", "U", "u", "U",  "u", "U",  "u", /* 160 */
    "U", "u", "U",  "u",  "W",  "w", "Y",  "y", "Y",  "Z", "z", "Z", "z",  "Z", "z",  "s",
};

/** The code point at `*p`, which goes on behind it; 0: none that can be shown. */
static unsigned next_character(const unsigned char **p)
{
    const unsigned char *c = (*p)++;
    bool pair = (*c & 0xe0) == 0xc0 && (c[1] & 0xc0) == 0x80;

    while ((**p & 0xc0) == 0x80)
        (*p)++;
    return *c < 0x80 ? *c : pair ? (unsigned)((*c & 0x1f) << 6 | (c[1] & 0x3f)) : 0;
}

void leg_mgcp_plain_name(char *out, size_t cap, const char *name)
{
    const unsigned char *p = (const unsigned char *)name;
    size_t n = 0;

    while (*p) {
        unsigned c = next_character(&p);
        char plain[2] = {c == '"' ? '\'' : (char)c, '\0'};
        const char *text = "";

        if (c >= ' ' && c < 0x7f)
            text = plain;
        else if (c >= 0xc0 && c < 0xc0 + RT_COUNT(latin))
            text = latin[c - 0xc0];
        for (; *text && n + 1 < cap; text++)
            if (n > 0 || *text != ' ')
                out[n++] = *text;
    }
    out[n] = '\0';
    while (n > 0 && out[n - 1] == ' ')
        out[--n] = '\0';
}

/* ---- the signal ---- */

/** "MM/DD/HH/MM" of the line's site. */
static void write_time(char out[16], const struct gw_trunk *t, rt_time wall)
{
    const struct gw_plan *p = t->plan;
    const struct dp_zone *zone = t->site && p->zones ? p->zones[t->site - p->sites] : NULL;
    time_t local = (time_t)(wall / RT_S + dp_zone_offset(zone, wall / RT_S));
    struct tm tm;

    gmtime_r(&local, &tm);
    snprintf(out, 16, "%02d/%02d/%02d/%02d", (tm.tm_mon + 1) % 100, tm.tm_mday % 100,
             tm.tm_hour % 100, tm.tm_min % 100);
}

void leg_mgcp_add_caller(struct rt_buf *list, const struct leg_mgcp *l)
{
    char when[16], name[2 * GW_PARTY_NAME_LEN] = "";
    bool hidden = l->caller.present == DP_RESTRICTED;
    const char *number = hidden ? "P" : l->caller.digits[0] == '\0' ? "O" : l->caller.digits;

    write_time(when, l->leg.trunk, l->offered_at);
    rt_buf_printf(list, "%sL/ci(%s,%s,", list->n > 0 ? "," : "", when, number);
    leg_mgcp_plain_name(name, sizeof name, l->caller_name);
    if (hidden || l->name_hidden)
        rt_buf_puts(list, "P)");
    else if (name[0] == '\0')
        rt_buf_puts(list, "O)");
    else
        rt_buf_printf(list, "\"%s\")", name);
}
