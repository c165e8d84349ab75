import { describe, expect, test } from "vitest";
import { day, startOf } from "../../src/domain/day.ts";
import { DAY_MS, HOUR_MS } from "../../src/sandbox/calendar.ts";
import { NOTABLE } from "../../src/sandbox/organization/people.ts";
import { days, NOON, sandbox, total, type Wire } from "./asking.ts";

const { organization, ledger, ask, rows } = sandbox({ users: 120 });
const { enterprise } = organization.directories;

/** What is aggregated by noon of 22 November: everything that had arrived by ten. */
const SEEN = NOON - 2 * HOUR_MS;
const DATE = "date=2026-11-18";

function madeOn(date: string) {
  const from = startOf(day(date));
  return [...ledger.facts("enterprise", { from, until: from + DAY_MS }, SEEN)].flatMap(
    ({ engagement, person }) =>
      (engagement?.artifacts ?? []).map((artifact) => ({
        ...artifact,
        person,
        surface: engagement?.surface,
      })),
  );
}

const cellOf = (row: Wire) => `${row.artifact_type} ${row.is_shared}`;

describe("artifacts", () => {
  test("of a day are what the facts say, cell by cell; empty cells are left out", async () => {
    for (const date of ["2026-11-18", "2026-08-16", "2026-01-05"]) {
      const known = Map.groupBy(madeOn(date), ({ type, isShared }) => `${type} ${isShared}`);
      const { data, next_page } = await ask(`/analytics/artifacts?date=${date}&limit=1`);
      expect(next_page).toBeNull();
      expect(data.map(cellOf)).toEqual([...known.keys()].toSorted());
      for (const row of data) {
        const cell = known.get(cellOf(row)) ?? [];
        expect(row).toEqual({
          artifact_type: row.artifact_type,
          is_shared: row.is_shared,
          artifacts_created_count: cell.length,
          published_artifacts_created_count: cell.filter(({ isPublished }) => isPublished).length,
          distinct_user_count: new Set(cell.map(({ person }) => person)).size,
        });
        if (!row.is_shared) expect(row.published_artifacts_created_count).toBe(0);
      }
    }
    expect((await ask("/analytics/artifacts?date=2026-05-01")).data).toEqual([]);
  });

  test("have eight types in all, each shared and not", async () => {
    const sent = new Set<string>();
    for (let date = 10; date < 22; date++) {
      for (const row of (await ask(`/analytics/artifacts?date=2026-11-${date}`)).data) sent.add(cellOf(row));
    }
    expect(sent.size).toBe(16);
  });

  test("of Claude Code and Cowork are text/html and counted from 17 August", async () => {
    const products = async (date: string) =>
      await rows(`/analytics/artifacts?date=${date}&group_by[]=product&limit=1000`);
    const late = await products("2026-11-18");
    expect(new Set(late.map(({ product }) => product))).toEqual(new Set(["chat", "claude_code", "cowork"]));
    for (const { product, artifact_type } of late) {
      if (product !== "chat") expect(artifact_type).toBe("text/html");
    }
    const early = await products("2026-08-14");
    expect(new Set(early.map(({ product }) => product))).toEqual(new Set(["chat"]));
  });

  test("are the artifacts on the rows of /users, product by product", async () => {
    const users = await rows(`/analytics/users?${DATE}&limit=1000`);
    const parts = await rows(`/analytics/artifacts?${DATE}&group_by[]=user_id&group_by[]=product&limit=7`);
    const created = (id: string, product: string) =>
      total(
        parts.filter((row) => row.user_id === id && row.product === product),
        (row) => row.artifacts_created_count,
      );
    for (const { user, chat_metrics, claude_code_metrics, cowork_metrics } of users) {
      expect(chat_metrics.distinct_artifacts_created_count).toBe(created(user.id, "chat"));
      expect(claude_code_metrics.core_metrics.artifacts_created_count).toBe(created(user.id, "claude_code"));
      expect(cowork_metrics.artifacts_created_count).toBe(created(user.id, "cowork"));
    }
    const whole = (await ask(`/analytics/artifacts?${DATE}`)).data;
    const count = (row: Wire) => row.artifacts_created_count;
    expect(total(parts, count)).toBe(total(whole, count));
  });

  test("narrow by type, sharing, product, person and group", async () => {
    const whole: Wire[] = (await ask(`/analytics/artifacts?${DATE}`)).data;
    const only = async (...filters: string[]) =>
      (
        await ask(
          `/analytics/artifacts?${[DATE, ...filters.map((filter) => `filter[]=${filter}`)].join("&")}`,
        )
      ).data;
    expect(await only("artifact_type:text/html", "artifact_type:text/markdown", "is_shared:true")).toEqual(
      whole.filter(({ artifact_type, is_shared }) => is_shared && /html|markdown/.test(artifact_type)),
    );
    expect(await only("is_shared:true", "is_shared:false")).toEqual(whole);
    expect(await only("artifact_type:text/unknown")).toEqual([]);
    const made = madeOn("2026-11-18");
    expect(total(await only("product:cowork"), (row: Wire) => row.artifacts_created_count)).toBe(
      made.filter(({ surface }) => surface === "cowork").length,
    );
    const [first] = made;
    expect(
      total(
        await only(`user_id:${enterprise.userId(first?.person ?? -1)}`),
        (row: Wire) => row.artifacts_created_count,
      ),
    ).toBe(made.filter(({ person }) => person === first?.person).length);
  });

  test("of people in several groups count in each", async () => {
    const id = enterprise.userId(NOTABLE.threeGroups);
    const count = (row: Wire) => row.artifacts_created_count;
    let made = 0;
    for (const date of days(day("2026-10-01"), 31)) {
      const path = `/analytics/artifacts?date=${date}&filter[]=user_id:${id}`;
      const whole = total((await ask(path)).data, count);
      const split = await rows(`${path}&group_by[]=rbac_group_id`);
      const groups = Map.groupBy(split, ({ rbac_group_id }) => rbac_group_id);
      expect([...groups.values()].map((cells) => total(cells, count))).toEqual(
        Array(whole === 0 ? 0 : 3).fill(whole),
      );
      made += whole;
    }
    expect(made).toBeGreaterThan(3);
  });

  test("narrow to a group under either spelling of its id", async () => {
    const [group] = organization.groups.all;
    const of = (id = "") =>
      rows(`/analytics/artifacts?${DATE}&group_by[]=rbac_group_id&filter[]=rbac_group_id:${id}`);
    const sent = await of(group?.id);
    expect(sent.length).toBeGreaterThan(2);
    for (const row of sent) {
      expect(row).toMatchObject({ rbac_group_id: group?.id, rbac_group_name: group?.name });
    }
    expect(await of(group?.uuid)).toEqual(sent);
  });

  test("of a day are the same however they are requested, and after any other request", async () => {
    const path = `/analytics/artifacts?${DATE}&group_by[]=user_id`;
    const all = await rows(`${path}&limit=1000`);
    expect(await rows(`${path}&limit=5`)).toEqual(all);
    expect(await sandbox({ users: 120 }).rows(`${path}&limit=1000`)).toEqual(all);
  });
});
