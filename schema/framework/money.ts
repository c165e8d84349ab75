import { wholeUnits } from "../../src/domain/currency.ts";
import { CONSOLE_DATASETS } from "../../src/domain/dataset.ts";
import { dollars, type MoneyAmount, type SpendAmounts } from "../../src/domain/money.ts";
import type { AssumedAmount } from "../../src/domain/seat-price.ts";
import { cacheReadShare, type TokenCounts, totalTokens } from "../../src/domain/tokens.ts";
import { builder } from "./builder.ts";

/** Options of a field that shows amounts, or leads to them: its type, and the permission that it requires. */
export function spendOnly<Type>(type: Type) {
  return { type, nullable: true, requires: ["spend:read"] } as const;
}

/** Options of a field that shows amounts of a team: a member, who comes to their teams as well, may read none of them. */
export function spendOfTeamOnly<Type>(type: Type) {
  return { type, nullable: true, requires: ["spend:read", "spendOfTeam"] } as const;
}

/** Options of a field that shows amounts of one person, who may read their own, or of a team that leads to no member. */
export function spendOrOwn<Type>(type: Type) {
  return { type, nullable: true, requires: ["spend:read", "own", "spendOfTeam"] } as const;
}

export const Money = builder.objectRef<MoneyAmount>("Money").implement({
  description:
    "An exact amount. Amounts are sums of what upstream states, digit by digit; none is derived from tokens.",
  fields: (t) => ({
    cents: t.expose("cents", {
      type: "Decimal",
      description: "The amount in cents of `currency`, with fractions of a cent.",
    }),
    usd: t.field({
      type: "Decimal",
      description:
        "The amount in whole units of `currency` (dollars): `cents` divided by a hundred, exactly.",
      resolve: dollars,
    }),
    currency: t.exposeString("currency", {
      description: "ISO 4217 code: USD, the currency of every report.",
    }),
  }),
});

export const DerivedMoney = builder.objectRef<MoneyAmount>("DerivedMoney").implement({
  description:
    "An amount that the gateway derives from others, such as an average or a projection; never a billed one. Rounded half to even at 12 decimals of a cent. Not additive.",
  fields: (t) => ({
    cents: t.expose("cents", {
      type: "Decimal",
      description: "The amount in cents of `currency`. Not additive.",
    }),
    usd: t.field({
      type: "Decimal",
      description: "The amount in whole units of `currency` (dollars). Not additive.",
      resolve: dollars,
    }),
    currency: t.exposeString("currency", {
      description: "ISO 4217 code: USD, the currency of every report.",
    }),
  }),
});

export const AssumedMoney = builder.objectRef<AssumedAmount>("AssumedMoney").implement({
  description:
    "An amount at prices that the operator has stated (SEAT_PRICES_FILE), not upstream: what seats would cost, not what was charged. Never add it to `Money` or to limits.",
  fields: (t) => ({
    minorUnits: t.field({
      type: "Decimal",
      description:
        "The amount in minor units of `currency`: cents of a dollar, whole yen. Additive over seats.",
      resolve: ({ assumed }) => assumed.minorUnits,
    }),
    amount: t.field({
      type: "Decimal",
      description: "The amount in whole units of `currency`, by its digits in ISO 4217. Additive over seats.",
      resolve: ({ assumed }) => wholeUnits(assumed),
    }),
    currency: t.string({
      description: "ISO 4217 code, which the operator states.",
      resolve: ({ assumed }) => assumed.currency,
    }),
  }),
});

export const Spend = builder.objectRef<SpendAmounts>("Spend").implement({
  description: "Cost of usage. `net` and `list` are different kinds of money and are never mixed.",
  fields: (t) => ({
    net: t.expose("net", {
      type: Money,
      description: "Charged: after discount, before credits. Additive over time and over people.",
    }),
    list: t.expose("list", {
      type: Money,
      nullable: true,
      description: "At list price, before discount. Additive. Null where the source states none (Console).",
      lackedBy: CONSOLE_DATASETS,
    }),
    requests: t.expose("requests", {
      type: "Count",
      nullable: true,
      description:
        "Number of requests behind the amount. Additive. Null where the source does not count them (Console).",
      lackedBy: CONSOLE_DATASETS,
    }),
  }),
});

export const TokenUsage = builder.objectRef<TokenCounts>("TokenUsage").implement({
  description: "Tokens by kind. All counts are exact and additive over time and over people.",
  fields: (t) => ({
    uncachedInputTokens: t.expose("uncachedInputTokens", {
      type: "Count",
      description: "Input tokens not served from the prompt cache. Additive.",
    }),
    cacheReadInputTokens: t.expose("cacheReadInputTokens", {
      type: "Count",
      description: "Input tokens served from the prompt cache. Additive.",
    }),
    cacheCreation5mInputTokens: t.expose("cacheCreation5mInputTokens", {
      type: "Count",
      description: "Input tokens written to the prompt cache for five minutes. Additive.",
    }),
    cacheCreation1hInputTokens: t.expose("cacheCreation1hInputTokens", {
      type: "Count",
      description: "Input tokens written to the prompt cache for one hour. Additive.",
    }),
    outputTokens: t.expose("outputTokens", { type: "Count", description: "Output tokens. Additive." }),
    totalTokens: t.field({
      type: "Count",
      description: "Tokens of all kinds together. Additive.",
      resolve: totalTokens,
    }),
    webSearchRequests: t.expose("webSearchRequests", {
      type: "Count",
      description: "Server-side web searches. Additive.",
    }),
    requests: t.expose("requests", {
      type: "Count",
      nullable: true,
      description:
        "Requests; execution spans for code execution. Additive. Null where the source does not count them (Console).",
      lackedBy: CONSOLE_DATASETS,
    }),
    cacheReadShare: t.field({
      type: "Decimal",
      nullable: true,
      description:
        "Share of input tokens read from the prompt cache, 0 to 1: read / (uncached + read + written). Null without input. Not additive.",
      resolve: cacheReadShare,
    }),
  }),
});
