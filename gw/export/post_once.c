/* One body, posted until it is taken or a minute is over. */
#include "gw/export/post.h"
#include "gw/export/run.h"
#include "gw/rt/log.h"
#include "gw/rt/loop.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <unistd.h>

#define BODY_MAX ((size_t)4 << 20)
#define GIVE_UP  (60 * RT_S)

struct once {
    struct export_post *post;
    struct rt_loop *loop;
    struct rt_timer timer;
    struct rt_buf body;
    rt_time pause, until;
    char key[33];
    int code;
};

static int read_body(struct rt_buf *out)
{
    char part[4096];
    ssize_t n;

    while ((n = read(STDIN_FILENO, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        rt_buf_put(out, part, (size_t)n);
        if (out->n > BODY_MAX)
            return EFBIG;
    }
    return out->failed ? ENOMEM : 0;
}

static void attempt(void *arg)
{
    struct once *o = arg;
    char why[160] = "";
    int err = export_post_send(o->post, rt_buf_str(&o->body), o->key, why, sizeof why);

    if (err == EAGAIN && rt_now() + o->pause < o->until) {
        rt_timer_start(&o->timer, o->pause);
        o->pause *= 2;
        return;
    }
    if (err != 0)
        rt_log(RT_LOG_ADMIN, RT_ERROR, "post: %s", why);
    o->code = err != 0;
    rt_loop_stop(o->loop);
}

static int post(struct once *o)
{
    int err = read_body(&o->body);

    if (err == 0)
        err = rt_loop_new(&o->loop, "post");
    if (err != 0)
        return err;
    rt_random_hex(o->key, sizeof o->key - 1);
    rt_timer_init(&o->timer, o->loop, attempt, o);
    o->pause = RT_S;
    o->until = rt_now() + GIVE_UP;
    rt_timer_start(&o->timer, 0);
    return rt_loop_run(o->loop);
}

int export_post_once(const char *url, const char *token, const char *ca)
{
    struct once o = {.code = 1};
    int err = export_post_new(&o.post, url, token, ca);

    if (err == 0)
        err = post(&o);
    if (err != 0)
        rt_log(RT_LOG_ADMIN, RT_ERROR, "post: %s", strerror(err));
    export_post_free(o.post);
    rt_loop_free(o.loop);
    rt_buf_release(&o.body);
    return err != 0 ? 1 : o.code;
}
