import { describe, expect, test } from "vitest";
import { compare, type Decimal, decimalOf, formatDecimal, plus, sum } from "../src/domain/decimal.ts";
import { type Fact, tokensOf } from "../src/sandbox/ledger/fact.ts";
import { type SingleDimension, valueIn } from "../src/sandbox/unified/dimensions.ts";
import { UNIFIED_COST_NAMES } from "../src/upstream/endpoints/unified-names.ts";
import { sweep } from "./deep.ts";
import {
  byFile,
  centsOf,
  decimal,
  expectSame,
  gatewayOf,
  NOBODY,
  type PlacesOf,
  pieces,
  placeOf,
  RANGE,
  type Row,
  SEEDS,
  sumsBy,
  TEAM,
  TODAY,
} from "./team-truth.ts";

/** Every other dimension of the newer reports: what a row says of it, and what the base table says of a fact. */
const OTHERS: Readonly<Record<string, readonly [field: string, of: SingleDimension]>> = {
  PRODUCT: ["product", "product"],
  MODEL: ["model", "model"],
  CONTEXT_WINDOW: ["contextWindow", "context_window"],
  INFERENCE_GEO: ["inferenceGeo", "inference_geo"],
  SPEED: ["speed", "speed"],
  SLACK_CHANNEL: ["slackChannelId", "slack_channel_id"],
  CLAUDE_TAG_CATEGORY: ["claudeTagCategory", "claude_tag_category"],
  CLAUDE_TAG_USER: ["claudeTagUserId", "claude_tag_user_id"],
  ACTOR_TYPE: ["actorType", "actor_type"],
  SERVICE_TIER: ["serviceTier", "service_tier"],
  AGENT: ["agentId", "agent_id"],
  DEPLOYMENT: ["deploymentId", "deployment_id"],
  ENVIRONMENT: ["environmentId", "environment_id"],
  SESSION: ["sessionId", "session_id"],
  USER_PROFILE: ["userProfileId", "user_profile_id"],
};
/** Those that have several values to a fact, or a value that rows show as an object of its own. */
const MANIFOLD = ["ACTOR", "USER", "GROUP", "COST_TYPE", "TOKEN_TYPE", "WORKSPACE", "API_KEY"];

describe.each(["ENTERPRISE", "CONSOLE"] as const)("by team and any other dimension (%s)", (whose) => {
  const kind = whose === "ENTERPRISE" ? "enterprise" : "console";
  const known = Object.keys(UNIFIED_COST_NAMES[whose].groupBy);

  sweep(SEEDS)("rows are what the base table says (seed %d)", async (seed) => {
    const { ask, organization } = gatewayOf(seed);
    const dimensions = known.filter((dimension) => !MANIFOLD.includes(dimension));
    const { data, errors } = await ask(
      `{ ${dimensions.map((each) => `${each}: cost(${RANGE}, bucket: NONE, groupBy: [${each}, TEAM], organization: "${kind}", source: UNIFIED, first: 1000) { nodes { from ${TEAM} value: ${OTHERS[each]?.[0]} net { cents } } pageInfo { hasNextPage } }`).join("\n")} }`,
    );
    expect(errors).toBeUndefined();
    const base = pieces(organization, kind, byFile);
    const spread = base.flatMap(({ fact, places }) => places.map((place) => ({ fact, place })));
    for (const each of dimensions) {
      const value = valueIn(organization, OTHERS[each]?.[1] as SingleDimension);
      expect(data[each].pageInfo.hasNextPage).toBe(false);
      expectSame(
        sumsBy(
          data[each].nodes as (Row & { readonly value: string | null })[],
          (row) => `${placeOf(row)} ${row.value}`,
          ({ net }) => decimal(net?.cents ?? ""),
        ),
        sumsBy(
          spread,
          ({ fact, place }) => `${place} ${value(fact)}`,
          ({ fact }) => centsOf(fact),
        ),
        each,
      );
    }
  });

  sweep(SEEDS)("rows of what has several values add up (seed %d)", async (seed) => {
    const { ask } = gatewayOf(seed);
    const dimensions = known.filter((each) => MANIFOLD.includes(each) && each !== "GROUP");
    const { data, errors } = await ask(
      `{ ${dimensions.map((each) => `${each}: cost(${RANGE}, bucket: NONE, groupBy: [${each}, TEAM], organization: "${kind}", source: UNIFIED, first: 1000) { nodes { net { cents } } overlap { net { cents } } total { net { cents } } pageInfo { hasNextPage } }`).join("\n")} }`,
    );
    expect(errors).toBeUndefined();
    for (const each of dimensions) {
      const { nodes, overlap, total, pageInfo } = data[each];
      expect(pageInfo.hasNextPage).toBe(false);
      const rows = sum(nodes.map(({ net }: Row) => decimal(net?.cents ?? "")));
      expect(compare(rows, plus(decimal(total.net.cents), decimal(overlap.net.cents))), each).toBe(0);
    }
    expect(dimensions.length).toBeGreaterThan(2);
  });
});

