import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { answerOf } from "./answer.ts";
import type { Answer } from "./gateway.ts";

const MAIN = new URL("../gateway.js", import.meta.url).pathname;
const running = new Set<ChildProcess>();

/** Ends what a test has left running, and what that has started in turn. */
export function endAll(): void {
  for (const { pid } of running) if (pid !== undefined) killGroup(pid, "SIGKILL");
  running.clear();
}

/** Signals all processes of a group, as a terminal does. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them have ended.
  }
}

export interface Process {
  readonly child: ChildProcess;
  /** Resolves with everything printed so far once it holds `text`. */
  printed(text: string): Promise<string>;
  ended(): Promise<{ code: number | null; output: string }>;
  /** Everything printed so far. */
  output(): string;
  /** Bytes of memory it has resident. */
  resident(): number;
  /** Milliseconds it has had a processor. */
  worked(): number;
  /** How many files and sockets it has open. */
  descriptors(): number;
}

/**
 * The command as an operator runs it, with nothing of this process's environment but the path. `flags` are Node's own.
 */
export function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Process {
  return runCommand([process.execPath, ...flags, MAIN, ...args], environment);
}

/** Any command, in a process group of its own. */
export function runCommand(
  [command = "", ...args]: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd?: string,
): Process {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? "", ...environment },
    detached: true,
    cwd,
  });
  running.add(child);
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output += chunk;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
  return {
    child,
    ended: () => ended,
    output: () => output,
    async printed(text) {
      while (!output.includes(text)) {
        const more = await Promise.race([
          once(child.stdout ?? child, "data").then(() => true),
          once(child.stderr ?? child, "data").then(() => true),
          ended.then(() => false),
        ]);
        if (!more && !output.includes(text)) throw new Error(`ended without printing ${text}:\n${output}`);
      }
      return output;
    },
    resident() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
    },
    worked() {
      const [, fields = ""] = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ");
      const [user, system] = fields.split(" ").slice(11, 13).map(Number);
      return ((user ?? 0) + (system ?? 0)) * CLOCK_TICK_MS;
    },
    descriptors: () => readdirSync(`/proc/${child.pid}/fd`).length,
  };
}

/** What Linux counts a process's time in. */
const CLOCK_TICK_MS = 10;

const CLOCK = "2026-11-22T12:00:00Z";

export interface Served {
  readonly gateway: Process;
  /** What the gateway takes for upstream. */
  readonly sandbox: Process;
  /** Of the gateway. */
  readonly url: string;
  /** What another gateway over the same sandbox is started with. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A gateway with keys, over a sandbox in a process of its own that has room for every request. */
export async function serve({
  users = 20,
  latencyMs = 0,
  settings = {},
  flags = [],
}: {
  readonly users?: number;
  readonly latencyMs?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
} = {}): Promise<Served> {
  const sandbox = run([
    "sandbox",
    ...["--port", "0", "--users", String(users), "--rate-limit", "off"],
    ...["--latency-ms", String(latencyMs), "--now", CLOCK],
  ]);
  const environment = {
    ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test",
    ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-test",
    ANTHROPIC_BASE_URL: urlIn(await sandbox.printed("Try:")),
    UPSTREAM_PER_MINUTE: "100000",
    LOOKUPS_PER_MINUTE: "100000",
    CLOCK,
    ...settings,
  };
  const gateway = run(["serve", "--port", "0"], environment, flags);
  return { gateway, sandbox, environment, url: urlIn(await gateway.printed("Try:")) };
}

export function urlIn(output: string): string {
  return /http:\/\/[\d.]+:\d+/.exec(output)?.[0] ?? "";
}

export async function ask(url: string, query: string): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return answerOf(response);
}
