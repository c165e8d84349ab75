import { describe, expect, test } from "vitest";
import { answerOf, originalAnswer, QUESTIONS, SAMPLES } from "./asking.ts";
import { edited, type Key, type Sample } from "./properties.ts";

/** Every key of every body of an endpoint, with the questions that read it. */
const CASES = Object.entries(QUESTIONS).map(([path, questions]) => ({
  path,
  questions,
  samples: SAMPLES.get(path) ?? [],
}));

const UNKNOWN = "not_invented_yet";

/** Keys whose absence says more than that there is no value, by how they are missing. */
const SAYS_MORE: Readonly<Record<string, string>> = {
  "left out *.product": "Present where rows are split by it: without it the row is no part of anything.",
  "left out *.rbac_group_id": "Present where rows are split by it.",
  "left out *.user_id": "Present where rows are split by it.",
  "left out ActivitySummaryPage.data":
    "The older envelope's summaries, which the sample has too, take its place.",
  "left out APIKey.scope": "The older version's workspace_id, which the sample has too, takes its place.",
  "null WorkspaceRateLimitValue.org_limit": "The workspace's own value is enforced then.",
  "null SpendLimitUserActor.email_address": "The member list can have it.",
  "null AnalyticsSkillActivity.user_id": "Use that upstream links to no member is an entry of its own.",
  "null AnalyticsConnectorActivity.user_id": "Use that upstream links to no member is an entry of its own.",
  "null AnalyticsProjectActivity.user_id": "Use that upstream links to no member is an entry of its own.",
  "null SpendSummary.amount": "No limit, which is a state of its own.",
  "null AnalyticsSkillActivity.currency": "Null only where both amounts are.",
  "null AnalyticsUsageUsersItem.starting_at": "Null only where rows are not split by time.",
  "null AnalyticsUsageUsersItem.ending_at": "Null only where rows are not split by time.",
  "null AnalyticsCostUsersItem.starting_at": "Null only where rows are not split by time.",
  "null AnalyticsCostUsersItem.ending_at": "Null only where rows are not split by time.",
};

function saysMore(how: string, { name }: Key): boolean {
  return [name, `*.${name.split(".")[1]}`].some((each) => Object.hasOwn(SAYS_MORE, `${how} ${each}`));
}

interface Case {
  readonly path: string;
  readonly questions: readonly string[];
  readonly sample: Sample;
  readonly key: Key;
}

function casesOf(
  { path, questions, samples }: (typeof CASES)[number],
  select: (key: Key) => boolean,
): Case[] {
  return samples.flatMap((sample) =>
    sample.keys.filter(select).map((key) => ({ path, questions, sample, key })),
  );
}

/** What became of an answer when upstream's body was edited. */
async function outcome({ path, questions, sample, key }: Case, edit: Parameters<typeof edited>[2]) {
  const outcomes = [];
  for (const question of questions) {
    const before = await originalAnswer(question, path, sample);
    // Some samples are no answer to some questions, such as a person who is not the one asked for.
    if (before.errors !== undefined) continue;
    const after = await answerOf(question, path, edited(sample.body, key.place, edit));
    outcomes.push({ question, before, after });
  }
  return outcomes;
}

/** Where two answers differ, with what stands there after; rows that are gone are no difference, nor what ids are made of. */
function differences(before: unknown, after: unknown, path = ""): [path: string, after: unknown][] {
  if (JSON.stringify(before) === JSON.stringify(after) || path.endsWith(".id")) return [];
  if (Array.isArray(before) && Array.isArray(after) && after.length < before.length) {
    const kept = new Set(before.map((each) => JSON.stringify(each)));
    return after.filter((each) => !kept.has(JSON.stringify(each))).map((each) => [path, each]);
  }
  const isObject = (value: unknown) => typeof value === "object" && value !== null;
  if (!isObject(before) || !isObject(after)) return [[path, after]];
  const [a, b] = [before, after] as Record<string, unknown>[];
  return Object.keys({ ...a, ...b }).flatMap((key) => differences(a?.[key], b?.[key], `${path}.${key}`));
}

