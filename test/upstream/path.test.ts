import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { day } from "../../src/domain/day.ts";
import type { EngagementDimension, EngagementQuestion } from "../../src/domain/engagement.ts";
import type { Dimension, FilterDimension, ReportQuestion } from "../../src/domain/report.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import type { FilterNames, ReportNames } from "../../src/upstream/dimension-names.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import {
  CONNECTOR_FILTERS,
  connectorActivity,
  connectorUse,
} from "../../src/upstream/endpoints/connectors.ts";
import { CONSOLE_COST_NAMES, consoleCost } from "../../src/upstream/endpoints/console-cost.ts";
import { CONSOLE_USAGE_NAMES, consoleUsage } from "../../src/upstream/endpoints/console-usage.ts";
import { COST_NAMES, enterpriseCost, userCost } from "../../src/upstream/endpoints/enterprise-cost.ts";
import { ENTERPRISE_NAMES } from "../../src/upstream/endpoints/enterprise-report.ts";
import { enterpriseUsage, userUsage } from "../../src/upstream/endpoints/enterprise-usage.ts";
import { groupMembers } from "../../src/upstream/endpoints/groups.ts";
import { SKILL_FILTERS, skillActivity, skillByGroup } from "../../src/upstream/endpoints/skills.ts";
import { unifiedCost, unifiedUsage } from "../../src/upstream/endpoints/unified.ts";
import { UNIFIED_COST_NAMES, UNIFIED_USAGE_NAMES } from "../../src/upstream/endpoints/unified-names.ts";
import { activityByGroup, USER_FILTERS, userActivity } from "../../src/upstream/endpoints/users.ts";
import { decodePage } from "../../src/upstream/pages/page.ts";
import { canonicalPath } from "../../src/upstream/pages/path.ts";

/** A question with what it means, spelled in one way: two that mean the same shall be one request, any others two. */
interface Asked {
  readonly endpoint: Endpoint<never, unknown>;
  readonly params: unknown;
  readonly meaning: string;
  readonly token: string | null;
}

const RANGES = [
  ["2026-10-05", "2026-10-06"],
  ["2026-10-05", "2026-10-07"],
  ["2026-10-06", "2026-10-07"],
].map(([from = "", until = ""]) => ({ from: day(from), until: day(until) }));

/** Few, so that questions are often alike, and such as could be taken for several or for something else. */
const values = fc.uniqueArray(
  fc.constantFrom(
    "a",
    "b",
    "a,b",
    "a&limit=1",
    "a b",
    "a+b",
    "user_id:a",
    "product:a",
    "ä",
    "%61",
    "",
    "[]",
    "null",
  ),
  { minLength: 1, maxLength: 3 },
);
const tokens = fc.constantFrom(null, "a", "b", "a&page=b");

const spelled = (parts: readonly unknown[]) => JSON.stringify(parts);
const sorted = (list: Iterable<string>) => [...list].sort();
const sets = (filter: Readonly<Record<string, readonly string[] | undefined>>) =>
  sorted(Object.entries(filter).map(([name, list]) => spelled([name, sorted(list ?? [])])));

function filterOf<D extends string>(
  names: Readonly<Record<string, unknown>>,
): fc.Arbitrary<Partial<Record<D, string[]>>> {
  const dimensions = Object.keys(names);
  if (dimensions.length === 0) return fc.constant({});
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...dimensions), values), {
      maxLength: 2,
      selector: ([name]) => name,
    })
    .map((pairs) => Object.fromEntries(pairs) as Partial<Record<D, string[]>>);
}

function engagement(
  endpoint: Endpoint<EngagementQuestion, unknown>,
  names: FilterNames,
  split: string,
): fc.Arbitrary<Asked> {
  return fc
    .record({
      range: fc.constantFrom(...RANGES),
      filter: filterOf<EngagementDimension>(names),
      descending: fc.boolean(),
      token: tokens,
    })
    .map(({ token, ...params }) => ({
      endpoint: endpoint as Endpoint<never, unknown>,
      params,
      token,
      meaning: spelled([endpoint.path, split, params.range, sets(params.filter), params.descending, token]),
    }));
}

function report(
  endpoint: Endpoint<ReportQuestion, unknown>,
  names: ReportNames,
  { isBucketed = false, ofPeople = false } = {},
): fc.Arbitrary<Asked> {
  const dimensions = Object.keys(names.groupBy) as Dimension[];
  return fc
    .record({
      range: fc.constantFrom(...RANGES),
      bucket: fc.constantFrom("NONE", "DAY", "HOUR", "MINUTE"),
      groupBy: fc.shuffledSubarray(dimensions, { maxLength: Math.min(3, dimensions.length) }),
      filter: filterOf<FilterDimension>(names.filter),
      token: tokens,
    })
    .filter(({ groupBy, filter }) =>
      (names.apart ?? []).every(
        ([split, other]) =>
          !groupBy.includes(split) || (!groupBy.includes(other) && filter[other] === undefined),
      ),
    )
    .map(({ token, ...params }) => {
      // Upstream has no buckets of all time, one report of people, and people among its actors.
      const isOfActors = params.groupBy.includes("USER") && names.narrows?.USER !== undefined;
      const groups = params.groupBy.flatMap((dimension) =>
        dimension !== "USER" ? [dimension] : ofPeople ? [] : isOfActors ? ["ACTOR"] : [dimension],
      );
      const filter = { ...params.filter, ...(isOfActors ? { ACTOR_TYPE: ["user_actor"] } : {}) };
      const bucket = isBucketed && params.bucket === "NONE" ? "DAY" : params.bucket;
      const meaning = spelled([
        endpoint.path,
        params.range,
        bucket,
        sorted(new Set(groups)),
        sets(filter),
        token,
      ]);
      return { endpoint: endpoint as Endpoint<never, unknown>, params, token, meaning };
    });
}

