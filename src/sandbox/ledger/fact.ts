import type { Instant } from "../../domain/day.ts";
import type { OrganizationKind } from "../organization/directory.ts";
import { COMPONENTS, COST_TYPE, type Component, type CostType, type Rate, TOKEN_TYPE } from "./prices.ts";

/**
 * One piece of usage in one UTC minute. Every figure of every endpoint is a sum, or a count of different values, over
 * facts. The components are counted here and priced by `rate`.
 */
export interface Fact extends Readonly<Record<Component, number>> {
  readonly organization: OrganizationKind;
  /** Start of the minute. */
  readonly at: Instant;
  /** Exports made before this instant do not have the fact. Usually `at`. */
  readonly arrivesAt: Instant;
  /** Index of the person the usage is tied to; null where there is none (Code Review, Claude Tag channels, API keys). */
  readonly person: number | null;
  /** Slug as the legacy Enterprise reports spell it; null where the surface is unknown (code execution). */
  readonly product: string | null;
  readonly rate: Rate;
  /** API requests; for code execution the number of runs; none for session time. */
  readonly requests: number;
  /** Figures that the engagement endpoints count; null for usage they do not count. */
  readonly engagement: Engagement | null;
  readonly code: CodeWork | null;
  readonly tag: TagUse | null;
  /** Null for Console usage under a subscription, and for Enterprise usage without a key or a service tier. */
  readonly api: ApiUse | null;
}

/** Something a conversation or a session made. */
export interface Artifact {
  /** MIME type, or `other`. */
  readonly type: string;
  /** True if anyone but its creator has ever been able to open it. */
  readonly isShared: boolean;
  /** True if anyone with the link can; only what is shared. */
  readonly isPublished: boolean;
}

/** Activity of one person in one conversation or session. */
export interface Engagement {
  readonly surface:
    | "chat"
    | "claude_code"
    | "cowork"
    | "office_agent"
    | "claude_in_chrome"
    | "claude_design"
    | "science";
  readonly app: OfficeApp | null;
  /** The conversation or session, different for every one of them in the whole organization. */
  readonly thread: number;
  readonly messages: number;
  readonly thinkingMessages: number;
  /** Cowork: tool actions. */
  readonly actions: number;
  /** Cowork: background turns. */
  readonly dispatchTurns: number;
  /** Science: hand-offs to a specialist agent. */
  readonly delegations: number;
  readonly computeJobs: number;
  /** Chat and design project. */
  readonly project: number | null;
  readonly projectsCreated: number;
  readonly artifacts: readonly Artifact[];
  /** Every upload is a new file. */
  readonly filesUploaded: number;
  readonly sharedConversationsViewed: number;
  readonly sharedArtifact: number | null;
  readonly skill: number | null;
  readonly skillCalls: number;
  readonly skillEnabled: boolean;
  readonly plugin: number | null;
  /** 0 where it was only installed. */
  readonly pluginCalls: number;
  readonly pluginInstalled: boolean;
  readonly connector: number | null;
  readonly reads: number;
  readonly writes: number;
  readonly unclassifiedCalls: number;
  /** True if the connector ran on a credential the organization manages. */
  readonly managedAuth: boolean;
}

export type OfficeApp = "excel" | "outlook" | "powerpoint" | "word";

export const CODE_TOOLS = ["edit", "multiEdit", "notebookEdit", "write"] as const;
export type CodeTool = (typeof CODE_TOOLS)[number];

/** Activity of one Claude Code session in one minute's slice. */
export interface CodeWork {
  readonly session: number;
  readonly commits: number;
  readonly pullRequests: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  readonly accepted: Readonly<Record<CodeTool, number>>;
  readonly rejected: Readonly<Record<CodeTool, number>>;
  readonly terminal: string;
  readonly remote: boolean;
  readonly customer: "api" | "subscription";
  readonly plan: "enterprise" | "team" | null;
}

export interface TagUse {
  readonly category: "dm" | "engaged" | "monitoring" | "proactive" | "scheduled";
  /** Slack user id; null where no single user applies. */
  readonly slackUser: string | null;
  /** Index of the member with that Slack identity, where it is linked. */
  readonly linked: number | null;
  readonly channel: string | null;
  readonly messages: number;
}

export interface ApiUse {
  /** Index of the workspace; 0 is the default one. Null on Enterprise. */
  readonly workspace: number | null;
  readonly apiKey: number | null;
  readonly serviceAccount: number | null;
  /** Index of the federated or hidden identity behind usage that came with nothing else. */
  readonly identity: number | null;
  /** Number of the managed session; null outside of one. */
  readonly session: number | null;
  readonly tier: "standard" | "batch" | "priority";
}

export function tokensOf(fact: Fact): number {
  return fact.uncached + fact.write5m + fact.write1h + fact.read + fact.output;
}

/** List price in hundred-millionths of a cent; exact, far below 2^52. */
export function listUnits(fact: Fact): number {
  return priced(fact, fact.rate.list);
}

/** Price after discount in hundred-millionths of a cent. */
export function netUnits(fact: Fact): number {
  return priced(fact, fact.rate.net);
}

function priced(fact: Fact, price: Rate["list"]): number {
  return (
    fact.uncached * price.uncached +
    fact.write5m * price.write5m +
    fact.write1h * price.write1h +
    fact.read * price.read +
    fact.output * price.output +
    fact.searches * price.searches +
    fact.executions * price.executions +
    fact.sessionMinutes * price.sessionMinutes
  );
}

/** One line of a fact's bill. */
export interface Charge {
  readonly component: Component;
  readonly costType: CostType;
  readonly tokenType: string | null;
  /** Hundred-millionths of a cent. */
  readonly list: bigint;
  readonly net: bigint;
}

/** The bill of a fact, line by line; lines of nothing are left out. */
export function chargesOf(fact: Fact): Charge[] {
  return COMPONENTS.filter((component) => fact[component] > 0).map((component) => ({
    component,
    costType: COST_TYPE[component],
    tokenType: TOKEN_TYPE[component],
    list: BigInt(fact[component]) * BigInt(fact.rate.list[component]),
    net: BigInt(fact[component]) * BigInt(fact.rate.net[component]),
  }));
}
