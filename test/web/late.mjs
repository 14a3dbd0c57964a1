/* Answers that come late: after that to a later question, after an event, after the screen was
 * left, after a dialog was closed. */
import {writeFileSync} from "node:fs";
import {check, enter, until} from "./browser.mjs";

/**
 * Keeps back the first answer to a question that `want(url, request)` names: {asked, give(body)}.
 * `asked` is there once the gateway has answered; give() hands that answer to the page (or another
 * one in its place) and returns when the page has dealt with it.
 */
async function held(page, want) {
    let asked, answer, kept = null;
    const begun = new Promise((done) => (asked = done));

    await page.route((url) => url.pathname.startsWith("/api/v1/"), async (route) => {
        if (kept || !want(new URL(route.request().url()), route.request()))
            return route.fallback();
        kept = route;
        answer = await route.fetch();
        asked();
    });
    return {
        asked: begun,
        async give(body) {
            const [response] = await Promise.all([
                page.waitForResponse((r) => r.request() === kept.request()),
                kept.fulfill({response: answer, ...(body ? {json: body} : {})})
            ]);
            await response.finished();
            await page.evaluate(
                () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50))));
        },
    };
}

/** Keeps back all answers at this path: {asked: how many, go()}; `change` makes them others. */
async function dammed(page, where, change = (body) => body) {
    let go;
    const open = new Promise((done) => (go = done)), dam = {asked: 0, go};

    await page.route((url) => url.pathname === "/api/v1" + where, async (route) => {
        dam.asked++;
        await open;
        const response = await route.fetch();
        await route.fulfill({response, json: change(await response.json())});
    });
    return dam;
}

const path = (wanted) => (url, request) =>
    url.pathname === "/api/v1" + wanted && request.method() === "GET";

/* each is asked as the screen begins, and again as its stream of events does */
const ASKED_TWICE = [
    ["/", "/alarms", "dl.status a[href='/alarms']"],
    ["/calls", "/calls", "tr.live"],
    ["/routes", "/routes", "table.routes a.place"],
    ["/trunks", "/trunks", "tr.opens"],
    ["/alarms", "/alarms", "article.alarm"],
];

/* the first answer, which knows of nothing yet, comes last */
async function stale(page, config) {
    const wrong = [];
    for (const [screen, question,
                there] of [...ASKED_TWICE,
                           [`/calls/${config.call}`, `/calls/${config.call}`, "dl.facts"]]) {
        const first = await held(page, path(question));
        await page.visit(screen);
        await first.asked;
        await page.locator(there).first().waitFor();
        await first.give({items: [], note: ""});
        if (await page.locator(there).count() === 0)
            wrong.push(screen);
        await page.unrouteAll({behavior: "ignoreErrors"});
    }
    check(wrong.length === 0, `the old answer is shown: ${wrong.join(" ")}`);
}

/* what is not known yet is not called good */
async function unknown(page) {
    const alarms = await dammed(page, "/alarms");
    await page.visit("/");
    const head = page.locator("dl.status");
    await head.waitFor();
    check(!/Alarms\s*ok/.test(await head.textContent()), "no alarms, before they were told");
    alarms.go();
    await head.locator("a[href='/alarms']").waitFor();
}

/* questions that come quicker than their answers do: each answer is shown all the same */
async function slow(page) {
    await page.route((url) => url.pathname === "/api/v1/spans", async (route) => {
        await new Promise((done) => setTimeout(done, 3500));
        await route.continue();
    });
    await page.visit("/trunks");
    await page.locator(".grid .cell").first().waitFor();
    await page.unrouteAll({behavior: "ignoreErrors"});
}

/* an error is gone with the next good answer, and takes away nothing of what is there */
async function errors(page) {
    await page.visit("/");
    for (const [screen, question, there, prepare] of [
             ["/trunks", "/trunks", "tr.opens", () => page.locator("tr.opens").first().click()],
             ["/alarms", "/log", "pre.log span", () => {}]]) {
        await page.show(screen);
        await page.locator(there).first().waitFor();
        await prepare();
        await page.route((url) => url.pathname === "/api/v1" + question,
                         (route) => route.fulfill({status: 500, json: {title: "not today"}}));
        const said = page.locator(".problem", {hasText: "not today"});
        await said.waitFor();
        await page.unrouteAll({behavior: "ignoreErrors"});
        await said.waitFor({state: "detached"});
        check(await page.locator(there).count() > 0, `${screen}: it is empty after an error`);
    }
}

