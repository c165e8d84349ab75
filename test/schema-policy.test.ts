import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { lastRelease, policyFaults } from "../schema-policy.ts";

const RELEASED = `type Query { people(first: Int): [Person!] } type Person { id: ID! name: String } enum Product { CHAT }`;

interface Case {
  readonly schema?: string;
  readonly released?: string;
  readonly version?: string;
  readonly changes?: string;
}

function faultsOf({ schema = RELEASED, released = "1.2.0", version = "1.3.0", changes = "" }: Case) {
  const changelog = `# Changelog\n\n## ${version} (unreleased)\n\n- ${changes}\n\n## 1.0.0 (2026-01-01)\n\n- \`Person.age\`, \`teams\``;
  return policyFaults({ version, schema, changelog, released: { version: released, schema: RELEASED } });
}

const ADDED =
  RELEASED.replace("name: String", "name: String age: Int").replace("Query {", "Query { teams: [Team!]") +
  " type Team { name: String }";
const REMOVED = RELEASED.replace("name: String", "");

describe("a schema after a release", () => {
  test("may stay as it is", async () => {
    expect(await faultsOf({})).toEqual([]);
  });

  test("may grow by what the changelog names in the section of its version", async () => {
    expect(await faultsOf({ schema: ADDED, changes: "`Person.age`, and `teams` of type `Team`." })).toEqual(
      [],
    );
    expect(
      await faultsOf({ schema: ADDED, changes: "`Person` has more, `Query.teams` are listed, `Team`." }),
    ).toEqual([]);
    const faults = await faultsOf({ schema: ADDED, changes: "More." });
    expect(faults.toSorted()).toEqual([
      expect.stringContaining("does not name `Person.age`"),
      expect.stringContaining("does not name `Query.teams`"),
      expect.stringContaining("does not name `Team`"),
    ]);
  });

  test.each([
    ["a field goes", REMOVED],
    ["a type changes", RELEASED.replace("name: String", "name: Int")],
    ["an argument becomes required", RELEASED.replace("first: Int", "first: Int!")],
    ["a value of an enum goes", RELEASED.replace("CHAT", "CODE")],
    ["a result may be null", RELEASED.replace("id: ID!", "id: ID")],
  ])("is refused where %s", async (_, schema) => {
    const faults = await faultsOf({ schema, changes: "`Person` `people` `Product`" });
    expect(faults[0]).toMatch(/A client of 1\.2\.0 would fail: deprecate it instead\.$/);
  });

  test.each([
    ["a major version", "1.2.0", "2.0.0", 0],
    ["a minor version before 1.0", "0.1.0", "0.2.0", 0],
    ["a patch before 1.0", "0.1.0", "0.1.1", 1],
    ["a minor version after 1.0", "1.2.0", "1.3.0", 1],
    ["the same version", "1.2.0", "1.2.0", 1],
  ])("may break in %s only where versions say so", async (_, released, version, count) => {
    const faults = await faultsOf({ schema: REMOVED, released, version, changes: "`Person.name`" });
    expect(faults).toHaveLength(count);
  });

  test("need not name a changed description", async () => {
    expect(await faultsOf({ schema: RELEASED.replace("type Person", '"A person." type Person') })).toEqual(
      [],
    );
  });
});

test.each([
  ["@deprecated", 1],
  ['@deprecated(reason: "Use id.")', 1],
  ['@deprecated(reason: "Use id. Removed not before 2027-06-01.")', 0],
])("a deprecated element says what to use and from when it may go: %s", async (directive, count) => {
  const schema = RELEASED.replace("name: String", `name: String ${directive}`);
  const faults = await policyFaults({ version: "0.1.0", schema, changelog: "", released: null });
  expect(faults).toHaveLength(count);
});

test("the schema keeps to its policy before the first release", async () => {
  const schema = readFileSync(new URL("../schema/schema.graphql", import.meta.url), "utf8");
  expect(await policyFaults({ version: "0.1.0", schema, changelog: "", released: null })).toEqual([]);
});

test("the last release is that of the newest version tagged before, not of a later branch or another tag", () => {
  const folder = mkdtempSync(join(tmpdir(), "releases-"));
  const git = (...parameters: string[]) =>
    execFileSync(
      "git",
      ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "tag.gpgSign=false", ...parameters],
      {
        cwd: folder,
        stdio: "pipe",
      },
    );
  const commit = (schema: string, ...tags: string[]) => {
    writeFileSync(join(folder, "schema/schema.graphql"), schema);
    git("add", ".");
    git("commit", "--no-gpg-sign", "--quiet", "--message", schema);
    for (const tag of tags) git("tag", tag);
  };
  mkdirSync(join(folder, "schema"));
  git("init", "--quiet");
  commit("first");
  const url = pathToFileURL(`${folder}/`);
  expect(lastRelease(url)).toBeNull();
  commit("ninth", "v0.9.0");
  commit("tenth", "v0.10.0", "v0.11.0-rc.1", "very.old.tag");
  git("switch", "--quiet", "--create", "later");
  commit("eleventh", "v0.11.0");
  git("switch", "--quiet", "-");
  commit("now");
  expect(lastRelease(url)).toEqual({ version: "0.10.0", schema: "tenth" });
});
