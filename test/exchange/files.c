/* A hash by path. */
#include "test/exchange/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct ex_file {
    UT_hash_handle hh;
    char *path;
    struct audio_pcm pcm;
};

int ex_files_get(struct ex_files *f, const char *path, const struct audio_pcm **out)
{
    struct ex_file *file;

    HASH_FIND_STR(f->all, path, file);
    if (!file) {
        file = calloc(1, sizeof *file);
        int err = file ? audio_wav_read(&file->pcm, path) : ENOMEM;
        if (err == 0 && !(file->path = strdup(path))) {
            audio_pcm_release(&file->pcm);
            err = ENOMEM;
        }
        if (err != 0) {
            free(file);
            return err;
        }
        HASH_ADD_KEYPTR(hh, f->all, file->path, strlen(file->path), file);
    }
    *out = &file->pcm;
    return 0;
}

void ex_files_release(struct ex_files *f)
{
    struct ex_file *file, *tmp;

    HASH_ITER(hh, f->all, file, tmp)
    {
        HASH_DEL(f->all, file);
        audio_pcm_release(&file->pcm);
        free(file->path);
        free(file);
    }
}
