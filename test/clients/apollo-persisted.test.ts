/** @module-tag deep */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gql } from "@apollo/client";
import { afterAll, expect, test } from "vitest";
import { createTrustedClient, SPEND } from "../../examples/apollo-persisted.ts";
import { served } from "./served.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "persisted-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes the manifest of the example as the build of a client does. */
function writtenManifest(): string {
  const output = join(folder, "manifest.json");
  const config = join(folder, "persisted-query-manifest.config.json");
  writeFileSync(config, JSON.stringify({ documents: ["examples/apollo-persisted.ts"], output }));
  const command = join(ROOT, "node_modules/@apollo/generate-persisted-query-manifest/cli.js");
  execFileSync(process.execPath, [command, "--config", config], { cwd: ROOT, stdio: "pipe" });
  return output;
}

const path = writtenManifest();
const { url } = await served({
  sandbox: { users: 60 },
  settings: { DOCUMENTS: "trusted", DOCUMENTS_FILE: path },
});
const client = createTrustedClient(url, JSON.parse(readFileSync(path, "utf8")));

test("Apollo Client reads a document of the manifest of its build by id, where no text is trusted", async () => {
  const { data } = await client.query({ query: SPEND });
  expect(data?.cost.nodes.length).toBeGreaterThan(1);
  expect(data?.cost.total.net.usd).toMatch(/^\d+\.\d+$/);
  expect(client.readQuery({ query: SPEND })).toEqual(data);
});

test("a document that is not in the manifest is not sent", async () => {
  const other = gql`query Other { viewer { role } }`;
  await expect(client.query({ query: other })).rejects.toThrow(/Other/);
});
