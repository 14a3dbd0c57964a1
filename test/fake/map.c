/* Large pieces of memory: a mapped file is a copy of it. */
#include "file_priv.h"

#include <stdlib.h>

struct rt_map {
    struct fake_handle h;
    void *data;
    size_t size;
};

int rt_map_memory(struct rt_map **out, size_t size)
{
    size_t whole = (size + 64) / 64 * 64;
    struct rt_map *m = fake_alloc(sizeof *m);

    m->data = aligned_alloc(64, whole);
    if (!m->data)
        abort();
    memset(m->data, 0, whole);
    m->size = size;
    m->h.memory = m->data;
    fake_handle_open(&m->h, NULL);
    *out = m;
    return 0;
}

int rt_map_file(struct rt_map **out, const char *path)
{
    const struct fake_file *f = fake_file_find(path);

    if (!f)
        return ENOENT;
    int err = rt_map_memory(out, f->data.n);
    if (err == 0 && f->data.n > 0)
        memcpy((*out)->data, f->data.p, f->data.n);
    return err;
}

void rt_map_free(struct rt_map *m)
{
    if (m)
        fake_handle_close(&m->h);
}

void rt_map_shrink(struct rt_map *m, size_t size)
{
    m->size = size;
}

void *rt_map_data(const struct rt_map *m)
{
    return m->size > 0 ? m->data : NULL;
}

size_t rt_map_size(const struct rt_map *m)
{
    return m->size;
}
