/* XML documents of strangers. The text is taken as UTF-8 whatever it says of itself: only so can
 * the document type be found before the parser sees it.
 */
#include "gw/xml.h"

#include <errno.h>
#include <libxml/parser.h>
#include <stdio.h>

static void fail_at(struct gw_xml_error *err, int line, struct rt_str text)
{
    err->line = line;
    rt_str_copy(err->text, sizeof err->text, rt_str_trim(text));
}

int gw_xml_fail(struct gw_xml_error *err, const xmlNode *n, const char *fmt, ...)
{
    va_list ap;

    err->line = (int)xmlGetLineNo(n);
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return EBADMSG;
}

static xmlDoc *parse(struct rt_str text, struct gw_xml_error *err)
{
    const int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
    xmlParserCtxt *ctx = xmlNewParserCtxt();

    if (!ctx) {
        fail_at(err, 0, rt_str("out of memory"));
        return NULL;
    }
    xmlDoc *doc = xmlCtxtReadMemory(ctx, text.p, (int)text.n, NULL, "UTF-8", options);
    const xmlError *e = xmlCtxtGetLastError(ctx);
    if (!doc)
        fail_at(err, e ? e->line : 0, rt_str(e && e->message ? e->message : "malformed"));
    xmlFreeParserCtxt(ctx);
    return doc;
}

xmlDoc *gw_xml_read(struct rt_str text, const char *ns, const char *name, struct gw_xml_error *err)
{
    static const char doctype[] = "<!DOCTYPE";

    *err = (struct gw_xml_error){.line = 0};
    if (text.n == 0 || text.n > GW_XML_MAX) {
        fail_at(err, 0, rt_str(text.n == 0 ? "empty" : "too large"));
        return NULL;
    }
    if (memmem(text.p, text.n, doctype, sizeof doctype - 1)) {
        fail_at(err, 0, rt_str("a document type is not allowed"));
        return NULL;
    }
    xmlDoc *doc = parse(text, err);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    if (!root)
        return NULL;
    if (gw_xml_is(root, name) && root->ns && strcmp((const char *)root->ns->href, ns) == 0)
        return doc;
    gw_xml_fail(err, root, "the root is not \"%s\" of %s", name, ns);
    xmlFreeDoc(doc);
    return NULL;
}

bool gw_xml_is(const xmlNode *n, const char *name)
{
    return strcmp((const char *)n->name, name) == 0;
}

const xmlNode *gw_xml_element(const xmlNode *n)
{
    for (; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE && n->ns && n->parent && n->parent->ns &&
            strcmp((const char *)n->ns->href, (const char *)n->parent->ns->href) == 0)
            return n;
    return NULL;
}

const xmlNode *gw_xml_child(const xmlNode *parent, const char *name)
{
    const xmlNode *n = gw_xml_element(parent->children);

    while (n && !gw_xml_is(n, name))
        n = gw_xml_element(n->next);
    return n;
}

bool gw_xml_text(const xmlNode *n, char *out, size_t cap)
{
    struct rt_buf all = {0};
    bool plain = true;

    out[0] = '\0';
    for (const xmlNode *c = n->children; c; c = c->next) {
        if (c->type == XML_TEXT_NODE && c->content)
            rt_buf_puts(&all, (const char *)c->content);
        else if (c->type != XML_COMMENT_NODE && c->type != XML_PI_NODE)
            plain = false;
    }
    struct rt_str text = rt_str_trim(rt_buf_str(&all));
    bool good = plain && !all.failed && text.n < cap;
    if (good)
        rt_str_copy(out, cap, text);
    rt_buf_release(&all);
    return good;
}

void gw_xml_put(struct rt_buf *out, const char *text)
{
    static const struct {
        char c;
        const char *escape;
    } escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};

    for (; *text; text++) {
        const char *escape = NULL;
        for (size_t i = 0; i < RT_COUNT(escapes); i++)
            if (*text == escapes[i].c)
                escape = escapes[i].escape;
        if (escape)
            rt_buf_puts(out, escape);
        else if (*text >= ' ' && *text < 0x7f) /* names of currencies are IA5 */
            rt_buf_put(out, text, 1);
    }
}
