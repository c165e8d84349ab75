import { readdirSync, readFileSync } from "node:fs";
import { BREAK, type DocumentNode, Kind, parse, print, visit } from "graphql";
import { describe, expect, test } from "vitest";
import { sweep } from "./deep.ts";
import { gateway, json } from "./gateway.ts";
import { PATHS, reportPage } from "./wire.ts";

const RANGE = `range: { between: { from: "2026-09-01", until: "2026-11-01" } }`;

describe("the unified reports agree with the older ones to the last decimal", () => {
  sweep([1, 2, 3])("Enterprise cost and usage, by every dimension both know (seed %d)", async (seed) => {
    const { ask } = gateway({ sandbox: { users: 60, seed } });
    for (const [dimensions, fields] of [
      ["", ""],
      ["PRODUCT", "product"],
      ["MODEL", "model"],
      ["PRODUCT, MODEL", "product model"],
      ["CONTEXT_WINDOW, SPEED", "contextWindow speed"],
      ["INFERENCE_GEO", "inferenceGeo"],
    ]) {
      const both = (field: string, measure: string) =>
        ["LEGACY", "UNIFIED"]
          .map(
            (
              source,
            ) => `${source}: ${field}(${RANGE}, bucket: NONE, groupBy: [${dimensions}], source: ${source}, first: 1000) {
            nodes { ${fields} ${measure} } total { __typename } }`,
          )
          .join("\n");
      const cost = await ask(`{ ${both("cost", "net { cents } list { cents } requests")} }`);
      const usage = await ask(
        `{ ${both("usage", "tokens { totalTokens outputTokens cacheReadInputTokens webSearchRequests requests }")} }`,
      );
      for (const { data, errors } of [cost, usage]) {
        expect(errors).toBeUndefined();
        expect(data.LEGACY.nodes.length).toBeGreaterThan(0);
        expect(plain(data.UNIFIED.nodes), dimensions).toEqual(plain(data.LEGACY.nodes));
      }
    }
  });

  test("days of a month, oldest first", async () => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const { data, errors } = await ask(`{
      older: cost(range: { period: LAST_MONTH }, source: LEGACY, bucket: DAY) { nodes { from until net { cents } } total { net { cents } } }
      newer: cost(range: { period: LAST_MONTH }, source: UNIFIED, bucket: DAY) { nodes { from until net { cents } } total { net { cents } } }
    }`);
    expect(errors).toBeUndefined();
    expect(data.older.nodes.length).toBe(31);
    expect(plain(data.newer.nodes)).toEqual(plain(data.older.nodes));
    expect(plain(data.newer.total)).toEqual(plain(data.older.total));
  });
});

describe("every question of the library that the older reports answer has the same numbers from the newer ones", () => {
  const folder = new URL("../schema/operations/", import.meta.url);
  const documents = readdirSync(folder)
    .filter((name) => name.endsWith(".graphql"))
    .map((name) => ({ name, document: parse(readFileSync(new URL(name, folder), "utf8")) }))
    .filter(({ document }) => reportFields(document).length > 0 && !isSplitAnew(document));

  test.each(documents.map(({ name, document }) => [name, document] as const))(
    "%s",
    async (_name, document) => {
      const { ask } = gateway({ sandbox: { users: 60 } });
      const older = await ask(print(withSource(document, "LEGACY")));
      const newer = await ask(print(withSource(document, "UNIFIED")));
      expect([older.errors, newer.errors]).toEqual([undefined, undefined]);
      const compared = reportFields(document).filter((field) => older.data[field].nodes.length > 1);
      expect(compared).toEqual(reportFields(document));
      for (const field of compared) {
        expect(rowsOf(newer.data[field]), field).toEqual(rowsOf(older.data[field]));
        expect(plain(newer.data[field].total ?? null), field).toEqual(plain(older.data[field].total ?? null));
      }
    },
  );

  test("there are several of them", () => {
    expect(documents.length).toBeGreaterThanOrEqual(6);
  });

  function rowsOf({ nodes }: { nodes: readonly unknown[] }): string[] {
    return nodes.map((row) => JSON.stringify(plain(row))).sort();
  }
});

