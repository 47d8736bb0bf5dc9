// The queue by keyboard: while an entry itself has the focus, arrows move between entries, A approves, R returns.
(function () {
  "use strict";
  const entries = Array.from(document.querySelectorAll(".review-row"));
  const hint = document.getElementById("review-keys");
  if (!entries.length || !hint) return;
  hint.hidden = false;

  function choose(entry) {
    entries.forEach((one) => { one.tabIndex = one === entry ? 0 : -1; });
  }

  function focus(position) {
    const entry = entries[position];
    if (!entry) return;
    choose(entry);
    entry.focus();
  }

  function approve(entry) {
    const form = entry.querySelector("form[data-approve]");
    if (form) form.requestSubmit();
  }

  function startReturn(entry) {
    const details = entry.querySelector(".review-return");
    if (!details) return;
    details.open = true;
    details.querySelector("textarea").focus();
  }

  const deeds = {
    ArrowDown: (entry) => focus(entries.indexOf(entry) + 1),
    ArrowUp: (entry) => focus(entries.indexOf(entry) - 1),
    a: approve,
    r: startReturn,
  };

  entries.forEach((entry) => {
    entry.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && event.target !== entry) {
        const details = event.target.closest(".review-return");
        if (details) details.open = false;
        choose(entry);
        entry.focus();
        return;
      }
      if (event.target !== entry || event.ctrlKey || event.altKey || event.metaKey) return;
      const deed = deeds[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!deed) return;
      event.preventDefault();
      deed(entry);
    });
  });
  choose(entries[0]);
}());
