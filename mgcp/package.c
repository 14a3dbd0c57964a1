/* Look-ups in the registry of packages, which package_table.awk makes of packages.tsv. */
#include "mgcp/package.h"

#include <stdlib.h>

/** Order of a text against a name of the table: that of package_table.awk, case does not count. */
static int order(struct rt_str s, const char *name)
{
    size_t n = strlen(name);
    int d = s.n > 0 ? strncasecmp(s.p, name, s.n) : 0;

    return d != 0 ? d : (s.n > n) - (s.n < n);
}

static int order_package(const void *key, const void *row)
{
    return order(*(const struct rt_str *)key, ((const struct mgcp_package *)row)->name);
}

static int order_symbol(const void *key, const void *row)
{
    return order(*(const struct rt_str *)key, ((const struct mgcp_symbol *)row)->name);
}

const struct mgcp_package *mgcp_package(struct rt_str name)
{
    return bsearch(&name, mgcp_packages, mgcp_npackages, sizeof mgcp_packages[0], order_package);
}

const struct mgcp_symbol *mgcp_symbol(const struct mgcp_package *p, struct rt_str name)
{
    if (p->nsymbols == 0)
        return NULL;
    return bsearch(&name, p->symbol, p->nsymbols, sizeof p->symbol[0], order_symbol);
}

bool mgcp_package_takes_timeout(const struct mgcp_package *p)
{
    /* packages of version 0 would have to say so (RFC 3435 3.2.2.4), which RFC 3660 2.6 does */
    return p->version > 0 || strcasecmp(p->name, "SST") == 0;
}
