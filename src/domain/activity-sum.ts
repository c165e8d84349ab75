import type { UserActivityRow } from "./activity.ts";
import { plusTools } from "./claude-code.ts";
import { later } from "./day.ts";

/**
 * Adds up the activity of several people. Counts are summed. Counts of distinct things are null, since two people can have used
 * the same thing. Null where there is no activity.
 */
export function addedUp(activities: readonly UserActivityRow[]): UserActivityRow | null {
  const [first, ...others] = activities.map(additive);
  return first === undefined ? null : others.reduce(plusActivity, first);
}

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

function additive(of: UserActivityRow): UserActivityRow {
  const office = of.office;
  return {
    ...of,
    userId: null,
    email: null,
    chat: without(of.chat, DISTINCT.chat),
    cowork: without(of.cowork, DISTINCT.cowork),
    office: {
      excel: without(office.excel, DISTINCT.office),
      outlook: without(office.outlook, DISTINCT.office),
      powerpoint: without(office.powerpoint, DISTINCT.office),
      word: without(office.word, DISTINCT.office),
    },
    design: without(of.design, DISTINCT.design),
    science: without(of.science, DISTINCT.science),
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

function plusActivity(a: UserActivityRow, b: UserActivityRow): UserActivityRow {
  return {
    userId: null,
    email: null,
    lastActiveOn: a.lastActiveOn && b.lastActiveOn && later(a.lastActiveOn, b.lastActiveOn),
    webSearches: a.webSearches + b.webSearches,
    chat: plusCounts(a.chat, b.chat),
    claudeCode: {
      ...plusCounts(counts(a.claudeCode), counts(b.claudeCode)),
      toolActions: plusTools(a.claudeCode.toolActions, b.claudeCode.toolActions),
    },
    cowork: plusCounts(a.cowork, b.cowork),
    office: {
      excel: plusCounts(a.office.excel, b.office.excel),
      outlook: plusCounts(a.office.outlook, b.office.outlook),
      powerpoint: plusCounts(a.office.powerpoint, b.office.powerpoint),
      word: plusCounts(a.office.word, b.office.word),
    },
    design: plusCounts(a.design, b.design),
    science: plusCounts(a.science, b.science),
    claudeTag: a.claudeTag && b.claudeTag && plusCounts(a.claudeTag, b.claudeTag),
    chatCowork: a.chatCowork &&
      b.chatCowork && {
        chat: plusCounts(a.chatCowork.chat, b.chatCowork.chat),
        sessions: plusCounts(a.chatCowork.sessions, b.chatCowork.sessions),
      },
  };
}

/** Sums name by name; a count that either side does not have is unknown of both. */
function plusCounts<T extends { readonly [K in keyof T]: number | null }>(a: T, b: T): T {
  const sums = (Object.keys(a) as (keyof T)[]).map((name) => {
    const [x, y]: [number | null, number | null] = [a[name], b[name]];
    return [name, x === null || y === null ? null : x + y];
  });
  return Object.fromEntries(sums) as T;
}

function counts({ toolActions: _, ...rest }: UserActivityRow["claudeCode"]) {
  return rest;
}
