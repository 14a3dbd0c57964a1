/* AudioCodes ini files: the tables for calls from the lines to SIP (PREFIX) and back (PstnPrefix),
 * trunk groups, and the manipulation tables. There the first row that fits is taken, here the most
 * specific one: that is checked row against row.
 */
#include "dialplan/import/import_priv.h"

#define COLUMNS_MAX 64
#define ROWS_MAX    10000

enum table { TEL2IP, IP2TEL, TRUNK_GROUP, MAP_TEL2IP, MAP_IP2TEL, TABLES, NO_TABLE };

/** Names of tables, of old firmware and of new. */
static const struct {
    const char *name;
    enum table table;
} names[] = {
    {"PREFIX", TEL2IP},
    {"PstnPrefix", IP2TEL},
    {"TrunkGroup", TRUNK_GROUP},
    {"NumberMapTel2Ip", MAP_TEL2IP},
    {"NumberMapIp2Tel", MAP_IP2TEL},
};

/** A row: its cells, and the names of its columns without the table's. */
struct ini_row {
    struct rt_str cell[COLUMNS_MAX];
    const struct ini_columns *columns;
    struct dp_pattern **pattern; /**< of a manipulation: the numbers that it is for */
    unsigned npatterns;
    struct dp_im_pos pos;
    struct ini_row *next;
};

struct ini_columns {
    struct rt_str name[COLUMNS_MAX];
    unsigned n;
};

/** A trunk of the device: a line. */
struct line {
    unsigned index, protocol, side;
    bool told;
    struct dp_im_pos pos;
    struct line *next;
};

struct work {
    struct dp_im *im;
    struct ini_row *rows[TABLES], *last[TABLES];
    struct ini_columns *columns;
    struct line *lines;
    enum table table;
    unsigned nrows, nlines;
    bool known; /**< the section is a table that is carried over */
    struct dp_im_pos pos;
};

/** ProtocolType of ini files: what a line speaks. */
static const struct {
    unsigned type;
    const char *kind, *variant;
} protocols[] = {
    {1, "e1", "euroisdn"}, {10, "t1", "ni2"},  {11, "t1", "4ess"},
    {12, "t1", "5ess"},    {13, "t1", "5ess"}, {14, "t1", "dms100"},
    {21, "e1", "qsig"},    {23, "t1", "qsig"}, {50, "bri", "euroisdn"},
};

/* ---- reading ---- */

static struct line *line_of(struct work *w, unsigned index)
{
    struct line **at = &w->lines;

    for (; *at; at = &(*at)->next)
        if ((*at)->index == index)
            return *at;
    if (w->nlines++ >= 256)
        return NULL;
    *at = dp_im_alloc(w->im, sizeof **at);
    if (*at) {
        (*at)->index = index;
        (*at)->pos = w->pos;
    }
    return *at;
}

static void open_section(struct work *w, struct rt_str line)
{
    line.p++;
    line.n--;
    struct rt_str name = rt_str_trim(rt_str_cut(&line, ']'));
    w->table = NO_TABLE;
    w->columns = NULL;
    for (size_t i = 0; i < RT_COUNT(names); i++)
        if (rt_str_caseeq(name, names[i].name))
            w->table = names[i].table;
    static const char *const told[] = {"PstnPrefix",     "NumberMap",         "SourceNumberMap",
                                       "RoutingRule",    "AltRoute",          "IP2IPRouting",
                                       "CallingNameMap", "RedirectNumberMap", NULL};
    for (size_t i = 0; told[i] && w->table == NO_TABLE; i++)
        if (dp_im_starts(name, told[i]))
            dp_im_report(w->im, w->pos, "[ %.*s ]: is not carried over",
                         (int)(name.n < 60 ? name.n : 60), name.p);
}

