/* The queue of reviews by keyboard, on entries that only note what is done to them. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, pressed } from "./load.mjs";

load("shared");
const done = [];
const makeEntry = (name, { mayReturn = true } = {}) => {
  const textarea = { focus: () => done.push(`${name} asks why`), closest: () => details };
  const details = { open: false, querySelector: () => textarea };
  const found = {
    "form[data-approve]": { requestSubmit: () => done.push(`${name} approved`) },
    ".review-return": mayReturn ? details : null,
  };
  return {
    textarea,
    details,
    focus: () => done.push(`${name} focused`),
    querySelector: (selector) => found[selector],
    addEventListener(_kind, listener) {
      this.press = (event) => listener({ target: this, preventDefault: () => {}, ...event });
    },
  };
};

let first;
let last;
beforeEach(() => {
  first = makeEntry("first");
  last = makeEntry("last", { mayReturn: false });
  globalThis.document = { querySelectorAll: () => [first, last], getElementById: () => ({ hidden: true }) };
  load("review");
  done.length = 0;
});

const KEYS = [
  ["ArrowDown", {}, ["last focused"]],
  ["ArrowUp", {}, []],
  ["a", {}, ["first approved"]],
  ["A", { shiftKey: true }, ["first approved"]],
  ["r", {}, ["first asks why"]],
  ["Enter", {}, []],
  ["Escape", {}, []],
  ["b", {}, []],
  ["a", { ctrlKey: true }, []],
  ["r", { metaKey: true }, []],
  ["a", { isComposing: true }, []],
];

for (const [key, held, meant] of KEYS) {
  test(`${key} ${JSON.stringify(held)} on an entry: ${meant.join() || "nothing"}`, () => {
    first.press(pressed(key, held));
    assert.deepEqual(done, meant);
  });
}

test("what is typed into a field of an entry decides nothing", () => {
  first.press({ ...pressed("a"), target: first.textarea });
  assert.deepEqual(done, []);
});

test("Escape in a field closes the return that was begun, and comes back to the entry", () => {
  first.press(pressed("r"));
  assert.equal(first.details.open, true);
  first.press({ ...pressed("Escape"), target: first.textarea });
  assert.equal(first.details.open, false);
  assert.deepEqual(done, ["first asks why", "first focused"]);
});

test("an entry that may not be returned asks nothing, and the last one leads nowhere", () => {
  last.press(pressed("r"));
  last.press(pressed("ArrowDown"));
  assert.deepEqual(done, []);
  last.press(pressed("ArrowUp"));
  assert.deepEqual([done, first.tabIndex, last.tabIndex], [["first focused"], 0, -1]);
});
