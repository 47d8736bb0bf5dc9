// The head of the audit chain and the moment of printing, in the margin of each printed page; where the browser knows no
// margins, and without a script, the head stands below what is printed.
(() => {
  const filled = new Intl.DateTimeFormat("sv-SE", {
    dateStyle: "short",
    timeStyle: "short",
    timeZone: "Asia/Shanghai",
  });

  const onEachPage = (text) => {
    const { sheet } = document.querySelector('link[media="print"]');
    const last = sheet.cssRules.length - 1;
    if (sheet.cssRules[last].cssText.includes("bottom-left")) sheet.deleteRule(last);
    const box = `content: ${JSON.stringify(text)}; color: #555; font-size: 8pt; white-space: nowrap;`;
    sheet.insertRule(`@page { @bottom-left { ${box} } }`, sheet.cssRules.length);
  };

  addEventListener("beforeprint", () => {
    const printed = document.querySelector("[data-printed]");
    if (!printed) return;
    printed.textContent = `${printed.dataset.head} · ${printed.dataset.printed} ${filled.format(new Date())}`;
    printed.hidden = "CSSMarginRule" in window;
    if (printed.hidden) onEachPage(printed.textContent);
  });
})();
