// JavaScript: types are stripped by a compiler that takes as long to load as the whole bundle.
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);
const FOLDER = fileURLToPath(ROOT);

/** Written by bundle.js. */
export const BUNDLE = new URL("dist/gateway/main.js", ROOT);
export const MANIFEST = new URL("dist/gateway/sources.json", ROOT);

/** The size of a source and when it was written, by its path in the project. */
export function stampOf(path) {
  const { size, mtimeMs } = statSync(FOLDER + path); // a URL for each takes longer than its file
  return `${size} ${mtimeMs}`;
}

const SOURCES = new URL("src/main.ts", ROOT);

/** Written by package.js. */
const PACKAGED = new URL("dist/package/main.js", ROOT);

/**
 * The URL of the entry: the bundle, or the sources where there is no bundle or a source has changed since. A package from a registry
 * has no sources.
 */
export function entry(manifest = MANIFEST) {
  try {
    const stamps = Object.entries(JSON.parse(readFileSync(manifest, "utf8")));
    if (stamps.every(([path, stamp]) => stampOf(path) === stamp)) return BUNDLE.href;
  } catch {
    // Nothing was built, or a source is gone.
  }
  return (existsSync(SOURCES) ? SOURCES : PACKAGED).href;
}
