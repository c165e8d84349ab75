import { expect, test } from "vitest";
import { instant, NOON, sandbox, type Wire } from "./asking.ts";

const { ask, rows, refusal, clock } = sandbox();
const OAUTH = { key: "oauth" } as const;
const ALL = "/service_accounts?include_archived=true";

test("service accounts are listed newest first, the archived ones only when requested", async () => {
  const all = await rows(ALL, OAUTH);
  const created = all.map(({ created_at }) => created_at);
  expect(created).toEqual(created.toSorted().toReversed());
  const archived = all.filter(({ archived_at }) => archived_at !== null);
  expect(archived.length).toBeGreaterThan(0);
  expect(await rows("/service_accounts?limit=1", OAUTH)).toEqual(
    all.filter(({ archived_at }) => archived_at === null),
  );
  for (const { archived_at, updated_at, archived_by_actor_id, updated_by_actor_id } of archived) {
    expect(updated_at).toBe(archived_at);
    expect(updated_by_actor_id).toBe(archived_by_actor_id);
  }
});

test("a service account is live until it is archived", async () => {
  const [archived] = (await rows(ALL, OAUTH)).filter(({ archived_at }) => archived_at !== null);
  clock.now = instant(archived.archived_at) - 1;
  const before = await rows("/service_accounts?limit=2", OAUTH);
  clock.now = NOON;
  expect(before.find(({ id }) => id === archived.id)).toMatchObject({
    archived_at: null,
    archived_by_actor_id: null,
    updated_at: archived.created_at,
    updated_by_actor_id: null,
  });
});

test("service accounts are made by members of the Console organization", async () => {
  const users = new Set((await ask("/users?limit=1000", OAUTH)).data.map(({ id }: Wire) => id));
  const makers = (await rows(ALL, OAUTH)).map(({ created_by_actor_id }) => created_by_actor_id);
  expect(makers).toContain(null);
  for (const maker of makers) if (maker !== null) expect(users).toContain(maker);
});

test("service accounts are those that keys act as and usage names", async () => {
  const all = await rows(ALL, OAUTH);
  const known = new Set(all.map(({ id }) => id));
  const keys = (await ask("/api_keys?limit=1000", OAUTH)).data;
  const acting = keys.flatMap(({ principal }: Wire) => principal?.service_account_id ?? []);
  expect(acting.length).toBeGreaterThan(0);
  for (const id of acting) expect(known).toContain(id);
  const usage =
    "/usage_report/messages?starting_at=2026-11-10T00:00:00Z&limit=7&group_by[]=service_account_id";
  const used = (await ask(usage, OAUTH)).data.flatMap(({ results }: Wire) =>
    results.flatMap(({ service_account_id }: Wire) => service_account_id ?? []),
  );
  expect(used.length).toBeGreaterThan(0);
  for (const id of used) expect(known).toContain(id);
});

test("no other key is accepted", async () => {
  expect(await refusal("/service_accounts", { key: "admin" })).toContain("403");
  expect(await refusal("/service_accounts", { key: "enterprise" })).toContain("403");
});
