import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addArchive, copyArchive } from "../../src/cache/archive-file.ts";
import { redisArchive } from "../../src/cache/redis-archive.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { sqliteArchive } from "../../src/cache/sqlite-archive.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import { addDays, dayOf, type Instant, rfc3339 } from "../../src/domain/day.ts";
import { memoryArchive } from "../memory-archive.ts";
import { gatewayOfThree, NAMES } from "../organizations/three.ts";
import { hasRedis, redisServer } from "../stores/redis-server.ts";
import { BEGIN, HOUR_MS, world } from "./world.ts";

/** Questions about cost at the recorded grain; `$` stands for the instant they are about. */
const QUESTIONS = [
  `cost(range: { last: { days: 15 } }, bucket: DAY, first: 1000$) { source range { from until } freshness { state refreshedAt completeThrough source } total { net { cents } list { cents } requests } nodes { from until state net { cents } list { cents } requests isPartial } pageInfo { hasNextPage } }`,
  `cost(range: { period: MONTH_TO_DATE }, groupBy: [MODEL], first: 1000$) { totalCount nodes { model net { cents } shareOfTotal } total { net { cents } } }`,
  `cost(range: { last: { days: 12 } }, bucket: DAY, groupBy: [PRODUCT, MODEL], first: 1000$) { nodes { from product model net { cents } requests } }`,
  `cost(range: { last: { days: 17 } }, bucket: WEEK, groupBy: [PRODUCT], filter: { products: ["chat", "claude_code"] }, first: 1000$) { nodes { from product state net { cents } runningTotal { net { cents } } } total { net { cents } } }`,
  `cost(range: { last: { days: 8 } }, bucket: NONE, groupBy: [MODEL, PRODUCT], compare: PREVIOUS_PERIOD, top: 3, incomplete: EXCLUDE, first: 1000$) { range { from until } nodes { product model isOther net { cents } comparison { net { before { cents } } } } totalComparison { net { before { cents } } } }`,
];

const asked = (at: number | null, organization: string) =>
  `{ ${QUESTIONS.map((question, i) => {
    const asOf = at === null ? "" : `, asOf: "${rfc3339(at)}"`;
    return `q${i}: ${question.replace("$", `${asOf}, organization: "${organization}"`)}`;
  }).join(" ")} }`;

interface Recorded extends Pick<ReturnType<typeof world>, "ask" | "app" | "at"> {
  readonly upstreamRequests: () => number;
}

/** Asks at instants with these pauses between them, and again by `asOf` when figures have been revised and have become final. */
async function compared(
  { ask, app, at, upstreamRequests }: Recorded,
  organizations: readonly string[],
  pauses: readonly number[],
): Promise<void> {
  const answers: { readonly query: string; readonly data: unknown }[] = [];
  let instant = BEGIN;
  for (const hours of pauses) {
    instant += hours * HOUR_MS + 17;
    at(instant);
    for (const organization of organizations) {
      const { data, errors } = await ask(asked(null, organization));
      expect(errors).toBeUndefined();
      answers.push({ query: asked(instant, organization), data });
    }
    await app.record();
  }
  at(instant + 45 * 24 * HOUR_MS);
  for (const organization of organizations) await ask(asked(null, organization));
  await app.record();
  const before = upstreamRequests();
  for (const { query, data } of answers) expect(await ask(query)).toMatchObject({ data });
  expect(upstreamRequests()).toBe(before);
}

function recorded(seed: number): Recorded {
  const made = world({ sandbox: { users: 20, seed }, archive: memoryArchive() });
  return { ...made, upstreamRequests: () => made.seen.length };
}

describe.each(["enterprise", "console"])("cost of the organization %s as of an instant", (organization) => {
  test("equals the answer of that instant to the last digit, whatever has been revised since", () =>
    compared(recorded(1), [organization], [3, 30, 247])); // the last one is two hours into a month

  test("equals it at any instants of any organization", { tags: "deep" }, async () => {
    const pauses = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(pauses, fc.integer({ min: 1, max: 9 }), (hours, seed) =>
        compared(recorded(seed), [organization], hours),
      ),
      { numRuns: 4 },
    );
  });
});

test("cost of three organizations as of an instant is each one's own, where no page stays in memory", {
  tags: "deep",
}, async () => {
  const made = gatewayOfThree({
    now: rfc3339(BEGIN),
    archive: memoryArchive(),
    settings: { CACHE_MEMORY_BYTES: "1", RESPONSE_CACHE: "off" },
  });
  const at = (instant: Instant) => {
    made.upstream.at(rfc3339(instant));
    made.at(rfc3339(instant));
  };
  const upstreamRequests = () => made.upstream.seen.length;
  await compared({ ask: made.ask, app: made.app, at, upstreamRequests }, NAMES, [3, 247]);
});

