import { describe, expect, test } from "vitest";
import { type Day, day, startOf } from "../../src/domain/day.ts";
import { dayNumber, HOUR_MS } from "../../src/sandbox/calendar.ts";
import { PLUGINS } from "../../src/sandbox/organization/plugins.ts";
import { NOON, sandbox, total, type Wire } from "./asking.ts";

const { organization, ledger, rows } = sandbox({ users: 120 });
const { enterprise } = organization.directories;

/** What is aggregated by noon of 22 November: everything that had arrived by ten. */
const SEEN = NOON - 2 * HOUR_MS;
const DATE = "date=2026-11-18";
const RANGE = "starting_date=2026-10-05&ending_date=2026-10-26";

function actsIn(from: Day, until: Day) {
  return [...ledger.facts("enterprise", { from: startOf(from), until: startOf(until) }, SEEN)].flatMap(
    ({ engagement, person }) =>
      engagement === null || engagement.plugin === null ? [] : [{ ...engagement, person }],
  );
}

const listOf = (query: string): Promise<Wire[]> => rows(`/analytics/plugins?${query}&limit=1000`);
const invocations = (row: Wire): number => row.invocation_count;
const keyOf = (row: Wire) => `${row.plugin_name} ${row.plugin_id ?? ""}`;

describe("plugins", () => {
  test.each([
    ["of a day", DATE, day("2026-11-18"), day("2026-11-19")],
    ["of a range", RANGE, day("2026-10-05"), day("2026-10-26")],
  ])("%s are what the facts say", async (_, query, from, until) => {
    const known = Map.groupBy(actsIn(from, until), ({ plugin }) => {
      const { name, id } = PLUGINS[plugin ?? -1] ?? { name: "", id: null };
      return `${name} ${id ?? ""}`;
    });
    const sent = await listOf(query);
    expect(sent.map(keyOf)).toEqual([...known.keys()].toSorted());
    for (const row of sent) {
      const own = known.get(keyOf(row)) ?? [];
      const people = (acts: typeof own) => new Set(acts.map(({ person }) => person)).size;
      const sessions = (surface: string) => ({
        distinct_session_plugin_used_count:
          query === RANGE
            ? null
            : new Set(
                own.flatMap((act) => (act.surface === surface && act.pluginCalls > 0 ? [act.thread] : [])),
              ).size,
      });
      const installs = people(own.filter(({ pluginInstalled }) => pluginInstalled));
      expect(row).toEqual({
        plugin_name: row.plugin_name,
        plugin_id: row.plugin_id,
        distinct_user_count: people(own),
        install_count: row.plugin_name === "standup" ? null : installs,
        invocation_count: total(own, ({ pluginCalls }) => pluginCalls),
        claude_code_metrics: sessions("claude_code"),
        cowork_metrics: sessions("cowork"),
      });
    }
  });

  test("share a name, come without an id, and have a bucket for those without a name", async () => {
    const sent = await listOf(RANGE);
    expect(sent.filter(({ plugin_name }) => plugin_name === "code-review")).toHaveLength(2);
    const nameless = sent.filter(({ plugin_id }) => plugin_id === null);
    expect(nameless.map(({ plugin_name }) => plugin_name)).toEqual(["standup", "third-party"]);
    expect(nameless.map(({ install_count }) => install_count)).toEqual([null, expect.any(Number)]);
  });

  test("are the plugin counts on the rows of /users, as far as Cowork goes", async () => {
    for (const time of [DATE, RANGE]) {
      const used = Map.groupBy(
        await listOf(`${time}&group_by[]=user_id&filter[]=product:cowork`),
        ({ user_id }) => user_id,
      );
      const users = await rows(`/analytics/users?${time}&limit=1000`);
      for (const { user, cowork_metrics } of users) {
        const own = used.get(user.id) ?? [];
        expect(cowork_metrics.plugins_used_count).toBe(total(own, invocations));
        expect(cowork_metrics.distinct_plugins_used_count).toBe(
          own.filter((row) => invocations(row) > 0).length,
        );
      }
      expect(total(users, ({ cowork_metrics }) => cowork_metrics.plugins_used_count)).toBeGreaterThan(0);
    }
  });

  test("by product and person are parts of the whole", async () => {
    const whole = await listOf(RANGE);
    for (const grouping of ["product", "user_id"]) {
      const parts = Map.groupBy(await listOf(`${RANGE}&group_by[]=${grouping}`), keyOf);
      for (const row of whole) expect(total(parts.get(keyOf(row)) ?? [], invocations)).toBe(invocations(row));
    }
    const daily = await listOf(`${DATE}&group_by[]=product`);
    expect(new Set(daily.map(({ product }) => product))).toEqual(new Set(["claude_code", "cowork"]));
    for (const { product, claude_code_metrics, cowork_metrics } of daily) {
      const other = product === "cowork" ? claude_code_metrics : cowork_metrics;
      expect(other.distinct_session_plugin_used_count).toBe(0);
    }
  });

  test("of people in several groups count in each, without sessions", async () => {
    const number = dayNumber(day("2026-11-18"));
    const whole = Map.groupBy(await listOf(`${DATE}&group_by[]=user_id`), ({ user_id }) => user_id);
    const split = await listOf(`${DATE}&group_by[]=user_id&group_by[]=rbac_group_id`);
    const parts = Map.groupBy(split, ({ user_id }) => user_id);
    for (const [id, own] of whole) {
      const held = organization.groups.of(organization.person(enterprise.personIndex(id) ?? -1), number);
      expect(total(parts.get(id) ?? [], invocations)).toBe(
        total(own, invocations) * Math.max(1, held.length),
      );
    }
    expect(total(split, invocations)).toBeGreaterThan(total([...whole.values()].flat(), invocations));
    for (const row of split) {
      expect(row.claude_code_metrics).toEqual({ distinct_session_plugin_used_count: null });
    }
  });

  test("are found by name, whatever its case, and by product, person and group", async () => {
    const whole = await listOf(DATE);
    expect(await listOf(`${DATE}&filter[]=plugin_name:Third-Party&filter[]=plugin_name:DATA`)).toEqual(
      whole.filter(({ plugin_name }) => plugin_name === "third-party" || plugin_name === "data"),
    );
    expect(await listOf(`${DATE}&filter[]=plugin_name:unknown`)).toEqual([]);
    expect(await listOf(`${DATE}&filter[]=product:chat_cowork_unified`)).toEqual([]);
    const products = await Promise.all(
      ["claude_code", "cowork"].map((name) => listOf(`${DATE}&filter[]=product:${name}`)),
    );
    expect(total(products.flat(), invocations)).toBe(total(whole, invocations));
    const [group] = organization.groups.all;
    const inGroup = await listOf(`${DATE}&filter[]=rbac_group_id:${group?.id}`);
    expect(inGroup).toEqual(await listOf(`${DATE}&filter[]=rbac_group_id:${group?.uuid}`));
    expect(total(inGroup, invocations)).toBeLessThan(total(whole, invocations));
    expect(inGroup.length).toBeGreaterThan(0);
  });

  test("are ranked by what they count, the most first", async () => {
    const whole = await listOf(RANGE);
    for (const metric of ["invocation_count", "distinct_user_count", "install_count"]) {
      const ranked = (await listOf(`${RANGE}&order_by=${metric}`)).map((row) => row[metric] ?? 0);
      expect(ranked).toEqual(ranked.toSorted((a, b) => b - a));
    }
    expect(await listOf(`${RANGE}&order=desc`)).toEqual(whole.toReversed());
  });

  test("of a day are the same however they are requested, and after any other request", async () => {
    const path = `/analytics/plugins?${DATE}&group_by[]=user_id`;
    const all = await rows(`${path}&limit=1000`);
    expect(await rows(`${path}&limit=5`)).toEqual(all);
    expect(await sandbox({ users: 120 }).rows(`${path}&limit=1000`)).toEqual(all);
  });
});
