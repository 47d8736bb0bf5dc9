/* Numbers as people type them, exactly: whole numbers of millionths, because binary fractions do not add up. They are
   read as the server reads them, which has the last word; one table of cases is tried on both. */
"use strict";

globalThis.typedNumbers = (() => {
  const DECIMALS = 6;
  const DASHES = /[‐‑‒–—―−]/g;
  const SPACES = /\p{White_Space}+/gu;
  const NOTHING = /^(?:-*|\/|无)$/;
  const NUMBER = /^([+-]?)(\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)(?:\.(\d+))?(?: ?([万亿]))?$/;
  const MULTIPLES = { 万: 10_000n, 亿: 100_000_000n };

  /* Full-width signs as ordinary ones, every dash as "-", every run of spaces as one. */
  const plain = (text) => text.normalize("NFKC").replace(DASHES, "-").replace(SPACES, " ").replace(/^ | $/g, "");

  /* Whether a digit hides in a sign that is none, such as ①, ² or ㋀: as ordinary signs, 1① would become 11. */
  const disguised = (sign) => !/\p{Nd}/u.test(sign) && /\p{Nd}/u.test(sign.normalize("NFKC"));

  /* The number in millionths; null for nothing, undefined for what is no number or too fine to be stored. */
  const read = (text) => {
    const written = plain(text);
    if ([...text].some(disguised)) return undefined;
    if (NOTHING.test(written)) return null;
    const found = NUMBER.exec(written.replace(/%$/, "").replace(/ $/, ""));
    if (!found || (found[4] && written.endsWith("%"))) return undefined;
    const [, sign, whole, fraction = "", multiple] = found;
    const digits =
      BigInt(whole.replace(/[, ]/g, "") + fraction) * (MULTIPLES[multiple] ?? 1n) * 10n ** BigInt(DECIMALS);
    const parts = 10n ** BigInt(fraction.length);
    if (digits % parts) return undefined;
    return sign === "-" ? -digits / parts : digits / parts;
  };

  /* The number in full as pages write it: thousands set apart by a narrow space, no zeros at the end of a fraction. */
  const write = (number) => {
    const digits = String(number < 0n ? -number : number).padStart(DECIMALS + 1, "0");
    const whole = digits.slice(0, -DECIMALS).replace(/\B(?=(\d{3})+$)/g, "\u202f");
    const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
    return (number < 0n ? "-" : "") + whole + (fraction && `.${fraction}`);
  };

  return { read, write };
})();
