import { spendOfDay } from "../analytics/day-spend.ts";
import type { ReadableOrganization } from "../context.ts";
import { isRise, RISE_WEEKS, type RiseRule, type RiseSubject } from "../domain/alert.ts";
import { addDays, type Day, daysBetween, type Instant } from "../domain/day.ts";
import { compare } from "../domain/decimal.ts";
import { moneyPer } from "../domain/measures.ts";
import { type MoneyAmount, minusMoney, NO_MONEY, plusMoney } from "../domain/money.ts";
import { oneDay } from "../domain/range.ts";
import { type Judging, judgeEach, type OrganizationExport } from "./judging.ts";

/** The rises of one day and kind of subject that alerts are recorded for, the largest first; each states how many others there are. */
const MAX_RISES = 20;

/** Complete days that one judgement compares at the most, the newest ones: a gateway can have been away for longer. */
const RISE_DAYS = 14;

/**
 * Judges each day that has become complete since the last judgement, once, and at first the newest alone. Returns the newest day that
 * is judged; null: none is.
 */
export function judgeRises(
  judging: Judging,
  organization: ReadableOrganization,
  { completeThrough, watermark }: OrganizationExport,
  rule: RiseRule,
  before: Day | null,
): Promise<Day | null> {
  reportUnjudgedDays(judging, organization, completeThrough, before);
  return judgeEach(judging, daysToJudge(before, completeThrough), before, async (day) => {
    for (const subject of rule.of) {
      const isSplit = subject !== "TEAM" || organization.kind === "ENTERPRISE";
      if (isSplit) await recordRises(judging, { organization, subject, day, watermark, rule });
    }
  });
}

function reportUnjudgedDays(
  judging: Judging,
  { name }: ReadableOrganization,
  completeThrough: Day | null,
  before: Day | null,
): void {
  if (before === null || completeThrough === null) return;
  const range = { from: addDays(before, 1), until: addDays(completeThrough, 1 - RISE_DAYS) };
  if (range.from < range.until)
    judging.reportUnraised({ organization: name, subject: null, range, rises: null });
}

/** The complete days after one, oldest first; of the newest ones at most `RISE_DAYS`. Without one before, the newest alone. */
function daysToJudge(before: Day | null, completeThrough: Day | null): readonly Day[] {
  if (completeThrough === null) return [];
  const count = before === null ? 1 : Math.min(RISE_DAYS, daysBetween(before, completeThrough));
  return Array.from({ length: Math.max(0, count) }, (_, i) => addDays(completeThrough, i + 1 - count));
}

interface RiseQuestion {
  readonly organization: ReadableOrganization;
  readonly subject: RiseSubject;
  readonly day: Day;
  readonly watermark: Instant | null;
  readonly rule: RiseRule;
}

/** Compares a complete day with the same weekday of four weeks: five days are read, of which the earlier ones are mostly kept. */
async function recordRises(
  judging: Judging,
  { organization: { name, kind }, subject, day, watermark, rule }: RiseQuestion,
): Promise<void> {
  const days = Array.from({ length: RISE_WEEKS + 1 }, (_, week) => addDays(day, -7 * week));
  const [today, ...earlier] = await Promise.all(
    days.map((each) => spendOfDay(judging.ctx, kind, subject, each)),
  );
  const before = earlier.map(({ bySubject }) => bySubject);
  const all = [...(today?.bySubject ?? [])]
    .map(([id, spent]) => {
      const fourWeeks = before.reduce((sum, each) => plusMoney(sum, each.get(id) ?? NO_MONEY), NO_MONEY);
      return { id, spent, fourWeeks, mean: moneyPer(fourWeeks, RISE_WEEKS) ?? NO_MONEY };
    })
    .filter(({ spent, fourWeeks }) => isRise(rule, spent, fourWeeks))
    .sort((a, b) => byDifference(b, a));
  const range = oneDay(day);
  const otherRises = Math.max(0, all.length - MAX_RISES);
  if (otherRises > 0) judging.reportUnraised({ organization: name, subject, range, rises: otherRises });
  for (const { id, spent, mean } of all.slice(0, MAX_RISES))
    await judging.record(
      {
        event: "SPEND_RISE",
        organization: name,
        subject,
        subjectId: subject === "ORGANIZATION" ? null : id,
        budget: null,
        percent: null,
        range,
      },
      {
        watermark,
        spent,
        expected: mean,
        projected: null,
        lacksChildren: today?.notIncluded != null,
        otherRises,
      },
    );
}

interface Rise {
  readonly id: string;
  readonly spent: MoneyAmount;
  readonly mean: MoneyAmount;
}

function byDifference(a: Rise, b: Rise): number {
  const difference = ({ spent, mean }: Rise) => minusMoney(spent, mean).cents;
  return compare(difference(a), difference(b)) || (a.id < b.id ? 1 : -1);
}