/** `FORMAT PREFIX_Index = PREFIX_DestinationPrefix, ...;` */
static void read_format(struct work *w, struct rt_str line)
{
    struct ini_columns *c = dp_im_alloc(w->im, sizeof *c);

    rt_str_cut(&line, '=');
    while (c && line.n > 0 && c->n < COLUMNS_MAX) {
        struct rt_str name = rt_str_trim(rt_str_cut(&line, ','));
        while (name.n > 0 && name.p[name.n - 1] == ';')
            name.n--;
        rt_str_cut(&name, '_');
        c->name[c->n++] = name;
    }
    w->columns = c;
}

/** `PREFIX 0 = 10, 10.15.7.95, *;` */
static void read_row(struct work *w, struct rt_str line)
{
    struct ini_row *r;

    rt_str_cut(&line, '=');
    if (!w->columns || line.n == 0)
        return;
    if (w->nrows++ >= ROWS_MAX) {
        if (w->nrows == ROWS_MAX + 1)
            dp_im_report(w->im, w->pos, "there are too many rows");
        return;
    }
    r = dp_im_alloc(w->im, sizeof *r);
    if (!r)
        return;
    r->columns = w->columns;
    r->pos = w->pos;
    line = rt_str_trim(line);
    while (line.n > 0 && line.p[line.n - 1] == ';')
        line.n--;
    for (unsigned i = 0; line.n > 0 && i < COLUMNS_MAX; i++) {
        struct rt_str cell = dp_im_field(&line, ',');
        if (cell.n >= 2 && cell.p[0] == '"') {
            cell.p++;
            cell.n -= 2;
        }
        r->cell[i] = cell;
    }
    if (w->last[w->table])
        w->last[w->table]->next = r;
    else
        w->rows[w->table] = r;
    w->last[w->table] = r;
}

/** `ProtocolType_0 = 1`, `TerminationSide_0 = 1`; without a number: all lines. */
static void read_parameter(struct work *w, struct rt_str line)
{
    struct rt_str key = rt_str_trim(rt_str_cut(&line, '=')), name = rt_str_cut(&key, '_');
    bool protocol = rt_str_caseeq(name, "ProtocolType");
    struct line *l;

    if (!protocol && !rt_str_caseeq(name, "TerminationSide"))
        return;
    l = line_of(w, key.n > 0 ? dp_im_number(key, 255) : 0);
    if (!l)
        return;
    if (protocol)
        l->protocol = dp_im_number(line, 1000);
    else
        l->side = dp_im_number(line, 1);
    l->told |= protocol;
}

static void read_line(struct work *w, struct rt_str line)
{
    line = rt_str_trim(line);
    if (line.n == 0 || line.p[0] == ';')
        return;
    if (line.p[0] == '[')
        open_section(w, line);
    else if (w->table != NO_TABLE && dp_im_starts(line, "FORMAT"))
        read_format(w, line);
    else if (w->table != NO_TABLE)
        read_row(w, line);
    else
        read_parameter(w, line);
}

/** The cell of the first of these columns that there is. */
static struct rt_str cell(const struct ini_row *r, const char *name, const char *other)
{
    for (unsigned i = 0; i < r->columns->n; i++)
        if (rt_str_caseeq(r->columns->name[i], name) ||
            (other && rt_str_caseeq(r->columns->name[i], other)))
            return r->cell[i];
    return (struct rt_str){"", 0};
}

/* ---- lines and trunk groups ---- */

/** The line with this number, counted from 0. */
static struct dp_im_span *span_of(struct work *w, unsigned index, struct dp_im_pos pos)
{
    const char *id = dp_im_print(w->im, "%u", index);
    struct dp_im_span *s = dp_im_span_find(w->im, id);
    struct line *l = line_of(w, index);

    if (s)
        return s;
    s = dp_im_span_add(w->im, id, l ? l->pos : pos);
    for (size_t i = 0; s && l && i < RT_COUNT(protocols); i++)
        if (protocols[i].type == l->protocol) {
            s->kind = protocols[i].kind;
            s->variant = protocols[i].variant;
        }
    if (s && l && l->told && !s->variant)
        dp_im_report(w->im, l->pos, "ProtocolType_%u: %u is not known here", index, l->protocol);
    if (s && l)
        s->network = l->side == 1;
    return s;
}

