/* Reads a JSON list of texts and answers how the page reads each: millionths, null for nothing, "refused". */
import { readFileSync } from "node:fs";
import { load } from "./load.mjs";

load("numbers");
const answerOf = (text) => {
  const number = globalThis.typedNumbers.read(text);
  if (number === undefined) return "refused";
  return number === null ? null : String(number);
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(answerOf)));
