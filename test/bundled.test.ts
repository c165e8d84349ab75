import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { entry, stampOf } from "../src/bundled.js";

/** The entry of a start, where these sources were joined. */
function entryWith(content: string): string {
  const manifest = join(mkdtempSync(join(tmpdir(), "bundle-")), "sources.json");
  writeFileSync(manifest, content);
  return entry(pathToFileURL(manifest));
}

const stamped = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, stampOf(path)]));
const SOURCES = stamped("src/app.ts", "src/main.ts", "package-lock.json");

describe("the gateway starts", () => {
  test("from its bundle while no source has changed", () =>
    expect(entryWith(JSON.stringify(SOURCES))).toMatch(/\/dist\/gateway\/main\.js$/));

  test.each([
    ["a source has changed", JSON.stringify({ ...SOURCES, "src/app.ts": "1 1" })],
    ["a dependency has changed", JSON.stringify({ ...SOURCES, "package-lock.json": "1 1" })],
    ["a source is gone", JSON.stringify({ ...SOURCES, "src/gone.ts": "1 1" })],
    ["the list of its sources breaks off", JSON.stringify(SOURCES).slice(0, -2)],
  ])("from its sources where %s", (_why, manifest) =>
    expect(entryWith(manifest)).toMatch(/\/src\/main\.ts$/),
  );

  test("from its sources where nothing was built", () =>
    expect(entry(pathToFileURL(join(tmpdir(), "never-built.json")))).toMatch(/\/src\/main\.ts$/));
});
