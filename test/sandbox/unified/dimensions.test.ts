import { describe, expect, test } from "vitest";
import { dayNumberOf } from "../../../src/sandbox/calendar.ts";
import { type Fact, tokensOf } from "../../../src/sandbox/ledger/fact.ts";
import type { OrganizationKind } from "../../../src/sandbox/organization/directory.ts";
import { DIMENSIONS } from "../../../src/sandbox/unified/dimensions.ts";
import { faultsOf } from "../../contract/contract.ts";
import { cents, sandbox, total, trueCents, type Wire } from "../asking.ts";
import { ASKING, FROM, factsOf, RANGE, UNTIL } from "./asking.ts";

const box = sandbox({ users: 80 });
const { organization, ask, rows } = box;
const { apiKeys, serviceAccounts, workspaces, identities } = organization.console;

const FACTS = {
  enterprise: factsOf(box, "enterprise", FROM, UNTIL),
  console: factsOf(box, "console", FROM, UNTIL),
};

const tokens = (found: readonly Wire[]) => total(found, ({ usage }) => usage.total_tokens);

const id = (list: readonly { readonly id: string }[], index: number | null | undefined) =>
  index === null || index === undefined ? null : (list[index]?.id ?? null);

const sessionOf = ({ api, organization: kind }: Fact) =>
  api === null || api.session === null ? null : organization[kind].session(api.session);

describe("dimensions", () => {
  const CASES: readonly [OrganizationKind, string, (fact: Fact) => string | null][] = [
    ["enterprise", "product", ({ product }) => product?.replace("-", "_") ?? null],
    ["enterprise", "model", ({ rate }) => rate.model],
    ["enterprise", "slack_channel_id", ({ tag }) => tag?.channel ?? null],
    [
      "enterprise",
      "actor_type",
      ({ person, api }) => (person !== null ? "user_actor" : api?.apiKey == null ? null : "api_actor"),
    ],
    ["enterprise", "workspace_id", () => null],
    ["enterprise", "api_key_id", ({ api }) => id(organization.enterprise.apiKeys, api?.apiKey)],
    ["enterprise", "service_tier", ({ api }) => api?.tier ?? null],
    ["enterprise", "agent_id", (fact) => sessionOf(fact)?.agentId ?? null],
    ["enterprise", "environment_id", (fact) => sessionOf(fact)?.environmentId ?? null],
    ["enterprise", "deployment_id", (fact) => sessionOf(fact)?.deploymentId ?? null],
    ["enterprise", "user_profile_id", (fact) => sessionOf(fact)?.userProfileId ?? null],
    ["console", "product", ({ product }) => product],
    ["console", "inference_geo", ({ rate }) => rate.geo],
    ["console", "service_tier", ({ api }) => api?.tier ?? null],
    ["console", "api_key_id", ({ api }) => id(apiKeys, api?.apiKey)],
    ["console", "workspace_id", ({ api }) => id(workspaces, api?.workspace)],
    ["console", "session_id", (fact) => sessionOf(fact)?.id ?? null],
    ["console", "agent_id", (fact) => sessionOf(fact)?.agentId ?? null],
    ["console", "environment_id", (fact) => sessionOf(fact)?.environmentId ?? null],
    ["console", "deployment_id", (fact) => sessionOf(fact)?.deploymentId ?? null],
    ["console", "user_profile_id", (fact) => sessionOf(fact)?.userProfileId ?? null],
    ["enterprise", "session_id", (fact) => sessionOf(fact)?.id ?? null],
    ["console", "rbac_group_id", () => null],
    ["console", "claude_tag_category", () => null],
  ];
  test.each(CASES)("of %s: %s", async (kind, dimension, read) => {
    const found = await rows(`/analytics/cost?${RANGE}&group_by[]=${dimension}`, ASKING[kind]);
    const known = Map.groupBy(FACTS[kind], read);
    expect(found.map(({ group }) => group[dimension]).sort()).toEqual([...known.keys()].sort());
    for (const row of found) {
      const own = known.get(row.group[dimension]) ?? [];
      expect(cents([row.cost.amount])).toBe(trueCents(own));
      expect(row.cost.requests).toBe(total(own, ({ requests }) => requests));
      for (const other of DIMENSIONS) if (other !== dimension) expect(row.group[other]).toBeNull();
    }
  });

  test("the Console's kinds of usage all occur", () => {
    const products = new Set(FACTS.console.map(({ product }) => product));
    expect(products).toEqual(
      new Set([
        "claude_code",
        "claude_console",
        "managed_agents_api",
        "message_batches_api",
        "messages_api",
        null,
      ]),
    );
    expect(FACTS.console.some(({ api }) => api?.workspace === 0)).toBe(true);
  });

  test("groups of people overlap, and people in none share the null row", async () => {
    const found = await rows(`/analytics/usage?${RANGE}&group_by[]=rbac_group_id`, ASKING.enterprise);
    const held = ({ person, at }: Fact) =>
      person === null ? [] : organization.groups.of(organization.person(person), dayNumberOf(at));
    expect(tokens(found)).toBeGreaterThan(total(FACTS.enterprise, tokensOf));
    for (const { group, usage } of found) {
      const own = FACTS.enterprise.filter((fact) =>
        group.rbac_group_id === null
          ? held(fact).length === 0
          : held(fact).some((each) => each.id === group.rbac_group_id),
      );
      expect(usage.total_tokens).toBe(total(own, tokensOf));
    }
  });
});

