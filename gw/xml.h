/* Small XML documents from strangers, read with libxml2: nothing outside the text is looked at, no
 * document type is allowed (and with it no entity), and none is larger than a body of its kind can
 * be.
 */
#ifndef GW_XML_H
#define GW_XML_H

#include "gw/rt/buf.h"

#include <libxml/tree.h>

#define GW_XML_MAX 16384 /* octets of a document */

/** Why a document was refused. */
struct gw_xml_error {
    int line; /**< 1..; 0: it is about the whole */
    char text[96];
};

/** Parses a document whose root is `name` of the namespace `ns`. NULL: `err` says why. Give it back
 * with xmlFreeDoc(). */
xmlDoc *gw_xml_read(struct rt_str text, const char *ns, const char *name, struct gw_xml_error *err);
/** The first child element of that name in the parent's namespace, or NULL. */
const xmlNode *gw_xml_child(const xmlNode *parent, const char *name);
/** The first element from `n` on among its siblings that is in its parent's namespace, or NULL. */
const xmlNode *gw_xml_element(const xmlNode *n);
bool gw_xml_is(const xmlNode *n, const char *name);
/** What an element says, without blanks around it. False: it has children, or says more than
 * `out[cap]` holds; `out` is empty then. */
bool gw_xml_text(const xmlNode *n, char *out, size_t cap);
/** Notes what is wrong with `n`. Returns EBADMSG. */
int gw_xml_fail(struct gw_xml_error *err, const xmlNode *n, const char *fmt, ...) RT_PRINTF(3, 4);

/** Appends text with its escapes; what no document may contain is left out. */
void gw_xml_put(struct rt_buf *out, const char *text);

#endif
