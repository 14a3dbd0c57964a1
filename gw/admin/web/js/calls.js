/* Calls: those going on and those of the past in one list, looked for by one line.
 *
 * With a thousand live calls the list must stay smooth: events only mark what changed, the table is
 * brought up to date once per animation frame, and no more rows than somebody asked for are there.
 */
import {h, fill, button} from "./h.js";
import {get, may, part, query as queryString, send} from "./api.js";
import {liveTest} from "./callquery.js";
import * as live from "./live.js";
import {ask} from "./dialog.js";
import {duration, grouped, mos, number, plural, state, when, worstMos} from "./format.js";
import {Rows, into} from "./table.js";

const STEP = 200; /* rows that are shown, and that "more" adds */
const SAVED = "tandem-queries";
const LABELS = ["Begun", "State", "From", "Caller", "Called", "To", "Length", "Sound", "Cause", ""];

/* ---- saved queries ---- */

function saved() {
    try {
        return JSON.parse(localStorage.getItem(SAVED)) ?? [];
    } catch {
        return [];
    }
}

function savedList(input, run) {
    const box = h("div.saved");
    const show = () => fill(
        box, saved().map((q) => h("span.chip", {}, button(q, () => {
                                      input.value = q;
                                      run();
                                  }, "quiet"), button("×", () => {
                                      localStorage.setItem(
                                          SAVED, JSON.stringify(saved().filter((s) => s !== q)));
                                      show();
                                  }, "quiet", {"aria-label": `Forget the query ${q}`}))));
    const save = () => {
        const q = input.value.trim();
        if (q && !saved().includes(q))
            localStorage.setItem(SAVED, JSON.stringify([...saved(), q]));
        show();
    };
    show();
    return {box, save};
}

/* ---- a row ---- */

export function release(row, done) {
    ask({
        title: `Release call ${row.call}`,
        text: `${row.caller || "unknown"} → ${row.called}`,
        fields: [{name: "cause", label: "Cause (Q.850)", value: "16", type: "number"}],
        action: "Release",
        danger: true,
        run: (v) => send("DELETE", `/calls/${part(row.call)}`, v)
    }).then((r) => r && done?.());
}

function makeRow(row, open) {
    const cells = LABELS.map((label) => h("td", {"data-label": label}));
    const tr = h("tr.opens", {tabindex: 0, "data-key": keyOf(row)}, cells);
    const go = (e) => {
        if (!e.target.closest("a, button"))
            open(tr.row);
    };

    tr.addEventListener("click", go);
    tr.addEventListener("keydown", (e) => e.key === "Enter" && go(e));
    tr.cells_ = cells;
    return tr;
}

function keyOf(row) {
    return row.live ? `live ${row.call}` : `${row.call_id} ${row.seq ?? ""}`;
}

/** The length counts on between two events. */
function lengthOf(row) {
    const on = row.live ? Date.now() - row.heard : 0;
    const talk = row.talk_ms > 0 ? row.talk_ms + on : 0;
    return talk > 0 ? duration(talk) : `(${duration((row.duration_ms ?? 0) + on)})`;
}

function causeOf(row) {
    if (row.live || !row.cause_q850)
        return "";
    return [
        String(row.cause_q850), h("small", {}, row.sip_status ? ` ${row.sip_status}` : "",
                                  row.released_by ? ` by ${row.released_by}` : "")
    ];
}

function updateRow(tr, row) {
    const c = tr.cells_;

    if (tr.row !== row) {
        tr.row = row;
        tr.classList.toggle("live", !!row.live);
        fill(c[0], when(row.start_time));
        fill(c[1], row.live                             ? state(row.state)
                   : row.answer_time || row.talk_ms > 0 ? "answered"
                                                        : "not answered");
        fill(c[2], row.from_trunk, h("small", {}, " ", row.from_channel));
        fill(c[3], number(row.caller));
        fill(c[4], number(row.called));
        fill(c[5], row.to_trunk, h("small", {}, " ", row.to_channel));
        fill(c[7], mos(worstMos(row)));
        fill(c[8], causeOf(row));
        if (!row.live)
            fill(c[9]);
        else if (may("operator") && !c[9].firstChild) /* it may be pressed just now */
            c[9].append(button("Release", () => release(tr.row), "danger.small"));
    }
    const length = lengthOf(row);
    if (c[6].textContent !== length)
        c[6].textContent = length;
}

/* ---- the screen ---- */

