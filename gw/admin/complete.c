/* Completion: one program knows the commands, their arguments and the names that live; the shells'
 * scripts ask it.
 *
 * What an argument is called in verbs.def says how it is completed.
 */
#include "gw/admin/control_priv.h"
#include "gw/admin/words.h"

#include <errno.h>

#define WORDS_MAX 32

/** Options of every command. */
static const char *const common[] = {"--json", "--watch", "--socket=FILE", "-c=FILE", "--help"};

static void offer(struct rt_buf *out, struct rt_str text, struct rt_str typed, const char *help)
{
    if (text.n < typed.n || memcmp(text.p, typed.p, typed.n) != 0)
        return;
    rt_buf_put(out, text.p, text.n);
    rt_buf_printf(out, "%s%s\n", help && help[0] ? "\t" : "", help ? help : "");
}

/** `a|b|c` are the words themselves; FILE and its like are files; the rest live in the daemon. */
static void offer_value(struct rt_buf *out, struct rt_str kind, struct rt_str typed,
                        void (*live)(void *arg, struct rt_buf *out, const char *kind), void *arg)
{
    static const char *const files[] = {"FILE", "CDRFILE", "PATH", "FOLDER", "EDIT"};
    struct rt_buf names = {0};
    char name[32];

    if (kind.n > 0 && kind.p[0] == '[')
        kind = (struct rt_str){kind.p + 1, kind.n - 2};
    if (memchr(kind.p, '|', kind.n)) {
        while (kind.n > 0)
            offer(out, rt_str_cut(&kind, '|'), typed, NULL);
        return;
    }
    for (size_t i = 0; i < RT_COUNT(files); i++)
        if (rt_str_eq(kind, files[i])) {
            rt_buf_puts(out, "@files\n");
            return;
        }
    rt_str_copy(name, sizeof name, kind);
    if (live)
        live(arg, &names, name);
    for (struct rt_str rest = rt_buf_str(&names); rest.n > 0;) {
        struct rt_str text = rt_str_cut(&rest, '\n');
        offer(out, text, typed, NULL);
    }
    rt_buf_release(&names);
}

/** The next words of commands that begin with those given. */
static void offer_words(struct rt_buf *out, int argc, char **argv, struct rt_str typed)
{
    const struct gw_verb *v;
    struct rt_str last = {"", 0};

    for (size_t i = 0; (v = gw_verb_at(i)); i++) {
        struct rt_str rest = rt_str(v->words), word;
        bool same = true;
        for (int k = 0; same && k < argc; k++)
            same = rt_str_eq(rt_str_cut(&rest, ' '), argv[k]);
        word = rt_str_cut(&rest, ' ');
        if (!same || word.n == 0 || v->help[0] == '\0')
            continue;
        if (word.n == last.n && memcmp(word.p, last.p, word.n) == 0)
            continue; /* of `show ...` one is enough */
        offer(out, word, typed, rest.n == 0 ? v->help : "");
        last = word;
    }
}

/** What the option that was typed before takes; empty: it is none, or a flag. */
static struct rt_str value_of(const char *options, const char *option)
{
    struct rt_str rest = rt_str(options);

    while (rest.n > 0) {
        struct rt_str value = rt_str_cut(&rest, ' '), name = rt_str_cut(&value, '=');
        if (name.n > 0 && name.p[0] == '[')
            name = (struct rt_str){name.p + 1, name.n - 1};
        if (value.n > 0 && value.p[value.n - 1] == ']')
            value.n--;
        if (rt_str_eq(name, option))
            return value;
    }
    return (struct rt_str){"", 0};
}

static void offer_options(struct rt_buf *out, const char *options, struct rt_str typed)
{
    struct rt_str rest = rt_str(options);

    while (rest.n > 0) {
        struct rt_str name = rt_str_cut(&rest, ' ');
        name = rt_str_cut(&name, '=');
        if (name.n > 0 && name.p[0] == '[')
            name = (struct rt_str){name.p + 1, name.n - 1};
        if (name.n > 0 && name.p[name.n - 1] == ']')
            name.n--;
        offer(out, name, typed, NULL);
    }
}

/** The argument that comes after those given. */
static struct rt_str next_argument(const struct gw_verb *v, int argc, char **argv, size_t words)
{
    struct rt_str rest = rt_str(v->args), kind = {"", 0}, was = {"", 0};
    int given = 0;

    for (int i = (int)words; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            given++;
        else if (value_of(v->options, argv[i]).n > 0)
            i++;
    }
    for (int i = 0; i <= given && rest.n > 0; i++) {
        was = kind;
        kind = rt_str_cut(&rest, ' ');
        if (rt_str_eq(kind, "..."))
            return was;
        if (i == given)
            return kind;
    }
    return (struct rt_str){"", 0};
}

