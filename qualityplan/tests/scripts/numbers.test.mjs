/* Typed numbers in the page: the same cases are tried on the server by test_scripts.py. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "./load.mjs";

load("numbers");
const { read, write } = globalThis.typedNumbers;
const cases = JSON.parse(readFileSync(new URL("numbers.json", import.meta.url), "utf8"));

const millionths = (number) => {
  const [whole, fraction = ""] = number.replace("-", "").split(".");
  const found = BigInt(whole + fraction.padEnd(6, "0"));
  return number.startsWith("-") ? -found : found;
};

for (const [text, number] of cases.read) {
  test(`${JSON.stringify(text)} is ${number}`, () => assert.equal(read(text), millionths(number)));
}
for (const text of cases.nothing) {
  test(`${JSON.stringify(text)} is nothing, and never zero`, () => assert.equal(read(text), null));
}
for (const text of [...cases.refused, ...cases.too_fine]) {
  test(`${JSON.stringify(text)} is refused, and never guessed`, () => assert.equal(read(text), undefined));
}
for (const [number, text] of cases.written) {
  test(`${number} is written ${text}`, () => assert.equal(write(millionths(number)), text));
}

test("what is written is read again as the same number", () => {
  for (const number of [0n, 1n, -1n, 999_999n, 1_000_000n, -1_234_567_890_123n, 999_999_999_999_999n]) {
    assert.equal(read(write(number)), number);
  }
});

test("tenths add up, which binary fractions do not", () => {
  assert.equal(write(read("0.1") + read("0.2")), "0.3");
});

test("a very long text is read in no time", () => {
  const began = performance.now();
  assert.equal(read(`${"1".repeat(50_000)}x`), undefined);
  assert.equal(read(`${"1,".repeat(50_000)}1`), undefined);
  assert.equal(read(`${" ".repeat(50_000)}x`), undefined);
  assert.ok(performance.now() - began < 5_000);
});
