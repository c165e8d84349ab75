import { expect, test } from "vitest";
import { dayOf } from "../../src/domain/day.ts";
import { PLUGINS } from "../../src/sandbox/organization/plugins.ts";
import { AGGREGATED, DAY_MS, officialClient, organization, total, truth } from "./truth.ts";

const client = officialClient("sk-ant-api01-sdk");
const analytics = () => client().beta.organization.analytics;
const { enterprise } = organization.directories;

const FROM = Date.parse("2026-11-01T00:00:00Z");
const DAY = Date.parse("2026-11-18T00:00:00Z");
const facts = truth("enterprise", DAY, DAY + DAY_MS, AGGREGATED);
const acts = facts.flatMap(({ engagement, person, code }) =>
  engagement === null || person === null ? [] : [{ ...engagement, person, code }],
);

test.each([4, 1000])("users: all people active on a day, with all they did, %i to a page", async (limit) => {
  const rows = await Array.fromAsync(analytics().users.list({ date: "2026-11-18", limit }));
  const tagged = facts.flatMap(({ tag }) => tag?.linked ?? []);
  const active = new Set([...acts.map(({ person }) => person), ...tagged]);
  expect(rows.map(({ user }) => user?.id).sort()).toEqual(
    [...active].map((index) => enterprise.userId(index)).sort(),
  );
  expect(rows.map(({ user }) => user?.email_address)).toEqual(
    rows.map(({ user }) => user?.email_address).toSorted(),
  );
  const by = Map.groupBy(acts, ({ person }) => enterprise.userId(person));
  for (const { user, chat_metrics, cowork_metrics, claude_code_metrics } of rows) {
    const own = by.get(user?.id ?? "") ?? [];
    const on = (surface: string) => own.filter((act) => act.surface === surface);
    expect(chat_metrics.message_count).toBe(total(on("chat"), ({ messages }) => messages));
    expect(chat_metrics.distinct_conversation_count).toBe(
      new Set(on("chat").map(({ thread }) => thread)).size,
    );
    expect(cowork_metrics.action_count).toBe(total(on("cowork"), ({ actions }) => actions));
    expect(claude_code_metrics.core_metrics.commit_count).toBe(total(own, ({ code }) => code?.commits ?? 0));
  }
});

test("users: counters of a range are the sums of its days", async () => {
  const month = { starting_date: "2026-10-01", ending_date: "2026-11-01" };
  const rows = await Array.fromAsync(analytics().users.list({ ...month, limit: 13 }));
  const known = truth("enterprise", Date.parse("2026-10-01"), Date.parse("2026-11-01"), AGGREGATED);
  const chats = known.filter(({ engagement }) => engagement?.surface === "chat");
  expect(total(rows, ({ chat_metrics }) => chat_metrics.message_count)).toBe(
    total(chats, ({ engagement }) => engagement?.messages ?? 0),
  );
  expect(
    total(rows, ({ claude_code_metrics }) => claude_code_metrics.core_metrics.lines_of_code.added_count),
  ).toBe(total(known, ({ code, person }) => (person === null ? 0 : (code?.linesAdded ?? 0))));
});

test("summaries: every day of the range with the people who were active", async () => {
  const days = await Array.fromAsync(analytics().summaries.list({ starting_date: "2026-11-01" }));
  expect(days.at(-1)?.starting_at).toBe("2026-11-21T00:00:00Z");
  for (const [i, day] of days.entries()) {
    const from = FROM + i * DAY_MS;
    expect(day.starting_at.slice(0, 10)).toBe(dayOf(from));
    const active = truth("enterprise", from, from + DAY_MS, AGGREGATED).flatMap(({ engagement, person }) =>
      engagement === null || person === null ? [] : [{ person, surface: engagement.surface }],
    );
    expect(day.daily_active_user_count).toBe(new Set(active.map(({ person }) => person)).size);
    const chatting = active.filter(({ surface }) => surface === "chat");
    expect(day.chat_daily_active_user_count).toBe(new Set(chatting.map(({ person }) => person)).size);
  }
});

interface Use {
  readonly person: number;
  readonly thread: number;
  readonly messages: number;
  readonly surface: string;
}

/** People and conversations behind some uses. */
function distinct(uses: readonly Use[]) {
  const chats = uses.filter(({ surface }) => surface === "chat");
  return {
    people: new Set(uses.map(({ person }) => person)).size,
    conversations: new Set(chats.map(({ thread }) => thread)).size,
  };
}

test.each([3, 1000])("skills: who used which on a day, %i to a page", async (limit) => {
  const rows = await Array.fromAsync(analytics().skills.list({ date: "2026-11-18", limit }));
  const used = Map.groupBy(
    acts.filter(({ skill }) => skill !== null),
    ({ skill }) => skillKey(skill),
  );
  expect(rows.map(({ skill_name }) => skill_name)).toEqual([...used.keys()].toSorted());
  for (const { skill_name, distinct_user_count, chat_metrics } of rows) {
    const { people, conversations } = distinct(used.get(skill_name) ?? []);
    expect([distinct_user_count, chat_metrics.distinct_conversation_skill_used_count]).toEqual([
      people,
      conversations,
    ]);
  }
});