describe("in the Console", () => {
  const console = (seed: number) => gatewayOf(seed, { ANTHROPIC_ANALYTICS_KEY: "" });

  sweep(SEEDS)("cost and usage by team are what the base table says (seed %d)", async (seed) => {
    const { ask, organization } = console(seed);
    const { data, errors } = await ask(`{
      cost(${RANGE}, bucket: NONE, groupBy: [TEAM], first: 1000) { source organization nodes { from ${TEAM} net { cents } } }
      unified: usage(${RANGE}, bucket: NONE, groupBy: [TEAM], first: 1000) { source nodes { from ${TEAM} tokens { totalTokens } } }
      usage(${RANGE}, bucket: NONE, groupBy: [TEAM], organization: "console", source: LEGACY, first: 1000) { source nodes { from ${TEAM} tokens { totalTokens } } }
    }`);
    expect(errors).toBeUndefined();
    expect([data.cost.source, data.cost.organization, data.unified.source, data.usage.source]).toEqual([
      "UNIFIED",
      "console",
      "UNIFIED",
      "LEGACY",
    ]);
    const truth = (placesOf: PlacesOf, value: (fact: Fact) => Decimal) =>
      sumsBy(
        pieces(organization, "console", placesOf).flatMap(({ fact, places }) =>
          places.map((place) => ({ fact, place })),
        ),
        ({ place }) => place,
        ({ fact }) => value(fact),
      );
    const cents = ({ net }: Row) => decimal(net?.cents ?? "");
    expectSame(sumsBy(data.cost.nodes, placeOf, cents), truth(byFile, centsOf), "cost");
    const tokens = ({ tokens: used }: Row) => decimalOf(used?.totalTokens ?? Number.NaN);
    const used = (fact: Fact) => decimalOf(tokensOf(fact));
    expectSame(sumsBy(data.unified.nodes, placeOf, tokens), truth(byFile, used), "unified usage");
    // The older report says an account's id alone, and only current members have an address to go by.
    const current: PlacesOf = (_, person) =>
      organization.directories.console.isCurrent(person, TODAY) ? byFile(organization, person) : [];
    expectSame(sumsBy(data.usage.nodes, placeOf, tokens), truth(current, used), "older usage");
  });

  test("service accounts and keys of one name are separate rows beside the teams", async () => {
    const { ask, organization } = console(1);
    const { data, errors } = await ask(
      `{ cost(${RANGE}, bucket: NONE, groupBy: [TEAM, ACTOR], first: 1000) { nodes { from ${TEAM} net { cents } actor { __typename ... on ApiKeyActor { name apiKey { apiKeyId } } ... on ServiceAccountActor { serviceAccountId } } } total { net { cents } } overlap { net { cents } } } }`,
    );
    expect(errors).toBeUndefined();
    const { nodes, total, overlap } = data.cost;
    const keys = nodes.filter(
      (row: { actor: { name?: string } | null }) => row.actor?.name === "nightly-batch",
    );
    expect(
      new Set(keys.map((row: { actor: { apiKey: { apiKeyId: string } } }) => row.actor.apiKey.apiKeyId)).size,
    ).toBe(2);
    const accounts = nodes.filter(
      (row: { actor: { __typename: string } | null }) => row.actor?.__typename === "ServiceAccountActor",
    );
    expect(accounts.length).toBeGreaterThan(0);
    for (const row of [...keys, ...accounts]) expect(placeOf(row)).toBe(NOBODY);

    const facts = pieces(organization, "console", byFile).map(({ fact }) => fact);
    const expected = organization.console.apiKeys
      .filter(({ name }) => name === "nightly-batch")
      .map(({ index }) => sum(facts.filter(({ api }) => api?.apiKey === index).map(centsOf)));
    const shown = keys.map((row: Row) => decimal(row.net?.cents ?? ""));
    const told = (amounts: readonly Decimal[]) =>
      amounts.map((amount) => formatDecimal(plus(amount, { units: 0n, scale: 12 }))).sort();
    expect(told(shown)).toEqual(told(expected));
    const rows = sum(nodes.map((row: Row) => decimal(row.net?.cents ?? "")));
    expect(compare(rows, plus(decimal(total.net.cents), decimal(overlap.net.cents)))).toBe(0);
  });

  test("the older cost report knows no people, and says so", async () => {
    const { errors } = await console(1).ask(
      `{ cost(${RANGE}, groupBy: [TEAM], organization: "console", source: LEGACY, bucket: DAY) { totalCount } }`,
    );
    expect(errors?.map(({ message }) => message)).toEqual([
      "LEGACY of `console` cannot group by TEAM; it groups by WORKSPACE, DESCRIPTION; `source: UNIFIED` can.",
    ]);
  });
});