export function calls(main, {go}) {
    const input = h("input.query", {
        name: "q",
        type: "search",
        "data-search": true,
        spellcheck: "false",
        "aria-label": "Calls to look for",
        autocomplete: "off",
        placeholder: "to:+4420* cause:34 last:1h mos<3.5"
    });
    const csv = h("a.button", {download: "records.csv"}, "CSV");
    const body = h("tbody"), count = h("p.count", {"aria-live": "polite"}), error = h("div");
    const more = button("More", () => {
        shown += STEP;
        if (shown > records.length && !end)
            readRecords(oldest);
        draw();
    });
    const rows = new Rows(
        body, (row) => makeRow(row, (r) => go(`/calls/${part(r.live ? r.call : r.call_id)}`)),
        updateRow);
    const now = new Map();       /* live calls by their number */
    const meanwhile = new Set(); /* for each question about live calls, the events since then */
    let records = [], oldest, end = true, shown = STEP, frame = 0, test = liveTest(""), note = "",
        asked = 0, q = "";

    input.value = new URLSearchParams(location.search).get("q") ?? "";

    const draw = () => {
        frame = 0;
        const going = [...now.values()].filter(test).reverse();
        const all = [...going, ...records];
        rows.show(all.slice(0, shown).map((r) => [keyOf(r), r]));
        count.textContent =
            `${plural(going.length, "call")} now` +
            (going.length < now.size ? ` of ${grouped(now.size)}` : "") +
            (records.length > 0 ? `, ${plural(records.length, "record")}${end ? "" : " and more"}`
                                : "") +
            (note ? `; ${note}` : "");
        more.hidden = all.length <= shown && end;
    };
    const soon = () => {
        if (!frame)
            frame = requestAnimationFrame(draw);
    };
    const take = (c) => c.call !== undefined && now.set(c.call, c);
    const asLive = (c) => ({...c, live: true, heard: Date.now()});
    const happens = (change) => {
        meanwhile.forEach((changes) => changes.push(change));
        change();
        soon();
    };
    const readLive = async () => {
        const changes = [];
        meanwhile.add(changes);
        await into(error, get("/calls", {all: "true"}), ({items}) => {
            now.clear();
            items.filter((c) => c.type === "calls").forEach((c) => take(asLive(c)));
            changes.forEach((change) => change()); /* they are newer than the answer */
            soon();
            return null;
        });
        meanwhile.delete(changes);
    };
    const readRecords = async (before) => {
        const mine = ++asked;
        more.disabled = true;
        try {
            const {items, note: said} = await get("/records", {q, limit: STEP, before});
            if (mine !== asked)
                return;
            /* a call has a record for itself, which is shown, and one for each attempt */
            const whole = items.filter((r) => !(r.attempt > 0));
            records = before ? [...records, ...whole] : whole;
            oldest = items.at(-1)?.seq;
            end = items.length < STEP;
            note = records.length > 0 ? said : "no record matches";
        } catch (e) {
            if (mine !== asked)
                return;
            if (!before) {
                records = [];
                end = true;
            }
            note = e.message;
        }
        more.disabled = false;
        soon();
    };
    const run = () => {
        q = input.value.trim();
        history.replaceState(null, "", "/calls" + queryString({q}));
        csv.href = "/api/v1/records.csv" + queryString({q});
        test = liveTest(q);
        shown = STEP;
        readRecords();
        soon();
    };
    let pause = 0, later = 0;
    const recordsAgain = () => {
        later = 0;
        if (shown === STEP)
            readRecords();
    };
    input.addEventListener("input", () => {
        clearTimeout(pause);
        pause = setTimeout(run, 300);
    });
    const keep = savedList(input, run);

    main.append(
        h("form.line", {
            onsubmit: (e) => {
                e.preventDefault();
                run();
            }
        },
          input, button("Save", keep.save, "", {title: "Keep this query in this browser"}), csv),
        keep.box, error, count,
        h("div.scroll", {},
          h("table.calls", {},
            h("thead", {}, h("tr", {}, LABELS.map((l) => h("th", {scope: "col"}, l)))), body)),
        more);
    readLive();
    run();

    const clock = setInterval(
        () => { rows.elements.forEach((tr) => tr.row?.live && updateRow(tr, tr.row)); }, 1000);
    const ends = [
        live.on("call",
                (c) => {
                    const row = asLive(c);
                    happens(() => take(row));
                }),
        live.on("call-end",
                (c) => {
                    happens(() => now.delete(c.call));
                    later ||= setTimeout(recordsAgain, 1500); /* its record takes a moment */
                }),
        live.on("again", readLive),
    ];
    return () => {
        clearInterval(clock);
        clearTimeout(pause);
        clearTimeout(later);
        cancelAnimationFrame(frame);
        ends.forEach((e) => e());
    };
}