const members: fc.Arbitrary<Asked> = fc
  .record({
    groupId: fc.constantFrom("a", "b", "a/members", "a?limit=1", "..a", "%61", "a#b"),
    token: tokens,
  })
  .map(({ groupId, token }) => ({
    endpoint: groupMembers as Endpoint<never, unknown>,
    params: { groupId },
    token,
    meaning: spelled(["members", groupId, token]),
  }));

/** One key's questions: another key is another name from the start. */
const FAMILIES: [string, fc.Arbitrary<Asked>][] = [
  [
    "engagement",
    fc.oneof(
      engagement(userActivity, USER_FILTERS, ""),
      engagement(activityByGroup, USER_FILTERS, "group"),
      engagement(skillActivity, SKILL_FILTERS, ""),
      engagement(skillByGroup, SKILL_FILTERS, "group"),
      engagement(connectorActivity, CONNECTOR_FILTERS, ""),
      engagement(connectorUse, CONNECTOR_FILTERS, "person"),
      members,
    ),
  ],
  ["Enterprise cost", report(enterpriseCost, COST_NAMES, { isBucketed: true })],
  ["Enterprise usage", report(enterpriseUsage, ENTERPRISE_NAMES, { isBucketed: true })],
  ["cost of people", report(userCost, COST_NAMES, { ofPeople: true })],
  ["usage of people", report(userUsage, ENTERPRISE_NAMES, { ofPeople: true })],
  ["newer Enterprise cost", report(unifiedCost.ENTERPRISE, UNIFIED_COST_NAMES.ENTERPRISE)],
  ["newer Enterprise usage", report(unifiedUsage.ENTERPRISE, UNIFIED_USAGE_NAMES.ENTERPRISE)],
  ["newer Console cost", report(unifiedCost.CONSOLE, UNIFIED_COST_NAMES.CONSOLE)],
  ["Console usage", report(consoleUsage, CONSOLE_USAGE_NAMES, { isBucketed: true })],
  [
    "Console cost",
    report(consoleCost, CONSOLE_COST_NAMES, { isBucketed: true }).map((asked) =>
      // Days are all that it has.
      ({ ...asked, meaning: asked.meaning.replace(/"(HOUR|MINUTE)"/, '"DAY"') }),
    ),
  ],
];

const pathOf = ({ endpoint, params, token }: Asked) => canonicalPath(endpoint, params as never, token);

describe("the name an answer is kept under", () => {
  test.each(FAMILIES)("is one for each question, and one for all ways to put it: %s", (_name, questions) => {
    const meaningOf = new Map<string, string>();
    const pathFor = new Map<string, string>();
    fc.assert(
      fc.property(questions, (asked) => {
        const path = pathOf(asked);
        // Against all that came before, so that a thousand runs are half a million pairs.
        expect(meaningOf.get(path) ?? asked.meaning).toBe(asked.meaning);
        expect(pathFor.get(asked.meaning) ?? path).toBe(path);
        meaningOf.set(path, asked.meaning);
        pathFor.set(asked.meaning, path);
      }),
      { numRuns: 1_000 },
    );
    expect(meaningOf.size).toBeGreaterThan(40);
  });

  const sandbox = createSandbox({
    users: 40,
    seed: 1,
    now: () => Date.parse("2026-11-22T12:00:00Z"),
    rateLimit: "off",
  });
  const read = (body: string, { endpoint, params, token }: Asked) =>
    decodePage(endpoint, params as never, token, JSON.parse(body), 0).rows;

  test.each(FAMILIES)("stands for one answer, however it was requested: %s", async (_name, questions) => {
    const byPath = new Map<string, Asked[]>();
    for (const asked of fc.sample(questions, { numRuns: 3_000, seed: 7 })) {
      if (asked.token !== null) continue;
      const path = pathOf(asked);
      byPath.set(path, [...(byPath.get(path) ?? []), asked]);
    }
    let compared = 0;
    for (const [path, [first, ...others]] of byPath) {
      if (first === undefined || others.length === 0) continue;
      const beta = first.endpoint.beta?.(first.params as never);
      const { status, body } = await sandbox.handle(
        {
          method: "GET",
          path,
          headers: {
            "x-api-key": first.endpoint.key === "analytics" ? "sk-ant-api01-x" : "sk-ant-admin01-x",
            "anthropic-version": "2026-10-21",
            ...(beta === undefined ? {} : { "anthropic-beta": beta }),
          },
        },
        new AbortController().signal,
      );
      if (status !== 200) continue;
      for (const other of others) {
        expect(read(String(body), other), path).toEqual(read(String(body), first));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(10);
  });
});
