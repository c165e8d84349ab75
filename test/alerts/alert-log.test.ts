import { expect, test } from "vitest";
import { alertLogOf } from "../../src/cli/alert-log.ts";
import { createLog } from "../../src/cli/log.ts";
import type { SpendBudget } from "../../src/domain/budget.ts";

test.each<[SpendBudget["subject"], string | null]>([
  ["TEAM", "Q4"],
  ["PERSON", null], // the operator's name is likely to name them
])("a budget of a %s that cannot be judged is a line with the name %j", (subject, name) => {
  const lines: string[] = [];
  const log = alertLogOf(createLog({ level: "info", now: () => 0, write: (line) => lines.push(line) }));
  const amount = { cents: { units: 1n, scale: 0 }, currency: "USD" };
  log.onUnjudged(
    {
      name: "Q4",
      organization: "enterprise",
      subject,
      subjectId: "it",
      period: "QUARTER",
      amount,
      thresholds: [],
    },
    "NOT_FOUND",
  );
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ organization: "enterprise", subject, budget: name, code: "NOT_FOUND" }),
  ]);
  expect(lines.join("")).not.toContain('"it"');
});
