/* What every grid of cells does as a spreadsheet does: Enter and the arrow keys move between rows, and a block of cells
   that was copied is pasted over several inputs. */
"use strict";

globalThis.cellGrid = (() => {
  const { fillIn, keyOf } = shared;
  const CELL = /"((?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*)/y;
  const STEPS = { Enter: 1, ArrowDown: 1, ArrowUp: -1 };

  /* A copied block as rows of texts. Spreadsheets put cells with line breaks in quotes, and end a block with a line
     break; a quote that is never closed is a sign like any other. */
  const readCells = (text) => {
    const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
    const rows = [[]];
    for (let place = 0; place <= source.length; place += 1) {
      CELL.lastIndex = place;
      const [written, quoted, plain] = CELL.exec(source);
      rows[rows.length - 1].push(quoted === undefined ? plain : quoted.replace(/""/g, '"').replace(/[\t\n]/g, " "));
      place += written.length;
      if (source[place] === "\n") rows.push([]);
    }
    return rows;
  };

  /* Whether a copied text is more than one cell; a single one is left to the browser. */
  const isBlock = (text) => /[\t\n\r]/.test(text.replace(/[\r\n]+$/, ""));

  /* How many rows a key leads down; 0 for a key that moves nothing. */
  const stepOf = (event) => {
    const key = keyOf(event);
    return key === "Enter" && event.shiftKey ? -1 : (STEPS[key] ?? 0);
  };

  /* Writes the cells where `inputAt(down, right)` has an input: the inputs, and how many texts found no place. */
  const fill = (cells, inputAt) => {
    const filled = [];
    let lost = 0;
    cells.forEach((row, down) => {
      row.forEach((cell, right) => {
        const text = cell.trim();
        const input = inputAt(down, right);
        if (input) {
          input.value = input.maxLength < 0 ? text : text.slice(0, input.maxLength);
          filled.push(input);
        } else if (text) lost += 1;
      });
    });
    return { filled, lost };
  };

  /* Focuses the next input of a column; whether there was one. */
  const move = (grid, row, column, step) => {
    for (let next = row + step; next >= 0 && next < grid.rows.length; next += step) {
      const input = grid.inputAt(next, column);
      if (input) {
        input.focus();
        input.select();
        return true;
      }
    }
    return false;
  };

  /* What a paste has done, in the words of the page. */
  const describe = (words, { filled, lost }) =>
    fillIn(words.pasted, { number: filled.length }) + (lost ? ` ${fillIn(words.noPlace, { number: lost })}` : "");

  /* Lets a grid be moved in and pasted into. It has its `place` in the page, its `rows`, `rowOf(input)` as a number,
     `inputAt(row, column)`, and says what follows: `pasted(outcome)`, and `passedEnd(row)` below the last row. */
  const follow = (grid) => {
    const find = (event) => event.target.closest("input[data-column]");
    grid.place.addEventListener("keydown", (event) => {
      const input = find(event);
      const step = stepOf(event);
      if (!input || !step) return;
      event.preventDefault();
      const row = grid.rowOf(input);
      if (!move(grid, row, Number(input.dataset.column), step) && step > 0) grid.passedEnd?.(row);
    });
    grid.place.addEventListener("paste", (event) => {
      const input = find(event);
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!input || !isBlock(text)) return;
      event.preventDefault();
      const row = grid.rowOf(input);
      const column = Number(input.dataset.column);
      grid.pasted(fill(readCells(text), (down, right) => grid.inputAt(row + down, column + right)));
    });
  };

  return { readCells, isBlock, stepOf, fill, describe, follow };
})();
