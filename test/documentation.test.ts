import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { Command } from "commander";
import { isEnumType, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { benchCommand } from "../bench/command.ts";
import { configurationPage, errorsPage } from "../codegen-documents.ts";
import { schema } from "../schema/index.ts";
import { backupCommand, restoreCommand } from "../src/cli/backup.ts";
import { doctorCommand } from "../src/cli/doctor.ts";
import { exportCommand } from "../src/cli/export.ts";
import { mcpCommand } from "../src/cli/mcp.ts";
import { parityCommand } from "../src/cli/parity.ts";
import { sandboxCommand } from "../src/cli/sandbox.ts";
import { serveCommand } from "../src/cli/serve.ts";
import { tokenCommand } from "../src/cli/token.ts";
import { warmCommand } from "../src/cli/warm.ts";
import { readConfig } from "../src/config.ts";
import { readDirectory } from "../src/directory/read.ts";
import { ROLES, SCOPES } from "../src/domain/viewer.ts";
import { ERROR_CODES } from "../src/errors.ts";
import { SETTINGS } from "../src/settings/settings.ts";
import { gateway } from "./gateway.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "bench/README.md",
  ...globSync("docs/**/*.md", { cwd: ROOT, exclude: ["docs/schema/**"] }).toSorted(),
];
const readme = read("README.md");
const manifest: { readonly name: string; readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  read("package.json"),
);
const { scripts } = manifest;

const { app, ask } = gateway({ sandbox: { users: 250 } });

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(page: string): readonly Block[] {
  return [...read(page).matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
}

function blocksIn(language: string): readonly (readonly [page: string, text: string])[] {
  return PAGES.flatMap((page) =>
    blocksOf(page)
      .filter((block) => block.language === language)
      .map(({ text }) => [page, text] as const),
  );
}

test("every block of a page is in a language that is checked here or by the test of its page", () => {
  const checked = ["graphql", "sh", "json", "csv", "text", "ini", "js", "dockerfile", "ts", "yaml", "sql"];
  for (const page of PAGES)
    for (const { language } of blocksOf(page)) expect(checked, page).toContain(language);
});

describe("queries", () => {
  test.each(blocksIn("graphql"))("in %s are answered by the sandbox: %s", async (_page, text) => {
    expect(parse(text).definitions.length).toBe(1);
    const { errors, extensions } = await ask(text);
    expect(errors).toBeUndefined();
    expect(extensions.warnings).toBeUndefined();
  });

  test("of the README are three, beside the first one", () => {
    expect(blocksIn("graphql").filter(([page]) => page === "README.md")).toHaveLength(3);
  });
});

test.each(["ts", "yaml"].flatMap(blocksIn))(
  "a block of code in %s is a file that a test runs: %s",
  (_page, text) => {
    const files = globSync("{examples,deploy}/**/*.{ts,yaml}", { cwd: ROOT });
    expect(files.some((file) => read(file).includes(text))).toBe(true);
  },
);

/** The words of each command of a shell block. */
function commandsOf(block: string): readonly (readonly string[])[] {
  const joined = block.replaceAll("\\\n", " ");
  const commands: string[][] = [[]];
  for (const [token] of joined.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"&])+|&&|\n/g)) {
    if (token === "&&" || token === "\n") commands.push([]);
    else commands.at(-1)?.push(unquoted(token));
  }
  return commands.filter((words) => words.length > 0);
}

function unquoted(token: string): string {
  return token.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, (_, single?: string, double?: string) =>
    single !== undefined ? single : (double ?? "").replaceAll(/\\(.)/g, "$1"),
  );
}

test("commands are read as a shell reads them", () => {
  expect(commandsOf(`A=1 npm ci && x -d '{"a":\n "b"}' "c \\"d"\ny \\\n  z`)).toEqual([
    ["A=1", "npm", "ci"],
    ["x", "-d", '{"a":\n "b"}', 'c "d'],
    ["y", "z"],
  ]);
});

const COMMANDS: Readonly<Record<string, () => Command>> = {
  serve: serveCommand,
  sandbox: sandboxCommand,
  doctor: doctorCommand,
  parity: parityCommand,
  warm: warmCommand,
  token: tokenCommand,
  export: exportCommand,
  mcp: mcpCommand,
  backup: backupCommand,
  restore: restoreCommand,
  bench: benchCommand,
};

/** Parses the flags of one of the gateway's commands, without running it. */
async function checkFlags(name: string, words: readonly string[]): Promise<void> {
  const command = COMMANDS[name]?.();
  if (command === undefined) throw new Error(`there is no command ${name}`);
  command.exitOverride().configureOutput({ writeErr: () => {} });
  await command.action(() => {}).parseAsync([...words], { from: "user" });
}

/** Checks variables before a command: they are settings, with values that start. */
function checkSettings(assignments: readonly string[]): void {
  const settings = Object.fromEntries(
    assignments.map((each) => [
      each.slice(0, each.indexOf("=")),
      each.slice(each.indexOf("=") + 1).replace("...", "example"),
    ]),
  );
  const names = SETTINGS.map(({ name }) => name);
  for (const name of Object.keys(settings)) expect(names).toContain(name);
  readConfig(settings);
}

