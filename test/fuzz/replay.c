/* Feeds every file of the folders given to one fuzz target: the corpus as a test, and a crash found
 * elsewhere as a file to debug, without libFuzzer. It asks the C library itself, so that a target
 * may be linked with the fake kernel. A file may be given instead of a folder.
 *
 * usage: replay FOLDER|FILE...      exit status 1 when something cannot be read or nothing is there
 */
#include "test/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static unsigned fed;

/** Reads a whole file into a block of exactly its size, so that a target's read beyond it is seen.
 */
static int load(uint8_t **out, size_t *size, const char *path)
{
    FILE *f = fopen(path, "rb");
    struct stat st;

    if (!f)
        return errno;
    int err = fstat(fileno(f), &st) != 0 ? errno : 0;
    uint8_t *data = err ? NULL : malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
    if (!err && !data)
        err = ENOMEM;
    if (!err && fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
        err = EIO;
    fclose(f);
    if (err) {
        free(data);
        return err;
    }
    *out = data;
    *size = (size_t)st.st_size;
    return 0;
}

static int feed(const char *path)
{
    uint8_t *data = NULL;
    size_t size = 0;
    int err = load(&data, &size, path);

    if (err) {
        fprintf(stderr, "replay: %s: %s\n", path, strerror(err));
        return err;
    }
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    fed++;
    return 0;
}

/** Feeds the files of a folder in the order of their names; ENOTDIR when it is none. */
static int feed_folder(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort), err = n < 0 ? errno : 0;

    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && feed(path) != 0)
            err = EIO;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return err;
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        int err = feed_folder(argv[i]);
        if (err == ENOTDIR)
            err = feed(argv[i]);
        else if (err)
            fprintf(stderr, "replay: %s: %s\n", argv[i], strerror(err));
        failed |= err != 0;
    }
    if (fed == 0)
        fprintf(stderr, "replay: no input\n");
    return failed || fed == 0;
}
