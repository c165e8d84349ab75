import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const SETTINGS = '<meta name="gateway" content="{}">';
// As long as a page has to be for a gateway to compress it.
const CONTENT = `<p>${"A page of the gateway. ".repeat(100)}</p>`;

/** A folder of pages as the build writes it, for tests that do not depend on a build. */
export function builtFolder(): URL {
  const folder = mkdtempSync(join(tmpdir(), "pages-"));
  mkdirSync(join(folder, "assets"));
  for (const [name, title] of [
    ["dashboard", "Dashboard"],
    ["workbench", "Workbench"],
  ] as const)
    writeFileSync(
      join(folder, `${name}.html`),
      `<!doctype html><html lang="en"><head>${SETTINGS}<title>${title}</title></head>${CONTENT}</html>`,
    );
  writeFileSync(join(folder, "assets", "dashboard-a1b2c3d4.js"), "export {};");
  return pathToFileURL(`${folder}/`);
}