describe("in a cache that fills and evicts between the questions", () => {
  const BOUND = 20_000;

  /** A world with bounds that a few questions fill, and the number of bytes that its store was sent. */
  function bounded(archiveBytes: number) {
    const folder = mkdtempSync(join(tmpdir(), "as-of-"));
    const clock = { now: BEGIN };
    const inner = sqliteStore({ path: join(folder, "cache.db"), maxBytes: BOUND, now: () => clock.now });
    const sent = { bytes: 0 };
    const store: SharedStore = {
      ...inner,
      set(key, value, lifetimeMs) {
        sent.bytes += value.length;
        return inner.set(key, value, lifetimeMs);
      },
    };
    const archive = sqliteArchive({ path: join(folder, "archive.db"), maxBytes: archiveBytes });
    const made = world({
      sandbox: { users: 20, seed: 4 },
      archive,
      store,
      settings: { CACHE_MEMORY_BYTES: `${BOUND}`, RESPONSE_CACHE: "off" },
    });
    const at = (instant: Instant) => {
      clock.now = instant;
      made.at(instant);
    };
    /** Fills the cache with other figures. */
    const ask: typeof made.ask = async (query, variables) => {
      const answer = await made.ask(query, variables);
      await made.ask(
        `{ usage(range: { last: { days: 12 } }, bucket: DAY, groupBy: [USER, MODEL], first: 1000) { totalCount } cost(range: { last: { days: 12 } }, bucket: DAY, groupBy: [USER], first: 1000) { totalCount } users(range: { last: { days: 9 } }, first: 100) { totalCount } }`,
      );
      return answer;
    };
    return { ...made, at, ask, sent };
  }

  test.each([
    ["an archive", 50_000_000],
    ["an archive that is full as well", 1],
  ])("it equals the answer of that instant to the last digit, beside %s", async (_which, archiveBytes) => {
    const made = bounded(archiveBytes);
    const upstreamRequests = () => 0; // the figures that fill the cache take some
    await compared({ ...made, upstreamRequests }, ["enterprise"], [3, 30, 247]);
    expect(made.sent.bytes).toBeGreaterThan(BOUND * 3);
    await made.app.dispose();
  });
});

test("days that nothing was read of, and figures finer than what is recorded, are NOT_RECORDED", async () => {
  const { ask, app, at } = world({ archive: memoryArchive() });
  await ask("{ cost(range: { last: { days: 3 } }) { total { net { cents } } } }");
  await app.record();
  at(BEGIN + 30 * HOUR_MS);
  const asOf = async (instant: number, rest: string) =>
    (
      await ask(
        `{ cost(range: { last: { days: 3 } }, asOf: "${rfc3339(instant)}", ${rest}) { nodes { net { cents } } } }`,
      )
    ).errors?.[0];
  expect(await asOf(BEGIN + HOUR_MS, "groupBy: [MODEL]")).toBeUndefined();
  expect(await asOf(BEGIN - 1, "groupBy: [MODEL]")).toMatchObject({
    message: expect.stringContaining("had read no figures"),
    extensions: { code: "NOT_RECORDED", recordedFrom: rfc3339(BEGIN), grain: ["DAY", "PRODUCT", "MODEL"] },
  });
  for (const finer of ["groupBy: [USER]", "groupBy: [TEAM]", `filter: { users: ["user_1"] }`, "bucket: HOUR"])
    expect(await asOf(BEGIN, finer)).toMatchObject({ extensions: { code: "NOT_RECORDED" } });
  const older = `organization: "console", source: LEGACY`;
  expect(await asOf(BEGIN, older)).toMatchObject({ extensions: { code: "NOT_RECORDED" } });
  expect(await asOf(BEGIN + 31 * HOUR_MS, "groupBy: [MODEL]")).toMatchObject({
    extensions: { code: "BAD_USER_INPUT" },
  });
});

test("an export that was seen and not recorded is NOT_RECORDED, and not the one before it", async () => {
  const { ask, app, at } = world({ archive: memoryArchive() });
  const total = "{ cost(range: { last: { days: 3 } }) { total { net { cents } } } }";
  await ask(total);
  await app.record();
  at(BEGIN + 5 * HOUR_MS);
  await ask(total); // the process ends here, and the next one begins after another export
  at(BEGIN + 10 * HOUR_MS);
  await ask(total);
  await app.record();
  const codes = await Promise.all(
    [1, 6, 10].map(async (hours) => {
      const asOf = rfc3339(BEGIN + hours * HOUR_MS);
      const { errors } = await ask(
        `{ cost(range: { last: { days: 3 } }, asOf: "${asOf}") { total { net { cents } } } }`,
      );
      return errors?.[0]?.extensions.code ?? null;
    }),
  );
  expect(codes).toEqual([null, "NOT_RECORDED", null]);
});

