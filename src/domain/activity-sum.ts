import type { ToolActionCounts, UserActivityRow } from "./activity.ts";
import { addTool } from "./claude-code.ts";
import { later } from "./day.ts";

/**
 * Adds up the activity of people one by one. Counts are summed. Counts of distinct things are null, since two people can have used the
 * same thing.
 */
export class ActivitySum {
  #sum: Sum | null = null;
  readonly #tools = new Map<string, ToolActionCounts>();

  add(activity: UserActivityRow): void {
    for (const tool of activity.claudeCode.toolActions) addTool(this.#tools, tool);
    if (this.#sum === null) this.#sum = additive(activity);
    else addTo(this.#sum, activity);
  }

  /** Null: no activity was added. */
  get activity(): UserActivityRow | null {
    const sum = this.#sum;
    if (sum === null) return null;
    return { ...sum, claudeCode: { ...sum.claudeCode, toolActions: [...this.#tools.values()] } };
  }
}

/** Counts that are added to in place. */
type Sum = Mutable<Omit<UserActivityRow, "claudeCode">> & { readonly claudeCode: CodeCounts };
type CodeCounts = Omit<UserActivityRow["claudeCode"], "toolActions">;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The counts of different things, by what they are counted in. */
const DISTINCT = {
  chat: [
    "conversations",
    "projectsUsed",
    "filesUploaded",
    "skillsUsed",
    "connectorsUsed",
    "sharedArtifactsViewed",
  ],
  cowork: ["sessions", "skillsUsed", "connectorsUsed", "pluginsUsed", "sessionsWithFileEdits"],
  office: ["sessions", "skillsUsed", "connectorsUsed"],
  design: ["sessions", "projectsUsed"],
  science: ["sessions"],
} as const;

function additive(of: UserActivityRow): Sum {
  const office = of.office;
  const { toolActions: _, ...claudeCode } = of.claudeCode;
  return {
    ...of,
    userId: null,
    email: null,
    chat: without(of.chat, DISTINCT.chat),
    claudeCode,
    cowork: without(of.cowork, DISTINCT.cowork),
    office: {
      excel: without(office.excel, DISTINCT.office),
      outlook: without(office.outlook, DISTINCT.office),
      powerpoint: without(office.powerpoint, DISTINCT.office),
      word: without(office.word, DISTINCT.office),
    },
    design: without(of.design, DISTINCT.design),
    science: without(of.science, DISTINCT.science),
    claudeTag: of.claudeTag && { ...of.claudeTag },
    chatCowork: of.chatCowork && {
      chat: without(of.chatCowork.chat, DISTINCT.chat),
      sessions: without(of.chatCowork.sessions, DISTINCT.cowork),
    },
  };
}

/** The names of counts that may be unknown. */
type Unknowable<T> = { [K in keyof T]: null extends T[K] ? K : never }[keyof T];

function without<T extends object>(counts: T, distinct: readonly Unknowable<T>[]): T {
  return { ...counts, ...Object.fromEntries(distinct.map((name) => [name, null])) };
}

function addTo(sum: Sum, more: UserActivityRow): void {
  sum.lastActiveOn = sum.lastActiveOn && more.lastActiveOn && later(sum.lastActiveOn, more.lastActiveOn);
  sum.webSearches += more.webSearches;
  addCounts(sum.chat, more.chat);
  addCounts(sum.claudeCode, more.claudeCode);
  addCounts(sum.cowork, more.cowork);
  addCounts(sum.office.excel, more.office.excel);
  addCounts(sum.office.outlook, more.office.outlook);
  addCounts(sum.office.powerpoint, more.office.powerpoint);
  addCounts(sum.office.word, more.office.word);
  addCounts(sum.design, more.design);
  addCounts(sum.science, more.science);
  if (sum.claudeTag === null || more.claudeTag === null) sum.claudeTag = null;
  else addCounts(sum.claudeTag, more.claudeTag);
  if (sum.chatCowork === null || more.chatCowork === null) {
    sum.chatCowork = null;
    return;
  }
  addCounts(sum.chatCowork.chat, more.chatCowork.chat);
  addCounts(sum.chatCowork.sessions, more.chatCowork.sessions);
}

/** Adds name by name; a count that either side does not have is unknown of both. */
function addCounts<T extends { readonly [K in keyof T]: number | null }>(sum: T, more: T): void {
  const counts = sum as { [K in keyof T]: number | null };
  for (const name in counts) {
    const [x, y]: [number | null, number | null] = [counts[name], more[name]];
    counts[name] = x === null || y === null ? null : x + y;
  }
}
