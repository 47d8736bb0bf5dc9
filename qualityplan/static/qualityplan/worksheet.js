/* The worksheet: each row is saved as it is left. What has not reached the server is kept in this browser until it has;
   without this script the form does the same with one button. */
"use strict";

(() => {
  const form = document.getElementById("worksheet");
  const words = JSON.parse(document.getElementById("worksheet-texts").textContent);
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

  const say = (text, values = {}) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name] ?? "");
  const element = (name, className, text = "") => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  /* --- What a row holds --- */

  const inputs = (row) => [...row.querySelectorAll("input[data-name]")];
  const texts = (row) => Object.fromEntries(inputs(row).map((input) => [input.dataset.name, input.value.trim()]));
  const version = (row) => row.querySelector("[data-version]");
  // What the server has sent: somebody may have typed before this script ran.
  const given = (row) => Object.fromEntries(inputs(row).map((input) => [input.dataset.name, input.defaultValue.trim()]));
  const states = new Map(grid.map((row) => [row, { saved: JSON.stringify(given(row)), busy: null, conflict: false, failed: "" }]));
  const closed = (row) => !row.querySelector("input[data-name]:enabled");
  const changed = (row) => JSON.stringify(texts(row)) !== states.get(row).saved;
  const unsaved = () => grid.filter((row) => changed(row));

  /* --- What has not reached the server, in this browser; a full or forbidden store must not stop the typing --- */

  const stored = () => {
    try {
      return JSON.parse(localStorage.getItem(form.dataset.store) || "{}");
    } catch {
      return {};
    }
  };
  const store = (row) => {
    const all = stored();
    delete all[row.dataset.indicator];
    if (changed(row)) all[row.dataset.indicator] = { texts: texts(row), version: version(row).value };
    try {
      if (Object.keys(all).length) localStorage.setItem(form.dataset.store, JSON.stringify(all));
      else localStorage.removeItem(form.dataset.store);
    } catch {
      /* nothing can be kept here: the text still stands in the page */
    }
  };
  const restore = () => {
    let found = 0;
    for (const [indicator, kept] of Object.entries(stored())) {
      const row = grid.find((one) => one.dataset.indicator === indicator);
      if (!row || closed(row) || changed(row)) continue; // of a closed row the text is kept: it may be opened again
      for (const input of inputs(row)) input.value = kept.texts[input.dataset.name] ?? "";
      if (changed(row)) {
        version(row).value = kept.version;
        found += 1;
      }
      store(row);
    }
    if (found) show(words.restored);
  };

  /* --- What is said --- */

  const show = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
  };
  const state = (row, text, bad = false) => {
    const place = row.querySelector(".told-state");
    place.replaceChildren(element("span", bad ? "unsaved" : "quiet", text));
  };
  const problems = (row, answer) => {
    const list = row.querySelector(".told-problems");
    const odd = answer.oddities.map((one) => element("li", answer.note_wanted ? "oddity" : "oddity explained", one.text));
    list.replaceChildren(...answer.problems.map((one) => element("li", "problem", one.text)), ...odd);
    for (const input of inputs(row)) {
      input.setAttribute("aria-invalid", answer.problems.some((one) => one.column === input.dataset.name));
    }
    for (const place of row.querySelectorAll("[data-understood]")) {
      const number = (answer.understood || {})[place.dataset.understood];
      place.textContent = number ? say(words.understood, { number }) : "";
    }
  };
  const failed = (row, why, text) => {
    states.get(row).failed = why;
    state(row, text, true);
    if (why === "session") {
      const link = element("a", "", ` ${words.logIn}`);
      link.href = `${form.dataset.login}?next=${encodeURIComponent(location.pathname)}`;
      link.target = "_blank";
      link.rel = "opener";
      row.querySelector(".told-state").append(link);
    }
    plan();
  };

  /* --- Saving --- */

  const cookie = (name) => (document.cookie.match(`(?:^|; )${name}=([^;]*)`) || [])[1];
  const request = (address, data) => {
    const token = cookie("csrftoken") || form.querySelector("[name=csrfmiddlewaretoken]").value;
    const headers = { "X-CSRFToken": token, "X-Fragment": "1" };
    return fetch(address, { method: "POST", body: data, headers, redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout(20000) });
  };

  const save = (row) => {
    const one = states.get(row);
    if (one.busy) return one.busy.then(() => save(row));
    if (!changed(row) || one.conflict) return Promise.resolve();
    one.busy = send(row).finally(() => {
      one.busy = null;
    });
    return one.busy;
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
    let answer;
    let body = {};
    try {
      answer = await request(form.dataset.cell, data);
      if (answer.headers.get("Content-Type")?.includes("json")) body = await answer.json();
    } catch {
      return failed(row, "offline", words.offline);
    }
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return failed(row, "session", words.loggedOut);
    if (answer.status === 409) return conflict(row, sent, body);
    if (answer.status >= 500) return failed(row, "offline", words.offline);
    if (!answer.ok) return failed(row, "refused", body.message || words.refused);
    return kept(row, sent, body);
  };

  const kept = (row, sent, body) => {
    const one = states.get(row);
    one.saved = JSON.stringify(sent);
    one.failed = "";
    version(row).value = body.version;
    store(row);
    problems(row, body);
    for (const alert of document.querySelectorAll("main > .alert-danger, main > .alert-success")) alert.remove();
    state(row, body.note_wanted ? `${words.saved} · ${words.noteWanted}` : words.saved);
    plan();
  };

  /* --- Trying again: when the connection or the person comes back, and every few seconds, but not for ever --- */

  const plan = () => {
    const waiting = grid.filter((row) => changed(row) && ["offline", "session"].includes(states.get(row).failed));
    summary.textContent = waiting.length ? (navigator.onLine && retries >= MOST_RETRIES ? words.stopped : words.offline) : "";
    if (waiting.some((row) => states.get(row).failed === "session")) summary.textContent = words.loggedOut;
    if (!waiting.length) retries = 0;
    if (!waiting.length || timer || retries >= MOST_RETRIES) return;
    timer = setTimeout(() => {
      timer = 0;
      retries += 1;
      again();
    }, RETRY_MS);
  };
  const again = () => {
    for (const row of grid) if (changed(row) && ["offline", "session"].includes(states.get(row).failed)) save(row);
  };
  const comeBack = () => {
    retries = 0;
    again();
  };
  window.addEventListener("online", comeBack);
  window.addEventListener("focus", comeBack);
  document.addEventListener("visibilitychange", () => document.hidden || comeBack());

  /* --- Two people, one row --- */

  const line = (values) => ["value", "numerator", "denominator", "occurred_on", "note"].map((name) => values[name]).filter(Boolean).join(" · ") || "—";

  const conflict = (row, sent, body) => {
    states.get(row).conflict = true;
    state(row, "");
    const place = row.querySelector(".told-conflict");
    const versions = element("dl", "versions");
    for (const [word, values] of [[words.mine, texts(row)], [words.theirs, body.theirs]]) {
      if (!values) continue;
      const pair = element("div", "");
      pair.append(element("dt", "", word), element("dd", "", line(values)));
      versions.append(pair);
    }
    const mine = element("button", "btn btn-outline-secondary btn-sm me-2", words.keepMine);
    const theirs = element("button", "btn btn-outline-secondary btn-sm", words.takeTheirs);
    mine.type = theirs.type = "button";
    mine.addEventListener("click", () => settle(row, body, null));
    theirs.addEventListener("click", () => settle(row, body, body.theirs || {}));
    const told = body.theirs ? say(words.conflict, { name: body.by }) : words.gone;
    place.replaceChildren(element("p", "", told), versions, mine, theirs);
  };

  const settle = (row, body, taken) => {
    const one = states.get(row);
    one.conflict = false;
    version(row).value = body.version;
    row.querySelector(".told-conflict").replaceChildren();
    if (taken) {
      for (const input of inputs(row)) input.value = taken[input.dataset.name] || "";
      one.saved = JSON.stringify(texts(row));
      store(row);
      if (!body.theirs) return location.reload();
      state(row, words.saved);
    } else {
      save(row);
    }
    return inputs(row)[0].focus();
  };

  /* --- Moving and pasting as in a spreadsheet --- */

  const cellAt = (row, column) => row.querySelector(`input[data-column="${column}"]:enabled`);

  const move = (input, step) => {
    const row = input.closest("tbody");
    for (let index = grid.indexOf(row) + step; index >= 0 && index < grid.length; index += step) {
      const next = cellAt(grid[index], input.dataset.column);
      if (next) {
        next.focus();
        next.select();
        return;
      }
    }
    if (step > 0) save(row);
  };

  form.addEventListener("keydown", (event) => {
    const input = event.target.closest("input");
    if (!input || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") event.preventDefault();
    if (!input.dataset.column) return;
    const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(input, step);
  });

  form.addEventListener("paste", (event) => {
    const input = event.target.closest("input[data-column]");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!input || !/[\t\n\r]/.test(text.replace(/[\r\n]+$/, ""))) return;
    event.preventDefault();
    const start = grid.indexOf(input.closest("tbody"));
    const column = Number(input.dataset.column);
    const touched = new Set();
    let filled = 0;
    let lost = 0;
    cellsPasted(text).forEach((cells, down) => {
      const row = grid[start + down];
      cells.forEach((cell, right) => {
        const place = row && cellAt(row, column + right);
        if (place) {
          place.value = cell.trim().slice(0, place.maxLength);
          touched.add(row);
          filled += 1;
        } else if (cell.trim()) lost += 1;
      });
    });
    for (const row of touched) save(row);
    show(say(words.pasted, { number: filled }) + (lost ? ` ${say(words.noPlace, { number: lost })}` : ""));
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
    if (unsaved().length) show(words.unsaved);
    return !unsaved().length;
  };

  const preview = async () => {
    if (!(await flush())) return;
    try {
      const answer = await request(form.dataset.preview, new FormData(form));
      if (!answer.ok) return void show(words.unsaved);
      const place = document.getElementById("preview");
      place.innerHTML = await answer.text();
      place.firstElementChild?.focus();
      place.scrollIntoView({ block: "nearest" });
    } catch {
      show(words.offline);
    }
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
    const choice = element("input", "");
    choice.type = "hidden";
    choice.name = "do";
    choice.value = "hand_in";
    form.append(choice);
    // Logging in again in another window has changed the token since this page was made.
    const token = form.querySelector("[name=csrfmiddlewaretoken]");
    token.value = cookie("csrftoken") || token.value;
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
