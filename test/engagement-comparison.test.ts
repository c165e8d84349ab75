import { describe, expect, test } from "vitest";
import { gateway } from "./gateway.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const NOW = `range: { between: { from: "2026-10-11", until: "2026-10-21" } }`;
const BEFORE = `range: { between: { from: "2026-10-01", until: "2026-10-11" } }`;

const LISTS = [
  ["skills", "name", ["users", "invocations", "listPrice", "overage"], "SKILL_ACTIVITY"],
  ["connectors", "name", ["users", "readCalls", "writeCalls", "unclassifiedCalls"], "CONNECTOR_ACTIVITY"],
  ["projects", "projectId", ["users", "messages"], "PROJECT_ACTIVITY"],
  ["plugins", "name pluginId", ["users", "installs", "invocations"], "PLUGIN_ACTIVITY"],
] as const;

const isMoney = (measure: string) => measure === "listPrice" || measure === "overage";
const cents = (value: Loose): number | null => (value === null ? null : Number(value.cents ?? value));

describe.each(LISTS)("%s against the period before", (field, key, measures) => {
  const figures = measures.map((each) => (isMoney(each) ? `${each} { cents }` : each)).join(" ");
  const changes = measures
    .map((each) =>
      isMoney(each)
        ? `${each} { before { cents } change { cents } relativeChange }`
        : `${each} { before change relativeChange }`,
    )
    .join(" ");

  test.each([1, 2, 3])(
    "have what the list of that period has, at one run of pages (seed %d)",
    async (seed) => {
      const { ask, requestsOf } = gateway({ sandbox: { users: 60, seed } });
      const [{ data, errors }, requests] = await requestsOf(() =>
        ask(
          `{ ${field}(${NOW}, first: 1000) { nodes { ${key} ${figures} comparison { range { from until } ${changes} } } } }`,
        ),
      );
      expect(errors).toBeUndefined();
      expect(requests).toHaveLength(2);
      const earlier = await ask(`{ ${field}(${BEFORE}, first: 1000) { nodes { ${key} ${figures} } } }`);
      const keyOf = (row: Loose) => JSON.stringify(key.split(" ").map((each) => row[each]));
      const before = new Map<string, Loose>(earlier.data[field].nodes.map((row: Loose) => [keyOf(row), row]));
      let compared = 0;
      for (const row of data[field].nodes) {
        expect(row.comparison.range).toEqual({ from: "2026-10-01", until: "2026-10-11" });
        const was = before.get(keyOf(row));
        for (const measure of measures) {
          const [now, then] = [cents(row[measure]), was === undefined ? 0 : cents(was[measure])];
          const said = row.comparison[measure];
          if (now === null || then === null) {
            expect(said).toBeNull();
            continue;
          }
          compared++;
          expect(cents(said.before)).toBe(then);
          expect(cents(said.change)).toBeCloseTo(now - then, 6);
          expect(said.relativeChange === null).toBe(then === 0);
          if (said.relativeChange !== null)
            expect(Number(said.relativeChange)).toBeCloseTo((now - then) / then, 9);
        }
      }
      expect(compared).toBeGreaterThan(3);
    },
  );

  test("say on the comparison alone that a period is not covered", async () => {
    const { ask } = gateway({ sandbox: { users: 30 } });
    const { data, errors } = await ask(
      `{ ${field}(${NOW}, first: 2) { nodes { ${key} comparison(to: YEAR_BEFORE) { range { from } } } } }`,
    );
    expect(data[field].nodes).toHaveLength(2);
    expect(errors?.map(({ extensions: { code, count } }) => [code, count])).toEqual([["NOT_COVERED", 2]]);
    expect(errors?.[0]?.path).toEqual([field, "nodes", 0, "comparison"]);
    expect(errors?.[0]?.message).toContain("2026-01-01");
  });
});

describe("people against the period before", () => {
  const NAMES = [
    "chatMessages",
    "coworkMessages",
    "commits",
    "pullRequests",
    "linesAdded",
    "linesRemoved",
    "webSearches",
  ] as const;
  const ACTIVITY =
    "activity { webSearches chat { messages } cowork { messages } claudeCode { commits pullRequests linesAdded linesRemoved } }";
  const flat = ({ webSearches, chat, cowork, claudeCode }: Loose): Loose => ({
    ...claudeCode,
    webSearches,
    chatMessages: chat.messages,
    coworkMessages: cowork.messages,
  });

  test.each([
    ["", "everything"],
    [`filter: { groups: ["GROUP"] }, `, "as a member of a group"],
  ])("have what they did then: %s%s", async (filter) => {
    const { ask, seen } = gateway({ sandbox: { users: 60 } });
    const groups = await ask(`{ groups { nodes { groupId } } }`);
    const stated = filter.replace("GROUP", groups.data.groups.nodes[0].groupId);
    const asked = seen.length;
    const { data, errors } = await ask(
      `{ users(${stated}${NOW}, first: 1000) { nodes { userId ${ACTIVITY} activityComparison { range { from until } ${NAMES.map((each) => `${each} { before change }`).join(" ")} } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(seen.length - asked).toBe(2);
    const earlier = await ask(`{ users(${stated}${BEFORE}, first: 1000) { nodes { userId ${ACTIVITY} } } }`);
    const before = new Map<string, Loose>(
      earlier.data.users.nodes.map(({ userId, activity }: Loose) => [userId, flat(activity)]),
    );
    for (const { userId, activity, activityComparison } of data.users.nodes) {
      const [now, then] = [flat(activity), before.get(userId)];
      for (const name of NAMES) {
        const was = then?.[name] ?? 0;
        expect(activityComparison[name]).toEqual({ before: was, change: now[name] - was });
      }
    }
    expect(data.users.nodes.length).toBeGreaterThan(2);
  });
});
