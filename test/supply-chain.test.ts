import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../", import.meta.url).pathname;
const read = (file: string) => readFileSync(`${ROOT}${file}`, "utf8");

/** An entry of the lock file. */
interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, Locked>>;

const manifest: {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
} = JSON.parse(read("package.json"));
const lock: { readonly packages: Packages } = JSON.parse(read("package-lock.json"));
const { "": root, ...packages } = lock.packages;
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
const locked = Object.entries(packages).map(([path, entry]) => ({ path, name: nameOf(path), ...entry }));
const production = locked.filter(({ dev, devOptional }) => !dev && !devOptional);

/** Where the number of packages is counted: what else is optional is for other machines. */
const fits = ({ os, cpu, libc }: Locked) =>
  (os === undefined || os.includes("linux")) &&
  (cpu === undefined || cpu.includes("x64")) &&
  (libc === undefined || libc.includes("glibc"));

/** Permissive ones, which ask for no more than to be named. */
const LICENCES = ["MIT", "ISC", "Apache-2.0", "BlueOak-1.0.0", "0BSD", "BSD-2-Clause", "BSD-3-Clause"];

const MOST_PACKAGES = 80;

describe("direct dependencies", () => {
  const shipped = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const direct = { ...shipped, ...manifest.devDependencies };

  test("have exact versions, and the lock file is in step", () => {
    for (const [name, version] of Object.entries(direct)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
    expect(root?.dependencies).toEqual(manifest.dependencies);
    expect(root?.devDependencies).toEqual(manifest.devDependencies);
    expect(root?.optionalDependencies).toEqual(manifest.optionalDependencies);
  });

  test("are each in the table, with their licence and a reason, and nothing else is", () => {
    const table = read("docs/supply-chain.md")
      .split("<!-- dependencies -->")[1]
      ?.split("<!-- /dependencies -->")[0];
    const rows = [...(table ?? "").matchAll(/^\| `([^`]+)` \| ([^|]+) \| (\d+) \| ([^|]+) \|$/gm)];
    expect(rows.map(([, name, licence]) => [name, licence])).toEqual(
      Object.keys(shipped)
        .sort()
        .map((name) => [name, packages[`node_modules/${name}`]?.license]),
    );
    for (const [, name, , , why = ""] of rows) expect(why.length, name).toBeGreaterThan(10);
  });

  test("are each used by the shipped code", () => {
    const sources = execFileSync("git", ["ls-files", "src", "schema"], { cwd: ROOT, encoding: "utf8" })
      .split("\n")
      .filter((file) => file.endsWith(".ts") && !file.startsWith("src/web/")) // the pages are built into their packages
      .map(read)
      .join("\n")
      .replace(/import type [^;]+;/g, ""); // these are gone once it runs
    const imported = new Set(
      [...sources.matchAll(/(?:from|import\(?) ?"((?:@[\w-]+\/)?[\w-]+)(?:\/[^"]*)?"/g)].map(
        ([, name]) => name,
      ),
    );
    for (const name of Object.keys(manifest.dependencies)) expect([...imported]).toContain(name);
    for (const name of Object.keys(manifest.devDependencies).filter((each) => !each.startsWith("@types/")))
      expect([...imported]).not.toContain(name);
  });
});

describe("the lockfile", () => {
  test("has a SHA-512 for each package, all from one registry or from whichever npm is set to", () => {
    expect(locked.length).toBeGreaterThan(300);
    for (const { path, integrity, resolved, link } of locked) {
      expect(integrity, path).toMatch(/^sha512-[\w+/]{86}==$/);
      expect(resolved ?? "https://registry.npmjs.org/", path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
      expect(link, path).toBeUndefined();
    }
  });

  test("runs no script when it is installed, but for Node itself, which can be left out", () => {
    const running = locked.filter(({ hasInstallScript }) => hasInstallScript);
    expect(running.map(({ name, optional }) => [name, optional])).toEqual([["node", true]]);
    expect(Object.keys(manifest.allowScripts)).toEqual(["node"]);
  });

  test("has one graphql", () => {
    expect(locked.filter(({ name }) => name === "graphql").map(({ path }) => path)).toEqual([
      "node_modules/graphql",
    ]);
  });
});

describe("a production install", () => {
  const installed = production.filter((entry) => !entry.optional || fits(entry));

  test(`is at most ${MOST_PACKAGES} packages, as many as the document says`, () => {
    expect(installed.length).toBeLessThanOrEqual(MOST_PACKAGES);
    expect(read("docs/supply-chain.md")).toContain(`is ${installed.length} packages`);
  });

  test("has permissive licences", () => {
    for (const { path, license } of production) expect(LICENCES, path).toContain(license);
  });

  test("has a bill of materials, the same each time", { tags: "deep" }, () => {
    const write = () => execFileSync(process.execPath, ["sbom.ts"], { cwd: ROOT, encoding: "utf8" });
    const [bill, again] = [write(), write()];
    expect(again).toBe(bill);
    const { bomFormat, serialNumber, metadata, components } = JSON.parse(bill);
    expect(bomFormat).toBe("CycloneDX");
    expect(serialNumber).toMatch(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    expect(metadata.component.name).toBe("claude-analytics-gateway");
    const said = new Set(components.map(({ name, version }: Record<string, string>) => `${name}@${version}`));
    expect(said).toEqual(new Set(production.map(({ name, version }) => `${name}@${version}`)));
  });
});
