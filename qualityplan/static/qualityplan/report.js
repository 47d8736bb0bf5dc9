/* The form of a progress report: saved a moment after typing. What has not reached the server is kept in this browser
   until it has; without this script the form does the same with one button. */
"use strict";

(() => {
  const { keep, makeLoginLink, post, readData, readKept, renewToken, say } = shared;
  const form = document.getElementById("report");
  const words = readData("report-texts");
  const notice = document.getElementById("notice");
  const told = document.getElementById("saved");
  const version = form.elements.version;
  const PAUSE_MS = 1500;
  const RETRY_MS = 5000;
  let timer = 0;
  let busy = null;
  let stopped = false;

  const isTyped = (field) => field.name && !["hidden", "file"].includes(field.type) && field.name !== "reason";
  const fields = () => [...form.querySelectorAll("textarea, input")].filter(isTyped);
  const texts = () => Object.fromEntries(fields().map((field) => [field.name, field.value]));
  // What the server has sent: somebody may have typed before this script ran.
  let saved = JSON.stringify(Object.fromEntries(fields().map((field) => [field.name, field.defaultValue])));
  const changed = () => JSON.stringify(texts()) !== saved;

  const keepTexts = () => keep(form.dataset.store, changed() ? { texts: texts(), version: version.value } : null);
  const later = (pause) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, pause);
  };

  const send = async () => {
    const sent = texts();
    const data = new FormData();
    for (const [name, text] of Object.entries(sent)) data.set(name, text);
    data.set("version", version.value);
    told.textContent = words.saving;
    const answer = await post(form, location.pathname, data);
    if (answer.failure) return failed(answer);
    version.value = answer.body.version;
    saved = JSON.stringify(sent);
    keepTexts();
    say(notice, "");
    told.textContent = words.saved;
    if (changed()) later(PAUSE_MS);
  };
  const failed = ({ failure, body }) => {
    told.textContent = "";
    if (failure === "session") say(notice, words.loggedOut, makeLoginLink(form.dataset.login, words.logIn));
    else say(notice, (failure === "refused" && body.message) || words.offline);
    if (failure === "refused") stopped = true;
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
    const kept = readKept(form.dataset.store);
    if (!kept || kept.version !== version.value) return;
    for (const field of fields()) {
      const isUntouched = field.value === field.defaultValue;
      if (field.name in kept.texts && isUntouched) field.value = kept.texts[field.name];
    }
    if (changed()) say(notice, words.restored);
  };

  form.addEventListener("input", () => {
    keepTexts();
    later(PAUSE_MS);
  });
  /* A button sends what the fields hold; a save that is under way is waited for, so that the versions agree. */
  form.addEventListener("submit", (event) => {
    stopped = true;
    clearTimeout(timer);
    renewToken(form);
    if (!busy) return;
    event.preventDefault();
    const button = event.submitter;
    busy.finally(() => form.requestSubmit(button));
  });
  document.documentElement.classList.add("js");
  restore();
  if (changed()) {
    keepTexts();
    later(PAUSE_MS);
  }
})();
