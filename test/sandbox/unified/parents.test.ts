import { describe, expect, test } from "vitest";
import { Ledger } from "../../../src/sandbox/ledger.ts";
import type { OrganizationKind } from "../../../src/sandbox/organization/directory.ts";
import { createOrganization } from "../../../src/sandbox/organization.ts";
import { createSandbox } from "../../../src/sandbox/sandbox.ts";
import { faultsOf } from "../../contract/contract.ts";
import { NOON, sandbox, type Wire } from "../asking.ts";
import { ASKING, RANGE } from "./asking.ts";

const USERS = 20;

function ledgerOf(seed: number): Ledger {
  return new Ledger(createOrganization({ users: USERS, seed }));
}

/** A parent of the organizations of three seeds, of which the last has HIPAA readiness. */
function family(first: number) {
  const children = [1, 2, 3].map((i) => ({ ledger: ledgerOf(first + i), hipaa: i === 3 }));
  return sandbox({ users: USERS, seed: first, children });
}

const id = (seed: number, kind: OrganizationKind, form: "id" | "uuid") =>
  createOrganization({ users: USERS, seed }).directories[kind][form];

describe.each([1, 40, 77])("a parent of seed %i", (first) => {
  const parent = family(first);
  const child = (seed: number) => sandbox({ users: USERS, seed });
  const shown = [first + 1, first + 2];

  test.each(["enterprise", "console"] as const)(
    "has the rows of each %s child, and no others",
    async (kind) => {
      for (const grouping of ["", "&group_by[]=actor", "&group_by[]=rbac_group_id&group_by[]=model"]) {
        for (const report of ["usage", "cost"]) {
          const path = `/analytics/${report}?${RANGE}&time_bucket_width=1d${grouping}`;
          const rows = await parent.rows(`${path}&group_by[]=organization_id`, ASKING[kind]);
          const sorted = (list: readonly Wire[]) => list.map((row) => JSON.stringify(row)).sort();
          const expected = await Promise.all(
            shown.map(async (seed) => {
              const organization_id = id(seed, kind, "uuid");
              const own = await child(seed).rows(path, ASKING[kind]);
              return own.map((row: Wire) => ({ ...row, group: { ...row.group, organization_id } }));
            }),
          );
          expect(sorted(rows), grouping).toEqual(sorted(expected.flat()));
          expect(rows.length).toBeGreaterThan(10);
        }
      }
    },
  );

  test("adds up what is not split by child, and keeps identities apart", async () => {
    const models = await parent.rows(`/analytics/usage?${RANGE}&group_by[]=model`, ASKING.enterprise);
    expect(new Set(models.map(({ group }: Wire) => group.model)).size).toBe(models.length);
    const actors = await parent.rows(`/analytics/usage?${RANGE}&group_by[]=actor`, ASKING.enterprise);
    const keys = actors.map(({ group }: Wire) => JSON.stringify(group.actor));
    expect(new Set(keys).size).toBe(keys.length);
    const [all] = await parent.rows(`/analytics/usage?${RANGE}`, ASKING.enterprise);
    for (const rows of [models, actors])
      expect(rows.reduce((sum: number, { usage }: Wire) => sum + usage.total_tokens, 0)).toBe(
        all.usage.total_tokens,
      );
  });

  test("is filtered by either form of an id, and an unknown one matches nothing", async () => {
    const total = async (ids: string) =>
      (await parent.rows(`/analytics/usage?${RANGE}${ids}`, ASKING.enterprise))[0]?.usage.total_tokens;
    const [own] = await child(first + 1).rows(`/analytics/usage?${RANGE}`, ASKING.enterprise);
    for (const form of ["id", "uuid"] as const)
      expect(await total(`&organization_ids[]=${id(first + 1, "enterprise", form)}`)).toBe(
        own.usage.total_tokens,
      );
    expect(await total("&organization_ids[]=org_unknown")).toBeUndefined();
  });
});

test("a child with HIPAA readiness is a 400 where it is named, and so is a parent with no others", async () => {
  const path = `/analytics/cost?${RANGE}`;
  for (const kind of ["enterprise", "console"] as const)
    for (const form of ["id", "uuid"] as const) {
      const named = `${path}&organization_ids[]=${id(2, kind, "uuid")}&organization_ids[]=${id(4, kind, form)}`;
      const { status, body } = await family(1).reply(named, ASKING[kind]);
      expect(status).toBe(400);
      expect(body.error.details).toBeUndefined();
      expect(faultsOf("/v1/organizations/analytics/cost", status, body)).toEqual([]);
    }
  const none = sandbox({ users: USERS, children: [{ ledger: ledgerOf(2), hipaa: true }] });
  expect(await none.refusal(path, ASKING.enterprise)).toMatch(/^400: Every child/);
});

test("a sandbox with children has their keys, and the last of several has HIPAA readiness", async () => {
  const { handle } = createSandbox({ users: USERS, seed: 5, children: 2, now: () => NOON, rateLimit: "off" });
  const status = async (key: string, grouping = "") => {
    const headers = { "x-api-key": key, "anthropic-version": "2026-10-21", ...ASKING.enterprise.headers };
    const path = `/v1/organizations/analytics/cost?${RANGE}${grouping}`;
    return (await handle({ method: "GET", path, headers })).status;
  };
  expect(await status("sk-ant-api01-x", "&group_by[]=organization_id")).toBe(200);
  expect(await status("sk-ant-api01-x-seed5", "&group_by[]=organization_id")).toBe(200);
  expect(await status("sk-ant-api01-x-seed6")).toBe(200);
  expect(await status("sk-ant-api01-x-seed6", "&group_by[]=organization_id")).toBe(400);
  expect(await status("sk-ant-api01-x-seed7")).toBe(400);
  expect(await status("sk-ant-api01-x-seed8")).toBe(200);
});
