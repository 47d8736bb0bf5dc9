// The cards of the plan's promises: beside the words on pointing, on focus and on a tap. Without it every sign is a link.
(() => {
  const DELAY_MS = 150;
  const float = shared.makeElement("div", "floating-card");
  let shownFor = null;
  let timer = 0;
  let touched = false;

  float.hidden = true;
  document.body.append(float);

  const placeOf = (node) => node.closest?.("[data-cards]");
  // The document is exchanged when another month is chosen: what happens in it is heard outside.
  const inDocument = (kind, heard) =>
    document.addEventListener(kind, (event) => event.target.closest?.(".document") && heard(event));

  const copy = (key) => {
    const card = document.getElementById(`card-${key}`).cloneNode(true);
    card.removeAttribute("id");
    return card;
  };

  // Below the last line of the words, or above the first where there is no room; never beyond the edge of the screen.
  const put = (place) => {
    const lines = [...place.getClientRects()];
    const { top } = lines[0];
    const { left, bottom } = lines[lines.length - 1];
    const rightmost = document.documentElement.clientWidth - float.offsetWidth - 8;
    const fits = bottom + float.offsetHeight + 6 <= innerHeight || top < float.offsetHeight + 12;
    float.style.left = `${Math.max(8, Math.min(left, rightmost)) + scrollX}px`;
    float.style.top = `${(fits ? bottom + 6 : top - float.offsetHeight - 6) + scrollY}px`;
  };

  const show = (place) => {
    clearTimeout(timer);
    if (shownFor === place) return;
    shownFor = place;
    float.replaceChildren(...place.dataset.cards.split(" ").map(copy));
    // By keyboard the sign itself leads there: the copy's links would only be a second way at the page's end.
    for (const link of float.querySelectorAll("a")) link.tabIndex = -1;
    float.hidden = false;
    put(place);
  };

  const hide = () => {
    clearTimeout(timer);
    float.hidden = true;
    shownFor = null;
  };

  const later = (what) => {
    clearTimeout(timer);
    timer = setTimeout(what, DELAY_MS);
  };

  inDocument("pointerdown", (event) => {
    touched = event.pointerType !== "mouse";
  });
  inDocument("pointerover", (event) => {
    const place = placeOf(event.target);
    if (event.pointerType === "mouse" && place) later(() => show(place));
  });
  inDocument("pointerout", (event) => {
    if (event.pointerType === "mouse" && placeOf(event.target)) later(hide);
  });
  float.addEventListener("pointerenter", () => clearTimeout(timer));
  float.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && later(hide));

  inDocument("focusin", (event) => {
    const place = placeOf(event.target);
    if (place && !touched) show(place);
  });
  inDocument("focusout", () => touched || hide());

  // A first tap on a sign shows its card, which has the link; a second one follows it.
  inDocument("click", (event) => {
    const place = placeOf(event.target);
    if (!place) return;
    if (touched && shownFor !== place && place.matches("a")) event.preventDefault();
    if (touched || !place.matches("a")) show(place);
  });
  document.addEventListener("pointerdown", (event) => {
    if (shownFor && !float.contains(event.target) && !placeOf(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("htmx:beforeSwap", hide);
  addEventListener("resize", hide);
})();