test.each([3, 1000])("connectors: who called which on a day, %i to a page", async (limit) => {
  const rows = await Array.fromAsync(analytics().connectors.list({ date: "2026-11-18", limit }));
  const used = Map.groupBy(
    acts.filter(({ connector }) => connector !== null),
    ({ connector }) => connectorKey(connector),
  );
  expect(rows.map(({ connector_name }) => connector_name)).toEqual([...used.keys()].toSorted());
  for (const row of rows) {
    const known = used.get(row.connector_name) ?? [];
    const { people, conversations } = distinct(known);
    expect(row.distinct_user_count).toBe(people);
    expect(row.chat_metrics.distinct_conversation_connector_used_count).toBe(conversations);
    expect(row.read_call_count).toBe(total(known, ({ reads }) => reads));
    expect(row.write_call_count).toBe(total(known, ({ writes }) => writes));
  }
});

test.each([3, 1000])("chat projects: who wrote how much in which on a day, %i to a page", async (limit) => {
  const rows = await Array.fromAsync(analytics().apps.chat.projects.list({ date: "2026-11-18", limit }));
  const used = Map.groupBy(
    acts.filter(({ surface, project }) => surface === "chat" && project !== null),
    ({ project }) => organization.catalog.project(project ?? -1).id,
  );
  expect(rows.map(({ project_id }) => project_id)).toEqual([...used.keys()].toSorted());
  for (const row of rows) {
    const known = used.get(row.project_id) ?? [];
    const { people, conversations } = distinct(known);
    expect([row.distinct_user_count, row.distinct_conversation_count]).toEqual([people, conversations]);
    expect(row.message_count).toBe(total(known, ({ messages }) => messages));
  }
});

test.each([3, 1000])("plugins: who installed and invoked which on a day, %i to a page", async (limit) => {
  const { plugins } = analytics();
  const rows = await Array.fromAsync(plugins.list({ date: "2026-11-18", limit }));
  const used = Map.groupBy(
    acts.filter(({ plugin }) => plugin !== null),
    ({ plugin }) => `${PLUGINS[plugin ?? -1]?.name} ${PLUGINS[plugin ?? -1]?.id}`,
  );
  expect(rows.map((row) => `${row.plugin_name} ${row.plugin_id}`)).toEqual([...used.keys()].toSorted());
  for (const row of rows) {
    const known = used.get(`${row.plugin_name} ${row.plugin_id}`) ?? [];
    const invoked = known.filter(({ pluginCalls }) => pluginCalls > 0);
    const sessions = (surface: string) =>
      new Set(invoked.filter((act) => act.surface === surface).map(({ thread }) => thread)).size;
    expect(row.distinct_user_count).toBe(distinct(known).people);
    expect(row.invocation_count).toBe(total(known, ({ pluginCalls }) => pluginCalls));
    expect(row.claude_code_metrics.distinct_session_plugin_used_count).toBe(sessions("claude_code"));
    expect(row.cowork_metrics.distinct_session_plugin_used_count).toBe(sessions("cowork"));
    if (row.install_count !== null) {
      expect(row.install_count).toBe(distinct(known.filter(({ pluginInstalled }) => pluginInstalled)).people);
    }
  }
  const month = { starting_date: "2026-10-01", ending_date: "2026-11-01" };
  const known = truth("enterprise", Date.parse("2026-10-01"), Date.parse("2026-11-01"), AGGREGATED);
  const split = await Array.fromAsync(plugins.list({ ...month, limit, group_by: ["user_id", "product"] }));
  expect(total(split, (row) => row.invocation_count)).toBe(
    total(known, ({ engagement }) => engagement?.pluginCalls ?? 0),
  );
});

test.each([3, 1000])("artifacts: all that people made on a day, %i to a page", async (limit) => {
  const { artifacts } = analytics();
  const made = acts.flatMap(({ artifacts, person }) =>
    artifacts.map((artifact) => ({ ...artifact, person })),
  );
  const key = (type: string, isShared: boolean) => `${type} ${isShared}`;
  const known = Map.groupBy(made, ({ type, isShared }) => key(type, isShared));
  const grid = await Array.fromAsync(artifacts.list({ date: "2026-11-18", limit }));
  expect(grid.map((row) => key(row.artifact_type, row.is_shared))).toEqual([...known.keys()].toSorted());
  for (const row of grid) {
    const cell = known.get(key(row.artifact_type, row.is_shared)) ?? [];
    expect(row.artifacts_created_count).toBe(cell.length);
    expect(row.published_artifacts_created_count).toBe(cell.filter(({ isPublished }) => isPublished).length);
    expect(row.distinct_user_count).toBe(new Set(cell.map(({ person }) => person)).size);
  }
  const split = await Array.fromAsync(
    artifacts.list({ date: "2026-11-18", limit, group_by: ["user_id", "product"] }),
  );
  expect(total(split, (row) => row.artifacts_created_count)).toBe(made.length);
  expect(new Set(split.map((row) => row.user_id))).toEqual(
    new Set(made.map(({ person }) => enterprise.userId(person))),
  );
});

function skillKey(skill: number | null): string {
  return organization.catalog.skills[skill ?? -1]?.key ?? "";
}

function connectorKey(connector: number | null): string {
  return organization.catalog.connectors[connector ?? -1]?.key ?? "";
}
