import { describe, expect, test } from "vitest";
import { dayNumberOf } from "../../../src/sandbox/calendar.ts";
import { type Fact, tokensOf } from "../../../src/sandbox/ledger/fact.ts";
import type { OrganizationKind } from "../../../src/sandbox/organization/directory.ts";
import { cents, sandbox, total, trueCents, type Wire } from "../asking.ts";
import { ASKING, FROM, factsOf, RANGE, UNTIL } from "./asking.ts";

const box = sandbox({ users: 80 });
const { organization, rows } = box;
const { apiKeys, workspaces, identities } = organization.console;

const FACTS = {
  enterprise: factsOf(box, "enterprise", FROM, UNTIL),
  console: factsOf(box, "console", FROM, UNTIL),
};

const amounts = (found: readonly Wire[]) => cents(found.map(({ cost }) => cost.amount));
const tokens = (found: readonly Wire[]) => total(found, ({ usage }) => usage.total_tokens);

describe("filters", () => {
  const key = apiKeys.find(({ actsAs, volume }) => actsAs === null && volume > 0);
  const robot = apiKeys.find(({ actsAs, volume }) => actsAs !== null && volume > 0);
  const person = FACTS.console.find((fact) => fact.person !== null)?.person ?? -1;
  const userId = organization.directories.console.userId(person);
  const foreignId = organization.directories.enterprise.userId(person);
  const [first] = workspaces;
  const ofPeople = organization.enterprise.apiKeys[1];
  const inSession = FACTS.console.find(({ api }) => api !== null && api.session !== null);
  const session = organization.console.session(inSession?.api?.session ?? -1);
  const CASES: readonly [OrganizationKind, string, (fact: Fact) => boolean][] = [
    ["console", "api_key_ids[]=", ({ api }) => api?.apiKey === null],
    [
      "console",
      `api_key_ids[]=&api_key_ids[]=${key?.id}`,
      ({ api }) => (api?.apiKey ?? key?.index) === key?.index,
    ],
    ["console", `api_key_ids[]=${robot?.id}`, ({ api }) => api?.apiKey === robot?.index],
    ["console", `actor_ids[]=${robot?.id}`, () => false],
    [
      "console",
      `actor_ids[]=${robot?.actsAs?.id}`,
      ({ api }) => api?.serviceAccount === robot?.actsAs?.index,
    ],
    ["console", `actor_ids[]=${key?.id}`, ({ api }) => api?.apiKey === key?.index],
    ["console", `actor_ids[]=${userId}`, (fact) => fact.person === person],
    ["console", `actor_ids[]=${foreignId}`, () => false],
    [
      "console",
      `actor_ids[]=${userId}&actor_ids[]=${key?.id}`,
      (fact) => fact.person === person || fact.api?.apiKey === key?.index,
    ],
    [
      "console",
      "actor_types[]=federated_actor",
      ({ api }) => identities[api?.identity ?? -1]?.kind === "federated",
    ],
    ["console", `workspace_ids[]=${first.id}`, ({ api }) => api?.workspace === 0],
    [
      "console",
      "service_tiers[]=batch&inference_geos[]=not_available",
      (fact) => fact.api?.tier === "batch" && fact.rate.geo === null,
    ],
    ["console", "products[]=message_batches_api", ({ product }) => product === "message_batches_api"],
    ["console", "rbac_group_ids[]=none", () => false],
    ["console", "session_ids[]=sesn_none", () => false],
    ["console", `session_ids[]=${session.id}`, ({ api }) => api?.session === inSession?.api?.session],
    [
      "console",
      `agent_ids[]=${session.agentId}&environment_ids[]=${session.environmentId}`,
      ({ api }) =>
        api?.session != null &&
        organization.console.session(api.session).agentId === session.agentId &&
        organization.console.session(api.session).environmentId === session.environmentId,
    ],
    ["enterprise", "products[]=claude_tag", ({ product }) => product === "claude-tag"],
    ["enterprise", `actor_ids[]=${foreignId}`, (fact) => fact.person === person],
    ["enterprise", "actor_types[]=user_actor", (fact) => fact.person !== null],
    ["enterprise", "actor_types[]=api_actor", ({ person, api }) => person === null && api?.apiKey != null],
    ["enterprise", "api_key_ids[]=", ({ api }) => api?.apiKey == null],
    ["enterprise", `api_key_ids[]=${ofPeople?.id}`, ({ api }) => api?.apiKey === 1],
    ["enterprise", `actor_ids[]=${ofPeople?.id}`, () => false],
    ["enterprise", `api_key_ids[]=${key?.id}`, () => false],
    ["enterprise", `workspace_ids[]=${first.id}`, () => false],
    ["enterprise", "service_tiers[]=standard", ({ api }) => api?.tier === "standard"],
    ["enterprise", "agent_ids[]=", () => false],
    [
      "enterprise",
      "models[]=claude-opus-4-8&models[]=claude-opus-4-6&context_windows[]=200k-1M",
      ({ rate }) => rate.model?.startsWith("claude-opus") === true && rate.contextWindow === "200k-1M",
    ],
  ];
  test.each(CASES)("of %s: %s", async (kind, filter, keeps) => {
    const own = FACTS[kind].filter(keeps);
    const found = await rows(`/analytics/cost?${RANGE}&${filter}`, ASKING[kind]);
    expect(found).toHaveLength(own.length === 0 ? 0 : 1);
    expect(amounts(found)).toBe(trueCents(own));
  });

  test("a group is named by either spelling of its id", async () => {
    const group = organization.groups.all.find(({ name }) => name === "Engineering");
    const own = FACTS.enterprise.filter(
      ({ person, at }) =>
        person !== null &&
        group !== undefined &&
        organization.groups.of(organization.person(person), dayNumberOf(at)).includes(group),
    );
    expect(own.length).toBeGreaterThan(0);
    for (const spelling of [group?.id, group?.uuid]) {
      const path = `/analytics/usage?${RANGE}&rbac_group_ids[]=${spelling}&group_by[]=rbac_group_id`;
      const found = await rows(path, ASKING.enterprise);
      expect(found.map(({ group: { rbac_group_id } }) => rbac_group_id)).toEqual([group?.id]);
      expect(tokens(found)).toBe(total(own, tokensOf));
    }
  });
});
