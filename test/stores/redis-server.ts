import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";

export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
if (!hasRedis) process.stdout.write("redis-server is not installed: outages of Redis are not tested\n");

/** A Redis of a test's own, which can be stopped, killed and started again; `flags` are the server's. */
export async function redisServer(...flags: readonly string[]) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    child = spawn("redis-server", [
      "--port",
      `${port}`,
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      folder,
      ...flags,
    ]);
    for await (const line of child.stdout ?? []) if (String(line).includes("Ready to accept")) break;
  }

  async function kill(): Promise<void> {
    if (child === null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    child = null;
  }

  await start();
  return {
    url,
    start,
    kill,
    /** It answers nothing from now on, and keeps its connections. */
    stall: () => child?.kill("SIGSTOP"),
    resume: () => child?.kill("SIGCONT"),
    async command(...words: string[]): Promise<unknown> {
      const client = await createClient({ url }).connect();
      try {
        return await client.sendCommand(words);
      } finally {
        client.destroy();
      }
    },
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