const VARIABLES_OF_TESTS = ["PROPERTY_SEED", "EVERY_SEED", "LOAD_SECONDS", "REDIS_URL", "CHROMIUM"];

/** Checks a command of a block, or one in a sentence, which may be no more than a name. */
async function check(words: readonly string[], isNamed = false): Promise<void> {
  const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const assignments = words.slice(0, start);
  const [program, ...rest] = words.slice(start);
  if (program === "curl") return runCurl(rest);
  if (program === "npx" && rest[0] === manifest.name) return checkFlags(rest[1] ?? "serve", rest.slice(2));
  if (program === "npx" && rest[0] === "vitest") return checkFiles(rest.slice(2));
  if (program === "node" && rest[0] !== "gateway.js") return checkFiles(rest.slice(0, 1));
  if (program === "node") return checkFlags(rest[1] ?? "", rest.slice(2));
  if (program !== "npm") throw new Error(`unknown command: ${words.join(" ")}`);
  const [verb = "", ...more] = rest.filter((word) => word !== "-s");
  if (["ci", "ls", "install", "pack"].includes(verb)) return;
  const [script = "", ...args] = verb === "run" ? more : [verb, ...more];
  expect(Object.keys(scripts)).toContain(script);
  const command = /(?:gateway\.js |bench\/)(\w+)/.exec(scripts[script] ?? "")?.[1];
  if (command === undefined) {
    for (const each of assignments) expect(VARIABLES_OF_TESTS).toContain(each.split("=")[0]);
    return checkFiles(args.filter((each) => each !== "--"));
  }
  checkSettings(assignments);
  if (isNamed && args.length === 0) return;
  if (args.length > 0) expect(args[0]).toBe("--");
  return checkFlags(command, args.slice(1));
}

/** Checks that files which a command names are there; `<file>` stands for any. */
function checkFiles(files: readonly string[]): void {
  for (const file of files) if (!file.startsWith("<")) expect(existsSync(join(ROOT, file)), file).toBe(true);
}

/** Sends to the sandbox what curl would send. */
async function runCurl(words: readonly string[]): Promise<void> {
  const response = await app.fetch(requestOf(words));
  const body = await response.text();
  expect(response.status, body).toBe(200);
  expect(body.length).toBeGreaterThan(0);
  if (response.headers.get("content-type")?.includes("json")) expect(JSON.parse(body).errors).toBeUndefined();
}

function requestOf(words: readonly string[]): Request {
  const url = words.find((word) => word.startsWith("http://127.0.0.1:4000/"));
  if (url === undefined) throw new Error(`curl of no address of the gateway: ${words.join(" ")}`);
  const after = (flag: string) => words[words.indexOf(flag) + 1] ?? "";
  if (!words.includes("-d")) return new Request(url);
  const [header = "", value = ""] = after("-H").split(": ");
  return new Request(url, { method: "POST", headers: { [header]: value }, body: after("-d") });
}

