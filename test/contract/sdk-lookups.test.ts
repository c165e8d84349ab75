import { describe, expect, test } from "vitest";
import { dayNumberOf } from "../../src/sandbox/calendar.ts";
import { isDeleted } from "../../src/sandbox/organization/groups.ts";
import { NOW, officialClient, organization } from "./truth.ts";

const enterprise = officialClient("sk-ant-api01-sdk");
const admin = officialClient("sk-ant-admin01-sdk");
const oauth = officialClient("sk-ant-oat01-sdk");
const { console: setup, directories, groups } = organization;

test("each key tells its own organization", async () => {
  expect(await enterprise().organization.retrieve()).toMatchObject({ id: directories.enterprise.uuid });
  expect(await admin().organization.retrieve()).toMatchObject({ id: directories.console.uuid });
});

describe.each([
  ["enterprise", enterprise],
  ["console", admin],
] as const)("members of the %s organization", (kind, client) => {
  test.each([7, 1000])("are all who belong to it now, newest first, %i to a page", async (limit) => {
    const members = await Array.fromAsync(client().organization.users.list({ limit }));
    expect(members).toHaveLength(organization.currentCount(kind, NOW));
    expect(new Set(members.map(({ id }) => id)).size).toBe(members.length);
    const added = members.map(({ added_at }) => Date.parse(added_at));
    expect(added).toEqual(added.toSorted((a, b) => b - a));
    const [first] = members;
    if (first === undefined) throw new Error("nobody there");
    expect(await client().organization.users.retrieve(first.id)).toEqual(first);
  });

  test("can be paged backwards", async () => {
    const all = await Array.fromAsync(client().organization.users.list({ limit: 1000 }));
    const last = all.at(-1);
    if (last === undefined) throw new Error("nobody there");
    const before = client().organization.users.list({ limit: 7, before_id: last.id });
    const pages: (typeof all)[] = [];
    for await (const page of (await before).iterPages()) pages.unshift(page.data);
    expect(pages.flat()).toEqual(all.slice(0, -1));
  });

  test("have invites, the withdrawn left out", async () => {
    const invites = await Array.fromAsync(client().organization.invites.list({ limit: 2 }));
    const open = organization.invites[kind].sent(NOW).filter(({ status }) => status !== "deleted");
    expect(invites.map(({ id }) => id)).toEqual(open.map(({ id }) => id));
  });
});

test.each([2, 1000])("workspaces and their members, %i to a page", async (limit) => {
  const { workspaces } = admin().organization;
  const everything = { include_archived: true, include_default: true };
  const all = await Array.fromAsync(workspaces.list({ limit, ...everything }));
  expect(all.map(({ id }) => id).sort()).toEqual(setup.workspaces.map(({ id }) => id).sort());
  for (const { id } of all) {
    const members = await Array.fromAsync(workspaces.members.list(id, { limit }));
    expect(new Set(members.map(({ user_id }) => user_id)).size).toBe(members.length);
  }
});

test.each([3, 1000])("API keys, %i to a page", async (limit) => {
  const keys = await Array.fromAsync(admin().organization.apiKeys.list({ limit }));
  expect(keys.map(({ id }) => id).sort()).toEqual(setup.apiKeys.map(({ id }) => id).sort());
});

test.each([3, 1000])("groups and their members, short pages included, %i to a page", async (limit) => {
  const { rbacGroups } = enterprise().organization;
  const all = await Array.fromAsync(rbacGroups.list({ limit }));
  expect(all.map(({ id }) => id)).toEqual(
    groups.all.filter((group) => !isDeleted(group, NOW)).map(({ id }) => id),
  );
  const today = dayNumberOf(NOW);
  for (const { id } of all) {
    expect(await rbacGroups.retrieve(groups.find(id)?.uuid ?? "")).toMatchObject({ id });
    const members = await Array.fromAsync(rbacGroups.members.list(id, { limit }));
    const known = organization
      .newestFirst("enterprise")
      .filter((person) => directories.enterprise.isCurrent(person, NOW))
      .filter((person) => groups.of(person, today).some((group) => group.id === id));
    expect(members.map(({ user_id }) => user_id).sort()).toEqual(
      known.map(({ index }) => directories.enterprise.userId(index)).sort(),
    );
  }
});

test.each([1, 1000])("service accounts, with an OAuth token only, %i to a page", async (limit) => {
  const { serviceAccounts } = oauth().organization;
  const list = async (include_archived: boolean) =>
    (await Array.fromAsync(serviceAccounts.list({ limit, include_archived }))).map(({ id }) => id);
  const newestFirst = setup.serviceAccounts.toSorted((a, b) => b.createdAt - a.createdAt);
  expect(await list(true)).toEqual(newestFirst.map(({ id }) => id));
  expect(await list(false)).toEqual(
    newestFirst.filter(({ archivedAt }) => archivedAt === null).map(({ id }) => id),
  );
  await expect(admin().organization.serviceAccounts.list()).rejects.toMatchObject({ status: 403 });
});
