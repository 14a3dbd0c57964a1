/* What people type, made the words of the table. */
#include "gw/admin/words.h"

#include "gw/admin/control_priv.h"

#include <errno.h>

/** What people know from other systems. */
static const struct {
    const char *theirs, *ours;
} aliases[] = {
    {"show call active brief", "show calls"},
    {"show voice call summary", "show calls"},
    {"show isdn status", "show spans"},
    {"show dialplan number", "route explain"},
};

static unsigned count(const char *words)
{
    unsigned n = words[0] != '\0';

    for (const char *p = words; *p; p++)
        n += *p == ' ';
    return n;
}

/** How many of argv the words take: each begins with, or is, the word there. 0: another command. */
static int fits(const char *words, int argc, char *const *argv, bool exactly)
{
    struct rt_str rest = rt_str(words);
    int n = 0;

    for (; rest.n > 0; n++) {
        struct rt_str word = rt_str_cut(&rest, ' ');
        size_t len = n < argc ? strlen(argv[n]) : 0;
        if (len == 0 || len > word.n || memcmp(word.p, argv[n], len) != 0)
            return 0;
        if (exactly && len != word.n)
            return 0;
    }
    return n;
}

/** True when what follows the command's words may be its arguments. */
static bool takes(const struct gw_verb *v, int argc, char *const *argv, int from)
{
    unsigned most = count(v->args), least = most, given = 0;

    for (const char *p = v->args; *p; p++)
        least -= *p == '[';
    for (int i = from; i < argc && strncmp(argv[i], "--", 2) != 0; i++)
        given++;
    return given >= least && (given <= most || strstr(v->args, "..."));
}

/** Puts `words` in the place of the first `n`. E2BIG. */
static int put(int *argc, char **argv, int max, int n, const char *words, char room[GW_WORDS_LEN])
{
    int more = (int)count(words);

    if (*argc - n + more > max || strlen(words) >= GW_WORDS_LEN)
        return E2BIG;
    rt_str_copy(room, GW_WORDS_LEN, rt_str(words));
    memmove(argv + more, argv + n, (size_t)(*argc - n) * sizeof *argv);
    *argc += more - n;
    for (int i = 0; i < more; i++) {
        argv[i] = room;
        room = strchr(room, ' ');
        if (room)
            *room++ = '\0';
    }
    return 0;
}

/** The only command that it may be; NULL: none, or several, which `why` names. */
static const struct gw_verb *abbreviated(int argc, char *const *argv, int *words,
                                         struct rt_buf *why)
{
    const struct gw_verb *found = NULL, *v;
    unsigned n = 0;

    for (size_t i = 0; (v = gw_verb_at(i)); i++) {
        int used = fits(v->words, argc, argv, false);
        if (used == 0 || !takes(v, argc, argv, used))
            continue;
        rt_buf_printf(why, "%s%s", n > 0 ? ", " : "", v->words);
        found = v;
        *words = used;
        n++;
    }
    return n == 1 ? found : NULL;
}

int gw_words_expand(int *argc, char **argv, int max, char room[GW_WORDS_LEN], struct rt_buf *why)
{
    const struct gw_verb *v;
    struct rt_buf several = {0};
    int words = 0, err = 0;

    for (size_t i = 0; i < RT_COUNT(aliases); i++)
        if ((words = fits(aliases[i].theirs, *argc, argv, true)) > 0)
            return put(argc, argv, max, words, aliases[i].ours, room);
    for (size_t i = 0; (v = gw_verb_at(i)); i++)
        if (fits(v->words, *argc, argv, true) > 0)
            return 0;
    v = abbreviated(*argc, argv, &words, &several);
    if (v)
        err = put(argc, argv, max, words, v->words, room);
    else if (several.n > 0) {
        rt_buf_printf(why, "this could be: %s", several.p);
        err = EINVAL;
    }
    rt_buf_release(&several);
    return err;
}
