/* Nearest known word by the number of slips of a typist: a letter too much, too little, wrong, or
 * two swapped (Damerau and Levenshtein, optimal string alignment). Small letters for capital ones
 * are no slip. */
#include "conf/suggest.h"

#include <ctype.h>

#define LONGEST 32

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned slips(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned d[LONGEST + 1][LONGEST + 1];

    for (size_t i = 0; i <= na; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= nb; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        for (size_t j = 1; j <= nb; j++) {
            unsigned wrong = !same(a[i - 1], b[j - 1]);
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + wrong);
            bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
            if (swapped && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    }
    return d[na][nb];
}

struct conf_suggest conf_suggest(const char *word)
{
    size_t n = strlen(word);

    /* One slip in a short word, two in a longer one: more is another word. */
    return (struct conf_suggest){word, NULL, n < 2 ? 0 : n < 5 ? 2 : 3};
}

void conf_suggest_offer(struct conf_suggest *s, const char *known)
{
    size_t n = strlen(s->word), k = strlen(known);

    if (s->distance == 0 || n > LONGEST || k > LONGEST || n > k + 2 || k > n + 2)
        return;
    unsigned d = slips(s->word, n, known, k);
    if (d < s->distance && d < k) {
        s->distance = d;
        s->best = known;
    }
}

void conf_suggest_error(struct conf_diag *d, struct conf_pos at, const char *what,
                        const struct conf_suggest *s)
{
    if (s->best)
        conf_error(d, at, "%s \"%s\" - did you mean \"%s\"?", what, s->word, s->best);
    else
        conf_error(d, at, "%s \"%s\"", what, s->word);
}
