/* Edits by program: what the author wrote stays, what is asked for comes, nothing comes by half. */
#include "conf/edit.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TOP                                                                                        \
    "# our plan\n"                                                                                 \
    "version 1          # of the language\n"                                                       \
    "include sub/*.conf\n"                                                                         \
    "\n"                                                                                           \
    "# the provider\n"                                                                             \
    "trunk voip {       # by TLS\n"                                                                \
    "    sip       sip:a.example   # the server\n"                                                 \
    "    # who may call\n"                                                                         \
    "    accept    from 192.0.2.1,   # one\n"                                                      \
    "                   192.0.2.2    # two\n"                                                      \
    "    numbers   e164            # +49\n"                                                        \
    "    # class staff\n"                                                                          \
    "}\n"                                                                                          \
    "trunk pbx { sip sip:b.example }\n"                                                            \
    "\n"                                                                                           \
    "routes from pbx {\n"                                                                          \
    "    1xx       -> pbx          # extensions\n"                                                 \
    "    national  -> voip         # outside\n"                                                    \
    "    \"#31#\"    -> voip\n"                                                                    \
    "}\n"                                                                                          \
    "# end\n"

static struct conf_edit *open_plan(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct conf_edit *e;

    ck_assert_int_eq(rt_file_replace("/t/top.conf", text, strlen(text), 0644), 0);
    int err = conf_edit_open(&e, &conf_tandem, "/t/top.conf", &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p ? diag.text.p : "?");
    return e;
}

static void text_is(struct conf_edit *e, const char *file, const char *want)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf out = {0};
    struct conf *c;

    ck_assert_int_eq(conf_edit_text(e, file, &out), 0);
    ck_assert_str_eq(out.p, want);
    rt_buf_release(&out);
    ck_assert_msg(conf_edit_tree(e, &c, &diag) == 0, "%s", diag.text.p);
    conf_free(c);
}

/** `text` with the first `was` made `is`. */
static const char *with(const char *text, const char *was, const char *is)
{
    static char room[2][4096];
    static unsigned turn;
    char *out = room[turn++ % 2];
    const char *at = strstr(text, was);

    ck_assert_msg(at != NULL, "%s", was);
    snprintf(out, sizeof room[0], "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
    return out;
}

static void ok(int err, struct conf_diag *diag)
{
    ck_assert_msg(err == 0, "%d %s", err, diag->text.p ? diag->text.p : "");
}

static void refused(struct conf_edit *e, int err, int want_err, struct conf_diag *diag,
                    const char *want)
{
    (void)e;
    ck_assert_int_eq(err, want_err);
    ck_assert_str_eq(diag->text.p ? diag->text.p : "", want);
    conf_diag_release(diag);
}

START_TEST(a_file_is_cut_without_loss)
{
    static const char *const texts[] = {
        TOP, "version 1", "\xef\xbb\xbfversion 1\r\n\r\ntrunk a { } trunk b{sip \"sip:x\"# c\r\n}",
        "# a\n\n  version 1 # b\n#c", "version 1\nroutes from a { 1 { } 2 -> b\n } # x\n\n\n"};

    for (size_t i = 0; i < RT_COUNT(texts); i++) {
        struct conf_edit *e = open_plan(texts[i]);
        text_is(e, NULL, texts[i]);
        conf_edit_free(e);
    }
}
END_TEST

START_TEST(set_keeps_columns_and_comments)
{
    struct conf_diag diag = {.errors = 0};
    struct conf_edit *e = open_plan(TOP);

    ok(conf_edit_set(e, "trunk voip / numbers", "isdn", &diag), &diag);
    text_is(e, NULL, with(TOP, "e164            #", "isdn            #"));
    ok(conf_edit_set(e, "trunk voip / numbers", "isup-national", &diag), &diag);
    text_is(e, NULL, with(TOP, "e164            #", "isup-national   #"));
    ok(conf_edit_set(e, "trunk voip / numbers", "a-name-far-too-long", &diag), &diag);
    text_is(e, NULL, with(TOP, "e164            #", "a-name-far-too-long #"));
    ok(conf_edit_set(e, "trunk voip / numbers", "e164", &diag), &diag);
    ok(conf_edit_set(e, "routes from pbx / national", "-> pbx, voip", &diag), &diag);
    text_is(e, NULL,
            with(with(TOP, "numbers   e164            #", "numbers   e164                #"),
                 "-> voip         # out", "-> pbx, voip    # out"));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_set(e, "routes from pbx / \"#31#\"", "-> pbx", &diag), &diag);
    text_is(e, NULL, with(TOP, "\"#31#\"    -> voip", "\"#31#\"    -> pbx"));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_set(e, "trunk voip / accept", "from 10.0.0.0/8", &diag), &diag);
    text_is(e, NULL,
            with(TOP,
                 "    accept    from 192.0.2.1,   # one\n                   192.0.2.2    # two\n",
                 "    # one\n    accept    from 10.0.0.0/8   # two\n"));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_set(e, "routes from pbx", "from pbx, voip", &diag), &diag);
    text_is(e, NULL, with(TOP, "routes from pbx {", "routes from pbx, voip {"));
    conf_edit_free(e);
}
END_TEST

