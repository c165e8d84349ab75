import { describe, expect, test } from "vitest";
import { MINUTE_MS, timestamp } from "../../src/sandbox/calendar.ts";
import { NOTABLE } from "../../src/sandbox/organization/people.ts";
import { instant, NOON, sandbox, type Wire } from "./asking.ts";

const { organization, ask, rows, refusal, clock } = sandbox({ users: 200 });
const { groups } = organization;
const { enterprise } = organization.directories;

const named = (name: string) => groups.all.filter((group) => group.name === name);
const [skunkworks] = named("Skunkworks");

describe("groups", () => {
  test("are listed while they exist, each once, under names that repeat", async () => {
    const sent = await rows("/rbac_groups?limit=1000");
    expect(sent.map(({ id }) => id).sort()).toEqual(
      groups.all
        .filter((group) => group !== skunkworks)
        .map(({ id }) => id)
        .sort(),
    );
    expect(sent.filter(({ name }) => name === "Contractors")).toHaveLength(2);
    expect(new Set(sent.map(({ source_type }) => source_type))).toEqual(new Set(["direct", "scim"]));
    for (const { created_at, updated_at } of sent) expect(updated_at >= created_at).toBe(true);
  });

  test("leave a page short where one was deleted, and even empty", async () => {
    const sizes: number[] = [];
    let page = "";
    for (;;) {
      const body: Wire = await ask(`/rbac_groups?limit=1${page}`);
      sizes.push(body.data.length);
      if (body.next_page === null) break;
      page = `&page=${body.next_page}`;
    }
    expect(sizes).toHaveLength(groups.all.length);
    expect(sizes.filter((size) => size === 0)).toHaveLength(1);
  });

  test("are found by either spelling of the id, and by no other", async () => {
    const [group] = named("Engineering");
    const body = await ask(`/rbac_groups/${group?.id}`);
    expect(body).toMatchObject({ id: group?.id, name: "Engineering", type: "rbac_group" });
    expect(await ask(`/rbac_groups/${group?.uuid}`)).toEqual(body);
    for (const path of ["", "/members"]) {
      expect(await refusal(`/rbac_groups/rbac_group_unknown${path}`)).toContain("404");
      expect(await refusal(`/rbac_groups/${skunkworks?.id}${path}`)).toContain("404");
    }
    clock.now = instant("2026-05-31T23:59:00Z");
    expect(await ask(`/rbac_groups/${skunkworks?.id}`)).toMatchObject({ name: "Skunkworks" });
    expect((await ask(`/rbac_groups/${skunkworks?.id}/members`)).data).not.toEqual([]);
    clock.now = NOON;
  });

  test("that were deleted are still named by the usage of their time, by id alone", async () => {
    const usage = "/analytics/users?starting_date=2026-03-01&ending_date=2026-05-01&group_by[]=rbac_group_id";
    const row = (await rows(`${usage}&limit=1000`)).find(
      ({ rbac_group_id }) => rbac_group_id === skunkworks?.id,
    );
    expect(row).toMatchObject({ rbac_group_name: null });
    expect(row.distinct_user_count).toBeGreaterThan(0);
  });

  test("show no roles now and then, which is not the same as having none", async () => {
    const roles = async () =>
      new Map((await rows("/rbac_groups?limit=1000")).map(({ id, role_ids }) => [id, role_ids] as const));
    const now = await roles();
    clock.now += MINUTE_MS;
    const next = await roles();
    clock.now = NOON;
    const hidden = [...now].filter(([, ids]) => ids === null).map(([id]) => id);
    expect(hidden.length).toBeGreaterThan(1);
    for (const id of hidden) expect(next.get(id)).toEqual(groups.find(id)?.roleIds);
    expect([...now.values()]).toContainEqual([]);
    expect([...now.values()].some((ids) => ids?.length > 1)).toBe(true);
  });

  test("need a key with their scope", async () => {
    const withScopes = (scopes: string) => ({ headers: { "x-api-key": `sk-ant-api01-x+${scopes}` } });
    expect(await refusal("/rbac_groups", withScopes("read:analytics,read:members"))).toContain("403");
    expect(await refusal("/rbac_groups", withScopes("read:org_audit"))).toBe("200");
    expect(await refusal("/rbac_groups", { key: "admin" })).toContain("403");
  });
});

describe("members of a group", () => {
  /** Members of the company who are in the group on the day of the clock. */
  const inGroup = (id: string) =>
    organization
      .newestFirst("enterprise")
      .filter((person) => enterprise.isCurrent(person, NOON))
      .filter((person) => groups.of(person, 325).some((group) => group.id === id));

  test("are people with usage that counts in it today, oldest membership first", async () => {
    for (const { id } of await rows("/rbac_groups?limit=1000")) {
      const members = await rows(`/rbac_groups/${id}/members?limit=1000`);
      expect(members.map(({ user_id }) => user_id).sort()).toEqual(
        inGroup(id)
          .map(({ index }) => enterprise.userId(index))
          .sort(),
      );
      const since = members.map(({ created_at }) => created_at);
      expect(since).toEqual(since.toSorted());
      expect(since.every((at) => at <= timestamp(NOON))).toBe(true);
      expect(new Set(members.map(({ rbac_group_id }) => rbac_group_id)).size).toBeLessThan(2);
    }
  });

  test("are people that /users lists, under the same address", async () => {
    const users = new Map((await ask("/users?limit=1000")).data.map((user: Wire) => [user.id, user.email]));
    const [engineering] = named("Engineering");
    const members = await rows(`/rbac_groups/${engineering?.uuid}/members?limit=1000`);
    expect(members.length).toBeGreaterThan(10);
    for (const { user_id, email } of members) expect(users.get(user_id)).toBe(email);
  });

  test("leave a page short when they have left the company", async () => {
    const departed = organization.person(NOTABLE.departed);
    const [group] = groups.of(departed, 0);
    const path = `/rbac_groups/${group?.id}/members?limit=1000`;
    const id = enterprise.userId(NOTABLE.departed);
    expect((await ask(path)).data.map((member: Wire) => member.user_id)).not.toContain(id);

    let asked = 1;
    for (
      let page = (await ask(`/rbac_groups/${group?.id}/members?limit=1`)).next_page;
      page !== null;
      asked++
    ) {
      page = (await ask(`/rbac_groups/${group?.id}/members?limit=1&page=${page}`)).next_page;
    }
    expect(asked).toBeGreaterThan((await ask(path)).data.length);

    clock.now = instant("2026-06-19T12:00:00Z");
    expect((await ask(path)).data.map((member: Wire) => member.user_id)).toContain(id);
    clock.now = NOON;
  });

  test("are in as many lists as groups they hold", async () => {
    const id = enterprise.userId(NOTABLE.threeGroups);
    const lists = await Promise.all(
      groups
        .of(organization.person(NOTABLE.threeGroups), 325)
        .map((group) => rows(`/rbac_groups/${group.id}/members?limit=1000`)),
    );
    expect(lists).toHaveLength(3);
    for (const members of lists) expect(members.map(({ user_id }) => user_id)).toContain(id);
  });
});
