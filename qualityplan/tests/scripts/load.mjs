/* Loads scripts of the pages as a page does, one after the other: what they offer stands on globalThis. */
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

export const load = (...names) => {
  for (const name of names) {
    const path = new URL(`../../static/qualityplan/${name}.js`, import.meta.url);
    runInThisContext(readFileSync(path, "utf8"), { filename: path.pathname });
  }
};

/* A key as the browser tells it, with no modifier unless one is given. */
export const pressed = (key, more = {}) => ({
  key,
  isComposing: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  shiftKey: false,
  ...more,
});
