import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SETTINGS } from "../src/config.ts";
import { ERROR_CODES } from "../src/errors.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

function table(name: string): string {
  return readme.split(`<!-- ${name} -->\n`)[1]?.split(`<!-- /${name} -->`)[0] ?? "";
}

test("the README lists every setting with its default and meaning", () => {
  const rows = Object.entries(SETTINGS).map(
    ([name, [byDefault, meaning]]) => `| \`${name}\` | ${byDefault && `\`${byDefault}\``} | ${meaning} |\n`,
  );
  expect(table("settings")).toBe(rows.join(""));
});

test("the README lists every error code", () => {
  const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |\n`);
  expect(table("codes")).toBe(rows.join(""));
});
