// The big screen: turns its panels, renews what has changed without a flash, and says since when its data is old.
(() => {
  const TURN_MS = 15_000;
  const RENEW_MS = 60_000;
  const RETRY_MS = 10_000;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const state = document.getElementById("state");
  const pause = document.getElementById("pause");
  const clock = document.getElementById("clock");
  const dots = document.getElementById("dots");
  let paused = false;
  let known = new Date();
  let tag = null;

  const time = (moment) =>
    moment.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const panels = () => [...document.querySelectorAll(".panels > .panel")];

  const show = (wanted) => {
    for (const panel of panels()) panel.classList.toggle("shown", panel === wanted);
    dots.replaceChildren(...panels().map((panel) => shared.makeElement("i", panel === wanted ? "now" : "")));
  };

  const turn = (step = 1) => {
    const all = panels();
    if (!all.length) return;
    const place = all.findIndex((panel) => panel.classList.contains("shown"));
    show(all[(place + step + all.length) % all.length]);
  };

  // Each part of the page that reads differently now is exchanged, and no other: nothing flashes.
  const exchange = (fresh) => {
    const shown = document.querySelector(".panel.shown")?.dataset.part;
    const parts = (page) => new Map([...page.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    const here = parts(document);
    const there = parts(fresh);
    if ([...here.keys()].join() !== [...there.keys()].join()) {
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
    } else {
      there.forEach((part, name) => {
        if (part.innerHTML !== here.get(name).innerHTML) here.get(name).replaceChildren(...part.childNodes);
      });
    }
    show(document.querySelector(`.panel[data-part="${shown}"]`) ?? panels()[0]);
  };

  const end = () => {
    document.querySelector("main").replaceChildren();
    document.querySelector(".top").replaceChildren();
    state.textContent = state.dataset.ended;
  };

  const renew = async () => {
    let next = RENEW_MS;
    try {
      const headers = { "X-Background": "1", ...(tag && { "If-None-Match": tag }) };
      const answer = await shared.request(location.href, { headers });
      if (answer.type === "opaqueredirect" || answer.status === 401) return location.reload();
      if (answer.status === 404 || answer.status === 403) return end();
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error(answer.status);
        exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
        tag = answer.headers.get("ETag");
      }
      known = new Date();
      state.textContent = "";
    } catch {
      state.textContent = `${state.dataset.old} ${time(known)}`;
      next = RETRY_MS;
    }
    setTimeout(renew, next);
  };

  const stop = (wanted) => {
    paused = wanted;
    pause.textContent = paused ? pause.dataset.go : pause.dataset.pause;
  };

  pause.hidden = false;
  pause.addEventListener("click", () => stop(!paused));
  document.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowRight") turn();
    if (key === "ArrowLeft") turn(-1);
  });
  document.documentElement.classList.toggle("still", still.matches);
  const tick = () => {
    clock.textContent = time(new Date());
  };
  show(document.querySelector(".panel.shown") ?? panels()[0]);
  tick();
  setInterval(tick, 1000);
  setInterval(() => paused || turn(), TURN_MS);
  setTimeout(renew, RENEW_MS);
  addEventListener("online", renew);
})();
