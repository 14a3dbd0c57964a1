/* Rates & lists: what a number costs; the files of decks, lists and ported numbers, and others in
 * their place. */
import {h, fill, button} from "./h.js";
import {get, may, part, query, send, session} from "./api.js";
import {about, grouped, number, place, state, when} from "./format.js";
import {save} from "./save.js";
import {ask} from "./dialog.js";
import * as live from "./live.js";
import {facts, into, problem, section, table} from "./table.js";

const bad = (n) => (n > 0 ? h("b.bad", {}, grouped(n)) : grouped(n));

const RATES = [
    {label: "Deck", cell: (r) => r.deck},
    {label: "Prefix", cell: (r) => r.prefix},
    {label: "Rate", kind: "num", cell: (r) => `${r.rate} ${r.currency}`},
    {label: "Setup", kind: "num", cell: (r) => r.setup},
    {label: "Increments", cell: (r) => r.increments},
    {label: "Destination", cell: (r) => r.destination},
    {label: "Row", cell: (r) => r.source},
];
const PORTED = [
    {label: "Table", cell: (p) => p.lnp},
    {label: "Number", cell: (p) => number(p.number)},
    {label: "Routing", cell: (p) => p.routing},
];
const ENUM = [
    {label: "ENUM", cell: (e) => e.enum},
    {label: "Result", cell: (e) => e.result},
    {label: "URI", cell: (e) => e.uri},
    {label: "For", cell: (e) => about(e.expires_s * 1000)},
];
const DECKS = [
    {label: "Deck", cell: (d) => h("b", {}, d.deck)},
    {label: "Rows", kind: "num", cell: (d) => grouped(d.rows)},
    {label: "Bad", kind: "num", cell: (d) => bad(d.bad)},
    {label: "Currency", cell: (d) => d.currency},
    {label: "Age", cell: (d) => about(d.age_s * 1000)},
    {label: "Rows not in force yet", kind: "num", cell: (d) => grouped(d.waiting)},
    {label: "Next change", cell: (d) => when(d.next_change)},
    {label: "Line", cell: (d) => place(d.at)},
];
const LISTS = [
    {label: "List", cell: (l) => h("b", {}, l.list)},
    {label: "Rows", kind: "num", cell: (l) => grouped(l.rows)},
    {label: "Bad", kind: "num", cell: (l) => bad(l.bad)},
    {label: "File", cell: (l) => l.file},
    {label: "Read again every", cell: (l) => (l.refresh_s ? about(l.refresh_s * 1000) : "")},
    {label: "Line", cell: (l) => place(l.at)},
];
const LNP = [
    {label: "Table", cell: (l) => h("b", {}, l.lnp)},
    {label: "State", cell: (l) => state(l.state)},
    {label: "Numbers", kind: "num", cell: (l) => grouped(l.rows)},
    {label: "File", cell: (l) => l.table},
    {label: "Line", cell: (l) => place(l.at)},
];

const of = (type) => ({items}) => items.filter((i) => i.type === type);

const optional = (columns, rows) => (rows.length > 0 ? table(columns, rows) : null);

/** What a number costs, where it was ported to, what ENUM knows. */
function lookUp() {
    const out = h("div", {"aria-live": "polite"});
    const input = h("input", {
        name: "number",
        type: "search",
        "data-search": true,
        inputmode: "tel",
        placeholder: "+442079460148",
        "aria-label": "Number",
        value: new URLSearchParams(location.search).get("number") ?? ""
    });
    const run = (e) => {
        e?.preventDefault();
        const n = input.value.replace(/[\s()/-]/g, "");
        if (!n)
            return;
        history.replaceState(null, "", "/rates" + query({number: n}));
        into(out,
             Promise.all(
                 [get(`/rates/${part(n)}`), get("/lnp", {number: n}), get("/enum", {number: n})]),
             ([rates, lnp, known]) => {
                 const sorted = of("rate")(rates).sort((a, b) => Number(a.rate) - Number(b.rate));
                 return [
                     table(RATES, sorted, {empty: rates.note || "No deck has a rate for it."}),
                     optional(PORTED, of("ported")(lnp)), optional(ENUM, of("enum_answer")(known))
                 ];
             });
    };

    if (input.value)
        run();
    return h("div", {},
             h("form.line", {onsubmit: run}, input,
               h("button.primary", {type: "submit"}, "What does it cost?")),
             out);
}

/* ---- files ---- */

/** Another file in the place of the old one: it is read aside first, and told what would change. */
function put(t, text, values = {}) {
    return send("PUT", `/tables/${part(t.table)}${query(values)}`, {}, {
        headers: {"Content-Type": "text/csv", "X-CSRF-Token": session.csrf},
        body: text,
    });
}

/** What a table's check says, as a list of figures. */
function verdict(one) {
    return facts([
        ["Rows", grouped(one.rows)],
        ["Bad rows", one.rejects > 0 ? h("b.bad", {}, grouped(one.rejects)) : "none"],
        ["New", grouped(one.added)],
        ["Gone", grouped(one.removed)],
        ["Dearer", grouped(one.up)],
        ["Cheaper", grouped(one.down)],
        ["The same", grouped(one.same)],
    ]);
}