describe("commands", () => {
  const blocks = blocksIn("sh").flatMap(([page, text]) =>
    commandsOf(text).map((words) => ({ page, text: words.join(" "), words, isNamed: false })),
  );
  const inline = PAGES.flatMap((page) =>
    [...read(page).matchAll(/`((?:[A-Z_]+=\S+ )*(?:npm|npx vitest|node) [^`]+)`/g)].map(([, text = ""]) => ({
      page,
      text,
      words: commandsOf(text)[0] ?? [],
      isNamed: true,
    })),
  );

  test.each([...blocks, ...inline])("in $page work: $text", async ({ words, isNamed }) => {
    await check(words.slice(0, words.includes("#") ? words.indexOf("#") : words.length), isNamed);
  });

  test("are found in blocks and in sentences", () => {
    expect(blocks.map(({ page }) => page)).toContain("docs/exports.md");
    expect(inline.map(({ page, text }) => `${page}: ${text}`)).toContain(
      "docs/operations.md: npm run warm -- --months 6",
    );
  });

  test("with a flag, setting, script or address that is not there are found", async () => {
    const wrong = [
      "npm run token -- --nam x --role owner",
      "npm run warn",
      "PRT=1 npm start",
      "PORT=x npm start",
      "node gateway.js server",
      "curl http://127.0.0.1:4000/q/CostByModl",
      "npx vitest run test/nothing",
    ];
    for (const command of wrong) await expect(check(commandsOf(command)[0] ?? []), command).rejects.toThrow();
  });
});

test("the first query of the README has the answer that stands below it", async () => {
  const curl = commandsOf(
    blocksOf("README.md").filter(({ language }) => language === "sh")[1]?.text ?? "",
  )[0];
  const stated = JSON.parse(blocksOf("README.md").find(({ language }) => language === "json")?.text ?? "");
  const { data } = await (await app.fetch(requestOf(curl ?? []))).json();
  expect(stated).toEqual({ data });
});

test("the example of TEAMS_FILE is one that is read without a fault", () => {
  const folder = mkdtempSync(join(tmpdir(), "documentation-"));
  const teams = join(folder, "teams.csv");
  writeFileSync(teams, blocksIn("csv")[0]?.[1] ?? "");
  const report = { faults: [], notes: [] };
  const directory = readDirectory({ teams, aliases: "" }, report);
  rmSync(folder, { recursive: true });
  expect(report).toEqual({ faults: [], notes: [] });
  expect(directory.teams?.all).toMatchObject([
    { name: "Engineering", parentId: null },
    { name: "Maps", costCentre: "CC-7", manager: "grace@example.com", parentId: "Engineering" },
    { name: "Search", costCentre: "CC-9", manager: "lin@example.com", parentId: "Engineering" },
  ]);
});

test("the README is at most 150 lines", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
});

describe("links", () => {
  /** The anchors of a page, made of its headings as GitHub does. */
  function anchorsOf(page: string): readonly string[] {
    const headings = read(page)
      .replaceAll(/^```[\s\S]*?^```$/gm, "")
      .matchAll(/^#+ (.+)$/gm);
    return [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    );
  }

  test.each(PAGES)("of %s point at something", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    for (const link of links.filter((each) => !/^https?:/.test(each))) {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
      expect(existsSync(join(ROOT, target)), link).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
    }
  });

  test("lead from the README to every page", () => {
    for (const page of PAGES.filter((each) => !["README.md", "CHANGELOG.md"].includes(each)))
      expect(readme).toContain(`](${page})`);
  });
});

test("files and folders that the pages name are there", () => {
  const named = PAGES.filter((page) => page !== "CHANGELOG.md").flatMap((page) =>
    [...read(page).matchAll(/`((?:src|schema|test|docs|bench)\/[\w./-]*)`/g)].map(([, path = ""]) => path),
  );
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

describe("names in capitals", () => {
  const settings: readonly string[] = SETTINGS.map(({ name }) => name);
  const values = Object.values(schema.getTypeMap())
    .filter(isEnumType)
    .flatMap((type) => type.getValues().map(({ name }) => name));
  const known = new Set([...settings, ...values, ...Object.keys(ERROR_CODES), ...Object.keys(ROLES)]);
  const others = [
    "NOT_GROUPED_BY",
    "DAYS_LEFT_OUT",
    "CHILDREN_LEFT_OUT",
    "NODE_ENV",
    "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    ...VARIABLES_OF_TESTS,
  ];
  const pages = ["README", "CONTRIBUTING", "docs/querying", "docs/numbers", "docs/exports", "docs/security"];

  test.each([...pages, "docs/operations", "docs/sandbox", "docs/architecture"])("of %s are there", (page) => {
    const quoted = [...read(`${page}.md`).matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
    for (const text of quoted)
      for (const [name] of text.matchAll(/(?<![\w*])[A-Z]+(?:_[A-Z]+)+(?![\w*])/g))
        expect(known.has(name) || others.includes(name), `${page}: ${name}`).toBe(true);
  });
});

test("docs/configuration.md lists every setting with its default, values and meaning", () => {
  const page = read("docs/configuration.md");
  expect(page).toBe(configurationPage());
  const listed = [...page.matchAll(/^\| `([A-Z\d_]+)` \|/gm)].map(([, name]) => name);
  expect(listed).toEqual(SETTINGS.map(({ name }) => name));
  expect(new Set(listed).size).toBe(listed.length);
});

test("the six settings in the README have their names and defaults", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)` )?\| /gm)];
  expect(rows).toHaveLength(6);
  for (const [, name, byDefault = ""] of rows) {
    const found = SETTINGS.find((each) => each.name === name);
    expect([found?.default, found?.whenUnset].join(), name).toContain(byDefault);
  }
});

test("docs/security.md lists every role and scope", () => {
  const page = read("docs/security.md");
  const listed = [...page.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \|/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(listed.toSorted()).toEqual(Object.keys(ROLES).toSorted());
  for (const scope of Object.keys(SCOPES)) expect(page).toContain(`\`${scope}\``);
});

test("docs/errors.md lists every error code with its status, meaning and what to do", () => {
  const page = read("docs/errors.md");
  expect(page).toBe(errorsPage());
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \| [45]\d\d \| .+\. \| .+\. \|$/gm)].map(
    ([, code]) => code,
  );
  expect(listed).toEqual(Object.keys(ERROR_CODES));
});

test("the list of faults has a row for each, and names tests that are there", () => {
  const faults = read("docs/testing/faults.md");
  const numbers = [...faults.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
  expect(numbers.slice(0, 26)).toEqual(Array.from({ length: 26 }, (_, i) => 42 + i));
  for (const row of faults.matchAll(/^\| \d+ \|.*$/gm)) {
    const files = [...row[0].matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, file]) => file ?? "");
    expect(files.length, row[0]).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true);
  }
  const said = [...faults.matchAll(/`(test\/[\w/.-]+\.test\.ts)` \(((?:"[^"]+"(?:, )?)+)\)/g)];
  expect(said.length).toBeGreaterThan(10);
  for (const [, file = "", names = ""] of said) {
    const source = read(file);
    for (const [, name = ""] of names.matchAll(/"([^"]+)"/g))
      expect(source, `${file}: ${name}`).toContain(name);
  }
});