/** The trunk of a group on a line. NULL: no channel is left for it. */
static struct dp_im_way *line_way(struct work *w, unsigned index, const struct ini_row *r,
                                  struct rt_str source)
{
    unsigned low = dp_im_number(cell(r, "FirstBChannel", NULL), 31);
    unsigned high = dp_im_number(cell(r, "LastBChannel", NULL), 31);
    struct dp_im_span *s = span_of(w, index, r->pos);
    uint32_t want = 0;

    for (unsigned c = low > 0 ? low : 1; c <= (high > 0 ? high : 31); c++)
        want |= 1u << c;
    const char *channels = s ? dp_im_channels(w->im, s, want, r->pos) : "";
    if (channels[0] == '\0')
        return NULL;
    struct dp_im_way *way = dp_im_way(w->im, DP_IM_SPAN, source, r->pos);
    if (!way)
        return NULL;
    way->span = s;
    way->channels = way->channels ? dp_im_print(w->im, "%s,%s", way->channels, channels) : channels;
    return way;
}

/** `TrunkGroup 0 = 1, 0, 1, 31, ...`: lines of a group; lines count from 0. */
static void add_trunk_group(struct work *w, const struct ini_row *r)
{
    struct rt_str number = cell(r, "TrunkGroupNum", NULL);
    unsigned first = dp_im_number(cell(r, "FirstTrunkId", NULL), 255);
    unsigned last = dp_im_number(cell(r, "LastTrunkId", NULL), 255);
    struct rt_str source =
        rt_str(dp_im_print(w->im, "group %.*s", (int)(number.n < 12 ? number.n : 12), number.p));
    struct dp_im_way *group = dp_im_way(w->im, DP_IM_GROUP, source, r->pos);

    for (unsigned i = first; group && i <= (last > first ? last : first); i++) {
        struct rt_str name = rt_str(
            dp_im_print(w->im, "trunk%u-g%.*s", i, (int)(number.n < 12 ? number.n : 12), number.p));
        dp_im_member(w->im, group, line_way(w, i, r, name));
    }
}

/* ---- routes ---- */

/** Reads the numbers of manipulations, once for all rows. */
static void read_map(struct work *w, enum table map)
{
    for (struct ini_row *m = w->rows[map]; m; m = m->next) {
        struct rt_str prefix = cell(m, "DestinationPrefix", "DestPrefix");
        struct dp_im_prefixes p;
        const char *why;

        if (!dp_im_prefix(w->im, &p, prefix)) {
            dp_im_report(w->im, m->pos, "manipulation: prefix %.*s: is not carried over",
                         (int)(prefix.n < 60 ? prefix.n : 60), prefix.p);
            continue;
        }
        m->pattern = dp_im_alloc(w->im, p.n * sizeof(struct dp_pattern *));
        for (unsigned i = 0; m->pattern && i < p.n; i++)
            m->npatterns += dp_pattern_new(&m->pattern[m->npatterns], rt_str(p.text[i]), &why) == 0;
    }
}

static void release_map(struct work *w, enum table map)
{
    for (struct ini_row *m = w->rows[map]; m; m = m->next)
        for (unsigned i = 0; i < m->npatterns; i++)
            dp_pattern_free(m->pattern[i]);
}

static void apply(struct work *w, const struct ini_row *m, struct dp_im_row *row)
{
    struct rt_str suffix = cell(m, "Suffix2Add", NULL), prefix = cell(m, "Prefix2Add", NULL);

    row->strip = dp_im_number(cell(m, "RemoveFromLeft", "StrippedDigitsFromLeft"), 30);
    if (dp_im_dialable(prefix))
        row->prepend = dp_im_keep(w->im, prefix);
    if (suffix.n > 0 || dp_im_number(cell(m, "RemoveFromRight", NULL), 100) > 0)
        dp_im_report(w->im, m->pos,
                     "manipulation: changes the end of numbers: is not carried over for %s",
                     dp_pattern_text(row->pattern));
}