const REFUSED_SHOWN = 100;

/** Rows that were refused, each with its reason; all of them as a file. */
function refused(items, name) {
    const list = items.filter((i) => i.type === "reject");
    const quoted = (s) => `"${String(s).replaceAll("\"", "\"\"")}"`;
    const csv = () => save(`${name}.rejects.csv`, [
        "line,reason,row", ...list.map((r) => [r.line, quoted(r.reason), quoted(r.row)].join(","))
    ].join("\r\n") + "\r\n");

    return list.length === 0 ? null : [
        table(
            [
                {label: "Line", kind: "num", cell: (r) => grouped(r.line)},
                {label: "Why", cell: (r) => r.reason},
                {label: "Row", cell: (r) => h("code", {}, r.row)}
            ],
            list.slice(0, REFUSED_SHOWN)),
        list.length > REFUSED_SHOWN
            ? h("p.soft", {}, `and ${grouped(list.length - REFUSED_SHOWN)} more`)
            : null,
        button("Save the refused rows", csv)
    ];
}

/** What another file would change, and the button that does it; `why` it is refused as it is. */
function proposal(t, text, items, why, box, done) {
    const one = items.find((i) => i.type === "table_check");
    const kind = one.rejects > 0 ? "danger" : "primary";
    const apply = async () => {
        const r = await ask({
            title: `Put another ${t.kind} ${t.name} in force`,
            text: one.rejects > 0 ? `Its ${one.rejects} bad rows are left out.`
                                  : "Calls from now on go by it.",
            action: "Apply",
            run: ({reason}) => /* the file is the whole body */
            put(t, text, {apply: "true", bad: one.rejects > 0 ? one.rejects : "", reason}),
        });
        if (r) {
            fill(box, h("p.good", {role: "status"}, `${t.name} is in force. ${r.note}`));
            done();
        }
    };
    return section(
        `What would change in ${t.kind} ${t.name}`,
        [button("Drop", () => fill(box)), one.rows > 0 ? button("Apply …", apply, kind) : null],
        why ? problem(why) : null, verdict(one), refused(items, t.name));
}

/** What its check says; a refusal that has figures is an answer. */
async function checked(t, text) {
    try {
        return [(await put(t, text)).items, null];
    } catch (e) {
        if (e.items?.some((i) => i.type === "table_check"))
            return [e.items, e];
        throw e;
    }
}

function upload(t, box, done) {
    const input = h("input", {
        type: "file",
        accept: ".csv,.txt,text/*",
        "aria-label": `Another file for ${t.kind} ${t.name}`
    });

    input.addEventListener("change", async () => {
        const [file] = input.files;
        if (!file)
            return;
        const text = await file.text();
        input.value = "";
        fill(box, h("p.soft", {}, `${file.name} is being read …`));
        await into(box, checked(t, text),
                   ([items, why]) => proposal(t, text, items, why, box, done));
        box.scrollIntoView({block: "nearest"});
    });
    return h("label.button.small", {}, "Upload …", input);
}

function rejects(t, box) {
    into(box, get(`/tables/${part(t.table)}/rejects`),
         ({items, note}) =>
             section(`Refused rows of ${t.kind} ${t.name}`, button("Close", () => fill(box)),
                     refused(items, t.name), note ? h("p.soft", {}, note) : null));
}

function fileTools(t, box, done) {
    const href = `/api/v1/tables/${part(t.table)}`, name = t.path.replace(/^.*\//, "");

    return h("span.buttons", {}, h("a.button.small", {href, download: name}, "Download"),
             t.rejects > 0 ? button("Refused rows", () => rejects(t, box), "small") : null,
             upload(t, box, done));
}

export function rates(main) {
    const decks = h("div"), files = h("div"), box = h("div");

    const fileColumns = [
        {label: "What", cell: (t) => [t.kind, " ", h("b", {}, t.name)]},
        {label: "File", cell: (t) => t.path},
        {label: "Rows", kind: "num", cell: (t) => grouped(t.rows)},
        {label: "Bad", kind: "num", cell: (t) => bad(t.rejects)},
        {label: "", cell: (t) => (may("planner") ? fileTools(t, box, () => read()) : "")},
    ];
    const read = () => {
        into(
            decks, Promise.all([get("/decks"), get("/lists"), get("/lnp")]),
            ([d, l, p]) => [section("Decks", null,
                                    table(DECKS, of("deck")(d), {empty: "The plan has no decks."})),
                            section("Lists", null,
                                    table(LISTS, of("list")(l), {empty: "The plan has no lists."})),
                            section("Ported numbers", null,
                                    table(LNP, of("lnp")(p),
                                          {empty: "The plan has no tables of ported numbers."})),
        ]);
        into(files, get("/tables"),
             ({items}) => section("Files", null,
                                  table(fileColumns, items.filter((t) => t.type === "table"),
                                        {empty: "The plan reads no such files."})));
    };

    main.append(lookUp(), decks, files, box);
    read();
    return live.on("plan", read);
}
