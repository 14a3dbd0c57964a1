/* The picture: three lifelines, an arrow for each message. The protocols differ in hue and in the
 * dashes of their arrows. Strokes are of a middle tone that is read on white and on black; text has
 * the colour around it, which a style sets where the picture stands alone.
 */
#include "gw/admin/ladder_svg.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#define WIDTH   1000
#define FIRST   76 /**< the first arrow */
#define STEP    28
#define FOOT    40
#define TEXT_UP 5 /**< text over its arrow */

/** Lifelines. */
enum { X_A = 130, X_TANDEM = 535, X_B = 940 };

struct look {
    const char *kind, *stroke, *dash, *title;
};

/** The last one is for all others. */
static const struct look looks[] = {
    {"sip", "#3b82f6", "", "SIP"},
    {"isdn", "#d97706", "9 4", "Q.931"},
    {"mgcp", "#16a34a", "2 4", "MGCP"},
    {"", "#8b8b8b", "9 4 2 4", ""},
};

struct picture {
    struct rt_buf *out;
    char trunk[2][80];
    const struct look *look[2];
    unsigned n; /**< arrows drawn */
    uint64_t more;
};

static const struct look *look_of(const char *kind)
{
    const struct look *l = looks;

    while (l->kind[0] && strcmp(l->kind, kind) != 0)
        l++;
    return l;
}

/* ---- text ---- */

/** What XML has no way to write (XML 1.0 2.2): control characters, U+FFFE and U+FFFF. */
static size_t unwritable(const unsigned char *p)
{
    if (*p < 0x20 || *p == 0x7f)
        return 1;
    return p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe ? 3 : 0;
}

static const char *entity_of(char c)
{
    static const char *const entities[] = {"<&lt;", ">&gt;", "&&amp;", "\"&quot;", "'&#39;"};

    for (size_t i = 0; i < RT_COUNT(entities); i++)
        if (entities[i][0] == c)
            return entities[i] + 1;
    return NULL;
}

static void put_text(struct rt_buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        size_t skip = unwritable((const unsigned char *)p);
        const char *entity = entity_of(*p);
        if (skip > 0) {
            rt_buf_puts(out, "?");
            p += skip - 1;
        } else if (entity) {
            rt_buf_puts(out, entity);
        } else {
            rt_buf_put(out, p, 1);
        }
    }
}

static void begin_text(struct rt_buf *out, const char *name, const char *anchor, int x, int y,
                       int size)
{
    rt_buf_printf(out,
                  "<text class=\"%s\" x=\"%d\" y=\"%d\" font-size=\"%d\" text-anchor=\"%s\" "
                  "fill=\"currentColor\">",
                  name, x, y, size, anchor);
}

static const char *member(const json_t *line, const char *key)
{
    const char *s = json_string_value(json_object_get(line, key));
    return s ? s : "";
}

/* ---- parts ---- */

/** Protocol and trunk over a lifeline. */
static void side_label(const struct picture *p, unsigned side)
{
    struct rt_buf *out = p->out;
    int x = side == 0 ? X_A : X_B;
    const struct look *l = p->look[side];

    begin_text(out, "kind", side == 0 ? "middle" : "end", side == 0 ? x : WIDTH - 8, 20, 13);
    put_text(out, l->title);
    rt_buf_puts(out, "</text>\n");
    begin_text(out, "trunk", side == 0 ? "middle" : "end", side == 0 ? x : WIDTH - 8, 38, 13);
    put_text(out, p->trunk[side]);
    rt_buf_puts(out, "</text>\n");
}

/** The head of an arrow that ends at `x`. */
static void point(struct rt_buf *out, const struct look *l, int x, int y, bool right)
{
    int back = right ? x - 9 : x + 9;

    rt_buf_printf(out, "<polygon points=\"%d,%d %d,%d %d,%d\" fill=\"%s\"/>", x, y, back, y - 4,
                  back, y + 4, l->stroke);
}

static void arrow(struct rt_buf *out, const struct look *l, int from, int to, int y)
{
    rt_buf_printf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\"", from, y, to,
                  y, l->stroke);
    if (l->dash[0])
        rt_buf_printf(out, " stroke-dasharray=\"%s\"", l->dash);
    rt_buf_puts(out, " stroke-width=\"1.6\"/>");
    point(out, l, to, y, to > from);
}

/** Who says it to whom, when: what a pointer that rests on the arrow shows. */
static void title(const struct picture *p, unsigned side, bool sent, int64_t ms, const char *text)
{
    struct rt_buf *out = p->out;
    const char *peer = p->trunk[side][0] ? p->trunk[side] : side == 0 ? "side a" : "side b";

    rt_buf_printf(out, "<title>%" PRId64 " ms, ", ms);
    put_text(out, sent ? "tandem" : peer);
    rt_buf_puts(out, " to ");
    put_text(out, sent ? peer : "tandem");
    rt_buf_puts(out, ": ");
    put_text(out, text);
    rt_buf_puts(out, "</title>");
}

