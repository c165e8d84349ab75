import { describe, expect, test } from "vitest";
import { day, dayOf, startOf } from "../../src/domain/day.ts";
import { DAY_MS, dayNumberOf, HOUR_MS } from "../../src/sandbox/calendar.ts";
import { type Fact, tokensOf } from "../../src/sandbox/ledger/fact.ts";
import { cents, NOON, sandbox, total, trueCents, type Wire } from "./asking.ts";

const { organization, ledger, ask, rows } = sandbox();
const { enterprise } = organization.directories;

const FROM = startOf(day("2026-10-10"));
const UNTIL = startOf(day("2026-11-05"));
const RANGE = "starting_at=2026-10-10T00:00:00Z&ending_at=2026-11-05T00:00:00Z";
const facts = [...ledger.facts("enterprise", { from: FROM, until: UNTIL }, NOON)];
const ofPeople = facts.filter(({ person }) => person !== null);

const results = (buckets: readonly Wire[]): Wire[] => buckets.flatMap((bucket) => bucket.results);
const amount = (row: Wire) => row.amount as string;
const listAmount = (row: Wire) => row.list_amount as string;
const tokensIn = (row: Wire): number =>
  row.uncached_input_tokens +
  row.output_tokens +
  row.cache_read_input_tokens +
  row.cache_creation.ephemeral_1h_input_tokens +
  row.cache_creation.ephemeral_5m_input_tokens;

describe("the organization reports add up to the facts", () => {
  test.each(["1d", "1h"])("tokens in buckets of %s", async (width) => {
    const buckets = await rows(`/analytics/usage_report?${RANGE}&bucket_width=${width}&limit=31`);
    const step = width === "1d" ? DAY_MS : HOUR_MS;
    expect(buckets).toHaveLength((UNTIL - FROM) / step);
    const known = Map.groupBy(facts, ({ at }) => Math.floor((at - FROM) / step));
    for (const [i, bucket] of buckets.entries()) {
      expect(Date.parse(bucket.starting_at)).toBe(FROM + i * step);
      expect(Date.parse(bucket.ending_at)).toBe(FROM + (i + 1) * step);
      const own = known.get(i) ?? [];
      expect(bucket.results.length).toBe(own.length === 0 ? 0 : 1);
      expect(total(bucket.results, tokensIn)).toBe(total(own, tokensOf));
      expect(total(bucket.results, (row: Wire) => row.requests)).toBe(total(own, ({ requests }) => requests));
      expect(total(bucket.results, (row: Wire) => row.server_tool_use.web_search_requests)).toBe(
        total(own, ({ searches }) => searches),
      );
    }
  });

  test("tokens by the minute", async () => {
    const at = startOf(day("2026-11-03")) + 9 * HOUR_MS;
    const buckets = await rows(
      "/analytics/usage_report?starting_at=2026-11-03T09:00:30Z&ending_at=2026-11-03T12:00:00Z&bucket_width=1m&limit=256",
    );
    expect(buckets).toHaveLength(180);
    const own = [...ledger.facts("enterprise", { from: at, until: at + 3 * HOUR_MS }, NOON)];
    expect(total(results(buckets), tokensIn)).toBe(total(own, tokensOf));
  });

  test("cents, at both prices, to the last decimal", async () => {
    const buckets = results(await rows(`/analytics/cost_report?${RANGE}&limit=31`));
    expect(cents(buckets.map(amount))).toBe(trueCents(facts));
    expect(cents(buckets.map(listAmount))).toBe(trueCents(facts, "list"));
  });

  test.each([
    ["product", ({ product }: Fact) => product],
    ["model", ({ rate }: Fact) => rate.model],
    ["context_window", ({ rate }: Fact) => rate.contextWindow],
    ["inference_geo", ({ rate }: Fact) => rate.geo],
    ["speed", ({ rate }: Fact) => rate.speed],
    ["claude_tag_category", ({ tag }: Fact) => tag?.category ?? null],
    ["slack_channel_id", ({ tag }: Fact) => tag?.channel ?? null],
    ["claude_tag_user_id", ({ tag }: Fact) => tag?.slackUser ?? null],
  ])("by %s", async (dimension, read) => {
    const groups = results(await rows(`/analytics/cost_report?${RANGE}&group_by[]=${dimension}&limit=31`));
    const sent = Map.groupBy(groups, (row) => row[dimension]);
    const known = Map.groupBy(facts, read);
    expect([...sent.keys()].sort()).toEqual([...known.keys()].sort());
    for (const [value, own] of known) {
      expect(cents((sent.get(value) ?? []).map(amount))).toBe(trueCents(own));
      expect(total(sent.get(value) ?? [], (row) => row.requests)).toBe(
        total(own, ({ requests }) => requests),
      );
    }
    for (const row of groups) {
      const others = ["product", "model", "context_window", "speed"].filter((name) => name !== dimension);
      for (const name of others) expect(row[name]).toBeNull();
    }
  });

  test("by group, where people count in each of theirs on that day", async () => {
    const known = new Map<string | null, Fact[]>();
    for (const fact of facts) {
      const groups =
        fact.person === null
          ? []
          : organization.groups.of(organization.person(fact.person), dayNumberOf(fact.at));
      for (const id of groups.length === 0 ? [null] : groups.map((group) => group.id)) {
        known.set(id, [...(known.get(id) ?? []), fact]);
      }
    }
    const groups = results(await rows(`/analytics/cost_report?${RANGE}&group_by[]=rbac_group_id&limit=31`));
    const sent = Map.groupBy(groups, (row) => row.rbac_group_id);
    expect(sent.size).toBe(known.size);
    for (const [id, own] of known) expect(cents((sent.get(id) ?? []).map(amount))).toBe(trueCents(own));
  });

  test("by kind of cost and of token, without request counts", async () => {
    const lines = results(
      await rows(`/analytics/cost_report?${RANGE}&group_by[]=cost_type&group_by[]=token_type&limit=31`),
    );
    expect(cents(lines.map(amount))).toBe(trueCents(facts));
    expect(new Set(lines.map(({ cost_type }) => cost_type))).toEqual(
      new Set(["tokens", "web_search", "code_execution"]),
    );
    expect(new Set(lines.map(({ token_type }) => token_type)).size).toBe(6);
    expect(lines.every(({ requests }) => requests === null)).toBe(true);
  });
});

