/* The E-model of ITU-T G.107 (06/2015), narrow band: from what a connection does to speech to a
 * transmission rating R, and from R to mean opinion scores. The whole computation of clause 7, with
 * every input of its table 2.
 */
#ifndef CODEC_EMODEL_H
#define CODEC_EMODEL_H

/** The connection, seen from the listener. Names and units are the Recommendation's. */
struct emodel {
    double slr, rlr;     /**< send and receive loudness rating, dB */
    double stmr;         /**< sidetone masking rating, dB */
    double ds, dr;       /**< D-values of the telephones */
    double telr, wepl;   /**< talker echo loudness rating, weighted echo path loss, dB */
    double t, tr, ta;    /**< delay: one way of the echo path, round trip, absolute one way; ms */
    double qdu;          /**< quantizing distortion units */
    double ie, bpl;      /**< equipment impairment and robustness to loss (G.113 appendix I) */
    double ppl, burst_r; /**< packets lost, percent; burst ratio, 1: at random */
    double nc, nfor;     /**< circuit noise, dBm0p; noise floor at the receive side, dBmp */
    double ps, pr;       /**< room noise, dB(A) */
    double a;            /**< advantage factor */
};

/** Table 2's defaults: R is 93.2. */
extern const struct emodel emodel_defaults;

/** One way delay of the connection, mouth to ear, ms. */
void emodel_set_delay(struct emodel *m, double ms);
/** Echo return loss of the listener's far end, dB: TELR is SLR + ERL + RLR (RFC 3611 4.7.4), and
 * what is reflected there and again here is lost twice (WEPL). */
void emodel_set_echo(struct emodel *m, double erl);

struct emodel_rating {
    double ro, is;          /**< signal to noise; what comes with the voice */
    double idte, idle, idd; /**< talker echo, listener echo, delay itself */
    double ie_eff;          /**< codec and loss */
    double r;               /**< all of it, 0..100 */
    double r_lq;            /**< without delay and echo: what a listener hears, 0..100 */
};
/** Inputs that no connection has are taken as the nearest that the model was made for. */
void emodel_rate(struct emodel_rating *out, const struct emodel *in);

/** Annex B: 1..4.5. MOS-CQ of r, MOS-LQ of r_lq. */
double emodel_mos(double r);

#endif
