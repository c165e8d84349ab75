import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configurationPage, errorsPage } from "../codegen-documents.ts";
import { ROLES } from "../src/domain/viewer.ts";
import { ERROR_CODES } from "../src/errors.ts";
import { SETTINGS } from "../src/settings/settings.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("docs/configuration.md lists every setting with its default, values and meaning", () => {
  const page = readFileSync(new URL("../docs/configuration.md", import.meta.url), "utf8");
  expect(page).toBe(configurationPage());
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(listed).toEqual(SETTINGS.map(({ name }) => name));
  expect(new Set(listed).size).toBe(listed.length);
});

test("the settings in the README have their names and defaults", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)` )?\| /gm)];
  const named = rows.filter(
    ([, name = ""]) => !Object.hasOwn(ERROR_CODES, name) && !Object.hasOwn(ROLES, name),
  );
  expect(named.map(([, name]) => name)).toContain("CACHE_URL");
  for (const [, name, byDefault = ""] of named) {
    const found = SETTINGS.find((each) => each.name === name);
    expect([found?.default, found?.whenUnset].join(), name).toContain(byDefault);
  }
});

test("docs/errors.md lists every error code with its status, meaning and what to do", () => {
  const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
  expect(page).toBe(errorsPage());
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \| [45]\d\d \| .+\. \| .+\. \|$/gm)].map(
    ([, code]) => code,
  );
  expect(listed).toEqual(Object.keys(ERROR_CODES));
});

test("the list of faults has a row for each, and names tests that are there", () => {
  const faults = readFileSync(new URL("../docs/faults.md", import.meta.url), "utf8");
  const numbers = [...faults.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
  expect(numbers.slice(0, 26)).toEqual(Array.from({ length: 26 }, (_, i) => 42 + i));
  for (const row of faults.matchAll(/^\| \d+ \|.*$/gm)) {
    const files = [...row[0].matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, file]) => file ?? "");
    expect(files.length, row[0]).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
  }
  const said = [...faults.matchAll(/`(test\/[\w/.-]+\.test\.ts)` \(((?:"[^"]+"(?:, )?)+)\)/g)];
  expect(said.length).toBeGreaterThan(10);
  for (const [, file = "", names = ""] of said) {
    const source = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
    for (const [, name = ""] of names.matchAll(/"([^"]+)"/g))
      expect(source, `${file}: ${name}`).toContain(name);
  }
});

test("every npm script that the documents name is there", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const docs = readdirSync(new URL("../docs/", import.meta.url)).map((name) => `docs/${name}`);
  const named = ["README.md", "CHANGELOG.md", ...docs].flatMap((file) => {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
    return [...text.matchAll(/npm run (?:-s |--silent )?([a-z][\w:-]*)/g)].map(
      ([, name = ""]) => `${file}: ${name}`,
    );
  });
  expect(named).toContain("docs/stores.md: backup");
  expect(named.filter((each) => scripts[each.split(": ")[1] ?? ""] === undefined)).toEqual([]);
});