test("filters keep exactly what they name: or within one, and across", async () => {
  const users = [0, 1, 2, 3].map((index) => enterprise.userId(index));
  const query = `user_ids[]=${users.join("&user_ids[]=")}&products[]=chat&products[]=claude_code&models[]=claude-sonnet-5&inference_geos[]=not_available&inference_geos[]=global`;
  const own = facts.filter(
    ({ person, product, rate }) =>
      person !== null &&
      person < 4 &&
      (product === "chat" || product === "claude_code") &&
      rate.model === "claude-sonnet-5" &&
      rate.geo !== "us",
  );
  expect(own.length).toBeGreaterThan(0);
  for (const report of ["cost_report", "user_cost_report"]) {
    const sent = await rows(`/analytics/${report}?${RANGE}&${query}&limit=31`);
    const lines = report === "cost_report" ? results(sent) : sent;
    expect(cents(lines.map(amount))).toBe(trueCents(own));
  }
});

test("a group can be named by either spelling of its id, and membership is that of the day", async () => {
  const group = organization.groups.all.find(({ name }) => name === "Engineering");
  if (group === undefined) throw new Error("no such group");
  const own = facts.filter(
    ({ person, at }) =>
      person !== null && organization.groups.of(organization.person(person), dayNumberOf(at)).includes(group),
  );
  for (const id of [group.id, group.uuid]) {
    const sent = await rows(`/analytics/cost_report?${RANGE}&rbac_group_ids[]=${id}&limit=31`);
    expect(cents(results(sent).map(amount))).toBe(trueCents(own));
  }
});