/** Takes options of every command out of what is before the last word: they say nothing of it. */
static int without_common(int argc, char **argv, char **left, int max)
{
    int n = 0;

    for (int i = 0; i < argc && n < max; i++) {
        bool value = false, taken = false;
        for (size_t k = 0; i + 1 < argc && k < RT_COUNT(common); k++) {
            struct rt_str rest = rt_str(common[k]);
            taken = taken || rt_str_eq(rt_str_cut(&rest, '='), argv[i]);
            value = value || (rest.n > 0 && value_of(common[k], argv[i]).n > 0);
        }
        if (taken && value && i + 2 < argc)
            i++;
        else if (!taken || value)
            left[n++] = argv[i];
    }
    return n;
}

void gw_complete(struct rt_buf *out, int given, char **words_given,
                 void (*live)(void *arg, struct rt_buf *out, const char *kind), void *arg)
{
    char *argv[WORDS_MAX] = {NULL};
    int argc = without_common(given, words_given, argv, WORDS_MAX);
    struct rt_str typed = rt_str(argc > 0 ? argv[argc - 1] : "");
    size_t words = 0;
    int before = argc > 0 ? argc - 1 : 0;
    const struct gw_verb *v = gw_verb_find((size_t)before, (const char *const *)argv, &words);
    struct rt_str value = {"", 0};

    if (before > 0 && argv[before - 1][0] == '-') {
        value = v ? value_of(v->options, argv[before - 1]) : value;
        for (size_t i = 0; value.n == 0 && i < RT_COUNT(common); i++)
            value = value_of(common[i], argv[before - 1]);
    }
    if (value.n > 0) {
        offer_value(out, value, typed, live, arg);
        return;
    }
    if (typed.n > 0 && typed.p[0] == '-') {
        offer_options(out, v ? v->options : "", typed);
        for (size_t i = 0; i < RT_COUNT(common); i++)
            offer_options(out, common[i], typed);
        return;
    }
    if (!v || words < (size_t)before || v->args[0] == '\0')
        offer_words(out, before, argv, typed);
    if (v)
        offer_value(out, next_argument(v, before, argv, words), typed, live, arg);
}

/* ---- the shells' side ---- */

static const char bash[] =
    "# tandem completion for bash: source it, or put it in /usr/share/bash-completion/completions\n"
    "_tandem()\n"
    "{\n"
    "    local line word=${COMP_WORDS[COMP_CWORD]}\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "        @files) mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
    "        *) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
    "        esac\n"
    "    done < <(\"${COMP_WORDS[0]}\" complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "}\n"
    "complete -o filenames -F _tandem tandem\n";

static const char zsh[] =
    "#compdef tandem\n"
    "# tandem completion for zsh: a file _tandem in a folder of $fpath\n"
    "_tandem()\n"
    "{\n"
    "    local line\n"
    "    local -a found\n"
    "    for line in \"${(@f)$(\"${words[1]}\" complete -- \"${(@)words[2,CURRENT]}\" "
    "2>/dev/null)}\"; do\n"
    "        case $line in\n"
    "        '') ;;\n"
    "        @files) _files ;;\n"
    "        *) found+=(\"${${line%%$'\\t'*}//:/\\\\:}${line#\"${line%%$'\\t'*}\"}\") ;;\n"
    "        esac\n"
    "    done\n"
    "    found=(\"${(@)found/$'\\t'/:}\")\n"
    "    (( ${#found} )) && _describe tandem found\n"
    "}\n"
    "compdef _tandem tandem\n";

static const char fish[] = "# tandem completion for fish: ~/.config/fish/completions/tandem.fish\n"
                           "function __tandem\n"
                           "    set -l words (commandline -opc) (commandline -ct)\n"
                           "    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)\n"
                           "        if test \"$line\" = @files\n"
                           "            __fish_complete_path (commandline -ct)\n"
                           "        else\n"
                           "            echo $line\n"
                           "        end\n"
                           "    end\n"
                           "end\n"
                           "complete -c tandem -f -a '(__tandem)'\n";

int gw_completion(struct rt_buf *out, const char *shell)
{
    const struct {
        const char *name, *script;
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

    for (size_t i = 0; i < RT_COUNT(shells); i++)
        if (strcmp(shells[i].name, shell) == 0) {
            rt_buf_puts(out, shells[i].script);
            return 0;
        }
    return EINVAL;
}
