/* Elements out of data. Text always becomes a text node: what comes from a peer, a file or a caller
 * is never read as HTML. */

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "rect", "line", "path", "text", "title"]);

function set(e, name, value) {
    if (name.startsWith("on"))
        e.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "hidden" || name === "selected")
        e[name] = value;
    else if (value === true)
        e.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
        e.setAttribute(name, value);
}

function add(e, child) {
    if (Array.isArray(child))
        child.forEach((c) => add(e, c));
    else if (child instanceof Node)
        e.append(child);
    else if (child !== null && child !== undefined && child !== false)
        e.append(String(child));
}

/** h("a.big", {href: "/"}, "text", [more, children]) */
export function h(what, props, ...children) {
    const [tag, ...classes] = what.split(".");
    const e = SVG_TAGS.has(tag) && tag !== "title" ? document.createElementNS(SVG, tag)
                                                   : document.createElement(tag);

    if (classes.length > 0)
        e.setAttribute("class", classes.join(" "));
    for (const [name, value] of Object.entries(props ?? {}))
        set(e, name, value);
    add(e, children);
    return e;
}

/** Puts these children in the place of all others. */
export function fill(e, ...children) {
    e.replaceChildren();
    add(e, children);
    return e;
}

/** A button; `kind` is a class: "danger", "quiet". */
export function button(text, onclick, kind = "", props = {}) {
    return h("button" + (kind ? "." + kind : ""), {type: "button", onclick, ...props}, text);
}
