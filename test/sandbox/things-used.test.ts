import { describe, expect, test } from "vitest";
import { day, startOf } from "../../src/domain/day.ts";
import { HOUR_MS } from "../../src/sandbox/calendar.ts";
import { NOON, sandbox, total } from "./asking.ts";

const { organization, ledger, rows } = sandbox({ users: 80 });

/** What is aggregated by noon of 22 November: everything that had arrived by ten. */
const SEEN = NOON - 2 * HOUR_MS;
const DAY = day("2026-11-18");
const RANGE = "starting_date=2026-10-05&ending_date=2026-10-26";
const SPAN = { from: startOf(day("2026-10-05")), until: startOf(day("2026-10-26")) };

function distinct<T>(items: Iterable<T>): number {
  return new Set(items).size;
}

function isAbout(estimate: number, exact: number): boolean {
  return Math.abs(estimate - exact) <= exact * 0.02;
}

describe("things people use", () => {
  const acts = [...ledger.facts("enterprise", SPAN, SEEN)].flatMap(({ engagement, person }) =>
    engagement === null || person === null ? [] : [{ did: engagement, person }],
  );
  const { catalog } = organization;

  test("projects", async () => {
    const known = Map.groupBy(
      acts.filter(({ did }) => did.surface === "chat" && did.project !== null),
      ({ did }) => catalog.project(did.project ?? -1).id,
    );
    const sent = await rows(`/analytics/apps/chat/projects?${RANGE}&limit=1000`);
    expect(sent.map(({ project_id }) => project_id)).toEqual([...known.keys()].sort());
    for (const row of sent) {
      const own = known.get(row.project_id) ?? [];
      expect(row.message_count).toBe(total(own, ({ did }) => did.messages));
      expect(row.distinct_user_count).toBe(distinct(own.map(({ person }) => person)));
      expect(row.distinct_conversation_count).toBeNull();
    }
    expect(sent.some(({ created_at }) => created_at === null)).toBe(true);
    expect(sent.some(({ created_by }) => created_by === null)).toBe(true);
    const daily = await rows(`/analytics/apps/chat/projects?date=${DAY}&limit=1000`);
    expect(daily.every((row) => row.distinct_conversation_count > 0)).toBe(true);
  });

  test("skills", async () => {
    const known = Map.groupBy(
      acts.filter(({ did }) => did.skill !== null),
      ({ did }) => catalog.skills[did.skill ?? -1]?.key,
    );
    const sent = await rows(`/analytics/skills?${RANGE}&limit=1000`);
    expect(sent.map(({ skill_name }) => skill_name)).toEqual([...known.keys()].sort());
    for (const row of sent) {
      const own = known.get(row.skill_name) ?? [];
      expect(row.invocation_count).toBe(total(own, ({ did }) => did.skillCalls));
      expect(row.distinct_user_count).toBe(distinct(own.map(({ person }) => person)));
      expect(row.enable_count).toBeNull();
      const inCode = own.filter(({ did }) => did.surface === "claude_code");
      const sessions = distinct(inCode.map(({ did }) => did.thread));
      expect(isAbout(row.claude_code_metrics.distinct_session_skill_used_count, sessions)).toBe(true);
    }
    expect(sent.filter(({ skill_name }) => skill_name.startsWith("skill_")).length).toBeGreaterThan(2);
    expect(
      sent.some(
        ({ skill_name, skill_display_name }) => skill_name.startsWith("skill_") && !skill_display_name,
      ),
    ).toBe(true);
    expect(sent.some(({ share_status }) => share_status === null)).toBe(true);
  });

  test("skills by product, person and group are parts of the whole", async () => {
    const whole = await rows(`/analytics/skills?${RANGE}&limit=1000`);
    for (const grouping of ["product", "user_id"]) {
      const parts = await rows(`/analytics/skills?${RANGE}&group_by[]=${grouping}&limit=1000`);
      const sums = Map.groupBy(parts, ({ skill_name }) => skill_name);
      for (const row of whole) {
        expect(total(sums.get(row.skill_name) ?? [], (part) => part.invocation_count)).toBe(
          row.invocation_count,
        );
      }
    }
    const chat = await rows(`/analytics/skills?${RANGE}&filter[]=product:chat&limit=1000`);
    expect(chat.every(({ attributed_list_price }) => attributed_list_price === null)).toBe(true);
    const early = await rows("/analytics/skills?date=2026-06-16&filter[]=product:office_agent");
    expect(early.every(({ estimated_overage_spend }) => estimated_overage_spend === null)).toBe(true);
  });

  test("connectors", async () => {
    const known = Map.groupBy(
      acts.filter(({ did }) => did.connector !== null),
      ({ did }) => catalog.connectors[did.connector ?? -1]?.key,
    );
    const sent = await rows(`/analytics/connectors?${RANGE}&limit=1000`);
    expect(sent.map(({ connector_name }) => connector_name)).toEqual([...known.keys()].sort());
    for (const row of sent) {
      const own = known.get(row.connector_name) ?? [];
      expect(row.read_call_count).toBe(total(own, ({ did }) => did.reads));
      expect(row.write_call_count).toBe(total(own, ({ did }) => did.writes));
      expect(row.unclassified_call_count).toBe(total(own, ({ did }) => did.unclassifiedCalls));
      const managed = distinct(own.filter(({ did }) => did.managedAuth).map(({ person }) => person));
      expect(row.managed_auth_distinct_user_count).toBe(managed === 0 ? null : managed);
    }
  });

  test("measures that came later are null before, never zero", async () => {
    const [may] = await rows("/analytics/connectors?starting_date=2026-05-28&ending_date=2026-06-10");
    expect(may).toMatchObject({ read_call_count: null, managed_auth_distinct_user_count: null });
    const june = await rows("/analytics/connectors?starting_date=2026-05-29&ending_date=2026-06-30");
    expect(june[0].read_call_count).not.toBeNull();
    expect(june[0].managed_auth_distinct_user_count).toBeNull();
  });

  test("are found by any of their names", async () => {
    const byAnyName = async (name: string) =>
      (await rows(`/analytics/connectors?${RANGE}&filter[]=connector_name:${encodeURIComponent(name)}`)).map(
        ({ connector_name }) => connector_name,
      );
    expect(await byAnyName("GITHUB mcp")).toEqual(["github"]);
    expect(await byAnyName("GitHub")).toEqual(["github"]);
    const opaque = await rows(`/analytics/skills?${RANGE}&filter[]=skill_name:CONTOUR-report`);
    expect(opaque.map(({ skill_display_name }) => skill_display_name)).toEqual(["contour-report"]);
  });
});
