/* The form of a progress report: saved a moment after typing. What has not reached the server is kept in this browser
   until it has; without this script the form does the same with one button. */
"use strict";

(() => {
  const form = document.getElementById("report");
  const words = JSON.parse(document.getElementById("report-texts").textContent);
  const notice = document.getElementById("notice");
  const told = document.getElementById("saved");
  const version = form.elements.version;
  const PAUSE_MS = 1500;
  const RETRY_MS = 5000;
  let timer = 0;
  let busy = null;
  let stopped = false;

  const fields = () => [...form.querySelectorAll("textarea, input")].filter((one) => one.name && !["hidden", "file"].includes(one.type) && one.name !== "reason");
  const texts = () => Object.fromEntries(fields().map((one) => [one.name, one.value]));
  // What the server has sent: somebody may have typed before this script ran.
  let saved = JSON.stringify(Object.fromEntries(fields().map((one) => [one.name, one.defaultValue])));
  const changed = () => JSON.stringify(texts()) !== saved;

  const keep = () => {
    try {
      if (changed()) localStorage.setItem(form.dataset.store, JSON.stringify({ texts: texts(), version: version.value }));
      else localStorage.removeItem(form.dataset.store);
    } catch {
      /* nothing can be kept here: the text still stands in the page */
    }
  };
  const show = (text, address = "") => {
    notice.textContent = text;
    notice.hidden = !text;
    if (!address) return;
    const link = document.createElement("a");
    link.href = address;
    link.target = "_blank";
    link.rel = "opener";
    link.textContent = ` ${words.logIn}`;
    notice.append(link);
  };
  const later = (pause) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, pause);
  };

  const send = async () => {
    const sent = JSON.stringify(texts());
    const data = new FormData();
    for (const [name, text] of Object.entries(JSON.parse(sent))) data.set(name, text);
    data.set("version", version.value);
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Fragment": "1" };
    told.textContent = words.saving;
    let answer;
    try {
      answer = await fetch(location.pathname, { method: "POST", body: data, headers, redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout(20000) });
    } catch {
      return failed(words.offline);
    }
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return failed(words.loggedOut, `${form.dataset.login}?next=${encodeURIComponent(location.pathname)}`);
    if (answer.status >= 500) return failed(words.offline);
    const body = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
    if (!answer.ok) {
      stopped = true;
      told.textContent = "";
      return show(body.message || words.offline);
    }
    version.value = body.version;
    saved = sent;
    keep();
    show("");
    told.textContent = words.saved;
    if (changed()) later(PAUSE_MS);
  };
  const failed = (text, address = "") => {
    told.textContent = "";
    show(text, address);
    later(RETRY_MS);
  };
  const save = () => {
    if (busy) return busy.then(save);
    if (!changed() || stopped) return Promise.resolve();
    busy = send().finally(() => {
      busy = null;
    });
    return busy;
  };

  const restore = () => {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(form.dataset.store));
    } catch {
      return;
    }
    if (!kept || kept.version !== version.value) return;
    for (const one of fields()) if (one.name in kept.texts && one.value === one.defaultValue) one.value = kept.texts[one.name];
    if (changed()) show(words.restored);
  };

  form.addEventListener("input", () => {
    keep();
    later(PAUSE_MS);
  });
  /* A button sends what the fields hold; a save that is under way is waited for, so that the versions agree. */
  form.addEventListener("submit", (event) => {
    stopped = true;
    clearTimeout(timer);
    if (!busy) return;
    event.preventDefault();
    const button = event.submitter;
    busy.finally(() => form.requestSubmit(button));
  });
  document.documentElement.classList.add("js");
  restore();
  if (changed()) {
    keep();
    later(PAUSE_MS);
  }
})();