START_TEST(add_goes_to_the_end_or_behind_a_statement)
{
    struct conf_diag diag = {.errors = 0};
    struct conf_edit *e = open_plan(TOP);

    ok(conf_edit_add(e, "trunk voip", "health every 30s # ask", NULL, &diag), &diag);
    text_is(e, NULL,
            with(TOP, "    # class staff\n", "    # class staff\n    health every 30s # ask\n"));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_add(e, "trunk voip", "# alive?\n  health every 30s", "sip", &diag), &diag);
    text_is(e, NULL,
            with(TOP, "# the server\n", "# the server\n    # alive?\n    health every 30s\n"));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_add(e, "trunk pbx", "numbers e164", NULL, &diag), &diag);
    text_is(e, NULL,
            with(TOP, "trunk pbx { sip sip:b.example }",
                 "trunk pbx {\n    sip sip:b.example\n    numbers e164\n}"));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_add(e, "", "trunk c {\n    sip sip:c.example\n}", "trunk voip", &diag), &diag);
    text_is(e, NULL, with(TOP, "trunk pbx {", "trunk c {\n    sip sip:c.example\n}\ntrunk pbx {"));
    ok(conf_edit_add(e, "", "log debug", NULL, &diag), &diag);
    text_is(e, NULL,
            with(with(TOP, "trunk pbx {", "trunk c {\n    sip sip:c.example\n}\ntrunk pbx {"),
                 "# end\n", "# end\nlog debug\n"));
    conf_edit_free(e);
    e = open_plan("version 1\r\nroutes from a {\r\n\t1 -> b }");
    ok(conf_edit_add(e, "routes from a", "2 -> b", NULL, &diag), &diag);
    text_is(e, NULL, "version 1\r\nroutes from a {\r\n\t1 -> b\r\n\t2 -> b\r\n}");
    ok(conf_edit_add(e, "routes from a / 1", "when bearer audio -> c", NULL, &diag), &diag);
    text_is(
        e, NULL,
        "version 1\r\nroutes from a {\r\n\t1 -> b {\r\n\t\twhen bearer audio -> c\r\n\t}\r\n\t2 "
        "-> b\r\n}");
    conf_edit_free(e);
}
END_TEST

