import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { warmSteps } from "../../src/analytics/warm.ts";
import type { Archive } from "../../src/cache/archive.ts";
import { decodeEntry, encodeEntry } from "../../src/cache/entry.ts";
import { memorySharedStore } from "../../src/cache/memory-shared-store.ts";
import { redisArchive } from "../../src/cache/redis-archive.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { sqliteArchive } from "../../src/cache/sqlite-archive.ts";
import { type GatewayOptions, gateway, json, NOW } from "../gateway.ts";
import { memoryArchive as emptyArchive } from "../memory-archive.ts";
import { PATHS, reportPage, wireUserCost } from "../wire.ts";
import { hasRedis, redisServer } from "./redis-server.ts";

const folder = mkdtempSync(join(tmpdir(), "columns-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All figures up to the end of September are final. */
const OPEN = ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"];
const A_YEAR = `range: { between: { from: "2026-01-01", until: "2026-11-22" } }`;
const TWO_DAYS_LATER = "2026-11-24T12:00:00Z";
const RANKING = `{ cost(${A_YEAR}, source: LEGACY, bucket: NONE, groupBy: [USER], first: 1000) {
  nodes { user { userId } net { cents } requests } total { net { cents } } freshness { state } } }`;

/** Each month has three pages of two people, and one person is sent twice. */
const PAGES = [
  [wireUserCost("user_a", "900719925474099.123456789"), wireUserCost("user_b", "20.5")],
  [wireUserCost("user_b", "20.5"), wireUserCost("user_ü", "10.10", { email: "left@ternplover.example" })],
  [wireUserCost("user_d", "0.000001", { email: null, deleted: true })],
];

const routes: NonNullable<GatewayOptions["routes"]> = {
  [PATHS.userCost]: (query) => {
    const page = Number(query.get("page") ?? 0);
    const next = page + 1 < PAGES.length ? String(page + 1) : null;
    const span = query.has("bucket_width")
      ? { starting_at: query.get("starting_at"), ending_at: query.get("ending_at") }
      : {};
    const rows = (PAGES[page] ?? []).map((row) => ({ ...row, ...span }));
    return json(reportPage(rows, { next }));
  },
  [PATHS.userUsage]: () => json(reportPage([])),
  [PATHS.cost]: () => json(reportPage([])),
  [PATHS.usage]: () => json(reportPage([])),
  [PATHS.me]: () => json({ type: "organization", id: "org_test", name: "Tern" }),
  [PATHS.members]: () => json({ data: [], has_more: false, first_id: null, last_id: null }),
};

const settings = { ANTHROPIC_ADMIN_KEY: "", ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${randomUUID()}` };
const emptyStore = () => memorySharedStore(2 ** 26, () => 0);

/** An archive that outlives processes, with what is put into it. */
function memoryArchive() {
  const values = new Map<string, Uint8Array>();
  const puts: string[] = [];
  const archive: Archive = {
    ...emptyArchive(),
    about: {},
    get: async (key) => values.get(key) ?? null,
    has: async (key) => values.has(key),
    put: async (key, value) => {
      puts.push(key);
      if (!values.has(key)) values.set(key, value);
      return true;
    },
    dispose: async () => {},
  };
  const columns = () => [...values.keys()].filter((key) => key.startsWith("columns "));
  return { archive, values, puts, columns };
}

interface World {
  readonly archive: Archive;
  /** By default all pages have been evicted. */
  readonly store?: SharedStore;
  readonly now?: string;
  readonly more?: Record<string, string>;
}

function process({ archive, store = emptyStore(), now = NOW, more = {} }: World) {
  const started = gateway({ routes, store, archive, now, settings: { ...settings, ...more } });
  const months = () =>
    started.seen
      .filter((url) => url.pathname === PATHS.userCost)
      .map((url) => url.searchParams.get("starting_at") ?? "");
  const { ask, app } = started;
  return { ask, app, months };
}

async function warm(world: World): Promise<void> {
  const { app } = process(world);
  const ctx = app.context(new AbortController().signal, "warm");
  for (const { run } of warmSteps(ctx, ["ENTERPRISE"], ["people"], 12)) await run();
  await app.dispose();
}

const kinds: {
  name: string;
  skip: boolean;
  tags: "deep"[];
  open: () => Promise<Archive & AsyncDisposable>;
}[] = [
  {
    name: "SQLite",
    skip: false,
    tags: [],
    open: async () => {
      const archive = sqliteArchive({ path: join(folder, `${randomUUID()}.db`), maxBytes: 2 ** 26 });
      return { ...archive, dispose: async () => {}, [Symbol.asyncDispose]: () => archive.dispose() };
    },
  },
  {
    name: "Redis",
    skip: !hasRedis,
    tags: ["deep"],
    open: async () => {
      const server = await redisServer();
      const archive = await redisArchive(server.url, 2 ** 26);
      return {
        ...archive,
        dispose: async () => {},
        [Symbol.asyncDispose]: async () => {
          await archive.dispose();
          await server[Symbol.asyncDispose]();
        },
      };
    },
  },
];

describe.each(kinds)("a ranking over a year without stored pages, from an archive in $name", (kind) => {
  test.skipIf(kind.skip).each([NOW, TWO_DAYS_LATER])(
    "requests the open months alone, and is the same: %s",
    { tags: kind.tags },
    async (now) => {
      await using archive = await kind.open();
      const store = emptyStore();
      await warm({ archive, store });
      const whole = await process({ archive, store }).ask(RANKING);
      expect(whole.errors).toBeUndefined();
      expect(whole.data.cost.nodes).toHaveLength(4);
      const { ask, months } = process({ archive, now });
      const { data, errors, extensions } = await ask(RANKING);
      expect(errors).toBeUndefined();
      expect(data).toEqual(whole.data);
      expect(new Set(months())).toEqual(new Set(OPEN));
      expect(months()).toHaveLength(OPEN.length * PAGES.length);
      expect(extensions.upstream.duplicates).toBe(whole.extensions.upstream.duplicates);
    },
  );
});

describe("final months of people in columns", () => {
  test("are planned as stored, so that a limit counts the open months alone", async () => {
    const { archive } = memoryArchive();
    await warm({ archive });
    // Of a month that was never read, one page is known of; the others of the ranking are those of the organization's total.
    const more = { MAX_UPSTREAM_REQUESTS: "19" };
    expect(
      (await process({ archive: memoryArchive().archive, more }).ask(RANKING)).errors?.[0]?.extensions.code,
    ).toBe("TOO_EXPENSIVE");
    const { ask, app } = process({ archive, more });
    const explained = await (
      await app.fetch(`http://gateway.test/graphql?explain&query=${encodeURIComponent(RANKING)}`)
    ).json();
    const ofPeople = explained.extensions.plan.fields.filter(
      ({ dataset }: { dataset: string }) => dataset === "USER_COST",
    );
    expect(ofPeople).toEqual([expect.objectContaining({ requests: OPEN.length })]);
    expect((await ask(RANKING)).errors).toBeUndefined();
  });

  test("are one entry for a month, without names and addresses, made once for all replicas", async () => {
    const { archive, values, puts, columns } = memoryArchive();
    const store = emptyStore();
    await warm({ archive, store });
    await warm({ archive, store });
    expect(columns()).toHaveLength(9);
    expect(puts.filter((key) => key.startsWith("columns "))).toHaveLength(9);
    for (const key of columns()) {
      const body = (await decodeEntry(key, values.get(key) ?? new Uint8Array()))?.body ?? "";
      expect(body).toContain("user_a");
      expect(body).not.toMatch(/@|email|"name"/);
    }
  });

  test("are made by the next reader where the first had no room for them, or ended before", async () => {
    const { archive, columns } = memoryArchive();
    const store = emptyStore();
    await warm({ archive: { ...archive, put: async () => false }, store });
    await warm({ archive: { ...archive, put: async () => Promise.reject(new Error("ended")) }, store });
    expect(columns()).toEqual([]);
    await warm({ archive, store });
    expect(columns()).toHaveLength(9);
  });

  test("are not made of months that are open, nor of a list that was not read to its end", async () => {
    const { archive, columns } = memoryArchive();
    const { app } = process({ archive });
    const page = `{ cost(range: { between: { from: "2026-03-01", until: "2026-04-01" } }, source: LEGACY, bucket: DAY, groupBy: [USER], first: 1) { nodes { net { cents } } } }`;
    await process({ archive }).ask(page);
    await warm({ archive });
    expect(columns().filter((key) => key.includes("2026-10") && !key.includes("2026-09"))).toEqual([]);
    await app.dispose();
  });

  test.each<[what: string, change: (key: string, value: Uint8Array) => Promise<Uint8Array>]>([
    ["is cut off", async (_, value) => value.slice(0, value.length - 9)],
    ["is empty", async () => new Uint8Array()],
    [
      "is that of another question",
      async (key, value) => encodeEntry({ key: `${key}0`, body: String(value), fetchedAt: 1 }),
    ],
    ["is of a later format", (key) => encodeEntry({ key, body: '{"columns": []}', fetchedAt: 1 })],
    [
      "breaks the contract",
      async (key, value) => {
        const body = (await decodeEntry(key, value))?.body.replace('"0.000001"', "1") ?? "";
        return encodeEntry({ key, body, fetchedAt: Date.parse(NOW) });
      },
    ],
  ])("are not used, and no error, where an entry %s", async (_what, change) => {
    const { archive, values, columns } = memoryArchive();
    const store = emptyStore();
    await warm({ archive, store });
    const whole = await process({ archive, store }).ask(RANKING);
    for (const key of columns()) values.set(key, await change(key, values.get(key) ?? new Uint8Array()));
    const { ask, months } = process({ archive });
    const { data, errors } = await ask(RANKING);
    expect(errors).toBeUndefined();
    expect(data).toEqual(whole.data);
    expect(months()).toHaveLength(11 * PAGES.length);
  });

  test("are left alone while the archive is away", async () => {
    const { archive } = memoryArchive();
    const store = emptyStore();
    await warm({ archive, store });
    const whole = await process({ archive, store }).ask(RANKING);
    const away = { ...archive, get: () => Promise.reject(new Error("away")) };
    const { data, errors } = await process({ archive: away }).ask(RANKING);
    expect(errors).toBeUndefined();
    expect(data).toEqual(whole.data);
  });

  test("give way to pages with names, while these may be shown", async () => {
    const { archive, columns } = memoryArchive();
    const store = emptyStore();
    const spendAt = async (now: string) => {
      const { app } = process({ archive, store, now });
      const file = await app.fetch(
        "http://gateway.test/export/spend.csv?from=2026-03-01&until=2026-03-02&source=LEGACY",
      );
      const text = await file.text();
      await app.dispose();
      return text;
    };
    const first = await spendAt(NOW);
    expect(first).toContain("left@ternplover.example");
    expect(columns()).toHaveLength(1);
    expect(await spendAt(NOW)).toBe(first);
    expect(await spendAt(TWO_DAYS_LATER)).toBe(first.replace(/[a-z_ü]+@ternplover.example/g, ""));
  });

  test("leave teams as they are: people who have left are placed by the addresses on pages", async () => {
    const { archive } = memoryArchive();
    const path = join(folder, "teams.json");
    writeFileSync(path, JSON.stringify([{ team: "Terns", email: "left@ternplover.example" }]));
    const more = { TEAMS_FILE: path };
    const TEAMS = RANKING.replace("[USER]", "[TEAM]").replace("user { userId }", "team");
    await warm({ archive });
    const { ask, months } = process({ archive, more, now: TWO_DAYS_LATER });
    const people = await ask(RANKING);
    expect(people.errors).toBeUndefined();
    const { data, errors } = await ask(TEAMS);
    expect(errors).toBeUndefined();
    const terns = data.cost.nodes.find(({ team }: { team: string | null }) => team === "Terns");
    expect(terns.net.cents).toBe("111.10");
    expect(new Set(months()).size).toBe(11);
  });

  test("keep cursors: a list is read on from columns where it was begun from pages, and back", async () => {
    const { archive } = memoryArchive();
    const store = emptyStore();
    await warm({ archive, store });
    const PAGE = `query ($after: String, $first: Int) { cost(range: { between: { from: "2026-03-01", until: "2026-05-01" } }, source: LEGACY, bucket: DAY, groupBy: [USER], first: $first, after: $after) {
      nodes { user { userId } net { cents } } pageInfo { hasNextPage endCursor } } }`;
    const first = await process({ archive, store }).ask(PAGE, { first: 1000 });
    expect(first.errors).toBeUndefined();
    await new Promise(setImmediate);
    const nodes: unknown[] = [];
    for (let after: string | null = null, i = 0; ; i++) {
      const { ask } = process({ archive, ...(i % 2 === 0 ? { store } : {}), now: TWO_DAYS_LATER });
      const { data, errors }: Awaited<ReturnType<typeof ask>> = await ask(PAGE, { first: 3, after });
      expect(errors).toBeUndefined();
      nodes.push(...data.cost.nodes);
      if (!data.cost.pageInfo.hasNextPage) break;
      after = data.cost.pageInfo.endCursor;
    }
    expect(nodes).toEqual(first.data.cost.nodes);
  });
});
