/* Tables: columns say how a row's cells are made. On narrow screens each row is a card, whose cells
 * carry their column's name (CSS takes it from data-label). */
import {h, fill} from "./h.js";

/** columns: [{label, cell: (row) => child, kind: "num"}]; `open(row)`: Enter or a click. */
export function table(columns, rows, {empty = "Nothing here.", open, className, caption} = {}) {
    const body = h("tbody");
    const t = h("table" + (className ? "." + className : ""), {},
                caption ? h("caption", {}, caption) : null,
                h("thead", {},
                  h("tr", {}, columns.map((c) => h("th", {scope: "col", class: c.kind}, c.label)))),
                body);

    body.append(...rows.map((row) => line(columns, row, open)));
    if (rows.length === 0)
        body.append(h("tr", {}, h("td.empty", {colspan: columns.length}, empty)));
    return h("div.scroll", {}, t);
}

/** What a click or Enter on the row does; links and buttons in it go their own way. */
function opens(e, row, open) {
    if (e.target.closest("a, button, input, select, summary"))
        return;
    if (e.type === "keydown" && e.key !== "Enter")
        return;
    e.preventDefault();
    open(row);
}

export function line(columns, row, open) {
    const tr = h("tr", {},
                 columns.map((c) => h("td", {class: c.kind, "data-label": c.label}, c.cell(row))));

    if (open) {
        tr.tabIndex = 0;
        tr.classList.add("opens");
        tr.addEventListener("click", (e) => opens(e, row, open));
        tr.addEventListener("keydown", (e) => opens(e, row, open));
    }
    return tr;
}

/**
 * Rows with keys: an element is made once for each key and stays where it is, so that neither the
 * scroll position nor the focus is lost when others come and go.
 */
export class Rows {
    constructor(body, make, update) {
        Object.assign(this, {body, make, update, elements: new Map()});
    }

    /** `rows`: [[key, row]] in their order. */
    show(rows) {
        const keep = new Set(rows.map(([key]) => key));
        for (const [key, e] of this.elements)
            if (!keep.has(key)) {
                e.remove();
                this.elements.delete(key);
            }
        let at = this.body.firstElementChild;
        for (const [key, row] of rows) {
            let e = this.elements.get(key);
            if (!e) {
                e = this.make(row);
                this.elements.set(key, e);
            }
            this.update(e, row);
            if (e === at)
                at = at.nextElementSibling;
            else
                this.body.insertBefore(e, at);
        }
    }
}

/** A section with a heading, and tools at its right. */
export function section(title, tools, ...children) {
    return h("section", {}, h("div.head", {}, h("h2", {}, title), h("div.tools", {}, tools)),
             children);
}

/** An error, in the place where it matters. */
export function problem(e) {
    return h("p.problem", {role: "alert"}, e.message);
}

/** What a key has of values. */
export function facts(pairs) {
    return h("dl.facts", {},
             pairs.filter(([, v]) => v !== undefined && v !== null && v !== "")
                 .map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v))));
}

/* What is made anew between a press and its release has not been clicked: nothing is meanwhile, for
 * as long as a press that nobody sees the end of may seem to last. */
const PRESS = 10000; /* ms */
let released = Promise.resolve();

addEventListener("pointerdown", (e) => {
    if (e.button !== 0)
        return;
    released = new Promise((done) => {
        const clicked = () => setTimeout(done, 50); /* the click comes after the release */
        addEventListener("pointerup", clicked, {capture: true, once: true});
        addEventListener("pointercancel", clicked, {capture: true, once: true});
        setTimeout(done, PRESS);
    });
}, true);

const places = new WeakMap(); /* of each place: {asked: questions, shown: which one's answer} */

/**
 * Fills a place with what a promise gives, or with what went wrong; an answer that comes after that
 * to a later question is not shown. `show` gives what stands there: null where it puts the answer
 * elsewhere and the place is for errors alone, undefined to leave the place as it is.
 */
export async function into(e, promise, show) {
    const place = places.get(e) ?? {asked: 0, shown: 0};
    const mine = ++place.asked;
    const put = async (what) => {
        await released;
        if (mine < place.shown)
            return;
        place.shown = mine;
        const content = what();
        if (content !== undefined)
            fill(e, content);
    };

    places.set(e, place);
    try {
        const value = await promise;
        await put(() => show(value));
    } catch (error) {
        if (error.name !== "AbortError")
            await put(() => problem(error));
    }
}
