import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOrganizationId } from "../../src/domain/organization.ts";
import { timestamp } from "../../src/sandbox/calendar.ts";
import { NOTABLE } from "../../src/sandbox/organization/people.ts";
import { createOrganization } from "../../src/sandbox/organization.ts";
import { ids } from "../../src/sandbox/random.ts";
import { NOON, sandbox } from "./asking.ts";

test("the same seed gives the same answers, another seed other ones", async () => {
  const path = "/analytics/user_cost_report?starting_at=2026-11-01T00:00:00Z&limit=1000";
  const [one, same, other] = await Promise.all([1, 1, 2].map((seed) => sandbox({ seed }).ask(path)));
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
});

test("an answer does not depend on earlier requests", async () => {
  const path = "/analytics/users?date=2026-11-18&limit=1000";
  const fresh = await sandbox().ask(path);
  const { ask } = sandbox();
  await ask("/analytics/cost_report?starting_at=2026-10-25T00:00:00Z&group_by[]=model");
  await ask("/analytics/users?starting_date=2026-09-01&ending_date=2026-11-19");
  expect(await ask(path)).toEqual(fresh);
});

test("a large organization starts without computing anybody", () => {
  const organization = createOrganization({ users: 100_000, seed: 1 });
  expect(organization.computed).toBe(0);
  expect(organization.person(70_000).index).toBe(70_000);
  expect(organization.computed).toBe(1);
});

test("figures of a few people are computed of these people alone", async () => {
  const { organization, ledger, ask } = sandbox({ users: 100_000 });
  const { enterprise } = organization.directories;
  const wanted = [40_001, 40_002, 40_003].map((index) => `user_ids[]=${enterprise.userId(index)}`).join("&");
  await ask(`/analytics/user_cost_report?starting_at=2026-11-01T00:00:00Z&${wanted}`);
  expect(organization.computed).toBe(3);
  expect(ledger.written).toBeLessThan(500);
});

test("a page of members names only those on it", async () => {
  const { organization, ledger, ask } = sandbox({ users: 2_000 });
  const { data } = await ask("/analytics/users?date=2026-11-18&limit=10");
  expect(data).toHaveLength(10);
  expect(ledger.written).toBeLessThan(200);
  expect(organization.computed).toBeLessThanOrEqual(2_001);
});

test("pages of a report are cut from one sum", async () => {
  const { ledger, rows } = sandbox();
  const path = "/analytics/user_usage_report?starting_at=2026-11-01T00:00:00Z&ending_at=2026-11-20T00:00:00Z";
  const all = await rows(`${path}&limit=1000`);
  const { written } = ledger;
  expect(await rows(`${path}&limit=7`)).toEqual(all);
  expect(ledger.written).toBe(written);
});

test("ids lead back to their index and nothing else does", () => {
  const users = ids("user_", 1, 30);
  const others = ids("user_", 1, 31);
  fc.assert(
    fc.property(fc.nat(2 ** 31), (index) => {
      expect(users.of(index)).toMatch(/^user_01[1-9A-HJ-NP-Za-km-z]{22}$/);
      expect(users.index(users.of(index))).toBe(index);
      expect(others.index(users.of(index))).toBeNull();
    }),
  );
  expect(users.index("user_unknown")).toBeNull();
});

