// The queue by keyboard: while an entry itself has the focus, arrows move between entries, A approves, R returns.
(() => {
  const entries = [...document.querySelectorAll(".review-row")];
  const hint = document.getElementById("review-keys");
  if (!entries.length || !hint) return;
  hint.hidden = false;

  const choose = (chosen) => {
    for (const entry of entries) entry.tabIndex = entry === chosen ? 0 : -1;
  };

  const focus = (entry) => {
    if (!entry) return;
    choose(entry);
    entry.focus();
  };

  const startReturn = (entry) => {
    const details = entry.querySelector(".review-return");
    if (!details) return;
    details.open = true;
    details.querySelector("textarea").focus();
  };

  const deeds = {
    ArrowDown: (entry) => focus(entries[entries.indexOf(entry) + 1]),
    ArrowUp: (entry) => focus(entries[entries.indexOf(entry) - 1]),
    a: (entry) => entry.querySelector("form[data-approve]")?.requestSubmit(),
    r: startReturn,
  };

  // Escape leaves what stands within an entry, and a return that was begun.
  const leave = (entry, event) => {
    const details = event.target.closest(".review-return");
    if (details) details.open = false;
    focus(entry);
  };

  const hear = (entry, event) => {
    if (event.target !== entry) return event.key === "Escape" && leave(entry, event);
    const deed = deeds[shared.keyOf(event)];
    if (!deed) return;
    event.preventDefault();
    deed(entry);
  };

  for (const entry of entries) entry.addEventListener("keydown", (event) => hear(entry, event));
  choose(entries[0]);
})();
