import { addDays, type Day, startOf } from "../../src/domain/day.ts";
import { type Decimal, formatDecimal, parseDecimal } from "../../src/domain/decimal.ts";
import { chargesOf, type Fact, listUnits, netUnits } from "../../src/sandbox/ledger/fact.ts";
import { SCALE } from "../../src/sandbox/ledger/prices.ts";
import type { OrganizationKind } from "../../src/sandbox/organization/directory.ts";
import type { Organization } from "../../src/sandbox/organization.ts";
import { groupIdsOf, VALUE } from "../../src/sandbox/reports/dimensions.ts";
import { type SingleDimension, valueIn } from "../../src/sandbox/unified/dimensions.ts";
import { ledgerOf } from "../simulated.ts";

/** What the report of one figure says of it: amounts in hundred-millionths of a cent, and counts. */
export type Figures = Readonly<Record<string, bigint | null>>;

const SHARED = {
  PRODUCT: "product",
  MODEL: "model",
  CONTEXT_WINDOW: "contextWindow",
  INFERENCE_GEO: "inferenceGeo",
  SPEED: "speed",
};

/** How a dimension is selected of a row, by organization. */
export const DIMENSIONS = {
  enterprise: {
    ...SHARED,
    SLACK_CHANNEL: "slackChannelId",
    CLAUDE_TAG_CATEGORY: "claudeTagCategory",
    CLAUDE_TAG_USER: "claudeTagUserId",
    GROUP: "groupId",
    USER: "user { userId }",
    COST_TYPE: "costType",
    TOKEN_TYPE: "tokenType",
  },
  console: {
    ...SHARED,
    WORKSPACE: "workspace { workspaceId }",
    API_KEY: "apiKey { apiKeyId }",
    SERVICE_TIER: "serviceTier",
    ACTOR_TYPE: "actorType",
    AGENT: "agentId",
    DEPLOYMENT: "deploymentId",
    ENVIRONMENT: "environmentId",
    SESSION: "sessionId",
    USER_PROFILE: "userProfileId",
    COST_TYPE: "costType",
    TOKEN_TYPE: "tokenType",
  },
} as const satisfies Record<OrganizationKind, Record<string, string>>;

/** Dimensions of the Console, as the sandbox's base table knows them. */
const OF_CONSOLE = {
  WORKSPACE: "workspace_id",
  API_KEY: "api_key_id",
  SERVICE_TIER: "service_tier",
  ACTOR_TYPE: "actor_type",
  AGENT: "agent_id",
  DEPLOYMENT: "deployment_id",
  ENVIRONMENT: "environment_id",
  SESSION: "session_id",
  USER_PROFILE: "user_profile_id",
} as const satisfies Record<string, SingleDimension>;

/** One figure of the base table under one value of each dimension. */
interface Piece {
  readonly day: Day;
  readonly group: string;
  readonly figures: Figures;
}

const COLUMN: Readonly<Record<string, keyof typeof VALUE>> = {
  MODEL: "model",
  CONTEXT_WINDOW: "context_window",
  INFERENCE_GEO: "inference_geo",
  SPEED: "speed",
  SLACK_CHANNEL: "slack_channel_id",
  CLAUDE_TAG_CATEGORY: "claude_tag_category",
  CLAUDE_TAG_USER: "claude_tag_user_id",
};

export type Report = "cost" | "usage";

/** The base table of an organization over some days, as a report split by `groupBy` is to show it. */
export function pieces(...asked: Parameters<typeof computed>): readonly Piece[] {
  const [organization, ...question] = asked;
  const known = answers.get(organization) ?? new Map<string, readonly Piece[]>();
  answers.set(organization, known);
  const key = JSON.stringify(question);
  const found = known.get(key) ?? computed(...asked);
  known.set(key, found);
  return found;
}

const answers = new WeakMap<Organization, Map<string, readonly Piece[]>>();

function computed(
  organization: Organization,
  report: Report,
  groupBy: readonly string[],
  from: Day,
  until: Day,
  exported: number,
  kind: OrganizationKind = "enterprise",
): Piece[] {
  const span = { from: startOf(from), until: Math.min(startOf(until), exported) };
  const facts = ledgerOf(organization).facts(kind, span, exported);
  const split = splitBy(organization, report, groupBy);
  const all = new Map<string, { day: Day; group: string; figures: Record<string, bigint | null> }>();
  for (const fact of facts) {
    if (groupBy.includes("USER") && fact.person === null) continue;
    if (report === "usage" && fact.sessionMinutes > 0) continue;
    // Work under a subscription is not billed through the Console.
    if (kind === "console" && fact.api === null) continue;
    const day = dayAt(fact.at);
    for (const { group, figures } of split(fact)) {
      const key = `${day} ${group}`;
      const sum = all.get(key);
      if (sum === undefined) all.set(key, { day, group, figures: { ...figures } });
      else add(sum.figures, figures);
    }
  }
  return [...all.values()];
}

const days = new Map<number, Day>();

/** The day of an instant, written once for all facts of it. */
function dayAt(instant: number): Day {
  const number = Math.floor(instant / DAY_MS);
  const day = days.get(number) ?? (new Date(instant).toISOString().slice(0, 10) as Day);
  days.set(number, day);
  return day;
}

const DAY_MS = 86_400_000;