test("addresses are unique, also where names repeat", () => {
  const { directories, person, members } = createOrganization({ users: 40_000, seed: 3 });
  const emails = new Set<string | null>();
  for (let i = 0; i < members; i++) emails.add(directories.enterprise.account(person(i), 0).email);
  expect(emails.size).toBe(members);
  expect([...emails].every((email) => /^[a-z0-9.'-]+@[a-z]+\.example$/.test(email ?? ""))).toBe(true);
});

describe("awkward people", () => {
  const { organization, ask, rows } = sandbox();
  const { enterprise, console: admin } = organization.directories;
  const idOf = (index: number) => enterprise.userId(index);
  const inReports = async (index: number, range: string) =>
    (await rows(`/analytics/user_usage_report?${range}&user_ids[]=${idOf(index)}`)).at(0)?.actor;
  const JUNE = "starting_at=2026-06-01T00:00:00Z&ending_at=2026-06-19T00:00:00Z";

  test("a person who left keeps the address in reports and is not a member any more", async () => {
    expect(await inReports(NOTABLE.departed, JUNE)).toMatchObject({
      deleted: true,
      email_address: expect.stringContaining("@"),
    });
    const members = await ask("/users?limit=1000");
    expect(members.data.map(({ id }: { id: string }) => id)).not.toContain(idOf(NOTABLE.departed));
  });

  test("an erased account keeps its id only", async () => {
    expect(await inReports(NOTABLE.erased, JUNE)).toEqual({
      deleted: true,
      email_address: null,
      email: null,
      name: "Deleted User",
      type: "user_actor",
      user_id: idOf(NOTABLE.erased),
    });
    const shown = await rows(`/analytics/users?starting_date=2026-06-01&ending_date=2026-06-19&limit=1000`);
    expect(shown.map(({ user }) => user.id)).not.toContain(idOf(NOTABLE.erased));
  });

  test("the system identity has no address and is not deleted", async () => {
    expect(await inReports(organization.members, JUNE)).toMatchObject({
      deleted: false,
      email_address: null,
    });
  });

  test("deleted people can be left out, which cuts pages short", async () => {
    const path = `/analytics/user_usage_report?${JUNE}`;
    const all = await rows(`${path}&limit=1000`);
    const kept = await rows(`${path}&limit=1000&exclude_deleted_users=true`);
    expect(kept).toEqual(all.filter(({ actor }) => !actor.deleted));
    expect(kept.length).toBeLessThan(all.length);
    const pages = await ask(`${path}&limit=1000&exclude_deleted_users=true&order=asc`);
    expect(pages.data.length).toBe(kept.length);
  });

  test("a person is in three groups and counts in each", async () => {
    const path = `/analytics/user_usage_report?${JUNE}&user_ids[]=${idOf(NOTABLE.threeGroups)}`;
    const grouped = await rows(`${path}&group_by[]=rbac_group_id`);
    const [whole] = await rows(path);
    expect(new Set(grouped.map(({ rbac_group_id }) => rbac_group_id)).size).toBe(3);
    expect(grouped.map(({ total_tokens }) => total_tokens)).toEqual(Array(3).fill(whole.total_tokens));
  });

  test("one writes the Console address in capitals, under another id", async () => {
    const [of] = [organization.person(NOTABLE.capitals)];
    const [here, there] = [enterprise.account(of, NOON), admin.account(of, NOON)];
    expect(there.email).not.toBe(here.email);
    expect(there.email?.toLowerCase()).toBe(here.email);
    expect(there.id).not.toBe(here.id);
    const found = await ask(`/users?email=${here.email?.replace("@", "%2Bnews@").toUpperCase()}`, {
      key: "admin",
    });
    expect(found.data.map(({ email }: { email: string }) => email)).toEqual([there.email]);
  });
});

test("the two organizations have different members, most engineers are in both", async () => {
  const { rows } = sandbox({ users: 200 });
  const list = async (key: "enterprise" | "admin") => {
    const { data } = await sandbox({ users: 200 }).ask("/users?limit=1000", { key });
    return data as { id: string; email: string; added_at: string }[];
  };
  const [enterprise, console] = [await list("enterprise"), await list("admin")];
  const known = new Map(enterprise.map((user) => [user.email.toLowerCase(), user]));
  const both = console.filter(({ email }) => known.has(email.toLowerCase()));
  expect(both.length).toBeGreaterThan(console.length / 2);
  expect(both.length).toBeLessThan(console.length);
  expect(both.every(({ id, email }) => known.get(email.toLowerCase())?.id !== id)).toBe(true);
  for (const list of [enterprise, console]) {
    expect(list.map(({ added_at }) => added_at)).toEqual(
      list
        .map(({ added_at }) => added_at)
        .sort()
        .reverse(),
    );
    expect(list.every(({ added_at }) => added_at <= timestamp(NOON))).toBe(true);
  }
  expect(await rows("/analytics/users?date=2026-11-18&limit=1000")).not.toHaveLength(0);
});

test("API keys share a name, belong to workspaces, and show their workspace by version", async () => {
  const { ask } = sandbox();
  const { data } = await ask("/api_keys?limit=1000", { key: "admin" });
  const names = data.map(({ name }: { name: string }) => name);
  expect(new Set(names).size).toBeLessThan(names.length);
  expect(data[0]).not.toHaveProperty("workspace_id");
  const old = await ask("/api_keys?limit=1000", {
    key: "admin",
    headers: { "anthropic-version": "2023-06-01" },
  });
  expect(old.data.map(({ workspace_id: _, ...rest }: { workspace_id: string | null }) => rest)).toEqual(data);
});

test("archived and default workspaces are listed only when requested", async () => {
  const { ask } = sandbox();
  const names = async (query: string) =>
    (await ask(`/workspaces?${query}`, { key: "admin" })).data.map(({ name }: { name: string }) => name);
  const usual = await names("");
  expect(usual).not.toContain("Default");
  expect(usual).not.toContain("Prototype 2025");
  expect(await names("include_default=true&include_archived=true")).toEqual(
    expect.arrayContaining([...usual, "Default", "Prototype 2025"]),
  );
  expect(await names("ids[]=wrkspc_unknown")).toEqual([]);
});

test("an invite moves from pending to accepted or expired, and withdrawn ones are not listed", async () => {
  const { clock, ask } = sandbox();
  const before = (await ask("/invites?limit=1000")).data as { id: string; status: string }[];
  const pending = before.filter(({ status }) => status === "pending");
  expect(pending.length).toBeGreaterThan(0);
  clock.now += 30 * 86_400_000;
  const after = new Map(
    ((await ask("/invites?limit=1000")).data as typeof before).map(({ id, status }) => [id, status]),
  );
  for (const { id } of pending) expect(["accepted", "expired", undefined]).toContain(after.get(id));
  expect([...after.values()]).not.toContain("deleted");
});

test("organizations with other figures have other ids, so that an archive keeps them apart", () => {
  const organizations = [
    { users: 20, seed: 1 },
    { users: 21, seed: 1 },
    { users: 20, seed: 2 },
    { users: 20, seed: 1, children: 3 },
    { users: 100_000, seed: 2 ** 31 },
  ];
  const ids = organizations.flatMap((each) => {
    const { enterprise, console } = createOrganization(each).directories;
    return [enterprise.uuid, console.uuid];
  });
  expect(new Set(ids).size).toBe(2 * organizations.length);
  for (const id of ids) expect(isOrganizationId(id)).toBe(true);
});
