/* A block of cells copied from a spreadsheet, as rows of texts: for every grid that takes one. */
"use strict";

/* Excel puts cells with line breaks or quotes in quotes, and ends a block with a line break. */
globalThis.cellsPasted = (text) => {
  const rows = [[""]];
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let index = 0; index < source.length; index += 1) {
    const sign = source[index];
    const row = rows[rows.length - 1];
    if (quoted) {
      if (sign === '"' && source[index + 1] === '"') row[row.length - 1] += source[(index += 1)];
      else if (sign === '"') quoted = false;
      else row[row.length - 1] += sign === "\n" ? " " : sign;
    } else if (sign === '"' && row[row.length - 1] === "") quoted = true;
    else if (sign === "\t") row.push("");
    else if (sign === "\n") rows.push([""]);
    else row[row.length - 1] += sign;
  }
  return rows;
};
