/* What the scripts share: words, keys, the store of the browser and requests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, pressed } from "./load.mjs";

load("shared");
const { fillIn, say, keyOf, readKept, keep, renewToken, failureOf, post } = globalThis.shared;

test("a text is filled in; what is missing leaves nothing, and a value is no pattern", () => {
  assert.equal(fillIn("%(a)s of %(b)s", { a: 1, b: 2 }), "1 of 2");
  assert.equal(fillIn("%(a)s%(a)s", { a: 0 }), "00");
  assert.equal(fillIn("100% by %(name)s.", {}), "100% by .");
  assert.equal(fillIn("%(a)s", { a: "$& %(b)s", b: "no" }), "$& %(b)s");
});

test("a region says a text, and is hidden when there is nothing to say", () => {
  const region = {
    replaceChildren: (...children) => {
      region.children = children;
    },
  };
  say(region, "Saved", "link");
  assert.deepEqual([region.children, region.hidden], [["Saved", "link"], false]);
  say(region, "");
  assert.equal(region.hidden, true);
});

test("keys have their names, and none with a modifier or while composing", () => {
  assert.equal(keyOf(pressed("A")), "a");
  assert.equal(keyOf(pressed("r", { shiftKey: true })), "r");
  assert.equal(keyOf(pressed("ArrowDown")), "ArrowDown");
  for (const held of ["ctrlKey", "altKey", "metaKey", "isComposing"]) {
    assert.equal(keyOf(pressed("a", { [held]: true })), "", held);
  }
});

/* --- The store of the browser --- */

const storeWith = (texts, { isFull = false } = {}) => {
  globalThis.localStorage = {
    getItem: (name) => texts[name] ?? null,
    setItem: (name, text) => {
      if (isFull) throw new Error("full");
      texts[name] = text;
    },
    removeItem: (name) => delete texts[name],
  };
  return texts;
};

test("what is kept is read again, until it is taken away", () => {
  const texts = storeWith({});
  keep("sheet", { value: "５" });
  assert.deepEqual(readKept("sheet"), { value: "５" });
  keep("sheet", null);
  assert.deepEqual([texts, readKept("sheet")], [{}, null]);
});

test("a full, spoilt or forbidden store stops nothing", () => {
  storeWith({ sheet: "{spoilt" }, { isFull: true });
  assert.equal(readKept("sheet"), null);
  keep("sheet", { value: "5" });
  globalThis.localStorage = undefined;
  assert.equal(readKept("sheet"), null);
  keep("sheet", { value: "5" });
});

/* --- Requests --- */

const ANSWERS = [
  [{ type: "basic", status: 200, ok: true }, ""],
  [{ type: "opaqueredirect", status: 0, ok: false }, "session"],
  [{ type: "basic", status: 401, ok: false }, "session"],
  [{ type: "basic", status: 403, ok: false }, "session"],
  [{ type: "basic", status: 400, ok: false }, "refused"],
  [{ type: "basic", status: 404, ok: false }, "refused"],
  [{ type: "basic", status: 409, ok: false }, "refused"],
  [{ type: "basic", status: 500, ok: false }, "offline"],
  [{ type: "basic", status: 503, ok: false }, "offline"],
];

for (const [answer, failure] of ANSWERS) {
  test(`an answer ${answer.type} ${answer.status} is "${failure}"`, () => assert.equal(failureOf(answer), failure));
}

const token = { value: "of the page" };
const form = { querySelector: () => token };

test("the token is that of the cookie, which a log-in in another window has changed", () => {
  globalThis.document = { cookie: "sessionid=1; csrftoken=new; xcsrftoken=wrong" };
  assert.equal(renewToken(form), "new");
  assert.equal(token.value, "new");
  globalThis.document = { cookie: "xcsrftoken=wrong" };
  assert.equal(renewToken(form), "new");
});

test("what is sent carries the token, follows no redirect, and brings the body back", async () => {
  globalThis.document = { cookie: "csrftoken=abc" };
  let asked;
  globalThis.fetch = async (address, options) => {
    asked = { address, ...options };
    return new Response('{"version": 2}', { headers: { "Content-Type": "application/json" } });
  };
  assert.deepEqual(await post(form, "/cell/", "body", 10), { status: 200, body: { version: 2 }, failure: "" });
  assert.equal(asked.address, "/cell/");
  assert.deepEqual(asked.headers, { "X-CSRFToken": "abc", "X-Fragment": "1" });
  assert.deepEqual([asked.method, asked.redirect, asked.credentials], ["POST", "manual", "same-origin"]);
  globalThis.fetch = async () => new Response("<p>preview</p>");
  assert.equal((await post(form, "/preview/", "body", 10)).body, "<p>preview</p>");
});

test("no answer, none in time and a broken one are a cut connection", async () => {
  const cut = { status: 0, body: {}, failure: "offline" };
  globalThis.fetch = () => Promise.reject(new TypeError("Failed to fetch"));
  assert.deepEqual(await post(form, "/cell/", "body", 10), cut);
  globalThis.fetch = (_address, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  assert.deepEqual(await post(form, "/cell/", "body", 10), cut);
  globalThis.fetch = async () => new Response("{broken", { headers: { "Content-Type": "application/json" } });
  assert.deepEqual(await post(form, "/cell/", "body", 10), cut);
});