test("the time of managed sessions costs, alike in the legacy report, and is not usage", async () => {
  const minutes = FACTS.console.filter(({ sessionMinutes }) => sessionMinutes > 0);
  expect(minutes.length).toBeGreaterThan(20);
  const split = `/analytics/cost?${RANGE}&group_by[]=session_id&group_by[]=cost_type`;
  const unified = (await rows(split, ASKING.console)).filter(
    ({ group }) => group.cost_type === "session_usage",
  );
  expect(unified.every(({ group }) => group.session_id !== null)).toBe(true);
  expect(cents(unified.map(({ cost }) => cost.amount))).toBe(trueCents(minutes));
  const legacy = await rows(
    `/cost_report?${RANGE.replace("1000", "31")}&group_by[]=description`,
    ASKING.console,
  );
  const lines = legacy.flatMap(({ results }) =>
    results.filter((row: Wire) => row.cost_type === "session_usage"),
  );
  expect(cents(lines.map(({ amount }) => amount))).toBe(trueCents(minutes));
  const path = `/analytics/usage?${RANGE}&group_by[]=session_id&group_by[]=model&time_bucket_width=1h`;
  const usage = await rows(path, ASKING.console);
  expect(usage.every((row) => row.usage.total_tokens + row.usage.requests > 0)).toBe(true);
});

describe("actors", () => {
  test("are every kind of identity, and the hidden ones a row each that reads null", async () => {
    const body = await ask(`/analytics/usage?${RANGE}&group_by[]=actor`, ASKING.console);
    expect(faultsOf("/v1/organizations/analytics/usage", 200, body)).toEqual([]);
    const found: readonly Wire[] = body.data;
    const byType = Map.groupBy(found, ({ group }) => group.actor?.type ?? null);
    const hidden = identities.filter(({ kind }) => kind === "hidden");
    expect(byType.get(null)).toHaveLength(hidden.length);
    expect(hidden.length).toBeGreaterThan(1);
    const federated = byType.get("federated_actor") ?? [];
    expect(new Set(federated.map(({ group }) => group.actor.provider.type))).toEqual(
      new Set(["aws", "azure", "gcp", "oidc"]),
    );
    expect(federated).toHaveLength(identities.length - hidden.length);
    const ids = (type: string, field: string) =>
      byType.get(type)?.map(({ group }) => group.actor[field]) ?? [];
    const known = (read: (fact: Fact) => string | null | undefined) =>
      [...new Set(FACTS.console.map(read))].filter((each) => typeof each === "string").sort();
    expect(ids("user_actor", "user_id").sort()).toEqual(
      known(({ person }) => (person === null ? null : organization.directories.console.userId(person))),
    );
    expect(ids("service_account_actor", "service_account_id").sort()).toEqual(
      known(({ api }) => id(serviceAccounts, api?.serviceAccount)),
    );
    expect(ids("api_actor", "api_key_id").sort()).toEqual(
      known(({ api }) => (api?.serviceAccount === null ? id(apiKeys, api.apiKey) : null)),
    );
  });

  test("of Enterprise are its people and a key; one null row has the usage of neither", async () => {
    const found = await rows(`/analytics/usage?${RANGE}&group_by[]=actor`, ASKING.enterprise);
    const nobody = found.filter(({ group }) => group.actor === null);
    expect(nobody).toHaveLength(1);
    expect(tokens(nobody)).toBe(
      total(
        FACTS.enterprise.filter(({ person, api }) => person === null && api?.apiKey == null),
        tokensOf,
      ),
    );
    const keys = found.flatMap(({ group: { actor } }) =>
      actor?.type === "api_actor" ? [actor.api_key_id] : [],
    );
    expect(keys).toEqual([organization.enterprise.apiKeys[0]?.id]);
  });

  test("that are deleted are dropped after paging", async () => {
    const { enterprise } = organization.directories;
    const range = "starting_at=2026-06-01T00:00:00Z&ending_at=2026-06-20T00:00:00Z&group_by[]=actor";
    const all = await rows(`/analytics/usage?${range}&limit=1000`, ASKING.enterprise);
    const left = await rows(
      `/analytics/usage?${range}&limit=2&exclude_deleted_users=true`,
      ASKING.enterprise,
    );
    expect(all.find(({ group }) => group.actor?.user_id === enterprise.userId(5))?.group.actor).toMatchObject(
      {
        deleted: true,
        name: expect.any(String),
      },
    );
    expect(all.find(({ group }) => group.actor?.user_id === enterprise.userId(7))?.group.actor).toMatchObject(
      {
        deleted: true,
        email_address: null,
        name: "Deleted User",
      },
    );
    expect(left).toEqual(all.filter(({ group }) => group.actor?.deleted !== true));
  });
});
