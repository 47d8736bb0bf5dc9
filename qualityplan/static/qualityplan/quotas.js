/* The grid of quotas: sums as one types, and a block of cells pasted from a spreadsheet. The server has the last word
   on every number; without this script the form does the same when it is sent. */
"use strict";

(() => {
  const grid = document.querySelector(".quota-grid");
  const words = JSON.parse(document.getElementById("quota-texts").textContent);
  const reason = document.getElementById("reason-field");
  const notice = document.getElementById("quota-notice");
  const rows = [...grid.querySelectorAll("tbody tr")];
  const sums = [...grid.querySelectorAll("tfoot tr:first-child td")].map((cell) => cell.querySelector("[data-sum]"));
  const say = (text, values = {}) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name] ?? "");
  const inputAt = (row, column) => rows[row]?.querySelector(`input[data-column="${column}"]`);

  /* --- Numbers, exactly: millionths as whole numbers, because binary fractions do not add up --- */

  const DECIMALS = 6;
  const NUMBER = /^([+-]?)(\d+|\d{1,3}(?:[, ]\d{3})+)(?:\.(\d{1,6}))? ?([万亿]?)$/;
  const MULTIPLES = { "": 1n, 万: 10000n, 亿: 100000000n };
  const exactly = (text) => {
    const written = text.normalize("NFKC").trim().replace(/[‐‑‒–—−]/g, "-").replace(/%$/, "").trim();
    if (["", "-", "--", "/", "无"].includes(written)) return null;
    const found = NUMBER.exec(written);
    if (!found) return undefined;
    const whole = BigInt(found[2].replace(/[, ]/g, "") + (found[3] ?? "").padEnd(DECIMALS, "0")) * MULTIPLES[found[4]];
    return found[1] === "-" ? -whole : whole;
  };
  const shown = (number) => {
    const digits = String(number < 0n ? -number : number).padStart(DECIMALS + 1, "0");
    const whole = digits.slice(0, -DECIMALS).replace(/\B(?=(\d{3})+$)/g, "\u202f");
    const rest = digits.slice(-DECIMALS).replace(/0+$/, "");
    return (number < 0n ? "-" : "") + whole + (rest ? `.${rest}` : "");
  };

  /* --- The sum of a column against the whole: what a town owes its county owes already --- */

  const owed = (column) => {
    const found = new Map();
    rows.forEach((row, index) => {
      const input = inputAt(index, column);
      if (input) found.set(row.dataset.region, exactly(input.value));
    });
    return found;
  };
  const total = (column) => {
    const found = owed(column);
    let sum = 0n;
    for (const row of rows) {
      const number = found.get(row.dataset.region);
      if (number === undefined && found.has(row.dataset.region)) return undefined;
      const above = row.dataset.above.split(" ").some((region) => typeof found.get(region) === "bigint");
      if (typeof number === "bigint" && !above) sum += number;
    }
    return sum;
  };
  const outcome = (sum, whole) => (sum === whole ? "equal" : sum > whole ? "over" : "under");
  const changed = (column) =>
    rows.some((_row, index) => {
      const input = inputAt(index, column);
      return input && exactly(input.value) !== exactly(input.dataset.stored);
    });

  const show = (place, sum) => {
    const mark = place.querySelector(".sum, .muted");
    if (sum === undefined) {
      mark.className = "sum sum-unclear";
      mark.textContent = words.unclear;
      return "unclear";
    }
    const whole = exactly(place.dataset.whole);
    const isLimit = "limit" in place.dataset;
    const found = outcome(sum, whole);
    const said = isLimit && found !== "equal" ? `${found}Limit` : found;
    const meant = found === "equal" ? "" : (found === "over") === isLimit ? "short" : "beyond";
    place.querySelector("strong").textContent = shown(sum);
    mark.className = `sum sum-${found}${meant && ` sum-${meant}`}`;
    mark.textContent = say(words[said], { difference: shown(sum > whole ? sum - whole : whole - sum) });
    return meant;
  };
  // What is as it was has its reason already, if it needs one.
  const update = () => {
    const short = sums.map((place, column) => {
      const different = place && changed(column);
      const divided = place && [...owed(column).values()].some((number) => number !== null);
      return place && (different || divided) && show(place, total(column)) === "short" && different;
    });
    if (reason) reason.hidden = !short.some(Boolean) && !reason.querySelector("textarea").value;
  };

  /* --- Moving and pasting as in a spreadsheet --- */

  grid.addEventListener("keydown", (event) => {
    const input = event.target.closest("input[data-column]");
    if (!input || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    for (let index = Number(input.dataset.row) + step; index >= 0 && index < rows.length; index += step) {
      const next = inputAt(index, input.dataset.column);
      if (next) {
        next.focus();
        next.select();
        return;
      }
    }
  });

  grid.addEventListener("paste", (event) => {
    const input = event.target.closest("input[data-column]");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!input || !/[\t\n\r]/.test(text.replace(/[\r\n]+$/, ""))) return;
    event.preventDefault();
    let filled = 0;
    let lost = 0;
    cellsPasted(text).forEach((cells, down) => {
      cells.forEach((cell, right) => {
        const place = inputAt(Number(input.dataset.row) + down, Number(input.dataset.column) + right);
        if (place) {
          place.value = cell.trim().slice(0, place.maxLength);
          filled += 1;
        } else if (cell.trim()) lost += 1;
      });
    });
    notice.textContent = say(words.pasted, { number: filled }) + (lost ? ` ${say(words.noPlace, { number: lost })}` : "");
    update();
  });

  grid.addEventListener("input", update);
  update();
})();
