import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { rolldown } from "rolldown";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BUCKET, S3Server } from "../export/s3-server.ts";
import { ask, endAll, type Process, runCommand, urlIn } from "../process.ts";
import { ENVIRONMENT, ROOT } from "./machine.ts";

const MOST_PACKAGES = 80;

let folder: string;
let files: readonly string[];
let packageSize: number;

/** Packs the project as a release does, and installs the package in an empty folder with the npm of the machine. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "package-"));
  const tarballs = join(folder, "tarballs");
  const app = join(folder, "app");
  for (const each of [tarballs, app]) mkdirSync(each);
  execFileSync("npm", ["pack", "--pack-destination", tarballs], { cwd: ROOT, stdio: "ignore" });
  const [tarball = ""] = readdirSync(tarballs).map((name) => join(tarballs, name));
  packageSize = statSync(tarball).size;
  files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((path) => path.replace("package/", ""));
  const { code, output } = await runCommand(
    ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", tarball],
    ENVIRONMENT,
    app,
  ).ended();
  expect(code, output).toBe(0);
}, 600_000);
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inApp = (path: string) => join(folder, "app", path);
const SETTINGS = { SANDBOX_USERS: "20", CLOCK: "2026-11-22T12:00:00Z", PORT: "0" };

/** With the Node that is installed with the package, as `npx` and the scripts of npm run. */
function withItsNode(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Process {
  const PATH = [inApp("node_modules/.bin"), ENVIRONMENT.PATH].join(delimiter);
  return runCommand(command, { ...ENVIRONMENT, PATH, ...environment }, inApp("."));
}

async function outputOf(command: readonly string[]): Promise<string> {
  const { code, output } = await withItsNode(command).ended();
  expect(code, output).toBe(0);
  return output;
}

/** Examples of the project, with what they need besides the package linked from the project. */
function addExamples(...packages: readonly string[]): void {
  for (const name of ["client", "express", "fastify"])
    cpSync(join(ROOT, `examples/${name}.ts`), inApp(`${name}.ts`));
  for (const name of packages) {
    rmSync(inApp(`node_modules/${name}`), { recursive: true, force: true });
    mkdirSync(join(inApp(`node_modules/${name}`), ".."), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), inApp(`node_modules/${name}`));
  }
}

describe("the package", () => {
  test("holds the gateway, its pages, the client and the schema, and no test, benchmark or source", () => {
    const expected = [
      ...["README.md", "LICENSE", "CHANGELOG.md", "gateway.js", "index.js", "package.json"],
      ...["dist/package/main.js", "dist/package/embedded.js", "dist/package/src/embedded.d.ts"],
      ...["dist/package/client/index.js", "dist/package/client/index.d.ts"],
      ...["dist/web/dashboard.html", "dist/web/workbench.html", "dist/picture/picture.js"],
      "src/sandbox/openapi.yaml",
      ...["schema/schema.graphql", "schema/operations/manifest.json", "docs/numbers.md"],
    ];
    expect(expected.filter((file) => !files.includes(file))).toEqual([]);
    const others = files.filter(
      (file) =>
        !expected.includes(file) &&
        !/^dist\/package\/[\w.-]+\.js$/.test(file) &&
        !/^dist\/package\/(?:client|schema|src)\/.*(?:\.d\.ts|\.js|package\.json)$/.test(file) &&
        !/^dist\/web\/assets\//.test(file) &&
        !/^schema\/operations\/[\w-]+\.graphql$/.test(file),
    );
    expect(others.sort()).toEqual(["src/bundled.js", "src/supported-node.js"]);
  });

  test(`is installed with at most ${MOST_PACKAGES} packages, and starts by npx in a folder without anything else`, async () => {
    const installed = await outputOf(["npm", "ls", "--all", "--parseable"]);
    const packages = installed.split("\n").filter((line) => line.includes("node_modules")).length;
    expect(packages).toBeGreaterThan(0);
    expect(packages).toBeLessThanOrEqual(MOST_PACKAGES);
    const startedAt = performance.now();
    const gateway = runCommand(
      ["npx", "--no-install", "claude-analytics-gateway"],
      { ...ENVIRONMENT, ...SETTINGS },
      inApp("."),
    );
    const url = urlIn(await gateway.printed("Try:"));
    const { data, errors } = await ask(
      url,
      "{ organization { name } cost(range: {period: LAST_MONTH}) { total { net { usd } } } }",
    );
    const answeredMs = performance.now() - startedAt;
    expect(errors).toBeUndefined();
    expect(data.organization.name).toEqual(expect.any(String));
    for (const page of ["/", "/graphql"]) {
      const response = await fetch(url + page, { headers: { accept: "text/html" } });
      expect(await response.text()).toContain("/assets/");
    }
    const chart = await fetch(`${url}/chart/CostByDay.svg?range.last.days=30`);
    expect(await chart.text()).toContain("<svg");
    process.stdout.write(
      `${packages} packages, ${(packageSize / 1e6).toFixed(1)} MB packed, first answer after ${Math.round(answeredMs)} ms\n`,
    );
  });

  test("runs every command and several workers without its sources", async () => {
    const help = await outputOf(["claude-analytics-gateway", "help"]);
    for (const name of [
      "serve",
      "sandbox",
      "config",
      "doctor",
      "parity",
      "warm",
      "token",
      "export",
      "backup",
      "restore",
    ])
      expect(help).toContain(`  ${name} `);
    const file = inApp("spend.csv");
    const { code, output } = await withItsNode(
      ["claude-analytics-gateway", "export", "users", "range.last.days=7", "fields=email", "--out", file],
      { ...SETTINGS, CACHE_URL: `sqlite:${inApp("cache.db")}` },
    ).ended();
    expect(code, output).toBe(0);
    const keys = { accessKeyId: "AKIATEST", secretAccessKey: "secret", region: "eu-central-1" };
    const bucket = new S3Server(keys);
    const settings = {
      AWS_ENDPOINT_URL_S3: await bucket.listen(),
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: keys.region,
      SANDBOX_USERS: "20",
    };
    const target = ["period=YESTERDAY", "--out", `s3://${BUCKET}/spend.parquet`];
    const upload = withItsNode(["claude-analytics-gateway", "export", "spend", ...target], settings);
    expect(await upload.ended()).toMatchObject({ code: 0 });
    bucket.close();
    expect([[...bucket.objects.keys()], bucket.wrong]).toEqual([
      ["spend.parquet", "spend.parquet.manifest.json"],
      [],
    ]);
    const gateway = withItsNode(["claude-analytics-gateway"], { ...SETTINGS, WORKERS: "2" });
    expect(await ask(urlIn(await gateway.printed("Try:")), "{ organization { name } }")).toHaveProperty(
      "data",
    );
    gateway.child.kill("SIGTERM");
    expect((await gateway.ended()).code).toBe(0);
  });

  test("says in one line what an older Node of the machine lacks", () => {
    const older = 'Object.defineProperty(process.versions, "node", { value: "24.9.0" })';
    const flags = ["--import", `data:text/javascript,${encodeURIComponent(older)}`];
    for (const entry of ["gateway.js", "index.js"]) {
      const path = inApp(`node_modules/claude-analytics-gateway/${entry}`);
      expect(() =>
        execFileSync(process.execPath, [...flags, path], { encoding: "utf8", stdio: "pipe" }),
      ).toThrow(
        /needs Node 26 or newer, and this is Node 24.9.0; `npx --package node@26 --package claude-analytics-gateway claude-analytics-gateway` brings one\.\n/,
      );
    }
  });
});

