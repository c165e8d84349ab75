import type { Instant } from "./day.ts";
import type { MoneyAmount } from "./money.ts";
import type { DayRange } from "./range.ts";

/** Filters of lists of people and of things used; each list supports some of them. */
export type EngagementDimension = "users" | "groups" | "products" | "projects" | "names" | "shareStatuses";

/** Which use to count: any value of each dimension, all of the dimensions. */
export type EngagementFilterValues = { readonly [D in EngagementDimension]?: readonly string[] };

/** One question to a list of people or of things used. */
export interface EngagementQuestion {
  readonly range: DayRange;
  readonly filter?: EngagementFilterValues;
  /** By the list's own column from the end. */
  readonly descending?: boolean;
}

/** A chat project over a day or a range. */
export interface ProjectRow {
  readonly projectId: string;
  readonly name: string;
  readonly createdAt: Instant | null;
  /** Without the address where that is no longer known. */
  readonly createdBy: { readonly userId: string; readonly email?: string } | null;
  /** Null over more than one day: conversations are not counted across days. */
  readonly conversations: number | null;
  readonly messages: number;
  readonly users: number;
}

/** A skill over a day or a range. Amounts are allocations, not the bill. */
export interface SkillRow {
  readonly name: string;
  readonly displayName: string | null;
  readonly shareStatus: string | null;
  readonly users: number;
  readonly invocations: number | null;
  readonly enabledBy: number | null;
  readonly listPrice: MoneyAmount | null;
  readonly overage: MoneyAmount | null;
  readonly chat: ConversationUse;
  readonly claudeCode: SessionUse;
  readonly cowork: SessionUse;
  /** The merged Chat and Cowork product; null where the organization does not have it. */
  readonly chatCowork: (ConversationUse & SessionUse) | null;
  readonly office: OfficeSessionCounts;
}

/** A connector (MCP integration) over a day or a range. */
export interface ConnectorRow {
  readonly name: string;
  readonly displayName: string | null;
  readonly users: number;
  readonly individualAuthUsers: number | null;
  readonly managedAuthUsers: number | null;
  readonly readCalls: number | null;
  readonly writeCalls: number | null;
  readonly unclassifiedCalls: number | null;
  readonly chat: ConversationUse;
  readonly claudeCode: SessionUse;
  readonly cowork: SessionUse;
  /** The merged Chat and Cowork product; null where the organization does not have it. */
  readonly chatCowork: (ConversationUse & SessionUse) | null;
  readonly office: OfficeSessionCounts;
}

/** Use of a thing by one person; null stands for use without a member. */
export type UseOf<Thing> = Thing & { readonly userId: string | null };

/** Use of a thing, or all activity, by the members of one group; null stands for people in no group. */
export type ByGroup<Thing> = Thing & {
  readonly groupId: string | null;
  /** Null where the group is gone. */
  readonly groupName: string | null;
};

/** Use of a thing in one product. */
export type ByProduct<Thing> = Thing & { readonly product: string | null };

/** Different conversations in which something took part. */
export interface ConversationUse {
  readonly conversations: number | null;
}

/** Different sessions in which something took part. */
export interface SessionUse {
  readonly sessions: number | null;
}

/** Different sessions in each Office application. */
export interface OfficeSessionCounts {
  readonly excel: number | null;
  readonly outlook: number | null;
  readonly powerpoint: number | null;
  readonly word: number | null;
}
