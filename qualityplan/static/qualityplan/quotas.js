/* The grid of quotas: sums as somebody types, and a block of cells pasted from a spreadsheet. The server has the last
   word on every number; without this script the form does the same when it is sent. */
"use strict";

(() => {
  const { fillIn, readData, say } = shared;
  const { read, write } = typedNumbers;
  const grid = document.querySelector(".quota-grid");
  const words = readData("quota-texts");
  const reason = document.getElementById("reason-field");
  const notice = document.getElementById("quota-notice");
  const rows = [...grid.querySelectorAll("tbody tr")];
  const sums = [...grid.querySelectorAll("tfoot tr:first-child td")].map((cell) => cell.querySelector("[data-sum]"));
  const inputAt = (row, column) => rows[row]?.querySelector(`input[data-column="${column}"]`);

  /* --- The sum of a column against the whole: what a town owes its county owes already --- */

  const owed = (column) => {
    const found = new Map();
    rows.forEach((row, index) => {
      const input = inputAt(index, column);
      if (input) found.set(row.dataset.region, read(input.value));
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
  const outcome = (sum, whole) => {
    if (sum === whole) return "equal";
    return sum > whole ? "over" : "under";
  };
  const changed = (column) =>
    rows.some((_row, index) => {
      const input = inputAt(index, column);
      return input && read(input.value) !== read(input.dataset.stored);
    });

  const show = (place, sum) => {
    const mark = place.querySelector(".sum, .muted");
    if (sum === undefined) {
      mark.className = "sum sum-unclear";
      mark.textContent = words.unclear;
      return "unclear";
    }
    const whole = read(place.dataset.whole);
    const isLimit = "limit" in place.dataset;
    const found = outcome(sum, whole);
    const wording = isLimit && found !== "equal" ? `${found}Limit` : found;
    const meant = found === "equal" ? "" : (found === "over") === isLimit ? "short" : "beyond";
    place.querySelector("strong").textContent = write(sum);
    mark.className = `sum sum-${found}${meant && ` sum-${meant}`}`;
    mark.textContent = fillIn(words[wording], { difference: write(sum > whole ? sum - whole : whole - sum) });
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

  cellGrid.follow({
    place: grid,
    rows,
    rowOf: (input) => Number(input.dataset.row),
    inputAt,
    pasted: (outcome) => {
      say(notice, cellGrid.describe(words, outcome));
      update();
    },
  });

  grid.addEventListener("input", update);
  update();
})();
