/* One easy handle, kept so that its connection is. */
#include "gw/export/post.h"

#include "gw/rt/file.h"
#include "gw/version.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TOKEN_MAX 8192

struct export_post {
    CURL *curl;
    const char *url, *token, *ca;
    char error[CURL_ERROR_SIZE];
};

/** What the server says is of no use to anybody. */
static size_t drop(char *data, size_t size, size_t n, void *arg)
{
    (void)data;
    (void)arg;
    return size * n;
}

int export_post_new(struct export_post **out, const char *url, const char *token, const char *ca)
{
    struct export_post *p = calloc(1, sizeof *p);

    if (!p || !(p->curl = curl_easy_init())) {
        free(p);
        return ENOMEM;
    }
    p->url = url;
    p->token = token;
    p->ca = ca;
    *out = p;
    return 0;
}

void export_post_free(struct export_post *p)
{
    if (!p)
        return;
    curl_easy_cleanup(p->curl);
    free(p);
}

/** Neither redirected nor through a proxy that an environment names: the plan says where. */
static void set_options(struct export_post *p)
{
    curl_easy_reset(p->curl); /* its connections stay */
    curl_easy_setopt(p->curl, CURLOPT_URL, p->url);
    curl_easy_setopt(p->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(p->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(p->curl, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(p->curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(p->curl, CURLOPT_USERAGENT, "tandem/" GW_VERSION);
    curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, p->error);
    if (p->ca)
        curl_easy_setopt(p->curl, CURLOPT_CAINFO, p->ca);
}

static bool add(struct curl_slist **list, const char *name, struct rt_str value)
{
    struct rt_buf line = {0};

    rt_buf_printf(&line, "%s: %.*s", name, RT_STR(value));
    struct curl_slist *more = line.failed ? NULL : curl_slist_append(*list, line.p);
    rt_buf_release(&line);
    if (more)
        *list = more;
    return more != NULL;
}

/** ENOMEM, or why the token cannot be read. */
static int add_headers(const struct export_post *p, struct curl_slist **list, const char *key)
{
    struct rt_buf token = {0}, bearer = {0};
    bool good = add(list, "Content-Type", rt_str("application/json")) &&
                add(list, "Expect", rt_str("")) && add(list, "Idempotency-Key", rt_str(key));
    int err = p->token ? rt_file_read(&token, p->token, TOKEN_MAX) : 0;

    if (p->token && err == 0) {
        rt_buf_printf(&bearer, "Bearer %.*s", RT_STR(rt_str_trim(rt_buf_str(&token))));
        good = good && !bearer.failed && add(list, "Authorization", rt_buf_str(&bearer));
    }
    rt_buf_release(&token);
    rt_buf_release(&bearer);
    return err != 0 ? err : good ? 0 : ENOMEM;
}

static int judge(struct export_post *p, CURLcode got, char *why, size_t cap)
{
    long status = 0;

    if (got != CURLE_OK) {
        snprintf(why, cap, "%s", p->error[0] ? p->error : curl_easy_strerror(got));
        return EAGAIN;
    }
    curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300)
        return 0;
    snprintf(why, cap, "the server answers %ld", status);
    return status >= 500 || status == 408 || status == 429 ? EAGAIN : EPROTO;
}

int export_post_send(struct export_post *p, struct rt_str body, const char *key, char *why,
                     size_t cap)
{
    struct curl_slist *headers = NULL;
    int err = add_headers(p, &headers, key);

    if (err != 0) {
        snprintf(why, cap, "%s: %s", p->token ? p->token : "request", strerror(err));
        curl_slist_free_all(headers);
        return EAGAIN;
    }
    set_options(p);
    p->error[0] = '\0';
    curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    err = judge(p, curl_easy_perform(p->curl), why, cap);
    curl_slist_free_all(headers);
    return err;
}
