import fc from "fast-check";
import {
  type Dimensions,
  NO_DIMENSIONS,
  type ReportActor,
  type ReportRow,
  type ReportUser,
} from "../src/domain/bucket.ts";
import { addDays, type Day, day, startOf } from "../src/domain/day.ts";
import type { Decimal } from "../src/domain/decimal.ts";
import type { MoneyAmount, SpendAmounts } from "../src/domain/money.ts";
import type { DayRange } from "../src/domain/range.ts";
import { NO_PERSON, type Placement, UNASSIGNED } from "../src/domain/team.ts";
import type { TokenCounts } from "../src/domain/tokens.ts";

/** Whether a check passes for everything tried; it fails with the smallest case for which it throws. */
export function forAll<Ts extends [unknown, ...unknown[]]>(
  cases: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  check: (...values: Ts) => unknown,
  parameters: Pick<fc.Parameters, "numRuns"> = {},
): void {
  fc.assert(
    fc.property(fc.tuple(...cases) as fc.Arbitrary<Ts>, (values) => {
      check(...values);
    }),
    parameters,
  );
}

/** The same of a check that takes its time. */
export async function forAllAsync<Ts extends [unknown, ...unknown[]]>(
  cases: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  check: (...values: Ts) => Promise<unknown>,
  parameters: Pick<fc.Parameters, "numRuns"> = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.tuple(...cases) as fc.Arbitrary<Ts>, async (values) => {
      await check(...values);
    }),
    parameters,
  );
}

export const days: fc.Arbitrary<Day> = fc
  .integer({ min: -30_000, max: 60_000 })
  .map((n) => addDays(day("2000-01-01"), n));

export const ranges: fc.Arbitrary<DayRange> = fc
  .tuple(days, fc.integer({ min: 1, max: 800 }))
  .map(([from, length]) => ({ from, until: addDays(from, length) }));

/** Nearby ranges, so that two of them often touch, overlap or hold each other. */
export const closeRanges: fc.Arbitrary<DayRange> = fc
  .tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 1, max: 90 }))
  .map(([start, length]) => {
    const from = addDays(day("2027-12-20"), start);
    return { from, until: addDays(from, length) };
  });

export const decimals: fc.Arbitrary<Decimal> = fc.record({
  units: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
  scale: fc.integer({ min: 0, max: 30 }),
});

export const moneys: fc.Arbitrary<MoneyAmount> = fc.record({ cents: decimals, currency: fc.constant("USD") });

const counts = fc.nat({ max: 2 ** 40 });

export const spends: fc.Arbitrary<SpendAmounts> = fc.record({
  net: moneys,
  list: fc.option(moneys),
  requests: fc.option(counts),
});

export const usages: fc.Arbitrary<TokenCounts> = fc.record({
  uncachedInputTokens: counts,
  cacheReadInputTokens: counts,
  cacheCreation5mInputTokens: counts,
  cacheCreation1hInputTokens: counts,
  outputTokens: counts,
  webSearchRequests: counts,
  requests: fc.option(counts),
});

const label = fc.option(fc.oneof(fc.constantFrom("a", "b", "null", "", ",", '"'), fc.string()));

const reportUsers: fc.Arbitrary<ReportUser> = fc.record({
  userId: fc.constantFrom("user_a", "user_b", "user_c"),
  email: fc.option(fc.string(), { nil: null }),
  name: fc.option(fc.string(), { nil: null }),
  deleted: fc.boolean(),
});

const actors: fc.Arbitrary<ReportActor> = fc.oneof(
  fc.record({ kind: fc.constant("person" as const), user: reportUsers }),
  fc.record({ kind: fc.constant("serviceAccount" as const), serviceAccountId: fc.constantFrom("a", "b") }),
  fc.record({ kind: fc.constant("key" as const), apiKeyId: fc.constantFrom("a", "b") }),
  fc.record({
    kind: fc.constant("federated" as const),
    provider: fc.constantFrom("aws", "gcp"),
    account: label,
    subject: label,
  }),
);

const placements: fc.Arbitrary<Placement> = fc.constantFrom(
  UNASSIGNED,
  NO_PERSON,
  ...["a", "b"].map((teamId): Placement => {
    const team = { teamId, name: "team", costCentre: null, manager: null, parentId: null, members: [] };
    return { kind: "team", team };
  }),
);

export const dimensions: fc.Arbitrary<Dimensions> = fc.record({
  organizationId: label,
  product: label,
  model: label,
  contextWindow: label,
  inferenceGeo: label,
  speed: label,
  serviceTier: label,
  costType: label,
  tokenType: label,
  description: label,
  groupId: label,
  slackChannelId: label,
  claudeTagCategory: label,
  claudeTagUserId: label,
  team: fc.option(placements),
  user: fc.option(reportUsers),
  accountId: label,
  serviceAccountId: label,
  workspaceId: label,
  apiKeyId: label,
  actor: fc.option(actors),
  actorType: label,
  agentId: label,
  deploymentId: label,
  environmentId: label,
  sessionId: label,
  userProfileId: label,
  hidden: fc.option(fc.nat({ max: 2 })),
});

/** Rows of few groups, so that most groups come up in several windows and ties are common. */
export const costRows: fc.Arbitrary<ReportRow<SpendAmounts>> = fc
  .record({
    model: fc.option(fc.constantFrom("a", "b", "c")),
    workspaceId: fc.option(fc.constantFrom("w1", "w2")),
    month: fc.constantFrom("2026-01", "2026-02", "2026-03"),
    cents: fc.integer({ min: -3, max: 3 }),
  })
  .map(({ model, workspaceId, month, cents }) => {
    const from = day(`${month}-01`);
    return {
      ...NO_DIMENSIONS,
      model,
      workspaceId,
      from: startOf(from),
      until: startOf(addDays(from, 28)),
      measure: { net: usd(cents), list: null, requests: 1 },
    };
  });

export function usd(cents: number | bigint): MoneyAmount {
  return { cents: { units: BigInt(cents), scale: 0 }, currency: "USD" };
}
