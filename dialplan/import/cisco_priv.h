/* Cisco's voice translation rules, for the files that read and use them. */
#ifndef DIALPLAN_IMPORT_CISCO_PRIV_H
#define DIALPLAN_IMPORT_CISCO_PRIV_H

#include "dialplan/import/import_priv.h"

/** `rule 1 /^0\(.*\)/ /49\1/`: a beginning of so many digits, of which some go and others come. */
struct ios_rule {
    struct dp_pattern *match;
    unsigned length; /**< digits of the beginning */
    unsigned strip;  /**< of them taken away; the others stay */
    const char *prepend;
    bool whole; /**< the number becomes `prepend`, whatever it was */
    struct dp_im_pos pos;
    struct ios_rule *next;
};

/** `voice translation-rule N` */
struct ios_table {
    struct rt_str name;
    struct ios_rule *rules, *last;
    struct ios_table *next;
};

/** `voice translation-profile NAME` */
struct ios_profile {
    struct rt_str name, called;
    struct dp_im_pos pos;
    struct ios_profile *next;
};

struct ios_rules {
    struct ios_table *tables;
    struct ios_profile *profiles;
};

/** Reads what follows the word `rule`. */
void dp_im_ios_rule(struct dp_im *im, struct ios_table *t, struct rt_str rest,
                    struct dp_im_pos pos);
struct ios_table *dp_im_ios_table(struct dp_im *im, struct ios_rules *r, struct rt_str name);
struct ios_profile *dp_im_ios_profile(struct dp_im *im, struct ios_rules *r, struct rt_str name);
/** Applies a profile's rules to the numbers of a row that is not in a block yet. */
void dp_im_ios_apply(struct dp_im *im, const struct ios_rules *r, struct dp_im_row *row,
                     struct rt_str profile);
/** Makes a profile's rules a trunk's own normalise rules. */
void dp_im_ios_incoming(struct dp_im *im, const struct ios_rules *r, struct dp_im_way *w,
                        struct rt_str profile, struct dp_im_pos pos);
void dp_im_ios_release(struct ios_rules *r);

#endif
