import { request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { mountSandbox } from "../../src/sandbox/mount.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { type SandboxThread, sandboxThread } from "../../src/sandbox/thread.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z");
const ORGANIZATION = { users: 20, seed: 1, rateLimit: "off" } as const;
const requestOf = (path: string) => ({
  method: "GET",
  path,
  headers: { "x-api-key": "sk-ant-api01-sandbox", "anthropic-version": "2026-10-21" },
});
const USERS = "/v1/organizations/analytics/users?date=2026-11-18";

const threads: SandboxThread[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

function start(now = () => NOON): SandboxThread {
  const thread = sandboxThread({ ...ORGANIZATION, now });
  threads.push(thread);
  return thread;
}

describe("a sandbox in a thread", () => {
  test("answers as one in this thread does, each request with its own answer", async () => {
    const paths = [USERS, "/v1/organizations/me", "/no/such/path", `${USERS}&limit=3`];
    const { handle } = start();
    const here = createSandbox({ ...ORGANIZATION, now: () => NOON });
    const answers = await Promise.all(paths.map((path) => handle(requestOf(path))));
    const expected = [];
    for (const path of paths) expected.push(await here.handle(requestOf(path)));
    expect(answers).toEqual(expected);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200]);
  });

  test("goes by the clock of its caller", async () => {
    let now = NOON;
    const { handle } = start(() => now);
    const newestDay = "/v1/organizations/analytics/users?date=2026-11-22";
    expect((await handle(requestOf(newestDay))).status).toBe(400);
    now += 7 * 86_400_000;
    expect((await handle(requestOf(newestDay))).status).toBe(200);
  });

  test("fails the requests under way and later ones when it ends", async () => {
    const { handle, close } = start();
    const underWay = handle(requestOf(USERS));
    const failed = expect(underWay).rejects.toThrow("has ended");
    await close();
    await failed;
    await expect(handle(requestOf(USERS))).rejects.toThrow("has ended");
  });
});

test.each([250, 251])("%i members are answered, and closed after the last answer", async (users) => {
  const dispatcher = await mountSandbox({ ...ORGANIZATION, users, now: () => NOON });
  const { path, method, headers } = requestOf("/v1/organizations/me");
  const options = { dispatcher, method, headers } as const;
  const answer = request(`http://sandbox.test${path}`, options).then(({ statusCode }) => statusCode);
  await Promise.all([expect(answer).resolves.toBe(200), answer.then(() => dispatcher.close())]);
  await expect(request(`http://sandbox.test${path}`, options)).rejects.toThrow();
});