describe("in a project that uses the package", () => {
  test("the examples have types, with nothing of the gateway's but what is installed", async () => {
    addExamples("express", "fastify", "@types/express", "@types/node");
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const options = { ...strict, module: "nodenext", target: "esnext", noEmit: true, types: ["node"] };
    writeFileSync(inApp("tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
    writeFileSync(inApp("package.json"), JSON.stringify({ type: "module" }));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    await outputOf([process.execPath, tsc, "-p", inApp("tsconfig.json")]);
  });

  test.each(["express", "fastify"])(
    "%s serves the gateway below a path, and a client reads it",
    async (name) => {
      addExamples(name);
      const server = withItsNode(["node", `${name}.ts`], SETTINGS);
      const url = `${urlIn(await server.printed("GraphQL is on"))}/analytics/graphql`;
      const lines = (await outputOf(["node", "client.ts", url])).trim().split("\n");
      expect(lines.length).toBeGreaterThan(10);
      for (const line of lines) expect(line).toMatch(/ (?:\d+(?:\.\d+)?|no spend)$/);
      expect(new Set(lines).size).toBe(lines.length);
      server.child.kill("SIGTERM");
      expect((await server.ended()).code).toBe(0);
    },
  );

  test("the client is bundled for a browser without anything of Node or of the gateway", async () => {
    writeFileSync(
      inApp("page.js"),
      'import { createClient, GroupsDocument } from "claude-analytics-gateway/client";\ncreateClient({ url: "/graphql" }).request(GroupsDocument);',
    );
    const logged: string[] = [];
    const build = await rolldown({
      input: inApp("page.js"),
      platform: "browser",
      onLog: (_level, { message }) => logged.push(message),
    });
    const { output } = await build.generate({ format: "esm", minify: true });
    await build.close();
    expect(logged).toEqual([]);
    expect(output).toHaveLength(1);
    const [{ code, imports, moduleIds }] = output;
    expect(imports).toEqual([]);
    expect(code).not.toMatch(/node:|process\.|PeopleThisWeek/);
    const folders = moduleIds.map(
      (id) => /node_modules\/(?:claude-analytics-gateway\/)?([\w-]+\/[\w-]+)/.exec(id)?.[1],
    );
    expect(new Set(folders.filter((each) => !each?.startsWith("graphql/")))).toEqual(
      new Set([undefined, "dist/package"]),
    );
    process.stdout.write(`a page with the client and one document: ${(code.length / 1e3).toFixed(1)} kB\n`);
  });

  test("the schema and the manifest are files of the package", async () => {
    const script = `
      import { readFileSync } from "node:fs";
      const text = (name) => readFileSync(new URL(import.meta.resolve("claude-analytics-gateway/" + name)), "utf8");
      console.log(text("schema.graphql").includes("type Query"), JSON.parse(text("manifest.json")).operations.length > 30);`;
    expect(await outputOf(["node", "--input-type=module", "-e", script])).toBe("true true\n");
  });
});
