/* Files beside the rows of a worksheet: each is sent as it is chosen and named below its row. What could not be sent
   stays chosen, says why, and can be tried again; without this script the form sends files with one button. */
"use strict";

(() => {
  const { fillIn, makeButton, makeElement, makeHiddenInput, makeLoginLink, post, readData, say } = shared;
  const form = document.getElementById("worksheet");
  const words = readData("worksheet-texts");
  const notice = document.getElementById("notice");
  const LONGEST_MS = 5 * 60 * 1000;
  const waiting = new Map();

  const button = (className, text, about, act) => {
    const made = makeButton(className, text, act);
    made.append(makeElement("span", "visually-hidden", ` ${about}`));
    return made;
  };
  const rowOf = (place) => place.closest("tbody[data-indicator]");
  const list = (place) => place.querySelector(".attachments");
  const state = (place, text) => {
    place.querySelector(".attach-state").textContent = text;
  };

  /* --- A file that is there --- */

  const removable = (place, item) => {
    const name = item.querySelector("a").textContent;
    item.append(button("attach-remove", words.remove, name, () => remove(place, item, name)));
  };
  const remove = async (place, item, name) => {
    const address = place.dataset.remove.replace("/0/", `/${item.dataset.attachment}/`);
    const answer = await post(form, address, new FormData(), LONGEST_MS);
    if (answer.failure && answer.status !== 404) return explain(place, item, answer, name);
    item.remove();
    place.querySelector(".attach-button").focus();
    return state(place, fillIn(words.removed, { name }));
  };
  const show = (place, made) => {
    const known = [...list(place).children].find((item) => item.dataset.attachment === String(made.id));
    if (known) return;
    const item = makeElement("li");
    item.dataset.attachment = made.id;
    const link = makeElement("a", "", made.name);
    link.href = made.href;
    const sent = makeHiddenInput(`${rowOf(place).dataset.indicator}-attachment`, made.id);
    item.append(link, " ", makeElement("span", "quiet", made.size), sent, " ");
    list(place).append(item);
    removable(place, item);
  };

  /* --- A file that is on its way, or did not arrive --- */

  const explain = (place, item, answer, name) => {
    const texts = { offline: words.fileOffline, session: words.fileLoggedOut, refused: words.fileRefused };
    const isRefused = answer.failure === "refused";
    const reason = (isRefused && answer.body.message) || fillIn(texts[answer.failure], { name });
    state(place, "");
    const said = makeElement("span", "attach-failed", reason);
    said.setAttribute("role", "alert");
    item.querySelector(".attach-failed")?.remove();
    item.append(said);
    if (answer.failure === "session") said.append(makeLoginLink(form.dataset.login, words.logIn));
  };
  const choose = (place, file) => {
    const item = makeElement("li");
    list(place).append(item);
    waiting.set(item, { place, file, failure: "", busy: false });
    return send(item);
  };
  const send = async (item) => {
    const upload = waiting.get(item);
    if (!upload || upload.busy) return;
    upload.busy = true;
    item.replaceChildren();
    state(upload.place, fillIn(words.uploading, { name: upload.file.name }));
    const row = rowOf(upload.place);
    const data = new FormData();
    data.set("indicator", row.dataset.indicator);
    data.set("region", row.dataset.region);
    data.set("file", upload.file);
    const answer = await post(form, form.dataset.attach, data, LONGEST_MS);
    upload.busy = false;
    upload.failure = answer.failure;
    if (answer.failure) return offerAgain(item, upload, answer);
    waiting.delete(item);
    item.remove();
    show(upload.place, answer.body);
    if (!waiting.size) notice.hidden = true;
    return state(upload.place, fillIn(words.attached, { name: answer.body.name }));
  };
  const offerAgain = (item, upload, answer) => {
    const { name } = upload.file;
    explain(upload.place, item, answer, name);
    const drop = () => {
      waiting.delete(item);
      item.remove();
    };
    if (answer.failure !== "refused")
      item.append(
        " ",
        button("attach-again", words.tryAgain, name, () => send(item)),
      );
    item.append(" ", button("attach-remove", words.remove, name, drop));
  };
  const again = () => {
    for (const [item, upload] of waiting) if (["offline", "session"].includes(upload.failure)) send(item);
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

  const isWaiting = () => [...waiting.values()].some((upload) => upload.failure !== "refused");

  /* Before the worksheet's own script hands in: what was chosen has to be there, or to be given up. */
  form.addEventListener(
    "submit",
    (event) => {
      if (!isWaiting()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      say(notice, words.filesWaiting);
    },
    true,
  );
  window.addEventListener("beforeunload", (event) => {
    if (isWaiting()) event.preventDefault();
  });
})();