/* the plots: what was asked for a range is not drawn, once another one's answer is */
async function range(page) {
    await page.visit("/");
    await page.locator("#main .plot canvas").first().waitFor();
    const first = await held(page, (url) => url.pathname === "/api/v1/series" && !url.search);
    await first.asked;
    await Promise.all([
        page.waitForResponse(/series\?minutes/),
        page.getByLabel("How far back the plots go").selectOption("1")
    ]);
    const figure = page.locator(".plot .figure").first();
    await figure.waitFor();
    const now = Date.now();
    await first.give({
        items: [{type: "series", time: new Date(now).toISOString(), calls: 4711, peak: 4711}],
        note: ""
    });
    check(!(await figure.textContent()).replace(/\D/g, "").includes("4711"),
          "the plots show another range");
}

/* somebody opens a span's counters while the next answer is under way: they stay open */
async function opened(page) {
    await page.visit("/trunks");
    await page.locator(".span details").first().waitFor();
    const next = await held(page, path("/spans"));
    await next.asked;
    await page.locator(".span summary").first().click();
    await page.locator(".span details dl.facts").first().waitFor();
    /* after the spans their channels are asked for, and then all is shown */
    const channels = page.waitForResponse(/\/channels/);
    await next.give();
    await (await channels).finished();
    await page.waitForTimeout(500);
    check(await page.locator(".span details[open]").count() === 1, "the counters are closed again");
}

/* events that come while the calls are asked for are newer than the answer */
async function events(page, config) {
    const text = (kind, c) => `event: ${kind}\ndata: ${JSON.stringify(c)}\n\n`;
    const begun = {
        type: "calls",
        call: 987654,
        state: "connected",
        caller: "+4311111",
        called: "+4322222",
        start_time: new Date().toISOString(),
        duration_ms: 1,
        talk_ms: 1
    };
    const known = {...begun, call: 987655, called: "+4333333"};
    const calls = await dammed(page, "/calls", ({items}) => ({items: [...items, known]}));
    await page.route("**/api/v1/events", async (route) => {
        await until("the calls are asked for", () => calls.asked > 0);
        await route.fulfill({
            contentType: "text/event-stream",
            body: "retry: 600000\n\n" + text("call", begun) +
                      text("call-end", {call: Number(config.call)})
        });
    });
    await page.visit("/calls");
    const row = (text) => page.locator("tr.live", {hasText: text});
    await row(begun.called).waitFor();
    await until("they are asked for anew", () => calls.asked > 1);
    calls.go();
    await row(known.called).waitFor();
    check(await row(config.answered).count() === 0, "a call that is over goes on in the list");
    check(await row(begun.called).count() === 1, "a call that has begun is not in the list");
}

/* calls end faster than records are asked for: those that have ended appear all the same */
async function busy(page) {
    let asked = 0;
    await page.route("**/api/v1/events", (route) => route.fulfill({
        contentType: "text/event-stream",
        body: "retry: 200\n\nevent: call-end\ndata: {\"call\": 987656}\n\n"
    }));
    page.on("request", (r) => (asked += r.url().includes("/api/v1/records?")));
    await page.visit("/calls");
    await until("records are asked for again", () => asked > 2);
}

/* more records, at the second try when the first one fails */
async function more(page) {
    const record = (seq) => ({call_id: `r${seq}`, seq, caller: "+4311111", called: `+43${seq}`});
    const answers = [
        {json: {items: Array.from({length: 200}, (_, i) => record(1000 - i)), note: ""}},
        {status: 500, json: {title: "not today"}},
        {json: {items: [record(800)], note: ""}},
    ];
    await page.route((url) => url.pathname === "/api/v1/records",
                     (route) => route.fulfill(answers.shift()));
    await page.visit("/calls");
    const button = page.getByRole("button", {name: "More"});
    await button.click();
    await page.locator("p.count", {hasText: "not today"}).waitFor();
    await button.click();
    await page.locator("tr", {hasText: "+43800"}).waitFor();
}

/* a list is made anew while a button of it is pressed: it is clicked all the same */
async function pressed(page) {
    let calls = 0; /* what changes with each answer */
    await page.route((url) => url.pathname === "/api/v1/trunks", async (route) => {
        const response = await route.fetch(), body = await response.json();
        body.items.forEach((t) => (t.where = `${t.where} ${calls}`));
        calls++;
        await route.fulfill({response, json: body});
    });
    await page.visit("/trunks");
    const block = page.getByRole("button", {name: "Block", exact: true}).first();
    await block.hover();
    await page.mouse.down();
    const seen = calls;
    await until("it is asked for again", () => calls > seen);
    await page.waitForTimeout(500);
    await page.mouse.up();
    await page.getByRole("dialog").waitFor();
}

