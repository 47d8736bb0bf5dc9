/* What a grid of cells makes of a pasted block and of keys. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, pressed } from "./load.mjs";

load("shared", "grid");
const { readCells, isBlock, stepOf, fill, describe, follow } = globalThis.cellGrid;

/* --- A block as texts --- */

// biome-ignore format: a table has one case a line
const BLOCKS = [
  ["one cell", "5", [["5"]]],
  ["nothing", "", [[""]]],
  ["a row", "1\t2\t3", [["1", "2", "3"]]],
  ["a column as Excel copies it", "1\r\n2\r\n", [["1"], ["2"]]],
  ["a column of an old Macintosh", "1\r2\r", [["1"], ["2"]]],
  ["a column of Unix", "1\n2", [["1"], ["2"]]],
  ["an empty cell at the end of a row", "1\t\r\n2\t\r\n", [["1", ""], ["2", ""]]],
  ["an empty cell at the beginning of a row", "\t1", [["", "1"]]],
  ["an empty row in the middle", "1\r\n\r\n3\r\n", [["1"], [""], ["3"]]],
  ["an empty row that was copied at the end", "1\r\n2\r\n\r\n", [["1"], ["2"], [""]]],
  ["nothing but a tab", "\t", [["", ""]]],
  ["rows of different lengths", "1\t2\n3", [["1", "2"], ["3"]]],
  ["a cell with a line break", '"a\nb"\tc', [["a b", "c"]]],
  ["a cell with a line break of Windows", '"a\r\nb"\r\n5\r\n', [["a b"], ["5"]]],
  ["a cell with a tab", '"a\tb"\tc', [["a b", "c"]]],
  ["quotes within quotes", '"say ""yes""\nor no"\t5', [['say "yes" or no', "5"]]],
  ["an empty cell in quotes", '""\t5', [["", "5"]]],
  ["a cell of one quote in quotes", '""""\t5', [['"', "5"]]],
  ["a quote inside a cell", '5" pipe\t6', [['5" pipe', "6"]]],
  ["a quoted word at the beginning of a cell", '"a" b\t6', [['"a" b', "6"]]],
  ["a quote that is never closed", '"a\t5\n6\t7', [['"a', "5"], ["6", "7"]]],
  ["a quote that is closed in another cell", '"a\tb"c\n5\t6', [['"a', 'b"c'], ["5", "6"]]],
  ["spaces, which stay until they are filled in", " 5 \t 6", [[" 5 ", " 6"]]],
  ["full-width digits", "１，２３４\t９２％", [["１，２３４", "９２％"]]],
];

for (const [name, text, cells] of BLOCKS) {
  test(`a block is read: ${name}`, () => assert.deepEqual(readCells(text), cells));
}

