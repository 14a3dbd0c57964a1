/* The segments that a journal's folder has, oldest first. */
#ifndef GW_EXPORT_SEGMENTS_H
#define GW_EXPORT_SEGMENTS_H

#include "gw/export/journal.h"
#include "gw/rt/file.h"

struct export_segment {
    char id[EXPORT_SEGMENT_LEN];
    char *path;
    bool archived; /**< nothing is written to it any more */
};

struct export_segments {
    struct export_segment *list;
    size_t n;
};

/** EAGAIN: there is no journal now: none yet, or it is being rotated and back in a moment. */
int export_segments_list(struct export_segments *out, const char *dir);
void export_segments_release(struct export_segments *s);
/** Its place in the list, or -1. */
int export_segments_find(const struct export_segments *s, const char *id);
/** What a segment is known by: its first line. ENODATA: it has no whole line yet. */
int export_segment_id(char id[EXPORT_SEGMENT_LEN], struct rt_file *f);
/** Removes archives that are older than `keep` seconds and before the segment `first`; how many. */
unsigned export_segments_clean(const char *dir, const char *first, int64_t keep);

#endif
