import { figuresOfBudget } from "../analytics/budgets.ts";
import { KEPT_MS } from "../cache/alert-store.ts";
import { finalityOf } from "../cache/policy.ts";
import type { ReadableOrganization } from "../context.ts";
import { addMonths, type Day, dayOf, type Instant, startOfMonth } from "../domain/day.ts";
import { type Judging, judgeEach, type OrganizationExport, wholeOrganization } from "./judging.ts";

/** How many months back final ones are looked for: an alert of an earlier one would be removed at once. */
const FINAL_MONTHS = Math.floor(KEPT_MS / (31 * 86_400_000));

/** Records each month that has become final since the last judgement, and at first the newest alone. Returns the newest recorded one. */
export function judgeMonths(
  judging: Judging,
  { name }: ReadableOrganization,
  { watermark }: OrganizationExport,
  before: Day | null,
): Promise<Day | null> {
  return judgeEach(judging, monthsToJudge(before, watermark), before, async (month) => {
    const { spend, notIncluded } = await figuresOfBudget(judging.ctx, wholeOrganization(name), month);
    await judging.record(
      {
        event: "MONTH_FINAL",
        organization: name,
        subject: "ORGANIZATION",
        subjectId: null,
        budget: null,
        percent: null,
        range: spend.period,
      },
      {
        watermark,
        spent: spend.spent,
        expected: null,
        projected: null,
        lacksChildren: notIncluded !== null,
        otherRises: 0,
      },
    );
  });
}

/** The final months after one, oldest first, by their first days. Without one before, the newest alone. */
function monthsToJudge(before: Day | null, watermark: Instant | null): readonly Day[] {
  if (watermark === null) return [];
  const month = startOfMonth(dayOf(watermark));
  const final = Array.from({ length: FINAL_MONTHS }, (_, i) => addMonths(month, -1 - i)).filter(
    (from) => finalityOf("money", { from, until: addMonths(from, 1) }, watermark) === "FINAL",
  );
  const wanted = before === null ? final.slice(0, 1) : final.filter((from) => from > before);
  return wanted.toReversed();
}