START_TEST(delete_takes_the_comments_it_is_told_to)
{
    struct conf_diag diag = {.errors = 0};
    struct conf_edit *e = open_plan(TOP);

    ok(conf_edit_delete(e, "trunk voip / numbers", CONF_EDIT_KEEP_LEADING, &diag), &diag);
    text_is(e, NULL, with(TOP, "    numbers   e164            # +49\n", ""));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_delete(e, "trunk voip / numbers", CONF_EDIT_KEEP_ALL, &diag), &diag);
    text_is(e, NULL, with(TOP, "    numbers   e164            # +49\n", "    # +49\n"));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_delete(e, "trunk voip / accept", CONF_EDIT_KEEP_LEADING, &diag), &diag);
    text_is(e, NULL,
            with(TOP,
                 "    accept    from 192.0.2.1,   # one\n                   192.0.2.2    # two\n",
                 ""));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_delete(e, "trunk voip / accept", CONF_EDIT_DROP, &diag), &diag);
    text_is(e, NULL,
            with(TOP,
                 "    # who may call\n    accept    from 192.0.2.1,   # one\n"
                 "                   192.0.2.2    # two\n",
                 ""));
    conf_edit_free(e);
    e = open_plan(TOP);
    ok(conf_edit_delete(e, "trunk pbx / sip", CONF_EDIT_DROP, &diag), &diag);
    text_is(e, NULL, with(TOP, "{ sip sip:b.example }", "{ }"));
    ok(conf_edit_delete(e, "trunk voip", CONF_EDIT_DROP, &diag), &diag);
    ok(conf_edit_delete(e, "trunk pbx", CONF_EDIT_DROP, &diag), &diag);
    ok(conf_edit_delete(e, "routes", CONF_EDIT_DROP, &diag), &diag);
    text_is(e, NULL,
            "# our plan\nversion 1          # of the language\ninclude sub/*.conf\n\n\n# end\n");
    conf_edit_free(e);
}
END_TEST

START_TEST(what_breaks_the_schema_is_refused_and_changes_nothing)
{
    struct conf_diag d = {.errors = 0};
    struct conf_edit *e = open_plan(TOP);
    const char *const inc = "edit:1:1: which files are included is not edited by program\n";

    refused(e, conf_edit_set(e, "trunk voip / helth", "1s", &d), ENOENT, &d,
            "/t/top.conf: there is no statement \"helth\"\n");
    refused(e, conf_edit_set(e, "trunk", "x", &d), ENOTUNIQ, &d,
            "/t/top.conf: there are several statements \"trunk\": name more words\n");
    refused(e, conf_edit_set(e, "version", "7", &d), EINVAL, &d,
            "edit:1:9: \"7\" is not within 1 to 1\n");
    refused(e, conf_edit_set(e, "trunk voip / numbers", "", &d), EINVAL, &d,
            "edit:1:1: \"numbers\" lacks a name\n");
    refused(e, conf_edit_set(e, "include", "x.conf", &d), EINVAL, &d, inc);
    refused(e, conf_edit_add(e, "", "include x.conf", NULL, &d), EINVAL, &d, inc);
    refused(e, conf_edit_add(e, "trunk voip", "include x.conf", NULL, &d), EINVAL, &d, inc);
    refused(e, conf_edit_add(e, "", "version 1", NULL, &d), EINVAL, &d,
            "edit:1:1: \"version\" stands twice, first at /t/top.conf:2:1\n");
    refused(e, conf_edit_add(e, "trunk voip", "numbers isdn", NULL, &d), EINVAL, &d,
            "edit:1:1: \"numbers\" stands twice, first at /t/top.conf:11:5\n");
    refused(e, conf_edit_add(e, "version", "numbers isdn", NULL, &d), EINVAL, &d,
            "edit:1:1: \"version\" takes no { } block\n");
    refused(e, conf_edit_add(e, "trunk voip", "  ", NULL, &d), EINVAL, &d,
            "edit:1:1: there is no statement in this\n");
    refused(e, conf_edit_delete(e, "version", CONF_EDIT_DROP, &d), EINVAL, &d,
            "edit:1:1: \"version\" must be there\n");
    refused(e, conf_edit_add(e, "", "sip { }", NULL, &d), EINVAL, &d,
            "edit:1:1: \"sip\" lacks \"listen\"\n");
    text_is(e, NULL, TOP);
    conf_edit_free(e);
}
END_TEST

