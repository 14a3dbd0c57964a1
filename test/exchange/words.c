/* What a word may be: each reader takes one and says why it does not do. */
#include "test/exchange/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *take(struct ex_words *w, const char *what)
{
    if (w->at < w->n)
        return w->word[w->at++];
    snprintf(w->error, sizeof w->error, "%s is missing", what);
    return NULL;
}

static int bad(struct ex_words *w, const char *what, const char *word)
{
    snprintf(w->error, sizeof w->error, "\"%.60s\" is not %.60s", word, what);
    return EINVAL;
}

int ex_word_text(struct ex_words *w, const char *what, char *out, size_t cap)
{
    const char *word = take(w, what);

    if (!word)
        return EINVAL;
    return rt_str_copy(out, cap, rt_str(word)) && *word ? 0 : bad(w, what, word);
}

int ex_word_real(struct ex_words *w, const char *what, double *out)
{
    const char *word = take(w, what);
    char *end = NULL;

    if (!word)
        return EINVAL;
    *out = strtod(word, &end);
    return end != word && *end == '\0' ? 0 : bad(w, what, word);
}

int ex_word_uint(struct ex_words *w, const char *what, unsigned max, unsigned *out)
{
    const char *word = take(w, what);
    uint64_t v;

    if (!word)
        return EINVAL;
    if (rt_str_u64(&v, rt_str(word), max) != 0)
        return bad(w, what, word);
    *out = (unsigned)v;
    return 0;
}

int ex_word_duration(struct ex_words *w, const char *what, rt_time *out)
{
    static const struct {
        const char *name;
        rt_time unit;
    } units[] = {{"ms", RT_MS}, {"s", RT_S}, {"min", 60 * RT_S}, {"h", 3600 * RT_S}};
    const char *word = take(w, what);
    char *end = NULL;

    if (!word)
        return EINVAL;
    double v = strtod(word, &end);
    for (size_t i = 0; end != word && v >= 0 && v < 1e6 && i < RT_COUNT(units); i++) {
        if (strcmp(end, units[i].name) == 0) {
            *out = (rt_time)(v * (double)units[i].unit);
            return 0;
        }
    }
    return bad(w, "a duration like 500ms or 10s", word);
}

bool ex_words_end(const struct ex_words *w)
{
    return w->at >= w->n;
}

bool ex_word_is(struct ex_words *w, const char *word)
{
    if (ex_words_end(w) || strcmp(w->word[w->at], word) != 0)
        return false;
    w->at++;
    return true;
}

int ex_word_one_of(struct ex_words *w, const char *names, unsigned *out)
{
    const char *word = take(w, names);
    struct rt_str rest = rt_str(names);

    if (!word)
        return EINVAL;
    for (*out = 0; rest.n > 0; ++*out) {
        struct rt_str name = rt_str_cut(&rest, '|');
        if (name.n == strlen(word) && memcmp(name.p, word, name.n) == 0)
            return 0;
    }
    return bad(w, names, word);
}

/* ---- octets ---- */

static int nibble(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

    return at ? (int)(at - digits) : -1;
}

int ex_hex(const char *text, uint8_t *out, size_t cap, size_t *len)
{
    size_t n = strlen(text);

    if (n == 0 || n % 2 != 0 || n / 2 > cap)
        return EINVAL;
    for (size_t i = 0; i < n / 2; i++) {
        int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return EINVAL;
        out[i] = (uint8_t)(high << 4 | low);
    }
    *len = n / 2;
    return 0;
}

int ex_octets(const char *text, uint8_t *out, size_t cap, size_t *len)
{
    if (strncmp(text, "0x", 2) == 0)
        return ex_hex(text + 2, out, cap, len);
    *len = strlen(text);
    if (*len == 0 || *len > cap)
        return EINVAL;
    memcpy(out, text, *len);
    return 0;
}

int ex_word_hex(struct ex_words *w, const char *what, uint8_t *out, size_t cap, size_t *len)
{
    const char *word = take(w, what);

    if (!word)
        return EINVAL;
    return ex_hex(word, out, cap, len) == 0 ? 0 : bad(w, what, word);
}

int ex_word_octets(struct ex_words *w, const char *what, uint8_t *out, size_t cap, size_t *len)
{
    const char *word = take(w, what);

    if (!word)
        return EINVAL;
    return ex_octets(word, out, cap, len) == 0 ? 0 : bad(w, what, word);
}

void ex_number(struct isdn_number *out, const char *text)
{
    bool plus = text[0] == '+';

    out->npi = 1;
    out->ton = plus ? 1 : 0;
    rt_str_copy(out->digits, sizeof out->digits, rt_str(text + plus));
}

#define NSAP_IA5 0x50 /* AFI 50: the rest are characters (Q.931 4.5.9) */

int ex_subaddress(struct isdn_subaddress *out, const char *text)
{
    bool user = strncmp(text, "0x", 2) == 0;
    unsigned afi = user ? 0 : 1;
    size_t len;

    *out = (struct isdn_subaddress){.user = user};
    if (ex_octets(text, out->octets + afi, sizeof out->octets - afi, &len) != 0)
        return EINVAL;
    if (!user)
        out->octets[0] = NSAP_IA5;
    out->len = (uint8_t)(len + afi);
    return 0;
}

#define UUI_OCTETS 0 /* protocol discriminators (4.5.30): user specific, IA5 characters */
#define UUI_TEXT   4

int ex_uui(struct isdn_uui *out, const char *text)
{
    size_t len;

    if (ex_octets(text, out->octets, sizeof out->octets, &len) != 0)
        return EINVAL;
    out->present = true;
    out->len = (uint8_t)len;
    out->protocol = strncmp(text, "0x", 2) == 0 ? UUI_OCTETS : UUI_TEXT;
    return 0;
}
