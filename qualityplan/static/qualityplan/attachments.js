/* Files beside the rows of a worksheet: each is sent as it is chosen and named below its row. What could not be sent
   stays chosen, says why, and can be tried again; without this script the form sends files with one button. */
"use strict";

(() => {
  const form = document.getElementById("worksheet");
  const words = JSON.parse(document.getElementById("worksheet-texts").textContent);
  const notice = document.getElementById("notice");
  const LONGEST_MS = 5 * 60 * 1000;
  const waiting = new Map();

  const say = (text, values = {}) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name] ?? "");
  const element = (name, className, text = "") => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };
  const button = (className, text, about, act) => {
    const made = element("button", className, text);
    made.type = "button";
    made.append(element("span", "visually-hidden", ` ${about}`));
    made.addEventListener("click", act);
    return made;
  };
  const rowOf = (place) => place.closest("tbody[data-indicator]");
  const list = (place) => place.querySelector(".attachments");
  const state = (place, text) => {
    place.querySelector(".attach-state").textContent = text;
  };
  const cookie = (name) => (document.cookie.match(`(?:^|; )${name}=([^;]*)`) || [])[1];

  /* The answer of the server, or why there is none: "offline", "session" or "refused". */
  const post = async (address, data) => {
    const token = cookie("csrftoken") || form.querySelector("[name=csrfmiddlewaretoken]").value;
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body: data, headers: { "X-CSRFToken": token, "X-Fragment": "1" }, redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout(LONGEST_MS) });
    } catch {
      return { failed: "offline" };
    }
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return { failed: "session" };
    if (answer.status >= 500) return { failed: "offline" };
    const body = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
    return answer.ok ? body : { failed: "refused", status: answer.status, message: body.message };
  };

  /* --- A file that is there --- */

  const removable = (place, item) => {
    const name = item.querySelector("a").textContent;
    item.append(button("attach-remove", words.remove, name, () => remove(place, item, name)));
  };
  const remove = async (place, item, name) => {
    const answer = await post(place.dataset.remove.replace("/0/", `/${item.dataset.attachment}/`), new FormData());
    if (answer.failed && answer.status !== 404) return told(place, item, answer, name);
    item.remove();
    place.querySelector(".attach-button").focus();
    return state(place, say(words.removed, { name }));
  };
  const show = (place, made) => {
    const known = [...list(place).children].find((one) => one.dataset.attachment === String(made.id));
    if (known) return;
    const item = element("li", "");
    item.dataset.attachment = made.id;
    const link = element("a", "", made.name);
    link.href = made.href;
    const sent = element("input", "");
    sent.type = "hidden";
    sent.name = `${rowOf(place).dataset.indicator}-attachment`;
    sent.value = made.id;
    item.append(link, " ", element("span", "quiet", made.size), sent, " ");
    list(place).append(item);
    removable(place, item);
  };

  /* --- A file that is on its way, or did not arrive --- */

  const told = (place, item, answer, name) => {
    const texts = { offline: words.fileOffline, session: words.fileLoggedOut, refused: words.fileRefused };
    state(place, "");
    const said = element("span", "attach-failed", answer.message || say(texts[answer.failed], { name }));
    said.setAttribute("role", "alert");
    item.querySelector(".attach-failed")?.remove();
    item.append(said);
    if (answer.failed === "session") {
      const link = element("a", "", ` ${words.logIn}`);
      link.href = `${form.dataset.login}?next=${encodeURIComponent(location.pathname)}`;
      link.target = "_blank";
      link.rel = "opener";
      said.append(link);
    }
  };
  const choose = (place, file) => {
    const item = element("li", "");
    list(place).append(item);
    waiting.set(item, { place, file, failed: "", busy: false });
    return send(item);
  };
  const send = async (item) => {
    const one = waiting.get(item);
    if (!one || one.busy) return;
    one.busy = true;
    item.replaceChildren();
    state(one.place, say(words.uploading, { name: one.file.name }));
    const row = rowOf(one.place);
    const data = new FormData();
    data.set("indicator", row.dataset.indicator);
    data.set("region", row.dataset.region);
    data.set("file", one.file);
    const answer = await post(form.dataset.attach, data);
    one.busy = false;
    one.failed = answer.failed || "";
    if (answer.failed) return undecided(item, one, answer);
    waiting.delete(item);
    item.remove();
    show(one.place, answer);
    if (!waiting.size) notice.hidden = true;
    return state(one.place, say(words.attached, { name: answer.name }));
  };
  const undecided = (item, one, answer) => {
    told(one.place, item, answer, one.file.name);
    const drop = () => {
      waiting.delete(item);
      item.remove();
    };
    if (answer.failed !== "refused") item.append(" ", button("attach-again", words.tryAgain, one.file.name, () => send(item)));
    item.append(" ", button("attach-remove", words.remove, one.file.name, drop));
  };
  const again = () => {
    for (const [item, one] of waiting) if (["offline", "session"].includes(one.failed)) send(item);
  };
  window.addEventListener("online", again);
  window.addEventListener("focus", again);

  /* --- The control of each row --- */

  for (const place of form.querySelectorAll(".attached")) {
    const input = place.querySelector("input[type=file]");
    if (!input) continue; // a row in which nothing may change: its files are only shown
    const title = rowOf(place).querySelector(".sheet-title").textContent;
    input.removeAttribute("name"); // files are sent one by one as they are chosen, not again with the form
    for (const item of list(place).children) removable(place, item);
    list(place).after(button("attach-button", words.attach, title, () => input.click()));
    input.addEventListener("change", async () => {
      const files = [...input.files];
      input.value = "";
      for (const file of files) await choose(place, file);
    });
  }

  /* Before the worksheet's own script hands in: what was chosen has to be there, or to be given up. */
  form.addEventListener("submit", (event) => {
    const open = [...waiting.values()].some((one) => one.failed !== "refused");
    if (!open) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    notice.textContent = words.filesWaiting;
    notice.hidden = false;
  }, true);
  window.addEventListener("beforeunload", (event) => {
    if ([...waiting.values()].some((one) => one.failed !== "refused")) event.preventDefault();
  });
})();
