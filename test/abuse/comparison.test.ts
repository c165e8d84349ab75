import crypto from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { schema } from "../../schema/index.ts";
import { fileTokens, sha256 } from "../../src/server/auth/tokens.ts";
import { readDocuments } from "../../src/server/documents/manifest.ts";

const compare = vi.spyOn(crypto, "timingSafeEqual");
syncBuiltinESMExports();
afterAll(() => {
  compare.mockRestore();
  syncBuiltinESMExports();
});

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
const viewerOf = fileTokens({
  path,
  identity: { byRole: {}, minPeople: 5 },
  now: () => 0,
  elapsedMs: () => 0,
  onFault: () => {},
  documents: readDocuments(schema, ""),
});

const UNKNOWN = { reason: "unknown" };

test.each<[string, string, object]>([
  ["the first", tokenOf(0), { name: "caller 0" }],
  ["the last", tokenOf(COUNT - 1), { name: `caller ${COUNT - 1}` }],
  ["one of another length", "x", UNKNOWN],
  ["one that is nearly the first", `${tokenOf(0).slice(0, -1)}x`, UNKNOWN],
  ["nothing like any", `cag_${"z".repeat(40)}`, UNKNOWN],
  ["the hash of the first", sha256(tokenOf(0)).toString("hex"), UNKNOWN],
])("%s is compared with every token, by hashes of one length (32)", (_what, token, expected) => {
  compare.mockClear();
  expect(viewerOf(token)).toMatchObject(expected);
  expect(compare).toHaveBeenCalledTimes(COUNT);
  for (const [a, b] of compare.mock.calls) {
    expect(a).toHaveProperty("length", 32);
    expect(b).toEqual(sha256(token));
  }
});
