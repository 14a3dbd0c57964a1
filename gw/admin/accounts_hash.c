/* Hashes of passwords (crypt(5)) and of the keys of programs. */
#include "gw/admin/accounts_priv.h"

#include "gw/rt/random.h"

#include <crypt.h>
#include <errno.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>

#define PASSWORD_MIN 10
#define YESCRYPT     "$y$"
#define SCRYPT       "$7$"
#define KEY          "key$"
#define COST         6 /* some 50 ms and 16 MB */
#define SALT_OCTETS  16
/** Of the same cost, and nobody's. */
#define DUMMY "$y$jAT$k2XAnEHBqQ1Ct2aMXFKNa/$koc/WwuVf2Wj1rAfPUBStUl1Azd8YUX7tr6kg2/XfdA"

static bool begins(struct rt_str s, const char *with)
{
    size_t n = strlen(with);

    return s.n > n && memcmp(s.p, with, n) == 0;
}

bool gw_hash_good(struct rt_str hash, bool *key)
{
    *key = begins(hash, KEY);
    if (hash.n >= GW_HASH_LEN)
        return false;
    for (size_t i = 0; i < hash.n; i++)
        if (hash.p[i] <= ' ' || hash.p[i] > '~' || strchr(":;*!\\", hash.p[i]))
            return false;
    if (!*key)
        return begins(hash, YESCRYPT) || begins(hash, SCRYPT);
    struct rt_str digits = {hash.p + strlen(KEY), hash.n - strlen(KEY)};
    bool good = digits.n == 2 * SHA256_DIGEST_SIZE;
    for (size_t i = 0; i < digits.n; i++)
        good = good && strchr("0123456789abcdef", digits.p[i]);
    return good;
}

/** What crypt(5) makes of it; false: it cannot. */
static bool hash_with(char out[GW_HASH_LEN], const char *setting, const char *password)
{
    struct crypt_data *work = calloc(1, sizeof *work); /* 32 kB */
    const char *hash = work ? crypt_rn(password, setting, work, sizeof *work) : NULL;
    bool good = hash && rt_str_copy(out, GW_HASH_LEN, rt_str(hash));

    if (work)
        explicit_bzero(work, sizeof *work);
    free(work);
    return good;
}

int gw_hash_password(char out[GW_HASH_LEN], const char *password)
{
    char salt[SALT_OCTETS], setting[CRYPT_GENSALT_OUTPUT_SIZE];
    size_t n = strlen(password);

    if (n < PASSWORD_MIN || n >= CRYPT_MAX_PASSPHRASE_SIZE)
        return EINVAL;
    rt_random_bytes(salt, sizeof salt);
    if (!crypt_gensalt_rn(YESCRYPT, COST, salt, sizeof salt, setting, sizeof setting))
        return ENOTSUP;
    return hash_with(out, setting, password) ? 0 : ENOMEM;
}

bool gw_hash_is_password(const char *hash, const char *password)
{
    char made[GW_HASH_LEN] = "";
    bool made_it = hash_with(made, hash ? hash : DUMMY, password);

    return gw_same_text(made, hash ? hash : DUMMY) && made_it && hash;
}

void gw_hash_key(char out[GW_HASH_LEN], struct rt_str key)
{
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    size_t at = strlen(KEY);

    sha256_init(&sha);
    sha256_update(&sha, key.n, (const uint8_t *)key.p);
    sha256_digest(&sha, sizeof digest, digest);
    memcpy(out, KEY, at);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + at + 2 * i, 3, "%02x", digest[i]);
}

bool gw_same_text(const char *a, const char *b)
{
    size_t n = strlen(a);

    return n == strlen(b) && memeql_sec(a, b, n);
}
