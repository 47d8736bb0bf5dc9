/* The worksheet: each row is saved as it is left. What has not reached the server is kept in this browser until it has;
   without this script the form does the same with one button. */
"use strict";

(() => {
  const { fillIn, keep, keyOf, makeButton, makeElement, makeHiddenInput, makeLoginLink } = shared;
  const { post, readData, readKept, renewToken, say } = shared;
  const form = document.getElementById("worksheet");
  const words = readData("worksheet-texts");
  const grid = [...form.querySelectorAll("tbody[data-indicator]")];
  const notice = document.getElementById("notice");
  const summary = document.getElementById("sheet-state");
  const handIn = document.getElementById("hand-in");
  const RETRY_MS = 4000;
  const MOST_RETRIES = 150;
  let retries = 0;
  let timer = 0;
  let leaving = false;
  document.documentElement.classList.add("js");

  /* --- What a row holds --- */

  const inputs = (row) => [...row.querySelectorAll("input[data-name]")];
  const texts = (row) => Object.fromEntries(inputs(row).map((input) => [input.dataset.name, input.value.trim()]));
  const version = (row) => row.querySelector("[data-version]");
  // What the server has sent: somebody may have typed before this script ran.
  const given = (row) =>
    Object.fromEntries(inputs(row).map((input) => [input.dataset.name, input.defaultValue.trim()]));
  const begin = (row) => ({ saved: JSON.stringify(given(row)), busy: null, conflict: false, failure: "" });
  const states = new Map(grid.map((row) => [row, begin(row)]));
  const closed = (row) => !row.querySelector("input[data-name]:enabled");
  const changed = (row) => JSON.stringify(texts(row)) !== states.get(row).saved;
  const unsaved = () => grid.filter((row) => changed(row));
  const unsent = () => unsaved().filter((row) => ["offline", "session"].includes(states.get(row).failure));

  /* --- What has not reached the server, in this browser --- */

  const stored = () => readKept(form.dataset.store) || {};
  const store = (row) => {
    const all = stored();
    delete all[row.dataset.indicator];
    if (changed(row)) all[row.dataset.indicator] = { texts: texts(row), version: version(row).value };
    keep(form.dataset.store, Object.keys(all).length ? all : null);
  };
  const restore = () => {
    let found = 0;
    for (const [indicator, kept] of Object.entries(stored())) {
      const row = grid.find((place) => place.dataset.indicator === indicator);
      if (!row || closed(row) || changed(row)) continue; // of a closed row the text is kept: it may be opened again
      for (const input of inputs(row)) input.value = kept.texts[input.dataset.name] ?? "";
      if (changed(row)) {
        version(row).value = kept.version;
        found += 1;
      }
      store(row);
    }
    if (found) say(notice, words.restored);
  };

  /* --- What is said --- */

  const state = (row, text, bad = false) => {
    const place = row.querySelector(".told-state");
    place.replaceChildren(makeElement("span", bad ? "unsaved" : "quiet", text));
  };
  const problems = (row, answer) => {
    const lines = (className, found) => found.map(({ text }) => makeElement("li", className, text));
    const odd = lines(answer.note_wanted ? "oddity" : "oddity explained", answer.oddities);
    row.querySelector(".told-problems").replaceChildren(...lines("problem", answer.problems), ...odd);
    const wrong = answer.problems.map((problem) => problem.column);
    for (const input of inputs(row)) input.setAttribute("aria-invalid", wrong.includes(input.dataset.name));
    for (const place of row.querySelectorAll("[data-understood]")) {
      const number = answer.understood?.[place.dataset.understood];
      place.textContent = number ? fillIn(words.understood, { number }) : "";
    }
  };
  const failed = (row, why, text) => {
    states.get(row).failure = why;
    state(row, text, true);
    if (why === "session") row.querySelector(".told-state").append(makeLoginLink(form.dataset.login, words.logIn));
    plan();
  };

  /* --- Saving --- */

  const save = (row) => {
    const known = states.get(row);
    if (known.busy) return known.busy.then(() => save(row));
    if (!changed(row) || known.conflict) return Promise.resolve();
    known.busy = send(row).finally(() => {
      known.busy = null;
    });
    return known.busy;
  };

  const send = async (row) => {
    const sent = texts(row);
    const data = new FormData();
    for (const [name, text] of Object.entries(sent)) data.set(name, text);
    data.set("indicator", row.dataset.indicator);
    data.set("region", row.dataset.region);
    data.set("version", version(row).value);
    store(row);
    state(row, words.saving);
    const { status, body, failure } = await post(form, form.dataset.cell, data);
    if (status === 409) return conflict(row, body);
    if (failure === "refused") return failed(row, failure, body.message || words.refused);
    if (failure) return failed(row, failure, failure === "session" ? words.loggedOut : words.offline);
    return kept(row, sent, body);
  };

  const kept = (row, sent, body) => {
    const known = states.get(row);
    known.saved = JSON.stringify(sent);
    known.failure = "";
    version(row).value = body.version;
    store(row);
    problems(row, body);
    for (const alert of document.querySelectorAll("main > .alert-danger, main > .alert-success")) alert.remove();
    state(row, body.note_wanted ? `${words.saved} · ${words.noteWanted}` : words.saved);
    plan();
  };

  /* --- Trying again: when the connection or the person comes back, and every few seconds, but not for ever --- */

  const plan = () => {
    const waiting = unsent();
    const hasStopped = navigator.onLine && retries >= MOST_RETRIES;
    summary.textContent = "";
    if (waiting.length) summary.textContent = hasStopped ? words.stopped : words.offline;
    if (waiting.some((row) => states.get(row).failure === "session")) summary.textContent = words.loggedOut;
    if (!waiting.length) retries = 0;
    if (!waiting.length || timer || retries >= MOST_RETRIES) return;
    timer = setTimeout(() => {
      timer = 0;
      retries += 1;
      again();
    }, RETRY_MS);
  };
  const again = () => {
    for (const row of unsent()) save(row);
  };
  const comeBack = () => {
    retries = 0;
    again();
  };
  window.addEventListener("online", comeBack);
  window.addEventListener("focus", comeBack);
  document.addEventListener("visibilitychange", () => document.hidden || comeBack());

  /* --- Two people, one row --- */

  const COLUMNS = ["value", "numerator", "denominator", "occurred_on", "note"];
  const describe = (values) =>
    COLUMNS.map((name) => values[name])
      .filter(Boolean)
      .join(" · ") || "—";

  const conflict = (row, body) => {
    states.get(row).conflict = true;
    state(row, "");
    const place = row.querySelector(".told-conflict");
    const versions = makeElement("dl", "versions");
    const pairs = [
      [words.mine, texts(row)],
      [words.theirs, body.theirs],
    ];
    for (const [word, values] of pairs) {
      if (!values) continue;
      const pair = makeElement("div");
      pair.append(makeElement("dt", "", word), makeElement("dd", "", describe(values)));
      versions.append(pair);
    }
    const look = "btn btn-outline-secondary btn-sm";
    const mine = makeButton(`${look} me-2`, words.keepMine, () => settle(row, body, null));
    const theirs = makeButton(look, words.takeTheirs, () => settle(row, body, body.theirs || {}));
    const told = body.theirs ? fillIn(words.conflict, { name: body.by }) : words.gone;
    place.replaceChildren(makeElement("p", "", told), versions, mine, theirs);
  };

  const settle = (row, body, taken) => {
    const known = states.get(row);
    known.conflict = false;
    version(row).value = body.version;
    row.querySelector(".told-conflict").replaceChildren();
    if (taken) {
      for (const input of inputs(row)) input.value = taken[input.dataset.name] || "";
      known.saved = JSON.stringify(texts(row));
      store(row);
      if (!body.theirs) return location.reload();
      state(row, words.saved);
    } else {
      save(row);
    }
    return inputs(row)[0].focus();
  };

  /* --- Moving and pasting as in a spreadsheet --- */

  cellGrid.follow({
    place: form,
    rows: grid,
    rowOf: (input) => grid.indexOf(input.closest("tbody")),
    inputAt: (row, column) => grid[row]?.querySelector(`input[data-column="${column}"]:enabled`),
    passedEnd: (row) => save(grid[row]),
    pasted: (outcome) => {
      const touched = new Set(outcome.filled.map((input) => input.closest("tbody")));
      for (const row of touched) save(row);
      say(notice, cellGrid.describe(words, outcome));
    },
  });

  // Enter hands nothing in from any field, not even from a note.
  form.addEventListener("keydown", (event) => {
    if (keyOf(event) === "Enter" && event.target.closest("input")) event.preventDefault();
  });

  form.addEventListener("input", (event) => {
    const row = event.target.closest("tbody[data-indicator]");
    if (row) store(row);
  });
  form.addEventListener("change", (event) => {
    const row = event.target.closest("tbody[data-indicator]");
    if (row) save(row);
  });

  /* --- Preview and handing in: first everything is saved --- */

  const flush = async () => {
    await Promise.all(grid.map((row) => save(row)));
    if (unsaved().length) say(notice, words.unsaved);
    return !unsaved().length;
  };

  const preview = async () => {
    if (!(await flush())) return;
    const reasons = { offline: words.offline, session: words.loggedOut, refused: words.unsaved };
    const { body, failure } = await post(form, form.dataset.preview, new FormData(form));
    if (failure) return say(notice, reasons[failure]);
    const place = document.getElementById("preview");
    place.innerHTML = body;
    place.firstElementChild?.focus();
    place.scrollIntoView({ block: "nearest" });
  };

  form.addEventListener("submit", async (event) => {
    if (leaving) return;
    event.preventDefault();
    const button = event.submitter;
    if (button && button.id === "show-preview") {
      button.disabled = true;
      await preview();
      button.disabled = false;
      return;
    }
    handIn.disabled = true;
    if (!(await flush())) {
      handIn.disabled = false;
      return;
    }
    leaving = true;
    form.append(makeHiddenInput("do", "hand_in"));
    renewToken(form);
    form.submit();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && unsaved().length) event.preventDefault();
  });

  restore();
  for (const row of unsaved()) {
    store(row);
    save(row);
  }
})();
