import { describe, expect, test } from "vitest";
import { organizationRateLimits } from "../../src/sandbox/limits/rate-limits.ts";
import { NOW, officialClient, organization } from "./truth.ts";

const enterprise = officialClient("sk-ant-api01-sdk");
const admin = officialClient("sk-ant-admin01-sdk");
const oauth = officialClient("sk-ant-oat01-sdk");
const { directories, console: setup } = organization;
const members = organization
  .newestFirst("enterprise")
  .filter((person) => directories.enterprise.isCurrent(person, NOW))
  .map(({ index }) => directories.enterprise.userId(index));

describe("effective spend limits", () => {
  test.each([1, 7, 1000])("are whole per member, newest first, %i members to a page", async (limit) => {
    const pages: string[][] = [];
    const { effective } = enterprise().organization.spendLimits;
    for await (const page of (await effective.list({ limit })).iterPages())
      pages.push(page.data.map(({ actor }) => (actor.type === "user_actor" ? actor.user_id : "")));
    const listed = [...new Set(pages.flat())];
    expect(listed).toEqual(members.filter((id) => listed.includes(id)));
    expect(listed.length).toBeLessThan(members.length);
    for (const [i, page] of pages.entries())
      for (const later of pages.slice(i + 1)) expect(later.filter((id) => page.includes(id))).toEqual([]);
  });

  test("of some people and periods are those of the whole list", async () => {
    const { effective } = enterprise().organization.spendLimits;
    const all = await Array.fromAsync(effective.list({ limit: 1000 }));
    const user_ids = members.slice(0, 9);
    const some = await Array.fromAsync(effective.list({ user_ids, period: ["daily", "weekly"], limit: 1 }));
    expect(some).toEqual(
      all.filter(
        ({ scope, period }) =>
          scope.type === "user" && user_ids.includes(scope.user_id) && period !== "monthly",
      ),
    );
  });

  test("refuse a Console key as another kind of organization", async () => {
    await expect(admin().organization.spendLimits.effective.list()).rejects.toMatchObject({ status: 400 });
  });
});

test.each([3, 1000])("requests for a higher limit, newest first, %i to a page", async (limit) => {
  const { increaseRequests } = enterprise().organization.spendLimits;
  const all = await Array.fromAsync(increaseRequests.list({ limit }));
  expect(all.length).toBeGreaterThan(20);
  const made = all.map(({ created_at }) => created_at);
  expect(made).toEqual(made.toSorted().reverse());
  const [first] = all;
  if (first === undefined) throw new Error("no request");
  expect(await increaseRequests.retrieve(first.id)).toEqual(first);
  for (const status of ["pending", "approved", "denied"] as const)
    expect(await Array.fromAsync(increaseRequests.list({ status: [status], limit }))).toEqual(
      all.filter((each) => each.status === status),
    );
});

test.each([2, 1000])("rate limits of the organization, %i to a page", async (limit) => {
  for (const client of [admin, oauth]) {
    const all = await Array.fromAsync(client().organization.rateLimits.list({ limit }));
    expect(all.map(({ id }) => id)).toEqual(
      organizationRateLimits(organization).map(({ entryId }) => entryId),
    );
  }
  const [entry] = await Array.fromAsync(
    admin().organization.rateLimits.list({ model: "claude-sonnet-5-20260518" }),
  );
  expect(entry?.models).toContain("claude-sonnet-5");
  await expect(admin().organization.rateLimits.list({ model: "claude-opus-4-6" })).rejects.toMatchObject({
    status: 404,
  });
});

test("rate limits of a workspace are overrides, and with include_inherited all of them", async () => {
  const { rateLimits } = admin().organization.workspaces;
  for (const { id, index } of setup.workspaces) {
    const own = await Array.fromAsync(rateLimits.list(id));
    const all = await Array.fromAsync(rateLimits.list(id, { include_inherited: true }));
    expect(own.length > 0).toBe(index >= 2 && index <= 6);
    expect(all).toHaveLength(organizationRateLimits(organization).length);
    const overridden = all.flatMap(({ limits }) =>
      limits.filter(({ source }) => source.type === "workspace"),
    );
    expect(overridden).toEqual(own.flatMap(({ limits }) => limits));
  }
});