static void message(struct picture *p, const json_t *line)
{
    struct rt_buf *out = p->out;
    unsigned side = member(line, "side")[0] == 'b';
    bool sent = json_is_true(json_object_get(line, "sent"));
    int64_t ms = json_integer_value(json_object_get(line, "at_ms"));
    const char *text = member(line, "text");
    int y = FIRST + (int)p->n * STEP, peer = side == 0 ? X_A : X_B;
    const struct look *l = p->look[side] ? p->look[side] : look_of("");

    if (p->n >= GW_LADDER_SVG_MAX) {
        p->more++;
        return;
    }
    rt_buf_printf(out, "<g class=\"message %s %s\">", l->kind[0] ? l->kind : "other",
                  sent ? "sent" : "received");
    title(p, side, sent, ms, text);
    begin_text(out, "at", "end", X_A - 64, y + 4, 11);
    rt_buf_printf(out, "%" PRId64 "</text>", ms);
    arrow(out, l, sent ? X_TANDEM : peer, sent ? peer : X_TANDEM, y);
    begin_text(out, "text", "middle", (X_TANDEM + peer) / 2, y - TEXT_UP, 11);
    put_text(out, text);
    rt_buf_puts(out, "</text></g>\n");
    p->n++;
}

static void ladder(struct picture *p, const json_t *line)
{
    p->look[0] = look_of(member(line, "kind_a"));
    p->look[1] = look_of(member(line, "kind_b"));
    rt_str_copy(p->trunk[0], sizeof p->trunk[0], rt_str(member(line, "trunk_a")));
    rt_str_copy(p->trunk[1], sizeof p->trunk[1], rt_str(member(line, "trunk_b")));
    p->more += (uint64_t)json_integer_value(json_object_get(line, "lost"));
}

static void read_line(struct picture *p, struct rt_str text)
{
    json_t *line = json_loadb(text.p, text.n, 0, NULL);
    const char *type = member(line, "type");

    if (strcmp(type, "ladder") == 0)
        ladder(p, line);
    else if (strcmp(type, "message") == 0)
        message(p, line);
    json_decref(line);
}

/* ---- the whole ---- */

static void open_svg(struct rt_buf *out, int height)
{
    rt_buf_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ladder\" role=\"img\" "
                  "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" font-family=\"monospace\">\n"
                  "<title>Messages of the call</title>\n"
                  "<style>svg.ladder{color:#1b1f24;color-scheme:light dark;max-width:100%%;"
                  "height:auto}@media (prefers-color-scheme:dark){svg.ladder{color:#e6edf3}}"
                  "</style>\n",
                  WIDTH, height, WIDTH, height);
}

static void lifelines(struct rt_buf *out, int end)
{
    static const int at[] = {X_A, X_TANDEM, X_B};

    rt_buf_puts(out, "<g class=\"life\" stroke=\"currentColor\" stroke-opacity=\"0.35\">");
    for (size_t i = 0; i < RT_COUNT(at); i++)
        rt_buf_printf(out, "<line x1=\"%d\" y1=\"48\" x2=\"%d\" y2=\"%d\"/>", at[i], at[i], end);
    rt_buf_puts(out, "</g>\n");
}

static void labels(const struct picture *p)
{
    struct rt_buf *out = p->out;

    begin_text(out, "at", "end", X_A - 64, 38, 11);
    rt_buf_puts(out, "ms</text>\n");
    begin_text(out, "tandem", "middle", X_TANDEM, 38, 13);
    rt_buf_puts(out, "tandem</text>\n");
    for (unsigned side = 0; side < 2; side++)
        if (p->look[side])
            side_label(p, side);
}

void gw_ladder_svg(struct rt_buf *out, struct rt_str lines)
{
    struct rt_buf arrows = {0};
    struct picture p = {.out = &arrows};

    while (lines.n > 0)
        read_line(&p, rt_str_cut(&lines, '\n'));
    int end = FIRST + (int)(p.n > 0 ? p.n - 1 : 0) * STEP + STEP / 2;
    open_svg(out, end + FOOT);
    p.out = out;
    lifelines(out, end);
    labels(&p);
    rt_buf_put(out, arrows.p, arrows.n);
    begin_text(out, "more", "middle", X_TANDEM, end + 24, 12);
    if (p.more > 0)
        rt_buf_printf(out, "and %" PRIu64 " more", p.more);
    else if (p.n == 0)
        rt_buf_puts(out, "no messages");
    rt_buf_puts(out, "</text>\n</svg>\n");
    out->failed |= arrows.failed;
    rt_buf_release(&arrows);
}
