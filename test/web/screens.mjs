/* Every screen: it loads without a complaint of the browser, at a desk and on a telephone, light
 * and dark, with keys alone, and without JavaScript. */
import {check, enter, login, open, SCREENS, sideways, until} from "./browser.mjs";

/* a word that is there once the screen has its data */
const READY = {
    "/": "#main .plot canvas",
    "/calls": "#main tr.live",
    "/routes": "#main table.routes tbody a.place",
    "/trunks": "#main .grid .cell",
    "/rates": "#main section:has-text('Decks') table",
    "/alarms": "#main pre.log span",
    "/settings": "#main section:has-text('The gateway') dl",
};

async function calm(page, where) {
    check(page.wrong.length === 0, `${where}: ${page.wrong[0]}`);
    check(page.refused.length === 0, `${where}: ${page.refused[0]}`);
}

async function shot(page, config, name) {
    await page.screenshot({path: `${config.shots}/${name}.png`});
}

const nameOf = (path) => (path === "/" ? "now" : path.split("/")[1]);

async function desk(browser, config) {
    const page = await open(browser, config);
    await login(page, config, "anna");
    for (const [path, title] of Object.entries(SCREENS)) {
        await page.getByRole("navigation").getByRole("link", {name: title, exact: true}).click();
        await page.locator(READY[path]).first().waitFor();
        check(await page.locator("h1").textContent() === title, `${path}: no heading ${title}`);
        check(await page.locator("nav a").count() === 7, "not seven screens");
        check(await page.locator("nav a[aria-current=page]").textContent() === title,
              `${path}: not marked`);
        await shot(page, config, nameOf(path));
        await contrasts(page, path);
        await calm(page, path);
    }
    await page.show("/calls");
    await page.locator("tr.live", {hasText: config.answered}).first().click();
    await page.locator("h1", {hasText: /^Call \d+/}).waitFor();
    await page.locator("table.explain").waitFor();
    await until("the ladder is drawn",
                () => page.locator(".ladder img").evaluate((i) => i.naturalWidth > 0));
    await shot(page, config, "call");
    await calm(page, "the call");
    const [capture] = await Promise.all(
        [page.waitForEvent("download"), page.getByRole("link", {name: "Capture"}).click()]);
    check((await capture.createReadStream()) !== null, "no capture");
    await keyboard(page, config);
    await page.context().close();
}

/* g and a letter belong together for 1.5 s only: on a busy machine once more */
async function goes(page, key, title) {
    const heading = page.locator("h1", {hasText: title});

    await until(`the keys g ${key} go to ${title}`, async () => {
        await page.keyboard.press("g");
        await page.keyboard.press(key);
        return heading.waitFor({timeout: 3000}).then(() => true, () => false);
    });
}

/* by keys alone: to each screen, to the search, into a row and out of it */
async function keyboard(page, config) {
    for (const [key, title] of [["n", "Now"], ["c", "Calls"], ["r", "Routes"], ["t", "Trunks"],
                                ["l", "Rates & lists"], ["a", "Alarms & log"], ["s", "Settings"]])
        await goes(page, key, title);
    await goes(page, "c", "Calls");
    await page.locator("tr.live").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(`to:*`);
    check(await page.locator("[data-search]").inputValue() === "to:*",
          "/ does not find the search");
    await page.locator("[data-search]").fill("");
    await page.keyboard.press("Escape");
    await page.locator("tr.live").first().focus();
    const ring =
        await page.locator("tr.live").first().evaluate((e) => getComputedStyle(e).outlineStyle);
    check(ring !== "none", "the focus cannot be seen");
    await page.keyboard.press("Enter");
    await page.locator("h1", {hasText: /^Call \d+/}).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("h1", {hasText: /^Calls$/}).waitFor();
}