test("any cells that are copied as Excel copies them are read again", () => {
  const signs = ["5", '"', "\n", "\t", " ", "万", ""];
  const quote = (cell) => (/[\t\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);
  let seed = 7;
  const draw = (most) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
  for (let round = 0; round < 2_000; round += 1) {
    // A cell that begins with a quote and has no line break is copied as it is, and cannot be told from a quoted one.
    const cell = () =>
      Array.from({ length: draw(5) }, () => signs[draw(signs.length)])
        .join("")
        .replace(/^"+/, "");
    const rows = Array.from({ length: 1 + draw(4) }, () => Array.from({ length: 1 + draw(4) }, cell));
    const text = `${rows.map((row) => row.map(quote).join("\t")).join("\r\n")}\r\n`;
    const meant = rows.map((row) => row.map((written) => written.replace(/[\t\n]/g, " ")));
    assert.deepEqual(readCells(text), meant, JSON.stringify(text));
  }
});

test("a large block is read in no time", () => {
  const began = performance.now();
  assert.equal(readCells("1\t2\r\n".repeat(20_000)).length, 20_000);
  assert.equal(readCells('"1\t'.repeat(20_000)).length, 1);
  assert.ok(performance.now() - began < 5_000);
});

test("one cell is left to the browser, more are a block", () => {
  for (const text of ["", "5", "5\r\n", "5\n\n", "a b", '"5"'])
    assert.equal(isBlock(text), false, JSON.stringify(text));
  for (const text of ["1\t2", "1\n2", "1\r2", "5\t", "\t", "1\r\n\r\n3\r\n"]) {
    assert.equal(isBlock(text), true, JSON.stringify(text));
  }
});

/* --- Keys --- */

const KEYS = [
  [pressed("Enter"), 1],
  [pressed("Enter", { shiftKey: true }), -1],
  [pressed("ArrowDown"), 1],
  [pressed("ArrowUp"), -1],
  [pressed("ArrowLeft"), 0],
  [pressed("Tab"), 0],
  [pressed("5"), 0],
  [pressed("Process"), 0],
  [pressed("Enter", { isComposing: true }), 0],
  [pressed("Enter", { ctrlKey: true }), 0],
  [pressed("ArrowDown", { altKey: true }), 0],
  [pressed("ArrowUp", { metaKey: true }), 0],
];

for (const [event, step] of KEYS) {
  test(`${JSON.stringify(event)} moves by ${step}`, () => assert.equal(stepOf(event), step));
}

/* --- Filling in --- */

const input = (maxLength = 10) => ({ value: "", maxLength });

test("cells are filled in without spaces, and what finds no place is counted", () => {
  const inputs = [
    [input(), null],
    [input(2), input(-1)],
  ];
  const { filled, lost } = fill(
    [
      [" 5 ", "6", "7"],
      ["123", "1234", ""],
      [" ", "8"],
    ],
    (down, right) => inputs[down]?.[right],
  );
  assert.deepEqual(
    filled.map((place) => place.value),
    ["5", "12", "1234"],
  );
  assert.equal(lost, 3);
});

test("an empty cell empties its input", () => {
  const place = { value: "old", maxLength: 10 };
  fill([[""]], () => place);
  assert.equal(place.value, "");
});

test("what was pasted is told, and what found no place only if there is any", () => {
  const words = { pasted: "%(number)s filled.", noPlace: "%(number)s lost." };
  assert.equal(describe(words, { filled: [1, 2], lost: 0 }), "2 filled.");
  assert.equal(describe(words, { filled: [], lost: 3 }), "0 filled. 3 lost.");
});

/* --- A grid of two columns and four rows, in the second of which nothing may be typed --- */

const makeGrid = () => {
  const heard = {};
  const told = { focused: [], pasted: [], passed: [] };
  const rows = [0, 1, 2, 3];
  const inputs = rows.map((row) =>
    [0, 1].map((column) => ({
      value: "",
      maxLength: 10,
      dataset: { row: String(row), column: String(column) },
      closest: () => inputs[row][column],
      focus: () => told.focused.push([row, column]),
      select: () => {},
    })),
  );
  follow({
    place: {
      addEventListener: (kind, listener) => {
        heard[kind] = listener;
      },
    },
    rows,
    rowOf: (place) => Number(place.dataset.row),
    inputAt: (row, column) => (row === 1 ? null : inputs[row]?.[column]),
    pasted: (outcome) => told.pasted.push(outcome),
    passedEnd: (row) => told.passed.push(row),
  });
  const send = (kind, target, event) => {
    let stopped = false;
    heard[kind]({
      ...event,
      target,
      preventDefault: () => {
        stopped = true;
      },
    });
    return stopped;
  };
  return { inputs, told, send };
};

test("keys move within the column, over rows in which nothing may be typed", () => {
  const { inputs, told, send } = makeGrid();
  assert.equal(send("keydown", inputs[0][1], pressed("Enter")), true);
  assert.equal(send("keydown", inputs[2][1], pressed("ArrowUp")), true);
  assert.deepEqual(told.focused, [
    [2, 1],
    [0, 1],
  ]);
  assert.equal(send("keydown", inputs[0][1], pressed("Tab")), false);
});

test("beyond the last row its end is told, beyond the first nothing", () => {
  const { inputs, told, send } = makeGrid();
  send("keydown", inputs[3][0], pressed("Enter"));
  send("keydown", inputs[0][0], pressed("ArrowUp"));
  assert.deepEqual(told.passed, [3]);
  assert.deepEqual(told.focused, []);
});

test("a block is pasted from where it begins, a single cell is left to the browser", () => {
  const { inputs, told, send } = makeGrid();
  const clipboard = (text) => ({ clipboardData: { getData: () => text } });
  assert.equal(send("paste", inputs[0][1], clipboard("7\r\n")), false);
  assert.equal(send("paste", inputs[0][1], {}), false);
  assert.equal(send("paste", inputs[0][1], clipboard("1\t9\r\n2\r\n3\r\n4\r\n5\r\n")), true);
  assert.deepEqual(
    inputs.map((row) => row[1].value),
    ["1", "", "3", "4"],
  );
  assert.equal(told.pasted[0].lost, 3);
});
