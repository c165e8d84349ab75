import type { Day } from "./day.ts";
import { type Decimal, decimalOf } from "./decimal.ts";
import { ratio } from "./measures.ts";

/**
 * Activity of one member on a day or over a range, from the engagement reports. Counts named after distinct things are exact for
 * one day and estimates over a range; null is "not measured", zero is "none".
 */
export interface UserActivityRow {
  readonly userId: string | null;
  /** Left out where it is no longer known. */
  readonly email?: string | null;
  /** The address the figures came with, once that is too old to be shown: they are still joined by it. */
  readonly formerEmail?: string | null;
  readonly lastActiveOn: Day | null;
  readonly webSearches: number;
  readonly chat: ChatActivity;
  readonly claudeCode: CodeActivity;
  readonly cowork: CoworkActivity;
  readonly office: OfficeActivity;
  readonly design: DesignActivity;
  readonly science: ScienceActivity;
  readonly claudeTag: ClaudeTagActivity | null;
  /** The merged Chat and Cowork product; null where the organization does not have it. */
  readonly chatCowork: ChatCoworkActivity | null;
}

/** Activity of several members, added up. */
export interface GroupActivity extends UserActivityRow {
  /** Different members behind it. */
  readonly people: number | null;
}

export interface ChatCoworkActivity {
  readonly chat: ChatActivity;
  readonly sessions: CoworkActivity;
}

export interface ChatActivity {
  readonly conversations: number | null;
  readonly messages: number;
  readonly projectsCreated: number;
  readonly projectsUsed: number | null;
  readonly filesUploaded: number | null;
  readonly artifactsCreated: number;
  readonly thinkingMessages: number;
  readonly skillsUsed: number | null;
  readonly connectorsUsed: number | null;
  readonly connectorCalls: number;
  readonly sharedArtifactsViewed: number | null;
  readonly sharedConversationViews: number;
}

export interface CodeActivity {
  readonly sessions: number | null;
  readonly commits: number;
  readonly pullRequests: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  readonly artifactsCreated: number;
  readonly toolActions: readonly ToolActionCounts[];
}

/** Proposals of one tool that people accepted or rejected. */
export interface ToolActionCounts {
  readonly tool: string;
  readonly accepted: number;
  readonly rejected: number;
}

export interface CoworkActivity {
  readonly sessions: number | null;
  readonly messages: number;
  readonly actions: number;
  readonly dispatchTurns: number;
  readonly artifactsCreated: number;
  readonly skillsUsed: number | null;
  readonly skillCalls: number;
  readonly connectorsUsed: number | null;
  readonly connectorCalls: number;
  readonly pluginsUsed: number | null;
  readonly pluginCalls: number | null;
  readonly fileEdits: number | null;
  readonly editCalls: number | null;
  readonly multiEditCalls: number | null;
  readonly writeCalls: number | null;
  readonly notebookEditCalls: number | null;
  readonly sessionsWithFileEdits: number | null;
}

/** One block for each Office application. */
export interface OfficeActivity {
  readonly excel: OfficeAppActivity;
  readonly outlook: OfficeAppActivity;
  readonly powerpoint: OfficeAppActivity;
  readonly word: OfficeAppActivity;
}

export interface OfficeAppActivity {
  readonly sessions: number | null;
  readonly messages: number;
  readonly skillsUsed: number | null;
  readonly skillCalls: number;
  readonly connectorsUsed: number | null;
  readonly connectorCalls: number;
}

export interface DesignActivity {
  readonly sessions: number | null;
  readonly messages: number;
  readonly projectsCreated: number;
  readonly projectsUsed: number | null;
}

export interface ScienceActivity {
  readonly sessions: number | null;
  readonly messages: number;
  readonly delegations: number;
  readonly remoteComputeJobs: number;
  readonly skillCalls: number;
}

export interface ClaudeTagActivity {
  readonly activeDays: number | null;
  readonly messages: number | null;
}

/** Share of proposals accepted, 0 to 1; null where nothing was proposed. */
export function acceptanceRate({
  accepted,
  rejected,
}: Pick<ToolActionCounts, "accepted" | "rejected">): Decimal | null {
  return ratio(decimalOf(accepted), decimalOf(accepted + rejected));
}

/** True if anything was done: members who did nothing can be listed too, and the day of the last activity can be missing. */
export function isActive({ userId: _, email: __, lastActiveOn, ...counts }: UserActivityRow): boolean {
  return lastActiveOn !== null || hasCount(counts);
}

function hasCount(value: unknown): boolean {
  if (typeof value === "number") return value > 0;
  return typeof value === "object" && value !== null && Object.values(value).some(hasCount);
}

/** Counts that upstream states as of now, for any requested day. */
export interface SeatCounts {
  readonly seats: number | null;
  readonly pendingInvites: number | null;
  /** People entitled to Claude Science; null where that is not reported. */
  readonly scienceEntitled: number | null;
}

/** Organization-wide figures of one UTC day. The rolling counts end on that day; none of the people counts is additive. */
export interface ActivityDayRow extends SeatCounts {
  readonly date: Day;
  readonly all: ActiveUsers;
  /** Percentages, 0 to 100, of the seats assigned now. */
  readonly dailyAdoption: number | null;
  readonly weeklyAdoption: number | null;
  readonly monthlyAdoption: number | null;
  /** Per product; only products the organization reports on are present. */
  readonly products: readonly ProductUsers[];
}

/** Different people active on the day, in the 7 days and in the 30 days that end with it. */
export interface ActiveUsers {
  readonly daily: number | null;
  readonly weekly: number | null;
  readonly monthly: number | null;
}

export interface ProductUsers extends ActiveUsers {
  readonly product: string;
}
