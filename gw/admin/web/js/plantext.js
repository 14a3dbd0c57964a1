/* The plan's files as text: checked at each pause, compared, tested, put in force with a reason and
 * a time to confirm it in. What is not saved stays in this window until it is applied or dropped.
 */
import {h, fill, button} from "./h.js";
import {get, may, send} from "./api.js";
import {ask} from "./dialog.js";
import {editor} from "./editor.js";
import {when, withPlaces} from "./format.js";
import {pending, rollBack} from "./pending.js";
import {into, section, table} from "./table.js";

/* Texts that were changed and not applied: {name: text}; they outlive the screen, not the window.
 */
const unsaved = new Map();

addEventListener("beforeunload", (e) => {
    if (unsaved.size > 0)
        e.preventDefault();
});

const base = (name) => name.replace(/^.*\//, "");

/** What the gateway says of the files: {file, line, column, text, kind}. */
function complaintOf(item) {
    const m = /^(.*?):(\d+):(?:(\d+):)?\s*(.*)$/s.exec(item.text ?? "");
    const kind =
        item.severity === "warning" || item.type === "warning" || /\bwarning:/.test(item.text ?? "")
            ? "warning"
            : "error";
    if (item.line)
        return {
            file: item.file,
            line: Number(item.line),
            column: Number(item.column) || 1,
            text: item.text,
            kind
        };
    return m ? {file: m[1], line: Number(m[2]), column: Number(m[3]) || 1, text: m[4], kind}
             : {file: "", line: 0, column: 1, text: item.text, kind};
}

const isComplaint = (i) => ["complaint", "error", "warning", "problem"].includes(i.type);

function diffLines(lines) {
    return lines.map((l) => {
        const kind = l.startsWith("+") ? "add" : l.startsWith("-") ? "del" : "same";
        return [h(`span.${kind}`, {}, l), "\n"];
    });
}

/** What is between the first and the last line that differ: as much as a few edits need. */
function changedLines(before, after) {
    const a = before.split("\n"), b = after.split("\n");
    let first = 0, last = 0;

    while (first < Math.min(a.length, b.length) && a[first] === b[first])
        first++;
    while (last < Math.min(a.length, b.length) - first && a.at(-1 - last) === b.at(-1 - last))
        last++;
    return [
        `line ${first + 1}`, ...a.slice(first, a.length - last).map((l) => `- ${l}`),
        ...b.slice(first, b.length - last).map((l) => `+ ${l}`)
    ];
}

function historyTable(items, done) {
    return table(
        [
            {label: "Generation", kind: "num", cell: (g) => String(g.generation)},
            {label: "When", cell: (g) => when(g.when)},
            {label: "Who", cell: (g) => g.who},
            {label: "State", cell: (g) => g.state},
            {label: "Why", cell: (g) => g.why},
            {
                label: "",
                cell: (g) =>
                    (may("planner") && !/in force|waits/.test(g.state)
                         ? button("Roll back to it", () => rollBack(g.generation, done), "small")
                         : "")
            },
        ],
        items.filter((i) => i.type === "generation"), {empty: "There is no history."});
}

export function planText(box) {
    const tabs = h("div.tabs", {role: "tablist"}),
          verdict = h("div.verdict", {"aria-live": "polite"});
    const result = h("div"), past = h("div"), error = h("div");
    const mayEdit = may("planner");
    let files = [], current = "", generation = 0, asked = 0, bad = true;

    const pad = editor(
        {label: "The file", readonly: !mayEdit, changed: () => check(), typed: () => keep()});
    const apply = button("Apply …", () => applyAll(), "primary", {disabled: true});
    const drop = button("Drop changes", () => {
        unsaved.clear();
        show(current);
        check();
    });
    const find = (name) =>
        files.find((f) => f.path === name) ?? files.find((f) => base(f.path) === base(name ?? ""));
    const textOf = (f) => unsaved.get(f.path) ?? f.text;
    const body = () => ({generation, files: files.map((f) => ({path: f.path, text: textOf(f)}))});

    const showTabs = () => {
        fill(tabs, files.map((f) => h("button", {
                                 type: "button",
                                 role: "tab",
                                 "aria-selected": String(f.path === current),
                                 title: f.path,
                                 onclick: () => show(f.path)
                             },
                                      base(f.path), unsaved.has(f.path) ? " •" : "")));
        drop.disabled = unsaved.size === 0;
        apply.disabled = bad || unsaved.size === 0;
    };
    const keep = () => {
        asked++; /* what is being read is an older text */
        const f = find(current);
        if (pad.value === f.text)
            unsaved.delete(current);
        else
            unsaved.set(current, pad.value);
        bad = true; /* until it has been read */
        showTabs();
    };
    const show = (name) => {
        current = find(name)?.path ?? files[0]?.path ?? "";
        if (!current)
            return;
        pad.set(textOf(find(current)));
        showTabs();
        pad.mark(complaints.filter((c) => c.line > 0 && base(c.file) === base(current)));
    };
    let complaints = [];
    const judge = (items, failed) => {
        complaints = items.filter(isComplaint).map(complaintOf);
        const tests = items.filter((i) => i.type === "test");
        const lost = tests.filter((t) => !t.ok);
        bad = failed || complaints.some((c) => c.kind === "error");
        pad.mark(complaints.filter((c) => c.line > 0 && base(c.file) === base(current)));
        fill(verdict,
             complaints.length > 0
                 ? h("ul.complaints", {},
                     complaints.map((c) => h(`li.${c.kind}`, {},
                                             c.line > 0
                                                 ? button(`${base(c.file)}:${c.line}:${c.column}`,
                                                          () => {
                                                              if (base(c.file) !== base(current))
                                                                  show(c.file);
                                                              pad.goto(c.line, c.column);
                                                          },
                                                          "link")
                                                 : null,
                                             " ", c.text)))
                 : null,
             h("p", {},
               bad ? h("b.bad", {}, "It cannot be applied like this.")
                   : h("b.good", {}, "It can be read."),
               tests.length > 0 ? ` ${tests.length - lost.length} of ${tests.length} tests passed.`
                                : ""),
             lost.length > 0
                 ? h("ul.tests", {}, lost.map((t) => h("li.bad", {}, withPlaces(t.text))))
                 : null);
        showTabs();
    };
    const check = async () => {
        if (!mayEdit)
            return;
        const mine = ++asked;
        try {
            const {items} = await send("POST", "/plan/check", body());
            if (mine === asked)
                judge(items, items.some((i) => i.ok === false && i.type !== "test"));
        } catch (e) {
            if (mine !== asked)
                return;
            judge(e.items?.length ? e.items : [{type: "complaint", text: e.message}], true);
        }
    };
    const diff = async () => {
        await ready;
        const texts =
            [...unsaved].map(([path, text]) => [path, changedLines(find(path)?.text ?? "", text)]);
        into(result, send("POST", "/plan/diff", body()), ({items, note}) => {
            const changes = items.filter((i) => i.type === "text");
            return section(
                "What would change", button("Close", () => fill(result), "quiet"),
                texts.map(
                    ([path,
                      lines]) => [h("h3", {}, base(path)), h("pre.diff", {}, diffLines(lines))]),
                h("h3", {}, "For calls"),
                changes.length > 0 ? h("pre.diff", {}, diffLines(changes.map((i) => i.text)))
                                   : h("p.soft", {}, note));
        });
    };
    const applyAll = async () => {
        const sent = [...unsaved];
        const done = await ask({
            title: "Apply the plan",
            text: `${[...unsaved.keys()].map(base).join(", ")}: calls go on by the plan ` +
                      "that they began with; new ones go by this one.",
            fields: [{
                name: "confirm",
                label: "Goes back by itself unless confirmed within",
                value: "5min",
                options: [
                    ["1min", "1 minute"], ["5min", "5 minutes"], ["30min", "30 minutes"],
                    ["", "never: keep it at once"]
                ]
            }],
            action: "Apply",
            run: ({reason, confirm}) =>
                send("POST", "/plan/apply", {...body(), reason, confirm: confirm || undefined}),
        });
        if (!done)
            return;
        for (const [path, text] of sent)
            if (unsaved.get(path) === text) /* and not written on since */
                unsaved.delete(path);
        fill(result, h("p.good", {role: "status"}, done.note || "It is in force."));
        pending.refresh();
        await read();
    };
    const readHistory = () =>
        into(past, get("/plan/history"),
             ({items}) => h("details", {open: past.querySelector("details")?.open},
                            h("summary", {}, "Earlier generations"), historyTable(items, read)));
    const read = () => into(error, get("/plan"), ({items}) => {
        files = items.filter((i) => i.type === "file");
        generation = items.find((i) => i.type === "plan").generation;
        pad.element.inert = false;
        show(current);
        check();
        readHistory();
        return null;
    });
    document.addEventListener("tandem-plan", readHistory);

    fill(box, section("The plan as text",
                      mayEdit ? [button("Diff", diff), drop, apply] : h("small", {}, "for reading"),
                      error, tabs, pad.element, verdict, result, past));
    pad.element.inert = true; /* until there is a text */
    const ready = read();
    return {
        async open(file, line) {
            await ready;
            if (file)
                show(file);
            if (line > 0)
                pad.goto(line);
        },
        end() {
            pad.end();
            document.removeEventListener("tandem-plan", readHistory);
        },
    };
}
