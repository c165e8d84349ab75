/** @module-tag deep */
import { beforeAll, describe, expect, test } from "vitest";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import type { Handle } from "../../src/sandbox/protocol.ts";
import { type Sandbox, sandboxOver } from "../../src/sandbox/sandbox.ts";
import { queryLibrary } from "../../src/server/documents/query-library.ts";
import { type Answer, gateway, NOW } from "../gateway.ts";
import { ledgerOf, simulated } from "../simulated.ts";
import { redis, sqlite } from "../stores/stores.ts";

const TENANTS = [1, 2, 3];
const keysOf = (tenant: number, run: string) => ({
  ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${run}-${tenant}`,
  ANTHROPIC_ADMIN_KEY: `sk-ant-admin01-${run}-${tenant}`,
});

/** One upstream with an organization behind each tenant's keys, and all keys it was ever sent by the tenant who was served. */
function upstreamOf(run: string) {
  const organizations = TENANTS.map((seed) =>
    sandboxOver(ledgerOf(simulated({ seed, users: 25 })), { now: () => Date.parse(NOW), rateLimit: "off" }),
  );
  const refused: string[] = [];
  /** What a gateway of this tenant reaches upstream by. */
  const dispatcherOf = (tenant: number, seen: string[]) => {
    const handle: Handle = async (request, signal) => {
      const key = request.headers["x-api-key"] ?? "";
      const of = TENANTS.find((each) => Object.values(keysOf(each, run)).includes(key));
      seen.push(`${key} ${request.path}`);
      if (of !== tenant) refused.push(key);
      return (organizations[(of ?? 1) - 1] as Sandbox).handle(request, signal);
    };
    return new SandboxDispatcher({ handle });
  };
  return { dispatcherOf, refused };
}

const data = ({ data, errors }: Answer) => JSON.stringify({ data, errors });

/** All whose answers do not say how much of the allowance is left. */
const questions = queryLibrary().filter((query) => !query.includes("requestsLeft"));

type Upstream = ReturnType<typeof upstreamOf>;

/** The gateway of a tenant, with what it sends upstream. */
function start({ dispatcherOf }: Upstream, run: string, tenant: number, store?: SharedStore) {
  const seen: string[] = [];
  const { ask, app } = gateway({
    dispatcher: dispatcherOf(tenant, seen),
    settings: keysOf(tenant, run),
    ...(store && { store }),
  });
  return { ask, app, seen };
}

describe("gateways with separate keys", () => {
  /** What each tenant is answered by a gateway that shares nothing. */
  let expected: readonly (readonly string[])[];

  beforeAll(async () => {
    const run = crypto.randomUUID();
    const upstream = upstreamOf(run);
    const alone = TENANTS.map((tenant) => start(upstream, run, tenant));
    expected = await Promise.all(
      alone.map(async ({ ask }) => Promise.all(questions.map(async (query) => data(await ask(query))))),
    );
    await Promise.all(alone.map(({ app }) => app.dispose()));
    expect(new Set(expected.map((answers) => answers.join())).size).toBe(TENANTS.length);
    expect(upstream.refused).toEqual([]);
  });

  describe.each([{ name: "one process alone", open: null, skip: false }, sqlite, redis])(
    "over $name (38)",
    ({ open, skip }) => {
      test.skipIf(skip)("share no row, no request under way, no wait and no key", async () => {
        const run = crypto.randomUUID();
        const upstream = upstreamOf(run);

        // The same questions by all at the same moment, and again by others that find the store full.
        let compared = 0;
        for (const round of ["cold", "warm"]) {
          const tenants = await Promise.all(
            TENANTS.map(async (tenant) => start(upstream, run, tenant, await open?.())),
          );
          const asked = questions.flatMap((query, i) =>
            tenants.map((each, tenant) => ({ query, i, each, tenant })),
          );
          const answers = await Promise.all(asked.map(({ query, each }) => each.ask(query)));
          for (const [k, answer] of answers.entries()) {
            const { i, tenant } = asked[k] as (typeof asked)[number];
            expect(data(answer), `${round}: ${questions[i]} by ${tenant + 1}`).toBe(expected[tenant]?.[i]);
            compared++;
          }
          if (round === "cold") for (const { seen } of tenants) expect(seen.length).toBeGreaterThan(20);
          await Promise.all(tenants.map(({ app }) => app.dispose()));
        }
        expect(upstream.refused).toEqual([]);
        process.stdout.write(
          `38: ${compared} answers over ${open === null ? "nothing" : "a shared store"}, 0 of another tenant, 0 keys of another\n`,
        );
      });
    },
  );
});

test("a gateway that is refused for its key does not keep another with a good one waiting (38)", async () => {
  const run = crypto.randomUUID();
  const { dispatcherOf } = upstreamOf(run);
  const blocked = gateway({
    dispatcher: new SandboxDispatcher({
      handle: async () => ({ status: 429, headers: { "retry-after": "600" }, body: "{}" }),
    }),
    settings: keysOf(1, run),
    store: await sqlite.open(),
  });
  const free = gateway({
    dispatcher: dispatcherOf(2, []),
    settings: keysOf(2, run),
    store: await sqlite.open(),
  });
  const query = "{ users(range: { last: { days: 7 } }) { totalCount } }";
  expect((await blocked.ask(query)).errors?.[0]?.extensions.code).toBe("UPSTREAM_RATE_LIMITED");
  expect((await free.ask(query)).errors).toBeUndefined();
  await Promise.all([blocked.app.dispose(), free.app.dispose()]);
});