/** The root fields of a document that are reports. */
function reportFields(document: DocumentNode): string[] {
  const fields: string[] = [];
  visit(document, {
    OperationDefinition(operation) {
      for (const each of operation.selectionSet.selections)
        if (each.kind === Kind.FIELD && ["cost", "usage"].includes(each.name.value))
          fields.push(each.name.value);
      return BREAK;
    },
  });
  return fields;
}

/** True if a report is split by what the older reports do not know. */
function isSplitAnew(document: DocumentNode): boolean {
  let isSplit = false;
  visit(document, {
    EnumValue({ value }) {
      isSplit ||= ["API_KEY", "AGENT", "ORGANIZATION"].includes(value);
    },
  });
  return isSplit;
}

/** The document with its reports asked of the older or the newer source of the organization it names. */
function withSource(document: DocumentNode, source: "UNIFIED" | "LEGACY"): DocumentNode {
  return visit(document, {
    Field(field) {
      if (!["cost", "usage"].includes(field.name.value) || field.arguments?.length === 0) return;
      const isOfConsole = field.arguments?.some(
        ({ value }) => value.kind === Kind.STRING && value.value === "console",
      );
      // The Console's older cost has no Priority Tier.
      const filter =
        source === "UNIFIED" && isOfConsole && field.name.value === "cost"
          ? ', filter: { serviceTiers: ["standard", "batch"] }'
          : "";
      const args = `x(source: ${source}${filter})`;
      const [operation] = parse(`{ ${args} }`).definitions;
      const added =
        operation?.kind === Kind.OPERATION_DEFINITION &&
        operation.selectionSet.selections[0]?.kind === Kind.FIELD
          ? (operation.selectionSet.selections[0].arguments ?? [])
          : [];
      const kept = (field.arguments ?? []).filter(({ name }) => name.value !== "source");
      return { ...field, arguments: [...kept, ...added] };
    },
  });
}