test("without a store that lasts, the reason and the setting are named", async () => {
  const { ask } = world();
  const { errors } = await ask(
    `{ cost(range: { last: { days: 3 } }, asOf: "2026-01-19T00:00:00Z") { total { net { cents } } } }`,
  );
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining("CACHE_URL"),
    extensions: { code: "NOT_RECORDED" },
  });
});

test("an export is recorded once by two replicas, and unchanged days are not written again", async () => {
  const archive = memoryArchive();
  const replicas = [1, 2].map(() => world({ archive }));
  const read = (each: (typeof replicas)[number]) =>
    each.ask("{ cost(range: { last: { days: 3 } }) { total { net { cents } } } }");
  const lines = () => [...archive.logs.values()].flatMap((log) => [...log.keys()]);
  for (let hours = 0; hours < 16; hours += 4) {
    for (const each of replicas) each.at(BEGIN + hours * HOUR_MS);
    await Promise.all(replicas.map(read));
    await Promise.all(replicas.map(({ app }) => app.record()));
  }
  const names = lines();
  const months = new Set(names.filter((name) => /^\d{4}-/.test(name)));
  const exports = names.filter((name) => name.startsWith("export "));
  expect(new Set(exports).size).toBe(4);
  const days = names.filter((name) => name.startsWith("day "));
  // Each export changes the day that it is of, and few days before.
  const newest = dayOf(BEGIN + 12 * HOUR_MS);
  expect(
    days.filter((name) => name.includes(newest) || name.includes(addDays(newest, -1))).length,
  ).toBeGreaterThan(3);
  expect(days.length).toBeLessThan(months.size * 31 + 40);
});

describe.each([
  { name: "SQLite", skip: false, open: async () => sqlite() },
  { name: "Redis", skip: !hasRedis, open: async () => redis() },
])("records in $name", ({ skip, open }) => {
  test.skipIf(skip)(
    "outlive the process, its cache, and a move to another store",
    { tags: "deep" },
    async () => {
      await using from = await open();
      const question = `cost(range: { last: { days: 9 } }, bucket: DAY, groupBy: [MODEL], first: 1000$) { nodes { from model net { cents } } }`;
      const first = world({ archive: await from.archive() });
      const { data } = await first.ask(`{ ${question.replace("$", "")} }`);
      await first.app.record();
      await first.app.dispose();
      const asOf = `{ ${question.replace("$", `, asOf: "${rfc3339(BEGIN)}"`)} }`;
      for (const archive of [await from.archive(), await from.restored()]) {
        const { ask, at, seen, app } = world({ archive });
        at(BEGIN + 90 * HOUR_MS);
        expect((await ask(asOf)).data).toEqual(data);
        expect(seen).toEqual([]);
        await app.dispose();
      }
    },
  );
});

/** An archive in a file, and what a backup of it restores. */
function sqlite() {
  const folder = mkdtempSync(join(tmpdir(), "recorded-"));
  const [path, backup, other] = ["a-archive.db", "backup.db", "b-archive.db"].map((name) =>
    join(folder, name),
  );
  if (path === undefined || backup === undefined || other === undefined) throw new Error("no path");
  const open = async (at: string) => {
    const archive = sqliteArchive({ path: at, maxBytes: 2 ** 20 });
    await archive.get("begun"); // on a busy machine its thread can take longer than a gateway waits for it
    return archive;
  };
  return {
    archive: () => open(path),
    async restored() {
      copyArchive(path, backup);
      addArchive(other, backup, 2 ** 20);
      return open(other);
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** An archive in a server, and one that has all of its entries and logs. */
async function redis() {
  const [server, other] = [await redisServer(), await redisServer()];
  return {
    archive: () => redisArchive(server.url, 2 ** 20),
    async restored() {
      const [from, to] = [await redisArchive(server.url, 2 ** 20), await redisArchive(other.url, 2 ** 20)];
      for await (const key of from.keys()) await to.put(key, (await from.get(key)) ?? new Uint8Array());
      for await (const log of from.logs()) await to.append(log, await from.read(log, await from.names(log)));
      await from.dispose();
      return to;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([server[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    },
  };
}
