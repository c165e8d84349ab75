import { describe, expect, test } from "vitest";
import { decodeEntry, encodeEntry, type Kept } from "../../src/cache/entry.ts";
import { memorySharedStore } from "../../src/cache/memory-shared-store.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { formatDecimal } from "../../src/domain/decimal.ts";
import { gateway, json, NOW } from "../gateway.ts";
import { PATHS, reportPage } from "../wire.ts";
import { download, rowsOf, total } from "./download.ts";

const PATH = "spend.csv?from=2026-10-01&until=2026-11-01&source=UNIFIED";
const PAGES = [0, 1, 2];
const PEOPLE = 40;

/** A cent of one person. */
function wireSpend(person: number) {
  return {
    starting_at: "2026-10-05T00:00:00Z",
    ending_at: "2026-10-06T00:00:00Z",
    group: { actor: { type: "user_actor", user_id: `user_${person}`, deleted: false }, model: "claude" },
    cost: { amount: "1", list_amount: "1", currency: "USD", requests: 1 },
  };
}

/** Wire rows of a page; each page has other people. */
function peopleOf(page: number) {
  return Array.from({ length: PEOPLE }, (_, i) => wireSpend(page * PEOPLE + i));
}

/** Pages in a store that outlives processes. */
function world(pages = PAGES.map(peopleOf)) {
  const memory = memorySharedStore(2 ** 26, () => 0);
  const keys = new Set<string>();
  let processes = 0;
  const store: SharedStore = {
    ...memory,
    set: (key, value, lifetimeMs) => {
      keys.add(key);
      return memory.set(key, value, lifetimeMs);
    },
  };
  const keysOf = (part: string) =>
    [...keys].filter((key) => key.includes("analytics/cost") && key.includes(part));
  return {
    /** Downloads the file from a new process; returns its sum and how many pages it requested. */
    async file() {
      const gate = gateway({
        store,
        now: new Date(Date.parse(NOW) + 1_000 * processes++).toISOString(),
        routes: {
          "/v1/organizations/analytics/cost": (query) => {
            const page = Number(query.get("page") ?? 0);
            return json(
              reportPage(pages[page] ?? [], page + 1 < pages.length ? { next: `${page + 1}` } : {}),
            );
          },
          "/v1/organizations/analytics/usage": () => json(reportPage([])),
          [PATHS.me]: () => json({ type: "organization", id: "org_test", name: "Tern" }),
          [PATHS.members]: () => json({ data: [], has_more: false, first_id: null, last_id: null }),
        },
      });
      const dollars = formatDecimal(total(rowsOf(await download(gate, PATH)), "net_usd"));
      return { dollars, requests: gate.seen.filter(({ pathname }) => pathname.endsWith("/cost")).length };
    },
    /** Changes the entries of the cost report that have a text in their keys. */
    async change(part: string, to: (entry: Kept) => Kept) {
      expect(keysOf(part)).not.toEqual([]);
      for (const key of keysOf(part)) {
        const entry = await decodeEntry(key, (await store.get(key)) ?? new Uint8Array());
        expect(entry).not.toBeNull();
        await store.set(key, await encodeEntry(to(entry as Kept)), null);
      }
    },
    async forget(part: string) {
      expect(keysOf(part)).not.toEqual([]);
      for (const key of keysOf(part)) await store.delete(key);
    },
  };
}

const MARK = "distinct";
const LAST_PAGE = "page=2";

/** Adds a row of the first page to a page. */
function repeating(entry: Kept): Kept {
  const { data, ...rest } = JSON.parse(entry.body);
  return { ...entry, body: JSON.stringify({ ...rest, data: [...data, wireSpend(0)] }) };
}

describe("stored pages without repeated rows", () => {
  test("are compared once: another process uses them as they are", async () => {
    const { file, change } = world();
    expect(await file()).toEqual({ dollars: "1.20", requests: 3 });
    await change(LAST_PAGE, repeating); // as the page it was when it was compared
    expect(await file()).toEqual({ dollars: "1.21", requests: 0 });
  });

  test.each(PAGES.slice(1))("are compared again where page %i was fetched since", async (page) => {
    const { file, change } = world();
    await file();
    await change(LAST_PAGE, repeating);
    await change(`page=${page}`, (entry) => ({ ...entry, fetchedAt: entry.fetchedAt + 1 }));
    expect(await file()).toEqual({ dollars: "1.20", requests: 0 });
    expect(await file()).toEqual({ dollars: "1.20", requests: 0 });
  });

  test("are compared with a page that upstream sends again in place of one that is missing", async () => {
    const pages = PAGES.map(peopleOf);
    const { file, forget } = world(pages);
    await file();
    await forget(LAST_PAGE);
    pages[2] = [...peopleOf(2), wireSpend(0), wireSpend(PEOPLE)];
    expect(await file()).toEqual({ dollars: "1.20", requests: 1 });
    expect(await file()).toEqual({ dollars: "1.20", requests: 0 });
  });

  test("are compared where an earlier version stored them", async () => {
    const { file, change, forget } = world();
    await file();
    await change(LAST_PAGE, repeating);
    await forget(MARK);
    expect(await file()).toEqual({ dollars: "1.20", requests: 0 });
  });

  test("are compared where what is remembered of them is damaged", async () => {
    const { file, change } = world();
    await file();
    await change(LAST_PAGE, repeating);
    await change(MARK, (entry) => ({ ...entry, body: "[" }));
    expect(await file()).toEqual({ dollars: "1.20", requests: 0 });
  });
});

test("a row that upstream repeats is left out of each file", async () => {
  const { file } = world([peopleOf(0), [...peopleOf(1), wireSpend(0)], peopleOf(2)]);
  expect(await file()).toEqual({ dollars: "1.20", requests: 3 });
  expect(await file()).toEqual({ dollars: "1.20", requests: 0 });
});
