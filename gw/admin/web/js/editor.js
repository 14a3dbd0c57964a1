/* A plan's file as text: a textarea with line numbers. The gateway reads it at each pause; what it
 * has to say stands under its line, and in a list below. No editor library: a plain textarea is
 * what every keyboard, screen reader and telephone knows. */
import {h, fill} from "./h.js";

const PAUSE = 600;

/**
 * {element, value, set(text), mark(complaints), goto(line, column)}; `changed()` is called at each
 * pause, `typed()` at once. complaints: [{line, column, text, kind}]
 */
export function editor({label, readonly, changed, typed}) {
    const gutter = h("div.gutter", {"aria-hidden": "true"}),
          under = h("div.under", {"aria-hidden": "true"});
    const text = h("textarea", {
        spellcheck: "false",
        autocapitalize: "off",
        autocomplete: "off",
        wrap: "off",
        "aria-label": label,
        readonly,
        rows: 24
    });
    const inner = h("div.pane", {}, under, text), element = h("div.editor", {}, gutter, inner);
    let marks = [], pause = 0, lines = 0;

    const lineHeight = () => parseFloat(getComputedStyle(text).lineHeight);
    /* Numbers and notes are where the text is, however it is scrolled. */
    const follow = () => {
        gutter.scrollTop = text.scrollTop;
        under.style.transform = `translate(${- text.scrollLeft}px, ${- text.scrollTop}px)`;
    };
    const number = () => {
        const n = text.value.split("\n").length;
        if (n === lines)
            return;
        lines = n;
        fill(gutter,
             h("div.numbers", {}, Array.from({length: n}, (_, i) => h("span", {}, String(i + 1)))));
        paint();
    };
    const caretLine = () => text.value.slice(0, text.selectionStart).split("\n").length;
    /* A note covers the line below its own: not while that is the one being written. */
    const paint = () => {
        const high = lineHeight(), at = document.activeElement === text ? caretLine() : 0;
        gutter.querySelectorAll("span").forEach(
            (e, i) => e.classList.toggle("wrong", marks.some((m) => m.line === i + 1)));
        fill(under, marks.filter((m) => m.line > 0).map((m) => {
            const wave = h(`div.wave.${m.kind}`), note = h(`div.note.${m.kind}`, {}, m.text);
            const words = text.value.split("\n")[m.line - 1] ?? "",
                  column = Math.max(1, m.column || 1);
            const word = /^[^\s,{}]*/.exec(words.slice(column - 1))[0].length || 1;
            wave.style.top = `${m.line * high - 3}px`;
            wave.style.left = `${column - 1}ch`;
            wave.style.width = `${word}ch`;
            note.style.top = `${m.line * high}px`;
            note.style.left = `${column - 1}ch`;
            return [wave, m.line + 1 === at ? null : note];
        }));
        follow();
    };
    const edit = () => {
        clearTimeout(pause);
        pause = setTimeout(changed, PAUSE);
        number();
        typed?.();
    };

    text.addEventListener("input", edit);
    text.addEventListener("scroll", follow, {passive: true});
    ["keyup", "click", "blur"].forEach((e) => text.addEventListener(e, paint));
    text.addEventListener("keydown", (e) => {
        /* Tab indents; Escape leaves the text, so that the keyboard is not caught in it */
        if (e.key !== "Tab" || e.shiftKey || readonly)
            return;
        e.preventDefault();
        text.setRangeText("    ", text.selectionStart, text.selectionEnd, "end");
        edit();
    });
    return {
        element,
        get value() {
            return text.value;
        },
        set(value) {
            clearTimeout(pause);
            text.value = value;
            marks = [];
            lines = 0;
            text.scrollTop = 0;
            number();
        },
        mark(complaints) {
            marks = complaints;
            paint();
        },
        goto(line, column = 1) {
            const before = text.value.split("\n").slice(0, line - 1).join("\n");
            const start = before.length + (line > 1 ? 1 : 0) + column - 1;
            const end = text.value.indexOf("\n", start);
            text.focus({preventScroll: true});
            text.setSelectionRange(start, end < 0 ? text.value.length : end);
            text.scrollTop = Math.max(0, (line - 6) * lineHeight());
            element.scrollIntoView({block: "nearest"});
            follow();
        },
        end: () => clearTimeout(pause),
    };
}
