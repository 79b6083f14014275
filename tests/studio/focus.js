// A page without a mouse: going from place to place by Tab, and seeing all the while where one is.

import assert from "node:assert/strict";

/** More places than any page has. */
const MOST_PLACES = 250;

/** How the focus shows where it is now, or what is wrong with it; null where nothing has it. */
function seenFocus() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const what = element.outerHTML.slice(0, 160);
  // Of a field it may be the box around it that is marked.
  const marked = [element, element.parentElement].find((one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && outlineWidth !== "0px";
  });
  if (!marked) return `no mark: ${what}`;
  if (!marked.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return `not to be seen: ${what}`;
  const { top, left, bottom, right } = marked.getBoundingClientRect();
  return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth ? "" : `out of sight: ${what}`;
}

/** Presses Tab (or Shift+Tab) until the place has the focus. Wherever it is on the way has to be seen. */
export async function tabTo(page, place, { key = "Tab" } = {}) {
  await place.waitFor();
  for (let presses = 0; presses < MOST_PLACES; presses += 1) {
    if (await place.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
    const wrong = await page.evaluate(seenFocus);
    assert.ok(!wrong, `the focus has ${wrong}`);
  }
  assert.fail(`Tab never comes to ${place}`);
}

/** Presses Tab so many times. Wherever the focus comes has to be seen. */
export async function tabThrough(page, presses) {
  const wrong = new Set();
  for (let at = 0; at < presses; at += 1) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(seenFocus);
    if (found) wrong.add(found);
  }
  assert.deepEqual([...wrong], []);
}

/** Goes to a button and presses Enter. */
export async function enter(page, place, options) {
  await tabTo(page, place, options);
  await page.keyboard.press("Enter");
}

/** Goes to a field and types into it what it shall hold. */
export async function type(page, field, text, options) {
  await tabTo(page, field, options);
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}
