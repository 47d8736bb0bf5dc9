/* What the scripts of the pages do in one way: words with values filled in, elements, keys, what is kept in this
   browser, and requests. It comes before every other script. */
"use strict";

globalThis.shared = (() => {
  const PATIENCE_MS = 20_000;

  /* --- Words and elements --- */

  /* The text with its values: "saved by %(name)s". A value that is missing leaves nothing behind. */
  const fillIn = (text, values = {}) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name] ?? "");

  /* Says the text, and what else belongs to it, in a live region; nothing to say hides the region. */
  const say = (region, text, ...more) => {
    region.replaceChildren(text, ...more);
    region.hidden = !text;
  };

  /* What a template has given to the script, by `json_script`. */
  const readData = (id) => JSON.parse(document.getElementById(id).textContent);

  const makeElement = (name, className = "", text = "") => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  };

  const makeButton = (className, text, act) => {
    const made = makeElement("button", className, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };

  const makeHiddenInput = (name, value) => {
    const made = makeElement("input");
    made.type = "hidden";
    made.name = name;
    made.value = value;
    return made;
  };

  /* A link to the log-in in another window, which leads back here: what was typed stays in this one. */
  const makeLoginLink = (address, text) => {
    const made = makeElement("a", "", ` ${text}`);
    made.href = `${address}?next=${encodeURIComponent(location.pathname)}`;
    made.target = "_blank";
    made.rel = "opener";
    return made;
  };

  /* --- Keys --- */

  /* The key that was pressed, letters in lower case; "" with Ctrl, Alt or Meta, and while an input method composes. */
  const keyOf = (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return "";
    return event.key.length === 1 ? event.key.toLowerCase() : event.key;
  };

  /* --- What is kept in this browser: a full or forbidden store must not stop the typing --- */

  const readKept = (name) => {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null;
    }
  };

  const keep = (name, value) => {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(value));
    } catch {
      /* nothing can be kept here: the text still stands in the page */
    }
  };

  /* --- Requests --- */

  const readCookie = (name) => (document.cookie.match(`(?:^|; )${name}=([^;]*)`) || [])[1];

  /* Logging in again in another window has changed the token since this page was made. */
  const renewToken = (form) => {
    const token = form.querySelector("[name=csrfmiddlewaretoken]");
    token.value = readCookie("csrftoken") || token.value;
    return token.value;
  };

  /* AbortSignal.timeout is younger (Chromium 103) than the browsers of some offices. */
  const endAfter = (milliseconds) => {
    const ending = new AbortController();
    setTimeout(() => ending.abort(), milliseconds);
    return ending.signal;
  };

  /* Asks the server, for so long and no longer. A redirect is not followed: it leads to the log-in. */
  const request = (address, options = {}, patience = PATIENCE_MS) =>
    fetch(address, { redirect: "manual", credentials: "same-origin", signal: endAfter(patience), ...options });

  /* Why an answer is none: "session", "offline" (the server is down) or "refused"; "" for a good one. */
  const failureOf = (answer) => {
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return "session";
    if (answer.status >= 500) return "offline";
    return answer.ok ? "" : "refused";
  };

  const readBody = (answer) => (answer.headers.get("Content-Type")?.includes("json") ? answer.json() : answer.text());

  /* Sends what a form holds: the status and body of the answer (an object, or text), and why it failed. */
  const post = async (form, address, body, patience = PATIENCE_MS) => {
    const headers = { "X-CSRFToken": renewToken(form), "X-Fragment": "1" };
    try {
      const answer = await request(address, { method: "POST", body, headers }, patience);
      return { status: answer.status, body: await readBody(answer), failure: failureOf(answer) };
    } catch {
      return { status: 0, body: {}, failure: "offline" };
    }
  };

  return {
    fillIn,
    say,
    readData,
    makeElement,
    makeButton,
    makeHiddenInput,
    makeLoginLink,
    keyOf,
    readKept,
    keep,
    renewToken,
    request,
    failureOf,
    post,
  };
})();