START_TEST(nothing_breaks_out_of_its_block)
{
    static const char *const words[] = {"e164 }",
                                        "e164 }\ntrunk evil {",
                                        "e164\nsip sip:evil.example",
                                        "e164 { }",
                                        "e164 # comment",
                                        "\"e164",
                                        "e164,",
                                        "e164 \x01",
                                        "e164 ->",
                                        "{",
                                        "}",
                                        "e164 \xff"};
    static const char *const statements[] = {"numbers e164 }\ntrunk evil {",
                                             "100rel off\nhealth every 1s",
                                             "100rel off }",
                                             "100rel off {",
                                             "100rel off # c\n# d",
                                             "{ }",
                                             "}",
                                             "\"",
                                             "100rel off,"};
    struct conf_diag d = {.errors = 0};
    struct conf_edit *e = open_plan(TOP);

    for (size_t i = 0; i < RT_COUNT(words); i++) {
        ck_assert_msg(conf_edit_set(e, "trunk voip / numbers", words[i], &d) == EINVAL, "%s",
                      words[i]);
        ck_assert_uint_gt(d.errors, 0);
        conf_diag_release(&d);
    }
    for (size_t i = 0; i < RT_COUNT(statements); i++) {
        ck_assert_msg(conf_edit_add(e, "trunk pbx", statements[i], NULL, &d) == EINVAL, "%s",
                      statements[i]);
        ck_assert_uint_gt(d.errors, 0);
        conf_diag_release(&d);
    }
    text_is(e, NULL, TOP);
    conf_edit_free(e);
}
END_TEST

START_TEST(included_files_are_edited_and_saved_in_their_place)
{
    struct conf_diag d = {.errors = 0};
    struct rt_buf text = {0};
    struct conf_pos at;

    rt_file_replace("/t/sub/a.conf", "# a\ntrunk a { }\n", 16, 0644);
    rt_file_replace("/t/sub/b.conf", "trunk b { }\n", 12, 0644);
    struct conf_edit *e = open_plan(TOP);
    ok(conf_edit_add(e, "trunk a", "numbers e164", NULL, &d), &d);
    ok(conf_edit_find(e, "trunk a / numbers", &at, &d), &d);
    ck_assert_str_eq(at.file, "/t/sub/a.conf");
    ck_assert_uint_eq(at.line, 3);
    ck_assert_uint_eq(at.column, 5);
    text_is(e, NULL, TOP);
    text_is(e, "/t/sub/a.conf", "# a\ntrunk a {\n    numbers e164\n}\n");
    ck_assert_int_eq(conf_edit_text(e, "/t/sub/none.conf", &text), ENOENT);
    ok(conf_edit_save(e, 0644, &d), &d);
    ck_assert_int_eq(rt_file_read(&text, "/t/sub/a.conf", 1000), 0);
    ck_assert_str_eq(text.p, "# a\ntrunk a {\n    numbers e164\n}\n");
    /* Somebody else is faster. */
    ok(conf_edit_set(e, "trunk a / numbers", "isdn", &d), &d);
    ok(conf_edit_add(e, "trunk b", "numbers isdn", NULL, &d), &d);
    rt_file_replace("/t/sub/b.conf", "trunk b {}\n", 11, 0644);
    refused(e, conf_edit_save(e, 0644, &d), ESTALE, &d,
            "/t/sub/b.conf: somebody else has changed this file meanwhile: nothing is saved\n");
    rt_file_replace("/t/sub/b.conf", "trunk b { }\n", 12, 0644);
    /* The disk is full: nothing has changed, and saving again may succeed. */
    fake_files_fail(1, ENOSPC);
    refused(e, conf_edit_save(e, 0644, &d), ENOSPC, &d,
            "/t/sub/a.conf: cannot write this file: No space left on device\n");
    ok(conf_edit_save(e, 0644, &d), &d);
    rt_buf_reset(&text);
    ck_assert_int_eq(rt_file_read(&text, "/t/sub/b.conf", 1000), 0);
    ck_assert_str_eq(text.p, "trunk b {\n    numbers isdn\n}\n");
    rt_buf_release(&text);
    conf_edit_free(e);
}
END_TEST

/* ---- 10,000 edits of 1,000 routes ---- */

