// One browser for all tests, a context of its own for each; what no page may ever do fails the test that saw it.

import assert from "node:assert/strict";
import { availableParallelism, loadavg } from "node:os";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { truncate, URL_OF_SERVER } from "./server.js";

const FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/**
 * How long what a test waits for may take before it counts as never. It says nothing of how fast the page is: a slow machine may take
 * as long as it likes, and what has to be quick is waited for with a `deadline` of its own.
 */
const PATIENCE = 60_000;
/** How long a test has, with all that it waits for. */
const TEST_TIMEOUT = 240_000;

/** For so much time on a processor it is watched how long that takes, in microseconds. */
const WORK = 50_000;

/** How many times longer work takes here and now than it is at work: the rest of the time others have the processors. */
function contention() {
  const [started, before] = [performance.now(), process.cpuUsage()];
  let used = 0;
  while (used < WORK) {
    const { user, system } = process.cpuUsage(before);
    used = user + system;
  }
  return ((performance.now() - started) * 1_000) / used;
}

/**
 * What a deadline of so many milliseconds, meant for a machine that has nothing else to do, is on this one now: where twice as much waits
 * for its processors as they can do, all takes twice as long. The load is an average of the last minute, and what came since is measured.
 */
export const deadline = (ms) => ms * Math.max(1, loadavg()[0] / availableParallelism(), contention());

let browser;

before(async () => {
  const executablePath = process.env.LGX_CHROMIUM;
  assert.ok(executablePath, "LGX_CHROMIUM names the browser");
  browser = await chromium.launch({ executablePath, args: FLAGS });
});

after(() => browser?.close());

/**
 * A test in a browser, on an empty server. `options.console` are errors of the console that have to be there, `options.hosts` further hosts
 * that may be asked, `options.context` goes to the context, `options.skip` says why it cannot be run, `options.truncate` is false where
 * nobody may clear the server. `faults` are what the page may never do, as they come.
 */
export function studio(name, options, body) {
  if (body === undefined) [options, body] = [{}, options];
  test(name, { skip: options.skip, timeout: TEST_TIMEOUT }, async (t) => {
    if (options.truncate !== false) await truncate();
    const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, reducedMotion: "reduce", ...options.context });
    context.setDefaultTimeout(PATIENCE);
    const faults = await watch(context, options);
    const page = await context.newPage();
    try {
      await body({ page, context, faults, t });
      assert.deepEqual(faults, [], "what the page may never do");
    } catch (error) {
      await keepScreenshot(page, name);
      // What went wrong in the page before is likely the reason.
      throw faults.length > 0 ? new Error(`the page did what it may never do: ${faults.join("\n")}`, { cause: error }) : error;
    } finally {
      await context.close();
    }
  });
}

/** Everything that leaves the machine is stopped and noted, and so is every error of the console. */
async function watch(context, { console: expected = [], hosts = [] }) {
  const faults = [];
  const known = (host) => host === new URL(URL_OF_SERVER).host || hosts.some((one) => (one instanceof RegExp ? one.test(host) : one === host));
  await context.route(
    (url) => !["data:", "blob:"].includes(url.protocol) && !known(url.host),
    (route) => {
      faults.push(`a request to ${route.request().url()}`);
      return route.abort();
    },
  );
  // Sockets are only watched: to stop them, all that they carry would have to go through here.
  context.on("page", (page) => {
    page.on("websocket", (socket) => {
      if (!known(new URL(socket.url()).host)) faults.push(`a socket to ${socket.url()}`);
    });
  });
  await context.addInitScript(() => {
    // The console tells of it too, but not in every version by the same words.
    document.addEventListener("securitypolicyviolation", (event) => {
      // oxlint-disable-next-line no-console -- the console is how the test hears of it
      console.error(`CSP: ${event.violatedDirective} of ${event.blockedURI}`);
    });
  });
  await context.addInitScript(watchNodes);
  context.on("console", (message) => {
    const text = `${message.text()} (${message.location().url})`;
    if (message.type() === "error" && !expected.some((one) => one.test(text))) faults.push(text);
  });
  context.on("weberror", (error) => faults.push(`uncaught: ${error.error().stack ?? error.error()}`));
  return faults;
}

/** With `LGX_SCREENSHOTS`, a failed test leaves what the page looked like there. */
async function keepScreenshot(page, name) {
  const folder = process.env.LGX_SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name.replaceAll(/[^\w-]+/g, "-").slice(0, 80)}.png` }).catch(() => {});
}

/** Opens a path below /studio. */
export async function open(page, path = "/") {
  await page.goto(`${URL_OF_SERVER}/studio${path}`);
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}

/** A node of the graph, by its path in the drawing. */
export function node(page, path) {
  return page.locator(`[data-node="${path}"]`);
}

/** Waits until a node stands so. */
export async function nodeIs(page, path, status) {
  await page.locator(`[data-node="${path}"][data-status="${status}"]`).waitFor();
}

/** Waits until a node has been seen to stand so, however short: on a busy machine nobody looks in just that moment. */
export async function nodeWas(page, path, status) {
  await eventually(page, `${path} ${status}`, (wanted) => window.seenOfNodes.has(wanted), `${path} ${status}`);
}

/** Notes whatever is drawn of any node's status. Runs in the page, before its own code. */
function watchNodes() {
  window.seenOfNodes = new Set();
  const note = (element) => {
    if (element instanceof HTMLElement && element.dataset.node) window.seenOfNodes.add(`${element.dataset.node} ${element.dataset.status}`);
  };
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      note(target);
      for (const added of addedNodes) if (added instanceof HTMLElement) [added, ...added.querySelectorAll("[data-node]")].forEach(note);
    }
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["data-status"] });
}

/** Waits until something holds; the page is asked again with each frame that it draws, and nothing sleeps. */
export async function eventually(page, what, probe, argument) {
  await page.waitForFunction(probe, argument, { timeout: PATIENCE }).catch((error) => {
    throw new Error(`never came: ${what}`, { cause: error });
  });
}
