import { describe, expect, test } from "vitest";
import { organizationsOf } from "../../src/analytics/organizations.ts";
import {
  differencesOf,
  type Figures,
  finalMonths,
  type ParityQuestion,
  parityOf,
  parityQuestions,
} from "../../src/analytics/parity.ts";
import { day } from "../../src/domain/day.ts";
import { formatDecimal, parseDecimal } from "../../src/domain/decimal.ts";
import { sweep } from "../deep.ts";
import { gateway, json, NOW, refusal } from "../gateway.ts";
import { PATHS, reportPage, wireCost, wireDay } from "../wire.ts";

const UNIFIED = "/v1/organizations/analytics/cost";
const [month = { from: day("2026-09-01"), until: day("2026-10-01") }] = finalMonths(Date.parse(NOW), 1);
const patience = () => new AbortController().signal;

test("a month is compared once its money is final, newest first, and as far back as upstream answers", () => {
  expect(finalMonths(Date.parse("2026-11-06T23:59:59Z"), 2).map(({ from }) => from)).toEqual([
    "2026-09-01",
    "2026-08-01",
  ]);
  expect(finalMonths(Date.parse(NOW), 24).at(-1)?.from).toBe("2026-01-01");
  expect(finalMonths(Date.parse("2026-01-20T00:00:00Z"), 3)).toEqual([]);
});

describe("the simulated organization's older and newer reports", () => {
  sweep([
    3, 7, 19, 42, 77, 101, 256, 512, 999, 1024, 2026, 4242, 5150, 8191, 9001, 12345, 31337, 65537, 100003,
    777777,
  ])("agree to the last decimal by every dimension both know (seed %d)", async (seed) => {
    const { app } = gateway({
      sandbox: { users: 40, seed },
      settings: { MAX_UPSTREAM_REQUESTS: "10000", OPERATION_TIMEOUT: "600" },
    });
    const ctx = app.context(patience());
    let rows = 0;
    for (const question of parityQuestions(organizationsOf(ctx), month)) {
      const parity = await parityOf(ctx, question);
      expect(parity, name(question)).toMatchObject({ outcome: "compared", differences: [] });
      rows += parity.outcome === "compared" ? parity.rows : 0;
    }
    expect(rows).toBeGreaterThan(1_000);
  });
});

function name({ organization, field, groupBy }: ParityQuestion): string {
  return `${organization} ${field} ${groupBy}`;
}

const COST: ParityQuestion = {
  field: "cost",
  organization: "ENTERPRISE",
  month,
  groupBy: "PRODUCT",
};

function unifiedRow(date: string, product: string, amount: string) {
  return {
    starting_at: `${date}T00:00:00Z`,
    ending_at: new Date(Date.parse(date) + 86_400_000).toISOString(),
    group: { product },
    cost: { amount, list_amount: amount, currency: "USD", requests: 1 },
  };
}

function compared(newer: ReturnType<typeof unifiedRow>[], watermark = NOW) {
  const older = wireDay("2026-09-04", [
    wireCost("10", { product: "chat" }),
    wireCost("2", { product: "cowork" }),
  ]);
  const { app } = gateway({
    routes: {
      [PATHS.cost]: () => json(reportPage([older], { watermark })),
      [UNIFIED]: () => json(reportPage(newer.map(complete), { watermark })),
    },
  });
  return parityOf(app.context(patience()), COST);
}

/** A row with every dimension, those it does not name being null. */
function complete(row: ReturnType<typeof unifiedRow>) {
  return { ...row, group: { ...NO_GROUP, ...row.group } };
}

const NO_GROUP = Object.fromEntries(
  [
    "actor actor_type agent_id api_key_id claude_tag_category claude_tag_user_id context_window cost_type",
    "deployment_id environment_id inference_geo model organization_id rbac_group_id service_tier session_id",
    "slack_channel_id speed token_type user_profile_id workspace_id",
  ]
    .join(" ")
    .split(" ")
    .map((column) => [column, null]),
);

test("a difference in the last decimal is found, and said by day, group and figure", async () => {
  const parity = await compared([
    unifiedRow("2026-09-04", "chat", "10.00000000000000000001"),
    unifiedRow("2026-09-04", "cowork", "2"),
  ]);
  if (parity.outcome !== "compared") throw new Error(parity.why);
  const said = parity.differences.map(({ day, group, figure, newer }) => [
    day,
    group,
    figure,
    formatDecimal(newer),
  ]);
  expect(said).toContainEqual(["2026-09-04", { product: "chat" }, "net", "10.00000000000000000001"]);
  expect(said.every(([, group]) => JSON.stringify(group) === '{"product":"chat"}')).toBe(true);
});

test("a group that one side does not have is a difference, even where the whole side is empty", async () => {
  const parity = await compared([]);
  if (parity.outcome !== "compared") throw new Error(parity.why);
  expect(new Set(parity.differences.map(({ group }) => JSON.stringify(group)))).toEqual(
    new Set(['{"product":"chat"}', '{"product":"cowork"}']),
  );
});

test("a month that upstream's export does not make final is not compared", async () => {
  const parity = await compared([], "2026-10-05T00:00:00Z");
  expect(parity).toMatchObject({ outcome: "not comparable", why: expect.stringContaining("final") });
});

test("a report that is closed is not compared, and says why", async () => {
  const { app } = gateway({
    routes: {
      [PATHS.cost]: () => json(reportPage([])),
      [UNIFIED]: () => refusal(403, "permission_error", "no"),
    },
  });
  expect(await parityOf(app.context(patience()), COST)).toMatchObject({
    outcome: "not comparable",
    why: expect.stringContaining("read:analytics"),
  });
});

describe("differences", () => {
  const on = (
    group: Readonly<Record<string, unknown>> | "remainder",
    figures: Readonly<Record<string, string | null>>,
  ) => ({
    day: day("2026-09-04"),
    group,
    figures: Object.fromEntries(
      Object.entries(figures).map(([key, value]) => [key, value === null ? null : parseDecimal(value)]),
    ) as Figures,
  });

  test("a remainder stands for all groups the older report leaves out", () => {
    const older = [on({ model: "a" }, { net: "5" }), on("remainder", { net: "3.5" })];
    const newer = ["5", "3", "0.5"].map((net, i) => on({ model: "abc"[i] }, { net }));
    expect(differencesOf(older, newer)).toEqual([]);
    expect(differencesOf(older, [...newer, on({ model: "d" }, { net: "1" })])).toMatchObject([
      { group: "remainder", figure: "net" },
    ]);
  });

  test("a figure that one side does not measure is none, and a group without any figure is the same as no group", () => {
    const older = [on({ model: "a" }, { net: "5", requests: null })];
    const newer = [on({ model: "a" }, { net: "5", requests: "7" }), on({}, { net: "0", requests: "3" })];
    expect(differencesOf(older, newer)).toEqual([]);
    expect(differencesOf(newer, older)).toEqual([]);
  });
});
