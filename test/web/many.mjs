/* A thousand live calls: the list is smooth, and keeps its place while calls come and go. */
import {check, login, open, until} from "./browser.mjs";

const TRIES = 5; /* what the page does it does each time; what the machine does, now and then */

/** Frames in a second, and the longest task meanwhile (ms): the first that will do, or the last. */
async function smooth(page) {
    let frames, worst;

    for (let i = 0; i < TRIES; i++) {
        [frames, worst] = await page.evaluate(async () => {
            let n = 0;
            window.long.length = 0;
            const end = performance.now() + 1000;
            while (performance.now() < end) {
                await new Promise(requestAnimationFrame);
                n++;
            }
            return [n, Math.max(0, ...window.long)];
        });
        if (frames >= 10 && worst < 500)
            break;
    }
    return [frames, worst];
}

/** How long it takes until no call is shown when nobody's are asked for (ms): in the same way. */
async function filtered(page) {
    const search = page.locator("[data-search]"), rows = page.locator("tr.live");
    let took;

    for (let i = 0; i < TRIES; i++) {
        const typed = Date.now();
        await search.fill("to:nobody");
        await until("the list is filtered", async () => (await rows.count()) === 0);
        took = Date.now() - typed;
        if (took < 3000)
            break;
        await search.fill("");
        await rows.first().waitFor();
    }
    return took;
}

async function thousand(browser, config) {
    const page = await open(browser, config);
    await login(page, config, "otto");
    const begin = Date.now();
    await page.visit("/calls");
    await until(`${config.many} calls`,
                async () =>
                    Number(/^[\d\s\u202f]+/.exec(await page.locator(".count").textContent())
                               ?.[0]
                               .replace(/\D/g, "")) >= config.many);
    console.log(`  ${config.many} calls listed after ${Date.now() - begin} ms`);
    check(await page.locator("table.calls tbody tr").count() <= 201,
          "rows that nobody sees are there");

    /* a row in the middle stays where it is, the same element, while calls come and go */
    const row = page.locator("table.calls tbody tr").nth(100);
    await row.scrollIntoViewIfNeeded();
    const key = await row.getAttribute("data-key");
    await page.evaluate((k) => {
        window.watched = document.querySelector(`[data-key="${k}"]`);
        window.long = [];
        new PerformanceObserver((l) => window.long.push(...l.getEntries().map((e) => e.duration)))
            .observe({type: "longtask"});
    }, key);
    const before = await page.evaluate(() => window.watched.getBoundingClientRect().top);
    await page.waitForTimeout(2000);
    const [frames, worst] = await smooth(page);
    const [after, same] = await page.evaluate(
        () => [window.watched.getBoundingClientRect().top, window.watched.isConnected]);
    console.log(
        `  ${frames} frames in a second, the longest task ${worst.toFixed(0)} ms, the row moved ` +
        `${Math.abs(after - before).toFixed(0)} pixels`);
    check(same, "the row was made anew");
    check(Math.abs(after - before) < 60, "the list lost its place");
    check(frames >= 10, `only ${frames} frames in a second`);
    check(worst < 500, `a task took ${worst} ms`);

    const took = await filtered(page);
    check(took < 3000, `the filter took ${took} ms`);
    check(page.wrong.length === 0, page.wrong[0]);
    await page.context().close();
}

export const many = [thousand];
