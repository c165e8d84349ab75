import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const MAIN = new URL("../src/main.ts", import.meta.url).pathname;
const running = new Set<ChildProcess>();

/** Ends what a test has left running. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
}

export interface Process {
  readonly child: ChildProcess;
  /** Resolves with everything printed so far once it holds `text`. */
  printed(text: string): Promise<string>;
  ended(): Promise<{ code: number | null; output: string }>;
}

/** The command as an operator runs it, with nothing of this process's environment but the path. */
export function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Process {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH ?? "", ...environment },
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
    async printed(text) {
      while (!output.includes(text)) {
        const more = await Promise.race([
          once(child.stdout ?? child, "data").then(() => true),
          ended.then(() => false),
        ]);
        if (!more && !output.includes(text)) throw new Error(`ended without printing ${text}:\n${output}`);
      }
      return output;
    },
  };
}

export function urlIn(output: string): string {
  return /http:\/\/[\d.]+:\d+/.exec(output)?.[0] ?? "";
}

export async function ask(url: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
}