/** The first manipulation for the numbers of a row, of those that fit. */
static void manipulate(struct work *w, enum table map, struct dp_im_row *row)
{
    for (const struct ini_row *m = w->rows[map]; m; m = m->next) {
        struct rt_str from = cell(m, "SourcePrefix", NULL);
        bool covers = false, overlaps = false;

        for (unsigned i = 0; i < m->npatterns; i++) {
            covers |= dp_im_covers(m->pattern[i], row->pattern);
            overlaps |= dp_im_overlap(m->pattern[i], row->pattern);
        }
        if (!overlaps)
            continue;
        if (covers && (from.n == 0 || rt_str_eq(from, "*"))) {
            apply(w, m, row);
            return;
        }
        dp_im_report(
            w->im, m->pos,
            "manipulation: is for some calls of row %s (line %u) only: is not carried over "
            "for it",
            dp_pattern_text(row->pattern), row->pos.line);
    }
}

/** The trunk of a peer, by its address; NULL: it is none, or there are too many. */
static struct dp_im_way *peer_at(struct work *w, struct rt_str host, struct dp_im_pos pos)
{
    struct rt_str source = rt_str(dp_im_print(w->im, "sip-%.*s", RT_STR(host)));
    struct dp_im_way *way = dp_im_way(w->im, DP_IM_SIP, source, pos);

    return way && (way->host || dp_im_host(w->im, way, host)) ? way : NULL;
}

/** `from TRUNK` for a row that is for calls of one peer. "": for all; NULL: it cannot be said. */
static const char *source_address(struct work *w, const struct ini_row *r)
{
    struct rt_str address = cell(r, "SourceAddress", NULL);

    if (address.n == 0 || rt_str_eq(address, "*"))
        return "";
    bool one = true; /* wild cards are x and * */
    for (size_t i = 0; i < address.n; i++)
        one &= !strchr("xX*", address.p[i]);
    struct dp_im_way *way = one ? peer_at(w, address, r->pos) : NULL;
    if (way)
        return dp_im_print(w->im, "from %s", way->name);
    dp_im_report(w->im, r->pos, "source address %.*s: is not carried over: make it a trunk",
                 (int)(address.n < 60 ? address.n : 60), address.p);
    return NULL;
}

/** What the row asks besides the number called: as `when`. False: it cannot be said. */
static bool set_condition(struct work *w, const struct ini_row *r, struct dp_im_row *row)
{
    struct rt_str caller = cell(r, "SourcePrefix", NULL);
    const char *from = source_address(w, r);
    struct dp_im_prefixes p;

    if (!from)
        return false;
    if (caller.n == 0 || rt_str_eq(caller, "*")) {
        row->when = from[0] ? from : NULL;
        return true;
    }
    if (!dp_im_prefix(w->im, &p, caller) || p.n != 1) {
        dp_im_report(w->im, r->pos, "source prefix %.*s: is not carried over",
                     (int)(caller.n < 60 ? caller.n : 60), caller.p);
        return false;
    }
    row->when = dp_im_print(w->im, "caller %s%s%s", p.text[0], from[0] ? ", " : "", from);
    return true;
}

/** A row of ours for one pattern of a row of theirs. */
static void add_row(struct work *w, struct dp_im_routes *routes, const struct ini_row *r,
                    const char *pattern, const struct dp_im_way *to, enum table map)
{
    struct dp_im_row *row = dp_im_row(w->im, rt_str(pattern), r->pos);

    if (!row)
        return;
    if (!set_condition(w, r, row)) {
        dp_pattern_free(row->pattern);
        return;
    }
    manipulate(w, map, row);
    dp_im_target(w->im, row, to->name);
    row->rank = (int)routes->nrows;
    dp_im_row_add(w->im, routes, row);
}

/** The peer of a row from lines to SIP. */
static struct dp_im_way *peer_of(struct work *w, const struct ini_row *r)
{
    struct rt_str address = cell(r, "DestAddress", NULL);
    struct rt_str port = cell(r, "DestPort", NULL), host = address;
    struct dp_im_way *way;

