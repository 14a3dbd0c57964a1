/* Routes: the rows with their counters, what would become of a call, and the plan as text. */
import {h, fill, button} from "./h.js";
import {get, may, query} from "./api.js";
import * as live from "./live.js";
import {explanation, placesOf} from "./explain.js";
import {ago, grouped, place, withPlaces} from "./format.js";
import {planText} from "./plantext.js";
import {into, problem, section, table} from "./table.js";

const same = (a, b) => a && b && (a === b || a.endsWith("/" + b) || b.endsWith("/" + a));

function columns() {
    return [
        {label: "From", cell: (r) => r.from},
        {label: "Number", cell: (r) => h("code", {}, r.number)},
        {label: "To", cell: (r) => r.to},
        {label: "Calls", kind: "num", cell: (r) => grouped(r.hits)},
        {label: "Last", cell: (r) => ago(r.last_hit)},
        {label: "Line", cell: (r) => place(r.at)},
    ];
}

/** The number box: where a call would go, and why. */
function simulator(show) {
    const params = new URLSearchParams(location.search);
    const input = (name, label, props = {}) =>
        [label, h("input", {name, value: params.get(name) ?? "", autocomplete: "off", ...props})];
    const labelled = ([label, e]) => h("label", {}, h("span", {}, label), e);
    const number = input(
        "number", "Number",
        {type: "search", "data-search": true, inputmode: "tel", placeholder: "0044 20 7946 0148"});
    const from = ["From", h("select", {name: "from"})];
    const caller = input("caller", "Caller", {inputmode: "tel", placeholder: "any"});
    const at = input("at", "At", {placeholder: "now, or 2026-03-02 20:00"});
    const out = h("div.explained", {"aria-live": "polite"});
    let trunks = null;

    const run = () => {
        const dialled = number[1].value.replace(/[\s()/-]/g, "");
        show(null);
        if (!dialled) {
            into(out, Promise.resolve(), () => null);
            return;
        }
        const values = {
            number: dialled,
            from: from[1].value,
            caller: caller[1].value.trim(),
            at: at[1].value.trim()
        };
        history.replaceState(null, "", "/routes" + query(values));
        into(out, get("/routes/explain", values), ({items}) => {
            const e = items.find((i) => i.type === "explain");
            show({places: placesOf(e), dialled, from: values.from});
            return explanation(e);
        });
    };
    const form = h("form.line", {
        onsubmit: (e) => {
            e.preventDefault();
            run();
        }
    },
                   [number, from, caller, at].map(labelled),
                   h("button.primary", {type: "submit"}, "Where would it go?"));

    const fillTrunks =
        get("/trunks")
            .then(({items}) => {
                trunks = items.filter((t) => t.type === "trunk").map((t) => t.trunk);
                fill(from[1],
                     trunks.map(
                         (t) => h("option", {value: t, selected: t === params.get("from")}, t)));
                if (number[1].value && out.isConnected) /* it names itself in the address */
                    run();
            })
            .catch((e) => fill(out, problem(e)));
    return {element: h("div", {}, form, out), ready: fillTrunks};
}

export function routes(main) {
    const list = h("div"), error = h("div"), tests = h("div"), text = h("div"),
          filter = h("input", {
              type: "search",
              placeholder: "filter rows",
              "aria-label": "Filter rows",
              oninput: () => draw()
          });
    let rows = null, note = "", winners = null, editing = null;

    const draw = () => {
        if (!rows)
            return; /* not known yet */
        const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        const seen = rows.filter(
            (r) => words.every(
                (w) => `${r.from} ${r.number} ${r.to} ${r.at}`.toLowerCase().includes(w)));
        const wins = (r) => winners && (winners.won ? winners.won.has(r.at + r.number + r.from)
                                                    : winners.places.some((p) => same(p, r.at)));
        fill(list, table(columns(), seen, {className: "routes", empty: "No rows."}),
             note ? h("p.soft", {}, note) : null);
        list.querySelectorAll("tbody tr").forEach((tr, i) => {
            if (seen[i] && wins(seen[i])) {
                tr.classList.add("wins");
                tr.setAttribute("aria-label", "this row decides");
            }
        });
    };
    const read = () => into(error, get("/routes"), ({items, note: said}) => {
        rows = items.filter((r) => r.type === "routes");
        note = said;
        draw();
        return null;
    });
    const sim = simulator(async (won) => {
        winners = won;
        if (won) {
            const {items} = await get("/routes", {number: won.dialled, from: won.from})
                                .catch(() => ({items: []}));
            const marked = items.filter((r) => r.wins);
            if (marked.length > 0)
                won.won = new Set(marked.map((r) => r.at + r.number + r.from));
        }
        draw();
        list.querySelector("tr.wins")?.scrollIntoView({block: "nearest"});
    });
    const runTests = () =>
        into(tests, get("/routes/test"),
             ({
                 items,
                 note: said
             }) => [h("ul.tests", {},
                      items.filter((t) => t.type === "test")
                          .map((t) => h("li" + (t.ok ? ".good" : ".bad"), {}, withPlaces(t.text)))),
                    h("p.soft", {}, said)]);
    const edit = async (file, line) => {
        editing ??= planText(text);
        await editing.open(file, line);
    };
    const close = () => {
        editing?.end();
        editing = null;
        fill(text);
    };
    const toggle =
        button("Edit as text", () => (editing ? close() : edit()), "", {"aria-expanded": "false"});

    main.append(
        sim.element, text,
        section("Rows",
                [filter, button("Run the plan's tests", runTests), may("planner") ? toggle : null],
                tests, error, list));
    read();
    const params = new URLSearchParams(location.search);
    if (may("planner") && (params.has("file") || params.has("edit")))
        edit(params.get("file"), Number(params.get("line")) || 0);
    const timer = setInterval(read, 10000);
    const ends = [live.on("plan", read), live.on("again", read)];
    return () => {
        clearInterval(timer);
        ends.forEach((e) => e());
        editing?.end();
    };
}
