import { expect, test } from "vitest";
import type { UserActivityRow } from "../../src/domain/activity.ts";
import { ActivitySum } from "../../src/domain/activity-sum.ts";
import { day } from "../../src/domain/day.ts";

function addedUp(activities: readonly UserActivityRow[]): UserActivityRow | null {
  const sum = new ActivitySum();
  for (const activity of activities) sum.add(activity);
  return sum.activity;
}

/** An activity with every count the same. */
function activity(count: number, about: Partial<UserActivityRow> = {}): UserActivityRow {
  const chat = {
    conversations: count,
    messages: count,
    projectsCreated: count,
    projectsUsed: count,
    filesUploaded: count,
    artifactsCreated: count,
    thinkingMessages: count,
    skillsUsed: count,
    connectorsUsed: count,
    connectorCalls: count,
    sharedArtifactsViewed: count,
    sharedConversationViews: count,
  };
  const cowork = {
    sessions: count,
    messages: count,
    actions: count,
    dispatchTurns: count,
    artifactsCreated: count,
    skillsUsed: count,
    skillCalls: count,
    connectorsUsed: count,
    connectorCalls: count,
    pluginsUsed: count,
    pluginCalls: count,
    fileEdits: count,
    editCalls: count,
    multiEditCalls: count,
    writeCalls: count,
    notebookEditCalls: count,
    sessionsWithFileEdits: count,
  };
  const app = {
    sessions: count,
    messages: count,
    skillsUsed: count,
    skillCalls: count,
    connectorsUsed: count,
    connectorCalls: count,
  };
  return {
    userId: `user_${count}`,
    email: `${count}@x.example`,
    lastActiveOn: day(`2026-11-0${count}`),
    webSearches: count,
    chat,
    claudeCode: {
      sessions: count,
      commits: count,
      pullRequests: count,
      linesAdded: count,
      linesRemoved: count,
      artifactsCreated: count,
      toolActions: [{ tool: `tool_${count % 2}`, accepted: count, rejected: count }],
    },
    cowork,
    office: { excel: app, outlook: app, powerpoint: app, word: app },
    design: { sessions: count, messages: count, projectsCreated: count, projectsUsed: count },
    science: {
      sessions: count,
      messages: count,
      delegations: count,
      remoteComputeJobs: count,
      skillCalls: count,
    },
    claudeTag: { activeDays: count, messages: count },
    chatCowork: { chat, sessions: cowork },
    ...about,
  };
}

/** The counts of an activity by their names; those in lists left out. */
function counts(of: unknown, path = ""): [string, unknown][] {
  if (typeof of !== "object" || of === null) return [[path, of]];
  if (Array.isArray(of)) return [];
  return Object.entries(of).flatMap(([name, value]) => counts(value, path === "" ? name : `${path}.${name}`));
}

const NOT_COUNTS = ["userId", "email", "lastActiveOn"];

/** What the schema calls distinct: two people can have the same one. Claude Code sessions are one person's each. */
const DISTINCT =
  /\.(conversations|projectsUsed|filesUploaded|skillsUsed|connectorsUsed|sharedArtifactsViewed|pluginsUsed|sessionsWithFileEdits)$|^(?!claudeCode).*\.sessions$/;

test.each([[[1]], [[1, 2]], [[1, 2, 3, 4]]])(
  "every count of %j adds up, or is of different things and null",
  (people) => {
    const sum = addedUp(people.map((count) => activity(count)));
    const total = people.reduce((a, b) => a + b, 0);
    for (const [name, value] of counts(sum).filter(([path]) => !NOT_COUNTS.includes(path)))
      expect(value, name).toBe(DISTINCT.test(name) ? null : total);
    expect(sum).toMatchObject({ userId: null, email: null, lastActiveOn: `2026-11-0${people.at(-1)}` });
    expect(counts(sum).filter(([, value]) => value === null).length).toBeGreaterThan(20);
  },
);

test("tools are added up by name", () => {
  expect(addedUp([1, 2, 3].map((count) => activity(count)))?.claudeCode.toolActions).toEqual([
    { tool: "tool_1", accepted: 4, rejected: 4 },
    { tool: "tool_0", accepted: 2, rejected: 2 },
  ]);
});

test("a figure that is unknown of one person is unknown of all", () => {
  const sum = addedUp([
    activity(1),
    activity(2, {
      claudeTag: null,
      chatCowork: null,
      lastActiveOn: null,
      cowork: { ...activity(2).cowork, fileEdits: null },
    }),
  ]);
  expect(sum).toMatchObject({ claudeTag: null, chatCowork: null, lastActiveOn: null });
  expect(sum?.cowork).toMatchObject({ fileEdits: null, editCalls: 3 });
});

test("the sum over no people is null", () => {
  expect(addedUp([])).toBeNull();
});

test("adding up leaves the rows as they are", () => {
  const rows = [activity(1), activity(2)];
  const before = structuredClone(rows);
  addedUp(rows);
  expect(rows).toEqual(before);
});