#define ROUTES 1000
#define EDITS  10000
#define SLOTS  (ROUTES + EDITS)

/** The model: what a careful author would have, a line each. */
struct route {
    char name[16], target[48];
    unsigned id;        /* of its comments */
    bool above, behind; /* has them */
    int next;           /* in the file; -1: last */
};
static struct route model[SLOTS];
static unsigned used;
static uint64_t state;

static unsigned dice(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

static void make_target(char out[48])
{
    static const char *const targets[] = {"-> pri", "-> voip, pri", "-> pbx called 199",
                                          "-> reject 21 \"no\"", "-> a, b, c, d"};
    snprintf(out, 48, "%s", targets[dice(RT_COUNT(targets))]);
}

static void make_text(struct rt_buf *out)
{
    rt_buf_puts(out, "# the plan\nversion 1   # v\n\nroutes from pbx {   # all of them\n");
    for (unsigned i = 0; i < ROUTES; i++) {
        struct route *r = &model[i];
        *r = (struct route){.id = i, .above = dice(2), .behind = dice(2), .next = (int)i + 1};
        snprintf(r->name, sizeof r->name, "+49%06u", i);
        make_target(r->target);
        if (dice(5) == 0)
            rt_buf_puts(out, "\n");
        if (r->above)
            rt_buf_printf(out, "    # above %u\n", i);
        rt_buf_printf(out, "    %s   %s", r->name, r->target);
        rt_buf_printf(out, r->behind ? "   # behind %u\n" : "\n", i);
    }
    rt_buf_puts(out, "    # the end of the routes\n}\n# the end\n");
    model[ROUTES - 1].next = -1;
    used = ROUTES;
}

/** The nodes of the tree are those of the model, in its order. */
static void same_tree(struct conf_edit *e, int first)
{
    struct conf_diag d = {.errors = 0};
    struct conf *c;

    ck_assert_msg(conf_edit_tree(e, &c, &d) == 0, "%s", d.text.p);
    const struct conf_node *n = conf_child(conf_root(c), "routes")->child;
    for (int i = first; i >= 0; i = model[i].next, n = n->next) {
        char target[48] = "";
        ck_assert_ptr_nonnull(n);
        ck_assert_str_eq(n->token[0].text, model[i].name);
        for (size_t t = 1; t < n->ntokens; t++) {
            const char *form = n->token[t].kind == CONF_TOKEN_STRING ? " \"%s\"" : " %s";
            if (n->token[t].kind == CONF_TOKEN_COMMA || t == 1)
                form = "%s";
            size_t at = strlen(target);
            if (form[0] == ' ' && form[1] == '"')
                snprintf(target + at, sizeof target - at, " \"%s\"", n->token[t].text);
            else if (form[0] == ' ')
                snprintf(target + at, sizeof target - at, " %s", n->token[t].text);
            else
                snprintf(target + at, sizeof target - at, "%s", n->token[t].text);
        }
        ck_assert_str_eq(target, model[i].target);
    }
    ck_assert_ptr_null(n);
    conf_free(c);
}

/** Every comment stands where its route does, and those are there that were kept. */
static void same_comments(struct conf_edit *e, int first, const bool *kept_above)
{
    struct rt_buf text = {0};

    ck_assert_int_eq(conf_edit_text(e, NULL, &text), 0);
    const char *at = text.p;
    for (int i = first; i >= 0; i = model[i].next) {
        char line[160], above[40];
        snprintf(above, sizeof above, "    # above %u\n", model[i].id);
        snprintf(line, sizeof line, "\n    %s ", model[i].name);
        const char *route = strstr(at, line);
        ck_assert_msg(route != NULL, "%s is out of order", model[i].name);
        if (model[i].above) {
            const char *found = strstr(at > text.p ? at - 1 : at, above);
            ck_assert_msg(found && found < route, "above %u", model[i].id);
        }
        const char *end = strchr(route + 1, '\n');
        snprintf(line, sizeof line, " # behind %u\n", model[i].id);
        if (model[i].behind)
            ck_assert_msg(strncmp(end + 1 - strlen(line), line, strlen(line)) == 0, "%s", line);
        at = end;
    }
    for (unsigned i = 0; i < used; i++) {
        char above[40];
        snprintf(above, sizeof above, "    # above %u\n", i);
        ck_assert_msg((strstr(text.p, above) != NULL) == kept_above[i], "above %u", i);
    }
    ck_assert_ptr_nonnull(strstr(text.p, "routes from pbx {   # all of them\n"));
    ck_assert_ptr_nonnull(strstr(text.p, "    # the end of the routes\n"));
    ck_assert_ptr_nonnull(strstr(text.p, "}\n# the end\n"));
    rt_buf_release(&text);
}

START_TEST(ten_thousand_edits_keep_every_comment_and_the_order)
{
    struct conf_diag d = {.errors = 0};
    struct rt_buf text = {0};
    static bool above[SLOTS];
    int first = 0;

    const char *seed = getenv("SEED");
    state = seed ? strtoull(seed, NULL, 0) : 20261121;
    printf("seed %llu\n", (unsigned long long)state);
    make_text(&text);
    for (unsigned i = 0; i < ROUTES; i++)
        above[i] = model[i].above;
    struct conf_edit *e = open_plan(text.p);
    rt_buf_release(&text);
    for (int n = 1; n <= EDITS; n++) {
        int at = first, before = -1;
        char path[64], args[160];
        for (unsigned step = dice(900); step > 0 && model[at].next >= 0; step--) {
            before = at;
            at = model[at].next;
        }
        struct route *r = &model[at];
        snprintf(path, sizeof path, "routes from pbx / %s", r->name);
        unsigned what = dice(4);
        if (what < 2) {
            make_target(r->target);
            ok(conf_edit_set(e, path, r->target, &d), &d);
        } else if (what == 2) {
            struct route *new = &model[used];
            *new = (struct route){.id = used, .above = dice(2), .behind = dice(2), .next = r->next};
            snprintf(new->name, sizeof new->name, "+43%06u", used);
            make_target(new->target);
            snprintf(args, sizeof args, "# above %u\n%s %s # behind %u", used, new->name,
                     new->target, used);
            if (!new->behind)
                *strstr(args, " # behind") = '\0';
            ok(conf_edit_add(e, "routes from pbx", new->above ? args : strchr(args, '\n') + 1,
                             r->next < 0 ? NULL : r->name, &d),
               &d);
            above[used] = new->above;
            r->next = (int)used++;
        } else if (r->next >= 0 || before >= 0) {
            /* Comments that were kept of a statement before are attached to this one now. */
            enum conf_edit_comments mode = _i == 0 ? CONF_EDIT_KEEP_LEADING : CONF_EDIT_DROP;
            if (mode == CONF_EDIT_DROP)
                above[r->id] = false;
            ok(conf_edit_delete(e, path, mode, &d), &d);
            if (before >= 0)
                model[before].next = r->next;
            else
                first = r->next;
        }
        if (n % 500 == 0)
            same_tree(e, first);
    }
    same_comments(e, first, above);
    ok(conf_edit_save(e, 0644, &d), &d);
    conf_edit_free(e);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("conf edit");
    TCase *tc = tcase_create("conf edit");

    tcase_add_checked_fixture(tc, fake_reset, NULL);
    tcase_add_test(tc, a_file_is_cut_without_loss);
    tcase_add_test(tc, set_keeps_columns_and_comments);
    tcase_add_test(tc, add_goes_to_the_end_or_behind_a_statement);
    tcase_add_test(tc, delete_takes_the_comments_it_is_told_to);
    tcase_add_test(tc, what_breaks_the_schema_is_refused_and_changes_nothing);
    tcase_add_test(tc, nothing_breaks_out_of_its_block);
    tcase_add_test(tc, included_files_are_edited_and_saved_in_their_place);
    tcase_add_loop_test(tc, ten_thousand_edits_keep_every_comment_and_the_order, 0, 2);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