/** How a fact is split: its group, as JSON of a value for each dimension, and what of its figures belongs there. */
function splitBy(
  organization: Organization,
  report: Report,
  groupBy: readonly string[],
): (fact: Fact) => Omit<Piece, "day">[] {
  const values = groupBy.map((dimension) => valueAt(organization, dimension));
  const groupOf = (fact: Fact, more: Readonly<Record<string, string | null>>) =>
    JSON.stringify(groupBy.map((dimension, i) => more[dimension] ?? values[i]?.(fact) ?? null));
  const isCharged = groupBy.includes("COST_TYPE") || groupBy.includes("TOKEN_TYPE");
  const figuresOf = report === "usage" ? tokens : money;
  return (fact) => {
    const groups = groupBy.includes("GROUP") ? groupIdsOf(organization, fact) : NO_GROUP;
    return groups.flatMap((GROUP) => {
      if (report === "usage" || !isCharged)
        return [{ group: groupOf(fact, { GROUP }), figures: figuresOf(fact) }];
      return chargesOf(fact).map(({ costType, tokenType, net, list }) => ({
        group: groupOf(fact, { GROUP, COST_TYPE: costType, TOKEN_TYPE: tokenType }),
        figures: { net, list, requests: null },
      }));
    });
  };
}

const NO_GROUP = [null];

/** The value that a fact has in a dimension; null where it has none of its own: groups and kinds of cost are several. */
function valueAt(organization: Organization, dimension: string): (fact: Fact) => string | null {
  if (dimension === "PRODUCT") return ({ product }) => (product === "claude-tag" ? "claude_tag" : product);
  if (dimension === "USER")
    return ({ person }) => (person === null ? null : organization.directories.enterprise.userId(person));
  const ofConsole = OF_CONSOLE[dimension as keyof typeof OF_CONSOLE];
  if (ofConsole !== undefined) return valueIn(organization, ofConsole) as (fact: Fact) => string | null;
  const column = COLUMN[dimension];
  return column === undefined ? () => null : (VALUE[column as "model"] as (fact: Fact) => string | null);
}

/** Figures of a fact, which every question about it has in common. */
function ofEachFact(read: (fact: Fact) => Figures): (fact: Fact) => Figures {
  const figures = new WeakMap<Fact, Figures>();
  return (fact) => {
    const known = figures.get(fact) ?? read(fact);
    figures.set(fact, known);
    return known;
  };
}

const money = ofEachFact((fact) => ({
  net: BigInt(netUnits(fact)),
  list: BigInt(listUnits(fact)),
  requests: BigInt(fact.requests),
}));

const tokens = ofEachFact(({ uncached, read, write5m, write1h, output, searches, requests }) => ({
  totalTokens: BigInt(uncached + read + write5m + write1h + output),
  uncachedInputTokens: BigInt(uncached),
  cacheReadInputTokens: BigInt(read),
  cacheCreation5mInputTokens: BigInt(write5m),
  cacheCreation1hInputTokens: BigInt(write1h),
  outputTokens: BigInt(output),
  webSearchRequests: BigInt(searches),
  requests: BigInt(requests),
}));

/** Adds figures to a sum; what one of them does not know, the sum does not know. */
function add(sum: Record<string, bigint | null>, figures: Figures): void {
  for (const name in sum) {
    const [x, y] = [sum[name] ?? null, figures[name] ?? null];
    sum[name] = x === null || y === null ? null : x + y;
  }
}

export function plus(a: Figures, b: Figures): Figures {
  const sum = { ...a };
  add(sum, b);
  return sum;
}

/** The first day of the bucket a day is in, worked out without the gateway's calendar. */
export function bucketStart(bucket: string, day: Day, from: Day): Day {
  const date = new Date(`${day}T00:00:00Z`);
  if (bucket === "NONE") return from;
  if (bucket === "WEEK") date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  if (bucket === "MONTH") date.setUTCDate(1);
  const start = date.toISOString().slice(0, 10) as Day;
  return start < from ? from : start;
}

export function bucketEnd(bucket: string, start: Day, until: Day): Day {
  const date = new Date(`${start}T00:00:00Z`);
  if (bucket === "NONE") return until;
  if (bucket === "DAY") return addDays(start, 1);
  if (bucket === "WEEK") date.setUTCDate(date.getUTCDate() + ((7 - ((date.getUTCDay() + 6) % 7)) % 8));
  if (bucket === "MONTH") date.setUTCMonth(date.getUTCMonth() + 1, 1);
  const end = date.toISOString().slice(0, 10) as Day;
  return end < until ? end : until;
}

/** An amount in hundred-millionths of a cent. */
export function unitsOf(cents: string): bigint {
  const { units, scale } = parseDecimal(cents) as Decimal;
  if (scale > SCALE) throw new Error(`finer than the base table: ${cents}`);
  return units * 10n ** BigInt(SCALE - scale);
}

/** `a / b` as the gateway is to write it, found by trying: the nearest multiple of 10^-12, the even one of two. */
export function rounded(a: bigint, b: bigint): string | null {
  if (b === 0n) return null;
  const [over, under] = b < 0n ? [-a, -b] : [a, b];
  const floor = (over * 10n ** 12n - mod(over * 10n ** 12n, under)) / under;
  const distance = (units: bigint) => abs(units * under - over * 10n ** 12n);
  const nearest = [floor, floor + 1n].toSorted((x, y) =>
    distance(x) === distance(y) ? Number(abs(x % 2n) - abs(y % 2n)) : distance(x) < distance(y) ? -1 : 1,
  );
  return formatDecimal({ units: nearest[0] as bigint, scale: 12 });
}

function mod(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b;
}

function abs(a: bigint): bigint {
  return a < 0n ? -a : a;
}
