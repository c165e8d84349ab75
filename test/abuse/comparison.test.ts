import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { schema } from "../../schema/index.ts";
import { fileTokens, sha256 } from "../../src/server/auth/tokens.ts";
import { readDocuments } from "../../src/server/documents/manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "comparison-"));
afterAll(() => rmSync(folder, { recursive: true }));

const COUNT = 50;
const tokenOf = (i: number) => `cag_${String(i).padStart(40, "t")}`;

const path = join(folder, "tokens.json");
writeFileSync(
  path,
  JSON.stringify(
    Array.from({ length: COUNT }, (_, i) => ({
      name: `caller ${i}`,
      role: "OWNER",
      sha256: sha256(tokenOf(i)).toString("hex"),
    })),
  ),
);
const { authenticate: viewerOf } = fileTokens({
  path,
  identity: { byRole: {}, minPeople: 5 },
  now: () => 0,
  elapsedMs: () => 0,
  onFileRead: () => {},
  onFault: () => {},
  documents: readDocuments(schema, ""),
  organizations: [],
});

const UNKNOWN = { reason: "unknown" };

test.each<[string, string, object]>([
  ["the first", tokenOf(0), { name: "caller 0" }],
  ["the last", tokenOf(COUNT - 1), { name: `caller ${COUNT - 1}` }],
  ["one of another length", "x", UNKNOWN],
  ["one that is nearly the first", `${tokenOf(0).slice(0, -1)}x`, UNKNOWN],
  ["nothing like any", `cag_${"z".repeat(40)}`, UNKNOWN],
  ["the hash of the first", sha256(tokenOf(0)).toString("hex"), UNKNOWN],
])("%s is recognized by its hash alone", (_what, token, expected) => {
  expect(viewerOf(token)).toMatchObject(expected);
});

test("no text of a token is compared with another, only their hashes", () => {
  const compared = new Set<unknown>();
  const get = vi.spyOn(Map.prototype, "get").mockImplementation(function (this: Map<unknown, unknown>, key) {
    compared.add(key);
    return [...this].find(([each]) => each === key)?.[1];
  });
  viewerOf(tokenOf(0));
  viewerOf("x");
  get.mockRestore();
  expect([...compared]).toEqual([tokenOf(0), "x"].map((token) => sha256(token).toString("hex")));
});