async function telephone(browser, config) {
    const page = await enter(browser, config, "anna",
                             {viewport: {width: 375, height: 740}, colorScheme: "dark"});
    const ready = {
        ...READY,
        "/routes?edit=1": ".editor .numbers",
        [`/calls/${config.call}`]: "table.explain"
    };
    await page.visit("/");
    for (const path of Object.keys(ready)) {
        await page.show(path);
        await page.locator(ready[path]).first().waitFor();
        const wide = await sideways(page);
        check(!wide, `${path}: scrolls sideways at 375 pixels: ${wide}`);
        if (path === "/" || path === "/calls")
            await shot(page, config, `${nameOf(path)}-narrow`);
        await calm(page, `${path} on a telephone`);
    }
    await page.context().close();
}

/* the server's form is there before the script is: what somebody types meanwhile stays */
async function early(browser, config) {
    const page = await open(browser, config);
    let begin;
    const begun = new Promise((done) => (begin = done));
    await page.route("**/api/v1/session", async (route) => {
        await begun;
        await route.continue();
    });
    await page.at("/login");
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Password").focus();
    await page.keyboard.type(config.accounts.anna.slice(0, 5));
    begin();
    await page.locator("form.login").waitFor();
    await page.keyboard.type(config.accounts.anna.slice(5));
    await page.keyboard.press("Enter");
    await page.locator("#who", {hasText: "anna"}).waitFor();
    await page.context().close();
}

/* an answer that comes after that to a later question is not shown */
async function overtaken(browser, config) {
    const page = await enter(browser, config, "anna");
    let late;
    const asked = new Promise((done) => {
        page.route("**/routes/explain?number=1**", async (route) => {
            const answer = await route.fetch();
            late = () => route.fulfill({response: answer});
            done();
        });
    });
    const ask = async (number) => {
        await page.getByLabel("Number").fill(number);
        await page.getByRole("button", {name: "Where would it go?"}).click();
    };
    await page.visit("/routes");
    await page.getByLabel("From").selectOption("pbx");
    await ask("1");
    await asked;
    await ask("030123001");
    await page.locator(".decision", {hasText: "pri"}).waitFor();
    await Promise.all([page.waitForResponse("**/routes/explain?number=1**"), late()]);
    await page.evaluate(() => new Promise(requestAnimationFrame));
    check(await page.locator(".decision", {hasText: "pri"}).isVisible(), "the old answer is shown");
    await page.context().close();
}

/* what the server alone says: a table on every screen, or the terms of a line that is alone; the
 * form to log in */
async function plain(browser, config) {
    const page = await open(browser, config, {javaScriptEnabled: false});
    await page.at("/login");
    await page.locator("input[name=name]").fill("anna");
    await page.locator("input[name=password]").fill(config.accounts.anna);
    await page.locator("form button, form input[type=submit]").first().click();
    await page.waitForURL((url) => url.pathname !== "/login");
    for (const path of Object.keys(SCREENS)) {
        await page.at(path);
        check(await page.locator("main table, main dl").count() > 0,
              `${path}: no table without JavaScript`);
    }
    await calm(page, "without JavaScript");
    await page.context().close();
}

/* text and what it stands on: 4.5 or more, by WCAG's formula, for every text that can be seen */
function lowContrasts() {
    const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const parts = (c) => c.match(/[\d.]+/g).map(Number);
    const light = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
    const under = (e) => {
        for (; e; e = e.parentElement) {
            const c = parts(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] > 0)
                return c;
        }
        return [255, 255, 255];
    };
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), low = new Set();
    for (let t = walk.nextNode(); t; t = walk.nextNode()) {
        const e = t.parentElement;
        if (!t.data.trim() || !e.checkVisibility() || e.closest("script, :disabled, .skip"))
            continue;
        const [a, b] = [light(parts(getComputedStyle(e).color)), light(under(e))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5)
            low.add(`"${t.data.trim().slice(0, 30)}" has ${ratio.toFixed(2)}`);
    }
    return [...low];
}

async function contrasts(page, where) {
    for (const colorScheme of ["dark", "light"]) {
        await page.emulateMedia({colorScheme});
        const low = await page.evaluate(lowContrasts);
        check(low.length === 0, `${where} ${colorScheme}: too little contrast: ${low[0]}`);
    }
}

export const screens = [early, overtaken, desk, telephone, plain];