describe.each(CASES)("$path", { tags: "deep" }, (each) => {
  test("passes values of enumerations on that are not known yet", async () => {
    for (const one of casesOf(each, ({ isEnum }) => isEnum)) {
      for (const { question, before, after } of await outcome(one, (parent, key) => {
        parent[key] = Array.isArray(parent[key]) ? [UNKNOWN] : UNKNOWN;
      })) {
        const said = `${one.key.name} in ${question}`;
        expect(after.errors, said).toBeUndefined();
        if (JSON.stringify(before.data) !== JSON.stringify(after.data))
          expect(JSON.stringify(after.data), said).toContain(UNKNOWN);
      }
    }
  });

  test("ignores fields that are not known yet", async () => {
    const places = new Map(casesOf(each, () => true).map((one) => [String(one.key.place.slice(0, -1)), one]));
    for (const one of places.values()) {
      for (const { question, before, after } of await outcome(one, (parent) => {
        parent.not_invented_yet = { total: 7, amount: "9.5" };
      })) {
        expect(after, `${one.key.name} in ${question}`).toMatchObject({ data: before.data });
        expect(after.errors).toBeUndefined();
      }
    }
  });

  const leaveOut: Edit = (parent, key) => delete parent[key];
  const nullify: Edit = (parent, key) => {
    parent[key] = null;
  };

  test.each([
    ["left out", (key: Key) => key.optional, leaveOut],
    ["null", (key: Key) => key.nullable, nullify],
  ])("may be %s wherever the contract says so, which is null and never zero", async (how, select, edit) => {
    for (const one of casesOf(each, (key) => select(key) && !saysMore(how, key))) {
      for (const { question, before, after } of await outcome(one, edit)) {
        const said = `${one.key.name} in ${question}`;
        expect(after.errors, said).toBeUndefined();
        for (const [path, value] of differences(before.data, after.data))
          expect([null, undefined], `${said}: ${path} is ${JSON.stringify(value)}`).toContain(value);
      }
    }
  });
});

type Edit = Parameters<typeof edited>[2];

/** An older spelling of a property, which the sample of the endpoint has beside the newer one. */
const OLDER: readonly (readonly [path: string, newer: string, older: string])[] = [
  ["/v1/organizations/analytics/summaries", "ActivitySummaryPage.data", "ActivitySummaryPage.summaries"],
  [
    "/v1/organizations/analytics/user_cost_report",
    "AnalyticsUserActor.email_address",
    "AnalyticsUserActor.email",
  ],
  [
    "/v1/organizations/analytics/user_usage_report",
    "AnalyticsUserActor.email_address",
    "AnalyticsUserActor.email",
  ],
  ["/v1/organizations/rbac_groups", "RBACGroup.role_ids", "RBACGroup.roles"],
  [
    "/v1/organizations/rbac_groups/{rbac_group_id}/members",
    "RBACGroupMember.rbac_group_id",
    "RBACGroupMember.group_id",
  ],
  ["/v1/organizations/api_keys", "APIKey.scope", "APIKey.workspace_id"],
];

test.each(OLDER)("%s: %s may come in the older spelling %s", async (path, newer, older) => {
  const [sample] = SAMPLES.get(path) ?? [];
  const place = (name: string) => {
    const key = sample?.keys.find((each) => each.name === name);
    if (key === undefined) throw new Error(`not in the sample: ${name}`);
    return key.place;
  };
  const [newPlace, oldPlace] = [place(newer), place(older)];
  const moved = edited(
    edited(sample?.body, oldPlace, (parent, key) => {
      const value = newPlace.reduce<unknown>(
        (at, each) => (at as Record<string | number, unknown>)[each],
        sample?.body,
      );
      parent[key] =
        older === "APIKey.workspace_id" ? (value as { workspace_id: string }).workspace_id : value;
    }),
    newPlace,
    (parent, key) => delete parent[key],
  );
  for (const question of QUESTIONS[path] ?? []) {
    const [before, after] = [
      await answerOf(question, path, sample?.body),
      await answerOf(question, path, moved),
    ];
    expect(after.errors).toEqual(before.errors);
    expect(after.data).toEqual(before.data);
  }
});
