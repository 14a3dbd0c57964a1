/* Why a call went where it went: the steps, each with the line of the plan that made it. */
import {h} from "./h.js";
import {number, place, withPlaces} from "./format.js";

const row = (name, text, at) => h("tr", {}, h("td.step", {}, name), h("td", {}, withPlaces(text)),
                                  h("td.at", {}, at ? place(at) : ""));

function decisionLine(d) {
    if (!d)
        return null;
    if (d.cause)
        return h("p.decision", {}, h("b.bad", {}, `refused with cause ${d.cause}`));
    return h(
        "p.decision", {},
        (d.hops ?? [])
            .map((hop,
                  i) => [i > 0 ? h("small", {}, ", then ") : null, h("b", {}, hop.trunk), " ",
                         number(hop.called),
                         hop.rate_micro !== undefined
                             ? h("small", {}, ` ${(hop.rate_micro / 1e6).toFixed(4)} (${hop.deck})`)
                             : null]));
}

/** `e`: {steps: [{step, text, at, lines: [{text, at}]}], decision, text} */
export function explanation(e) {
    if (!e?.steps?.length)
        return e?.text ? h("pre", {}, withPlaces(e.text))
                       : h("p.empty", {}, "Nothing is known of its way.");
    return [
        decisionLine(e.decision),
        h("div.scroll", {},
          h("table.explain", {},
            h("tbody", {},
              e.steps.map((s, i) => [row(`${i + 1} ${s.step ?? ""}`, s.text, s.at),
                                     (s.lines ?? []).map((l) => row("", l.text, l.at))])))),
        e.decision_ns ? h("p.soft", {},
                          `decided in ${(e.decision_ns / 1000).toFixed(1)} µs by generation ` +
                              `${e.generation}`)
                      : null
    ];
}

/** The places that took part: "office.conf:24". */
export function placesOf(e) {
    return (e?.steps ?? [])
        .flatMap((s) => [s.at, ...(s.lines ?? []).map((l) => l.at)])
        .filter(Boolean);
}
