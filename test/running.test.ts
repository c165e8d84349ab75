import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { endAll, killGroup, type Process, runCommand, urlIn } from "./process.ts";

afterEach(endAll);

const ROOT = new URL("../", import.meta.url).pathname;
const page = readFileSync(`${ROOT}docs/running.md`, "utf8");
const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));

/** The code block of docs/running.md under a heading. */
function block(heading: string): string {
  return /```\w+\n([\s\S]*?)\n```/.exec(page.split(`\n## ${heading}\n`)[1] ?? "")?.[1] ?? "";
}

const dockerfile = readFileSync(`${ROOT}deploy/Dockerfile`, "utf8");
const container = JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? "[]") as string[];
const unit = new Map(
  readFileSync(`${ROOT}deploy/claude-analytics-gateway.service`, "utf8")
    .split("\n")
    .filter((line) => line.includes("="))
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const),
);
const execStart = (unit.get("ExecStart") ?? "").replace(`${unit.get("WorkingDirectory")}/`, ROOT).split(" ");

/** Where `node` is the Node of these tests, whatever the machine has. */
const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;

function start(command: readonly string[]): Process {
  const settings = { PORT: "0", SANDBOX_USERS: "20", DRAIN_DELAY: "3" };
  return runCommand(command, { PATH, ...settings }, ROOT);
}

async function statusOf(url: string): Promise<number | null> {
  const response = await fetch(url, { headers: { connection: "close" } }).catch(() => null);
  return response?.status ?? null;
}

async function expectDraining(url: string): Promise<void> {
  await expect.poll(() => statusOf(`${url}/readyz`)).toBe(503);
}

/** Drained: no longer ready, still answering, then ended with 0 and off its port. */
async function expectDrained(gateway: Process, url: string): Promise<void> {
  await expectDraining(url);
  expect(await statusOf(`${url}/healthz`)).toBe(200);
  expect((await gateway.ended()).code).toBe(0);
  expect(await statusOf(`${url}/healthz`)).toBeNull();
}

const WAYS: readonly [name: string, command: readonly string[]][] = [
  ["npm", block("npm").split(" ")],
  ["Node directly", block("Node directly").split(" ")],
  ["a container", container],
  ["systemd", execStart],
];

describe.each(WAYS)("started by %s", { tags: "deep" }, (_name, command) => {
  test("a signal to the process that was started drains the gateway, which exits with 0", async () => {
    const gateway = start(command);
    const url = urlIn(await gateway.printed("Try:"));
    gateway.child.kill("SIGTERM");
    await expectDrained(gateway, url);
  });
});

describe.each(WAYS.slice(0, 2))("started by %s in a terminal", { tags: "deep" }, (_name, command) => {
  test("Ctrl-C, which is sent to every process, drains the gateway, and a second one changes nothing", async () => {
    const gateway = start(command);
    const url = urlIn(await gateway.printed("Try:"));
    const { pid = 0 } = gateway.child;
    killGroup(pid, "SIGINT");
    await expectDraining(url);
    killGroup(pid, "SIGINT");
    await expectDrained(gateway, url);
  });
});

test("the first process of a container, to which the kernel sends no signal by default, drains as well", {
  tags: "deep",
}, async ({ skip }) => {
  const unshare = ["unshare", "--pid", "--fork", "--kill-child"];
  const isAllowed = await runCommand([...unshare, "true"])
    .ended()
    .then(
      ({ code }) => code === 0,
      () => false,
    );
  if (!isAllowed) skip("this machine makes no process namespaces");
  const gateway = start([...unshare, ...container]);
  const url = urlIn(await gateway.printed("Try:"));
  const { pid } = gateway.child;
  const first = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
  process.kill(first, "SIGTERM");
  await expectDrained(gateway, url);
});

test("the supervisors in the documentation wait longer than the gateway may take to end", () => {
  const { operationTimeoutMs } = readConfig({}).limits;
  expect(unit.get("KillSignal")).toBe("SIGTERM");
  expect(Number(unit.get("TimeoutStopSec")) * 1_000).toBeGreaterThan(operationTimeoutMs + 2_000);
  expect(Number(/--stop-timeout (\d+)/.exec(page)?.[1]) * 1_000).toBeGreaterThan(operationTimeoutMs + 2_000);
});

test("every script that runs a command replaces its shell, so that signals reach the command", () => {
  const scripts = Object.values(manifest.scripts as Record<string, string>);
  const commands = scripts.filter((script) => script.includes("gateway.js"));
  expect(commands.length).toBeGreaterThan(5);
  for (const script of commands) expect(script).toMatch(/^exec node gateway\.js \w+$/);
});

describe("the range of Node", () => {
  const oldest = Number(/^>=(\d+)$/.exec(manifest.engines.node)?.[1]);

  test("is one: in package.json, in the README, for containers, and for the Node that is installed", () => {
    const readme = readFileSync(`${ROOT}README.md`, "utf8");
    expect(readme).toContain(`Node ${oldest} or newer`);
    expect(page).toContain(`The gateway runs on Node ${oldest} or newer`);
    expect(dockerfile.match(/(?<=^FROM )\S+/gm)).toEqual(Array(2).fill(`node:${oldest}-slim`));
    expect(Number.parseInt(manifest.optionalDependencies.node, 10)).toBeGreaterThanOrEqual(oldest);
  });

  test.each(["gateway.js", "src/main.ts"])(
    "below it, %s says what is missing in one line",
    { tags: "deep" },
    (entry) => {
      const version = `${oldest - 1}.9.0`;
      const older = `Object.defineProperty(process.versions, "node", { value: "${version}" })`;
      const args = ["--import", `data:text/javascript,${encodeURIComponent(older)}`, entry, "serve"];
      let said = "";
      try {
        execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", stdio: "pipe" });
      } catch (fault) {
        const { status, stdout, stderr } = fault as { status: number; stdout: string; stderr: string };
        expect(status).toBe(1);
        said = stdout + stderr;
      }
      expect(said).toBe(
        `claude-analytics-gateway needs Node ${oldest} or newer, and this is Node ${version}; \`npm ci\` installs one for \`npm start\`, unless install scripts or optional packages are left out.\n`,
      );
    },
  );
});

test("a start keeps its compiled modules beside the code, for the next one", { tags: "deep" }, () => {
  execFileSync(process.execPath, ["gateway.js", "--help"], { cwd: ROOT });
  expect(existsSync(`${ROOT}node_modules/.cache/compiled`)).toBe(true);
});
