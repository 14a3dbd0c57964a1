/* The client's half of `trace`: packets that the daemon sends become a file. */
#include "gw/admin/control_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct gw_pcap {
    const char *path;
    struct rt_append *file; /* NULL until there is something to write: what is there is kept */
    struct rt_buf block;
    unsigned blocks; /* the first is the head */
};

int gw_pcap_new(struct gw_pcap **out, int argc, char **argv)
{
    const char *path = NULL;

    for (int i = 0; i + 1 < argc; i++)
        if (strcmp(argv[i], "--pcap") == 0)
            path = argv[i + 1];
    if (!path)
        return 0;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return ENOMEM;
    (*out)->path = path;
    return 0;
}

void gw_pcap_free(struct gw_pcap *p)
{
    if (!p)
        return;
    rt_append_close(p->file);
    rt_buf_release(&p->block);
    free(p);
}

unsigned gw_pcap_packets(const struct gw_pcap *p)
{
    return p->blocks > 0 ? p->blocks - 1 : 0;
}

static int nibble(char c)
{
    const char digits[] = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int decode(struct rt_buf *out, struct rt_str hex)
{
    rt_buf_reset(out);
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        int high = nibble(hex.p[i]), low = nibble(hex.p[i + 1]);
        const uint8_t octet = (uint8_t)(high << 4 | low);
        if (high < 0 || low < 0)
            return EBADMSG;
        rt_buf_put(out, &octet, 1);
    }
    return out->failed ? ENOMEM : 0;
}

static int write_block(struct gw_pcap *p)
{
    int err = p->file ? 0 : rt_append_open(&p->file, p->path, 0640);

    if (err == 0 && p->blocks == 0)
        err = rt_append_truncate(p->file, 0);
    if (err == 0)
        err = rt_append_write(p->file, p->block.p, p->block.n);
    if (err == 0)
        p->blocks++;
    return err;
}

bool gw_pcap_line(struct gw_pcap *p, struct rt_str line, int *err)
{
    json_t *root = json_loadb(line.p, line.n, 0, NULL);
    const char *type = json_string_value(json_object_get(root, "type"));
    const char *data = json_string_value(json_object_get(root, "data"));
    bool mine = type && data && strcmp(type, "pcapng") == 0;

    *err = mine ? decode(&p->block, rt_str(data)) : 0;
    if (mine && *err == 0)
        *err = write_block(p);
    if (*err != 0)
        fprintf(stderr, "tandem: %s: %s\n", p->path, strerror(*err));
    json_decref(root);
    return mine;
}
