/* The query line, for the calls that are going on: the gateway applies it to records, this does the
 * same to what is live. Terms that only a finished call can answer leave no live call. */

function numberTest(text) {
    const want = text.replace(/\*$/, ""), prefix = text.endsWith("*");
    return (v) => (prefix ? (v ?? "").startsWith(want) : v === want);
}

const any = (row, text) => ["caller", "called", "from_trunk", "to_trunk", "call_id", "call"].some(
    (name) => String(row[name] ?? "").includes(text));

const TERMS = {
    to: (v) => (r) => numberTest(v)(r.called),
    from: (v) => (r) => numberTest(v)(r.caller),
    trunk: (v) => (r) => r.from_trunk === v || r.to_trunk === v,
    in: (v) => (r) => r.from_trunk === v,
    out: (v) => (r) => r.to_trunk === v,
    id: (v) => (r) => String(r.call) === v || (r.call_id ?? "").startsWith(v),
    codec: (v) => (r) => r.codec_a === v || r.codec_b === v,
    state: (v) => (r) => v === "live" || r.state === v || (v === "answered" && r.talk_ms > 0),
    last: () => () => true,
    since: () => () => true,
};

function term(word) {
    const m = /^(\w+):(.+)$/.exec(word);
    if (m)
        return TERMS[m[1]]?.(m[2]) ?? (() => false);
    if (/^\w+[<>]/.test(word))
        return () => false;
    return (r) => any(r, word);
}

/** A test of a live call. */
export function liveTest(query) {
    const tests = query.split(/\s+/).filter(Boolean).map((w) => {
        const not = w.startsWith("-") && w.length > 1;
        const test = term(not ? w.slice(1) : w);
        return not ? (r) => !test(r) : test;
    });
    return (row) => tests.every((t) => t(row));
}