describe("the reports per person", () => {
  test("come to each person's facts, and to less than the organization", async () => {
    const sent = await rows(`/analytics/user_cost_report?${RANGE}&limit=1000`);
    const known = Map.groupBy(ofPeople, ({ person }) => enterprise.userId(person ?? -1));
    expect(sent.map(({ actor }) => actor.user_id).sort()).toEqual([...known.keys()].sort());
    for (const row of sent) {
      const own = known.get(row.actor.user_id) ?? [];
      expect(cents([row.amount])).toBe(trueCents(own));
      expect(cents([row.list_amount])).toBe(trueCents(own, "list"));
      expect(row.requests).toBe(total(own, ({ requests }) => requests));
    }
    expect(ofPeople.length).toBeLessThan(facts.length);
  });

  test.each([
    ["user_usage_report", "total_tokens", (row: Wire) => row.total_tokens],
    ["user_usage_report", "requests", (row: Wire) => row.requests],
    ["user_usage_report", "output_tokens", (row: Wire) => row.output_tokens],
    ["user_usage_report", "uncached_input_tokens", (row: Wire) => row.uncached_input_tokens],
    ["user_cost_report", "amount", (row: Wire) => Number(row.amount)],
    ["user_cost_report", "list_amount", (row: Wire) => Number(row.list_amount)],
  ])("%s ranks by %s, largest first by default", async (report, metric, read) => {
    const path = `/analytics/${report}?${RANGE}&order_by=${metric}&group_by[]=model&limit=1000`;
    const values = (await rows(path)).map(read);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    const rising = (await rows(`${path}&order=asc`)).map(read);
    expect(rising).toEqual(rising.toSorted((a, b) => a - b));
    expect(rising).toHaveLength(values.length);
  });

  test("tokens add up in every bucket", async () => {
    const sent = await rows(
      `/analytics/user_usage_report?${RANGE}&bucket_width=1d&group_by[]=product&limit=1000`,
    );
    const key = (user: string, date: string, product: string | null) => `${user} ${date} ${product}`;
    const known = Map.groupBy(ofPeople, ({ person, at, product }) =>
      key(enterprise.userId(person ?? -1), dayOf(at), product),
    );
    expect(sent).toHaveLength(known.size);
    for (const row of sent) {
      const own = known.get(key(row.actor.user_id, row.starting_at.slice(0, 10), row.product)) ?? [];
      expect(row.total_tokens).toBe(total(own, tokensOf));
      expect(row.total_tokens).toBe(tokensIn(row));
    }
  });

  test("rows of cost types are free of the limit and stay together", async () => {
    const path = `/analytics/user_cost_report?${RANGE}&group_by[]=cost_type&group_by[]=token_type`;
    const { data } = await ask(`${path}&limit=5`);
    const people = data.map(({ actor }: Wire) => actor.user_id as string);
    expect(data.length).toBeGreaterThan(5);
    expect(new Set(people).size).toBe(5);
    expect(people.filter((id: string, i: number) => id !== people[i - 1])).toHaveLength(5);
    expect(cents((await rows(`${path}&limit=1000`)).map(amount))).toBe(trueCents(ofPeople));
  });

  test("both ends are rounded down to the hour", async () => {
    const own = [
      ...ledger.facts(
        "enterprise",
        { from: FROM + 9 * HOUR_MS, until: FROM + 2 * DAY_MS + 14 * HOUR_MS },
        NOON,
      ),
    ].filter(({ person }) => person !== null);
    const sent = await rows(
      "/analytics/user_usage_report?starting_at=2026-10-10T11:59:00%2B02:00&ending_at=2026-10-12T14:30:00Z&limit=1000",
    );
    expect(total(sent, ({ total_tokens }) => total_tokens)).toBe(total(own, tokensOf));
  });
});

test("a bucket keeps its hundred largest groups and says nothing of the rest", async () => {
  const big = sandbox({ users: 400 });
  const query =
    "starting_at=2026-11-03T00:00:00Z&ending_at=2026-11-04T00:00:00Z&group_by[]=rbac_group_id&group_by[]=model&group_by[]=product";
  const { data } = await big.ask(`/analytics/cost_report?${query}`);
  const amounts: number[] = data[0].results.map((row: Wire) => Number(row.amount));
  expect(amounts).toHaveLength(100);
  expect(amounts).toEqual(amounts.toSorted((a, b) => b - a));
});

test("the shutdown is an empty bucket, and a range after the export has no bucket at all", async () => {
  const empty = await ask(
    "/analytics/cost_report?starting_at=2026-04-30T00:00:00Z&ending_at=2026-05-03T00:00:00Z",
  );
  expect(empty.data.map((bucket: Wire) => bucket.results.length)).toEqual([1, 0, 1]);
  const future = "starting_at=2026-11-22T12:00:00Z&ending_at=2026-11-23T00:00:00Z&bucket_width=1h";
  for (const report of ["cost_report", "user_cost_report"]) {
    expect(await ask(`/analytics/${report}?${future}`)).toMatchObject({ data: [], data_refreshed_at: null });
  }
});