    if (dp_im_number(port, 65535) > 0 && dp_im_number(port, 65535) != 5060)
        host = rt_str(dp_im_print(w->im, "%.*s:%.*s", RT_STR(address), RT_STR(port)));
    if (address.n == 0 || rt_str_eq(address, "*") || rt_str_eq(address, "0.0.0.0")) {
        dp_im_report(w->im, r->pos, "[ PREFIX ]: a row without an address is not carried over");
        return NULL;
    }
    way = peer_at(w, host, r->pos);
    if (!way)
        dp_im_report(w->im, r->pos, "%.*s: is no address", (int)(address.n < 60 ? address.n : 60),
                     address.p);
    return way;
}

/** The trunk group of a row from SIP to lines. */
static struct dp_im_way *group_of(struct work *w, const struct ini_row *r)
{
    struct rt_str number = cell(r, "TrunkGroupId", "DestTrunkGroupId");
    struct rt_str source =
        rt_str(dp_im_print(w->im, "group %.*s", (int)(number.n < 12 ? number.n : 12), number.p));
    struct dp_im_way *way = dp_im_way_find(w->im, source);

    if (!way || way->nmembers == 0)
        dp_im_report(w->im, r->pos, "[ PstnPrefix ]: there is no trunk group %.*s",
                     (int)(number.n < 12 ? number.n : 12), number.p);
    return way && way->nmembers > 0 ? way : NULL;
}

static void add_rows(struct work *w, struct dp_im_routes *routes, enum table table)
{
    for (const struct ini_row *r = w->rows[table]; r && routes; r = r->next) {
        struct rt_str prefix = cell(r, "DestinationPrefix", "DestPrefix");
        struct dp_im_prefixes p;
        struct dp_im_way *to = table == TEL2IP ? peer_of(w, r) : group_of(w, r);
        if (!to)
            continue;
        if (!dp_im_prefix(w->im, &p, prefix)) {
            dp_im_report(w->im, r->pos, "prefix %.*s: is not carried over",
                         (int)(prefix.n < 60 ? prefix.n : 60), prefix.p);
            continue;
        }
        for (unsigned i = 0; i < p.n; i++)
            add_row(w, routes, r, p.text[i], to, table == TEL2IP ? MAP_TEL2IP : MAP_IP2TEL);
    }
}

/** The first row that fits is taken. */
static int first(const struct dp_im_row *a, const struct dp_im_row *b)
{
    return a->rank - b->rank;
}

static void add_sources(struct work *w, struct dp_im_routes *r, enum dp_im_kind kind)
{
    for (struct dp_im_way *way = w->im->ways; way; way = way->next)
        if (way->kind == kind)
            dp_im_from(w->im, r, way);
}

void dp_im_audiocodes(struct dp_im *im)
{
    struct work w = {.im = im};
    struct rt_str line;

    for (size_t i = 0; i < im->nsources; i++) {
        struct dp_im_lines l = dp_im_lines(&im->source[i]);
        w.table = NO_TABLE;
        w.columns = NULL;
        while (dp_im_line(&l, &line)) {
            w.pos = l.pos;
            read_line(&w, line);
        }
    }
    for (const struct ini_row *r = w.rows[TRUNK_GROUP]; r; r = r->next)
        add_trunk_group(&w, r);
    struct dp_im_routes *out = dp_im_routes_add(im, "from the lines: [ PREFIX ]");
    struct dp_im_routes *in = dp_im_routes_add(im, "to the lines: [ PstnPrefix ]");
    read_map(&w, MAP_TEL2IP);
    read_map(&w, MAP_IP2TEL);
    add_rows(&w, out, TEL2IP);
    add_rows(&w, in, IP2TEL);
    release_map(&w, MAP_TEL2IP);
    release_map(&w, MAP_IP2TEL);
    if (!out || !in)
        return;
    if (in->nrows > 0 && im->ways && out->nrows == 0)
        dp_im_from(im, in, dp_im_way(im, DP_IM_SIP, rt_str("sip in"), in->row[0]->pos));
    add_sources(&w, out, DP_IM_SPAN);
    add_sources(&w, in, DP_IM_SIP);
    dp_im_check_order(im, out, first);
    dp_im_check_order(im, in, first);
}
