import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Archive } from "../../src/cache/archive.ts";
import { encodeEntry } from "../../src/cache/entry.ts";
import { memorySharedStore } from "../../src/cache/memory-shared-store.ts";
import { memoryStore } from "../../src/cache/memory-store.ts";
import { day } from "../../src/domain/day.ts";
import type { ReportQuestion } from "../../src/domain/report.ts";
import { Credential } from "../../src/upstream/access/credential.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { userCost } from "../../src/upstream/endpoints/enterprise-cost.ts";
import { userUsage } from "../../src/upstream/endpoints/enterprise-usage.ts";
import { unifiedCost, unifiedUsage } from "../../src/upstream/endpoints/unified.ts";
import { addressOf } from "../../src/upstream/pages/address.ts";
import { BackgroundWrites } from "../../src/upstream/pages/background-writes.ts";
import { PageFreshness } from "../../src/upstream/pages/freshness.ts";
import { PageArchive } from "../../src/upstream/pages/page-archive.ts";
import { PageColumns } from "../../src/upstream/pages/page-columns.ts";
import { PageStore } from "../../src/upstream/pages/page-store.ts";
import { forAllAsync } from "../arbitrary.ts";
import { memoryArchive as emptyArchive } from "../memory-archive.ts";
import { reportPage } from "../wire.ts";

const NOW = Date.parse("2026-03-15T12:00:00Z");
const params: ReportQuestion = {
  range: { from: day("2026-01-01"), until: day("2026-02-01") },
  bucket: "DAY",
  groupBy: ["MODEL", "USER"],
  filter: {},
};

const texts = fc.oneof(
  fc.constantFrom("chat", "claude-öpus", "用户", "a\nb", ""),
  fc.string({ unit: "grapheme" }),
);
const decimals = fc.stringMatching(/^-?\d{1,20}(\.\d{1,12})?$/);
const counts = fc.maxSafeNat();
/** The member is a value, null or missing. */
const optional = <T>(values: fc.Arbitrary<T>) => fc.oneof(values, fc.constant(null), fc.constant(undefined));
const span = {
  starting_at: fc.integer({ min: 1, max: 28 }).map((n) => `2026-01-${String(n).padStart(2, "0")}T00:00:00Z`),
  ending_at: fc.constant("2026-02-01T00:00:00Z"),
};
const named = { email_address: optional(fc.emailAddress()), name: optional(texts) };
const dimensions = {
  product: optional(texts),
  model: optional(texts),
  speed: optional(texts),
  rbac_group_id: optional(texts),
};
const user = { user_id: texts, deleted: fc.boolean(), ...named };
const tokens = {
  uncached_input_tokens: counts,
  cache_read_input_tokens: counts,
  cache_creation: fc.record({ ephemeral_5m_input_tokens: counts, ephemeral_1h_input_tokens: counts }),
  output_tokens: counts,
  server_tool_use: fc.record({ web_search_requests: counts }),
  requests: optional(counts),
};
const money = {
  amount: decimals,
  list_amount: decimals,
  currency: fc.constant("USD"),
  requests: optional(counts),
};
const actor = fc.oneof(
  fc.record({ type: fc.constant("user_actor"), ...user }),
  fc.record({ type: fc.constant("api_actor"), api_key_id: texts }),
  fc.record({
    type: fc.constant("federated_actor"),
    provider: fc.record({ type: texts, account_id: optional(texts), issuer: optional(texts) }),
    subject: optional(texts),
  }),
);

const REPORTS: Readonly<Record<string, [Endpoint<ReportQuestion, object>, fc.Arbitrary<object>]>> = {
  "cost of people": [userCost, fc.record({ actor: fc.record(user), ...dimensions, ...money, ...span })],
  "usage of people": [userUsage, fc.record({ actor: fc.record(user), ...dimensions, ...tokens, ...span })],
  "unified cost": [
    unifiedCost.ENTERPRISE,
    fc.record({
      group: fc.record({ ...dimensions, actor: optional(actor) }),
      cost: fc.record(money),
      ...span,
    }),
  ],
  "unified usage": [
    unifiedUsage.ENTERPRISE,
    fc.record({
      group: fc.record({ ...dimensions, actor: optional(actor) }),
      usage: fc.record(tokens),
      ...span,
    }),
  ],
};

/** A process, with a store that has the pages of a question. */
async function started(endpoint: Endpoint<ReportQuestion, object>, wire: readonly (readonly object[])[]) {
  const values = new Map<string, Uint8Array>();
  const archive: Archive = {
    ...emptyArchive(),
    about: {},
    get: async (key) => values.get(key) ?? null,
    has: async (key) => values.has(key),
    put: async (key, value) => {
      values.set(key, value);
      return true;
    },
    dispose: async () => {},
  };
  const now = () => NOW;
  const address = {
    credentials: { analytics: new Credential("sk-one"), admin: null },
    baseUrl: new URL("https://api.example/"),
  };
  const shared = memorySharedStore(1e8, now);
  const freshness = new PageFreshness({ access: { accessStatus: () => null }, freshSeconds: undefined, now });
  const pages = new PageStore({ store: memoryStore(1e8), freshness, now });
  const writes = new BackgroundWrites(() => {});
  const pageArchive = new PageArchive({
    ...address,
    archive,
    now,
    pages,
    writes,
    requestOwner: async () => "org",
  });
  for (const [i, rows] of wire.entries()) {
    const { key } = addressOf(address, { endpoint, params, token: i === 0 ? null : `page ${i}` });
    const next = i + 1 < wire.length ? `page ${i + 1}` : null;
    const body = JSON.stringify(reportPage(rows, { next, watermark: "2026-03-15T08:00:00Z" }));
    await shared.set(key, await encodeEntry({ key, body, fetchedAt: NOW + i }), null);
    const page = pages.decode(
      { endpoint, params, token: i === 0 ? null : `page ${i}` },
      { key, body, fetchedAt: NOW + i },
    );
    await pageArchive.put({ endpoint, params, token: page.token }, page, body);
  }
  const open = () =>
    new PageColumns({
      ...address,
      archive: pageArchive,
      shared,
      store: memoryStore(1e8),
      pages,
      writes,
      now,
    });
  const archived = (token: string | null) => pageArchive.entries({ endpoint, params, token }).next();
  return { open, values, pages, archived, shared };
}

describe.each(Object.entries(REPORTS))("columns of %s", (_, [endpoint, row]) => {
  test("give the pages that are archived, to the last digit", () =>
    forAllAsync(
      [fc.array(fc.array(row, { maxLength: 6 }), { minLength: 2, maxLength: 4 })],
      async (wire) => {
        const { open, pages, archived } = await started(endpoint, wire);
        await open().keep(endpoint, params);
        const run = await open().find(endpoint, params, { noStore: false });
        expect(run?.rows).toBe(wire.flat().length);
        for (const i of wire.keys()) {
          const token = i === 0 ? null : `page ${i}`;
          const entry = (await archived(token)).value;
          if (!entry) throw new Error("not archived");
          const page = pages.decode({ endpoint, params, token }, entry);
          const { rows, ...rest } = run?.page(token) ?? {};
          expect(rest).toEqual({ ...page, rows: undefined, areNamesRemoved: true });
          expect(rows).toEqual(page.rows.map((each) => endpoint.withoutNames?.(each)));
        }
      },
      { numRuns: 40 },
    ));
});
