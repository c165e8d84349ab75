import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Role } from "../src/domain/viewer.ts";
import { sha256 } from "../src/server/auth/tokens.ts";

/** A token, and the settings of a gateway that it alone opens. */
export function oneToken(name: string, role: Role, more: object = {}) {
  const token = `cag_${"t".repeat(40)}`;
  const folder = mkdtempSync(join(tmpdir(), "token-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "tokens.json");
  writeFileSync(path, JSON.stringify([{ name, role, sha256: sha256(token).toString("hex"), ...more }]));
  return { token, settings: { AUTH: "tokens", TOKENS_FILE: path } };
}