/** Amounts without the zeros at their end: sums of other parts have other scales. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner) =>
    key === "cents" || key === "usd"
      ? String(inner)
          .replace(/(\.\d*?)0+$/, "$1")
          .replace(/\.$/, "")
      : inner,
  );
}

describe("data of the unified reports alone", () => {
  test("cost by API key, with the key, its workspace and its maker, without asking for a source", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(
      `{ cost(range: { period: LAST_MONTH }, organization: "console", bucket: NONE, groupBy: [API_KEY, WORKSPACE], first: 100) { source organization
        nodes { net { usd } apiKey { name workspace { name } createdBy { email } } workspace { name isDefault } } total { net { usd } } } }`,
    );
    expect(errors).toBeUndefined();
    expect([data.cost.source, data.cost.organization]).toEqual(["UNIFIED", "console"]);
    const keyed = data.cost.nodes.filter(({ apiKey }: { apiKey: object | null }) => apiKey !== null);
    expect(keyed.length).toBeGreaterThan(2);
    expect(
      keyed.some(({ apiKey }: { apiKey: { createdBy: { email: string } | null } }) =>
        apiKey.createdBy?.email.endsWith(".example"),
      ),
    ).toBe(true);
  });

  test("every kind of actor", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(
      `{ usage(range: { period: LAST_MONTH }, organization: "console", bucket: NONE, groupBy: [ACTOR, ACTOR_TYPE, WORKSPACE], first: 1000) { organization nodes { actorType tokens { totalTokens } actor { __typename
        ... on UserActor { email user { userId } } ... on ApiKeyActor { name apiKey { apiKeyId } }
        ... on ServiceAccountActor { serviceAccountId } ... on FederatedActor { provider account subject } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.usage.organization).toBe("console");
    const kinds = new Set(
      data.usage.nodes.map(
        ({ actor }: { actor: { __typename: string } | null }) => actor?.__typename ?? null,
      ),
    );
    expect([...kinds].sort()).toEqual(
      ["ApiKeyActor", "FederatedActor", "ServiceAccountActor", "UserActor", null].sort(),
    );
  });

  test("someone who has left the Console keeps what the row says of them", async () => {
    const person = {
      type: "user_actor",
      user_id: "user_gone",
      email_address: "gone@ternplover.example",
      name: "Gone",
      deleted: true,
    };
    const row = {
      starting_at: "2026-11-20T00:00:00Z",
      ending_at: "2026-11-21T00:00:00Z",
      group: { ...GROUP, actor: person },
      cost: { amount: "5", list_amount: "6", currency: "USD", requests: 1 },
    };
    const { ask } = gateway({
      settings: { ANTHROPIC_ANALYTICS_KEY: "" },
      routes: {
        "/v1/organizations/analytics/cost": () => json(reportPage([row])),
        [PATHS.members]: () => json({ data: [], first_id: null, last_id: null, has_more: false }),
      },
    });
    const { data, errors } = await ask(
      `{ cost(range: { between: { from: "2026-11-20", until: "2026-11-21" } }, groupBy: [ACTOR], bucket: DAY) { nodes { actor { ... on UserActor { email name accountStatus user { email status } } } } } }`,
    );
    expect(errors).toBeUndefined();
    const gone = { email: "gone@ternplover.example", name: "Gone", accountStatus: "DEPARTED" };
    // The person is the same whichever row leads there, so that what this row says of them stays with it.
    const user = { email: null, status: "UNKNOWN" };
    expect(data.cost.nodes).toEqual([{ actor: { ...gone, user } }]);
  });

  test("people upstream hides stay separate rows", async () => {
    const row = (amount: string) => ({
      starting_at: "2026-11-20T00:00:00Z",
      ending_at: "2026-11-21T00:00:00Z",
      group: { ...GROUP, actor: null },
      cost: { amount, list_amount: amount, currency: "USD", requests: 1 },
    });
    const { ask, seen } = gateway({
      routes: { "/v1/organizations/analytics/cost": () => json(reportPage([row("5"), row("5"), row("2")])) },
    });
    const { data, errors } = await ask(
      `{ cost(range: { between: { from: "2026-11-20", until: "2026-11-21" } }, bucket: NONE, groupBy: [ACTOR]) { totalCount nodes { actor { __typename } net { cents } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes.map(({ net }: { net: { cents: string } }) => net.cents)).toEqual(["5", "5", "2"]);
    expect(seen.map((url) => url.pathname)).toEqual(["/v1/organizations/analytics/cost"]);
  });

  test("more than five dimensions are refused before any upstream request", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 20 } });
    const { errors } = await ask(
      `{ cost(range: { period: YESTERDAY }, source: UNIFIED, organization: "console", groupBy: [ACTOR, PRODUCT, MODEL, API_KEY, WORKSPACE, SPEED, COST_TYPE], bucket: DAY) { totalCount } }`,
    );
    expect(errors?.map((error) => error.extensions.code)).toEqual(["BAD_USER_INPUT"]);
    expect(errors?.[0]?.message).toContain("takes 5 dimensions at once, besides COST_TYPE and TOKEN_TYPE");
    expect(seen).toEqual([]);
  });

  test("usage without a key is requested by an empty entry", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(
      `{ usage(range: { period: LAST_MONTH }, organization: "console", bucket: NONE, groupBy: [API_KEY], filter: { apiKeys: [""] }, source: UNIFIED) { nodes { apiKey { name } tokens { totalTokens } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.usage.nodes.length).toBe(1);
    expect(data.usage.nodes[0].apiKey).toBeNull();
  });
});

test("the beta header goes with every unified question", async () => {
  const headers: (string | undefined)[] = [];
  const { ask } = gateway({
    routes: {
      "/v1/organizations/analytics/usage": (_query, request) => {
        headers.push(request.headers["anthropic-beta"]);
        return json(reportPage([]));
      },
      [PATHS.me]: () => json({ id: "x", name: "y", type: "organization" }),
    },
  });
  const { data } = await ask(
    `{ usage(range: { period: YESTERDAY }, source: UNIFIED, bucket: DAY) { nodes { from } total { totalTokens } } }`,
  );
  expect(data.usage).toEqual({ nodes: [], total: null });
  expect(new Set(headers)).toEqual(new Set(["analytics-usage-cost-2026-08-24"]));
});

const GROUP = {
  actor_type: null,
  agent_id: null,
  api_key_id: null,
  claude_tag_category: null,
  claude_tag_user_id: null,
  context_window: null,
  cost_type: null,
  deployment_id: null,
  environment_id: null,
  inference_geo: null,
  model: null,
  organization_id: null,
  product: null,
  rbac_group_id: null,
  service_tier: null,
  session_id: null,
  slack_channel_id: null,
  speed: null,
  token_type: null,
  user_profile_id: null,
  workspace_id: null,
};

test.each([
  [0, 1],
  [1, 0],
])(
  "people split by as such and as actors are one request, whichever is asked first (%i, %i)",
  async (...order) => {
    const { ask, seen } = gateway({ sandbox: { users: 40 } });
    const people = `cost(${RANGE}, source: UNIFIED, bucket: NONE, first: 1000, groupBy: [USER]) { nodes { user { userId } net { cents } } }`;
    const actors = `cost(${RANGE}, source: UNIFIED, bucket: NONE, first: 1000, groupBy: [ACTOR], filter: { actorTypes: ["user_actor"] }) { nodes { actor { ... on UserActor { user { userId } } } net { cents } } }`;
    const answers = [];
    for (const i of order) answers.push((await ask(`{ ${[people, actors][i]} }`)).data.cost.nodes);
    const [asPeople, asActors] = order[0] === 0 ? answers : answers.toReversed();
    expect(asPeople.length).toBeGreaterThan(10);
    expect(asPeople.every(({ user }: { user: object | null }) => user !== null)).toBe(true);
    expect(
      asActors.map(({ actor, ...row }: { actor: { user: object } }) => ({ user: actor.user, ...row })),
    ).toEqual(asPeople);
    expect(seen.filter((url) => url.pathname.endsWith("/analytics/cost"))).toHaveLength(2);
  },
);

describe("dimensions of an Enterprise organization that once were the Console's", () => {
  const DAYS = `range: { between: { from: "2026-11-02", until: "2026-11-16" } }, bucket: NONE, first: 1000`;

  test("are split and filtered by, without a look-up of keys that no list has", async () => {
    const { ask, seen, organization } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(
      `{ cost(${DAYS}, groupBy: [API_KEY, SERVICE_TIER]) { organization nodes { apiKeyId apiKey { name } serviceTier net { cents } } total { net { cents } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(seen.map(({ pathname }) => pathname)).toEqual([
      "/v1/organizations/analytics/cost",
      "/v1/organizations/analytics/cost",
    ]);
    const { nodes } = data.cost;
    const keys = organization.enterprise.apiKeys.map(({ id }) => id);
    expect(new Set(nodes.map(({ apiKeyId }: { apiKeyId: string | null }) => apiKeyId))).toEqual(
      new Set([null, ...keys]),
    );
    expect(nodes.every(({ apiKey }: { apiKey: object | null }) => apiKey === null)).toBe(true);
    const { data: one } = await ask(
      `{ cost(${DAYS}, filter: { apiKeys: ["${keys[0]}"] }, groupBy: [ACTOR]) { nodes { actor { __typename ... on ApiKeyActor { apiKeyId name apiKey { name } } } } } }`,
    );
    expect(one.cost.nodes).toEqual([
      { actor: { __typename: "ApiKeyActor", apiKeyId: keys[0], name: null, apiKey: null } },
    ]);
  });

  test("are those of managed agents too, and the workspace is still the Console's", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(
      `{ usage(${DAYS}, groupBy: [AGENT, DEPLOYMENT, ENVIRONMENT, SESSION, USER_PROFILE]) { nodes { agentId sessionId environmentId userProfileId } } }`,
    );
    expect(errors).toBeUndefined();
    expect(
      data.usage.nodes.filter(({ agentId }: { agentId: string | null }) => agentId !== null).length,
    ).toBeGreaterThan(5);
    const { errors: none } = await ask(`{ usage(${DAYS}, groupBy: [WORKSPACE]) { totalCount } }`);
    expect(none?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });
});