/* a screen that was left does not name itself in the address */
async function left(page, config) {
    const first = await held(page, path("/trunks"));
    await page.visit("/routes?number=030123001&from=pbx");
    await first.asked;
    await page.getByRole("link", {name: "Trunks", exact: true}).click();
    await page.locator("tr.opens").first().waitFor();
    await first.give();
    check(page.url() === config.base + "/trunks", `the address is ${page.url()}`);
}

/* a write goes on when its dialog is closed: what it gives or why it fails is told */
async function closed(page) {
    const dialog = page.getByRole("dialog", {name: "Add an account"});
    for (const [password, told] of [[false, "dialog pre.key"], [true, "dialog .problem"]]) {
        await page.visit("/settings");
        await page.getByRole("button", {name: "Add an account"}).click();
        await dialog.locator("[name=name]").fill("latecomer");
        await dialog.locator("[name=key]").setChecked(!password);
        await dialog.locator("[name=reason]").fill("it comes late");
        const write = await held(page, (url, request) => request.method() === "PUT");
        await dialog.getByRole("button", {name: "Add", exact: true}).click();
        await write.asked;
        await dialog.getByRole("button", {name: "Cancel"}).click();
        await dialog.waitFor({state: "detached"});
        await write.give();
        await page.locator(told).waitFor();
        await page.unrouteAll({behavior: "ignoreErrors"});
    }
}

/* a dialog goes with its screen */
async function behind(page) {
    await page.visit("/");
    await page.getByRole("link", {name: "Settings", exact: true}).click();
    await page.getByRole("button", {name: "Drain"}).click();
    await page.getByRole("dialog").waitFor();
    await page.goBack();
    await page.locator("h1", {hasText: "Now"}).waitFor();
    await page.getByRole("dialog").waitFor({state: "detached"});
}

/* the plan as text: nothing is typed before there is a text; what was read before the last letter
 * does not make a plan fit to be applied */
async function text(page) {
    const area = page.locator(".editor textarea"),
          apply = page.getByRole("button", {name: "Apply …"});
    const plan = await held(page, path("/plan"));
    await page.visit("/routes?edit=1");
    await plan.asked;
    await area.focus();
    await page.keyboard.type("x");
    check(await area.inputValue() === "", "a text can be typed before the file is there");
    await page.getByRole("button", {name: "Diff"}).click();
    await plan.give();
    await until("the file is there", async () => (await area.inputValue()).includes("version 1"));
    await page.locator("section", {hasText: "What would change"}).first().waitFor();

    const good = await area.inputValue(), checks = [];
    await page.locator(".verdict .good").waitFor();
    await page.route((url) => url.pathname === "/api/v1/plan/check",
                     async (route) => checks.push([route, await route.fetch()]));
    await area.fill(good + "# one\n");
    await until("it is read", () => checks.length === 1);
    await area.fill(good + "# one\nnonsense\n");
    const [[route, response]] = checks;
    await Promise.all([
        page.waitForResponse((r) => r.request() === route.request()).then((r) => r.finished()),
        route.fulfill({response})
    ]);
    await page.evaluate(() => new Promise(requestAnimationFrame));
    check(await apply.isDisabled(), "a text that was not read can be applied");
    await area.fill(good);
}

/* two files are read aside: the one that was given last is the one that is proposed */
async function files(page, config) {
    const file = `${config.dir}/late.csv`, list = `${config.dir}/late-list.csv`;
    writeFileSync(file, "prefix,rate\n49,0.0150\n4930,0.0090\n44,0.0200\n");
    writeFileSync(list, "+4930123001\n+4930123002\n");
    await page.visit("/rates");
    const first = await held(page, (url, request) => request.method() === "PUT");
    await page.getByLabel("Another file for deck alpha").setInputFiles(file);
    await first.asked;
    await page.getByLabel("Another file for list vip").setInputFiles(list);
    const proposed = page.getByRole("heading", {name: "What would change in list vip"});
    await proposed.waitFor();
    await first.give();
    check(await proposed.isVisible(), "another file is proposed than was given last");
}

const alone = (test) => Object.defineProperty(async (browser, config) => {
    const page = await enter(browser, config, "anna");
    await test(page, config);
    check(page.wrong.length === 0, page.wrong[0]);
    await page.context().close();
}, "name", {value: test.name});

export const late = [
    stale, unknown, slow, errors, range, opened, events, busy, more, pressed, left, closed, behind,
    text, files
].map(alone);
