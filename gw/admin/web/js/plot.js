/* The plots: uPlot with the page's colours. */
import {h} from "./h.js";

function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** "14:05" of seconds since 1970. */
function clock(s) {
    return new Date(s * 1000).toLocaleTimeString(
        [], {hour: "2-digit", minute: "2-digit", hour12: false});
}

function axis(size, values) {
    return {
        stroke: colour("--soft"),
        size,
        font: "11px system-ui",
        gap: 2,
        grid: {stroke: colour("--line"), width: 1},
        ticks: {show: false},
        values
    };
}

function options(width, series) {
    return {
        width,
        height: 110,
        legend: {show: false},
        padding: [6, 6, 0, 0],
        cursor: {y: false, drag: {x: false, y: false}},
        scales:
            {y: {range: (u, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 0) * 1.1)]}},
        axes: [axis(22, (u, ticks) => ticks.map(clock)), axis(38)],
        series: [
            {}, ...series.map((s) => ({
                                  label: s.label,
                                  stroke: colour(s.colour),
                                  width: 1.5,
                                  dash: s.dash,
                                  points: {show: false},
                                  spanGaps: true
                              }))
        ],
    };
}

/**
 * A plot with its title and the latest figures: {element, set(data), end()}. `data`: uPlot's, the
 * times first; `say(row)`: the text of the values at the cursor, or of the last ones.
 */
export function plot(title, series, say) {
    const now = h("span.figure"), box = h("div.canvas", {role: "img", "aria-label": title});
    const element = h("figure.plot", {}, h("figcaption", {}, h("span", {}, title), now), box);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let chart = null, data = null;

    const show = (i) => {
        const values = data?.slice(1).map((column) => column[i]) ?? [];
        now.textContent = values.length > 0 ? say(...values) : "";
    };
    const last = () => (data ? data[0].length - 1 : 0);
    const draw = () => {
        chart?.destroy();
        chart = null;
        if (!data || box.clientWidth === 0)
            return;
        const o = options(box.clientWidth, series);
        o.hooks = {setCursor: [(u) => show(u.cursor.idx ?? last())]};
        chart = new window.uPlot(o, data, box);
    };
    const sizes = new ResizeObserver(() => {
        if (chart && chart.width !== box.clientWidth)
            chart.setSize({width: box.clientWidth, height: 110});
        else if (!chart)
            draw();
    });

    sizes.observe(box);
    dark.addEventListener("change", draw);
    return {
        element,
        set(next) {
            data = next;
            if (chart)
                chart.setData(data);
            else
                draw();
            show(last());
        },
        end() {
            sizes.disconnect();
            dark.removeEventListener("change", draw);
            chart?.destroy();
            chart = data = null;
        },
    };
}

/**
 * Bars over time coloured by how it sounded: an SVG as wide as its box. `steps`: [{at_ms, step_ms,
 * mos, loss_permille, jitter_ms}]
 */
export function soundBars(steps) {
    const end = Math.max(...steps.map((s) => Number(s.at_ms) + Number(s.step_ms)), 1);
    const bar = (s) => {
        const v = Number(s.mos ?? 0), kind = v >= 4     ? "good"
                                             : v >= 3.1 ? "other"
                                             : v > 0    ? "bad"
                                                        : "none";
        const tall = Math.max(4, (v - 1) / 3.5 * 60);
        const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
        title.textContent =
            `${Math.round(s.at_ms / 1000)} s: ` +
            (v === 0 ? "nothing was heard"
                     : `MOS ${v.toFixed(2)}, loss ${(s.loss_permille / 10).toFixed(1)} %, jitter ${
                           s.jitter_ms ?? "?"} ms`);
        return h(`rect.${kind}`, {
            x: s.at_ms / end * 1000,
            y: 60 - tall,
            height: tall,
            width: Math.max(1, s.step_ms / end * 1000 - 1)
        },
                 title);
    };
    return h("svg.bars", {
        viewBox: "0 0 1000 60",
        preserveAspectRatio: "none",
        role: "img",
        "aria-label": "How it sounded over time"
    },
             steps.map(bar));
}
