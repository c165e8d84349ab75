import type { AnswerTotals } from "../../src/analytics/analysis/relations.ts";
import type { Algebra } from "../../src/analytics/ranking.ts";
import { COMPARISONS } from "../../src/domain/comparison.ts";
import { type Decimal, decimalOf } from "../../src/domain/decimal.ts";
import { relativeChange } from "../../src/domain/measures.ts";
import { type MoneyAmount, minusMoney } from "../../src/domain/money.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { RATIO_PLACES } from "../../src/domain/ratio.ts";
import { builder } from "./builder.ts";
import { describedValues } from "./described-values.ts";
import { Money } from "./money.ts";
import { ResolvedRange } from "./range.ts";

export const ComparisonEnum = builder.enumType("Comparison", {
  description:
    "The period that a range is compared with. A day that is not complete counts as far as it has figures, and is compared with a whole day.",
  values: describedValues(COMPARISONS, (text) => text),
});

/** A figure now and before. */
interface Change<T> {
  readonly now: T;
  readonly before: T;
}

export const NoChangeReasonEnum = builder.enumType("NoChangeReason", {
  description: "Reasons why a change is null.",
  values: {
    NOT_COVERED: { description: "The compared period lies before the first covered day." },
    NOT_MEASURED: { description: "One of the two values is null." },
    ZERO_BEFORE: { description: "`before` is zero: `change` is known, `relativeChange` is not." },
  },
});

const relativeChangeOf = <T>(what: string, resolve: (change: Change<T>) => Decimal | null) =>
  ({
    type: "Decimal",
    nullable: true,
    description: `\`change\` divided by ${what} before: 0.5 is an increase by half, -1 is a decrease to zero. Rounded half to even at ${RATIO_PLACES} decimals; not additive. Null: see \`reason\`.`,
    resolve,
  }) as const;

const reasonOf = <T>(resolve: (change: Change<T>) => Decimal | null) =>
  ({
    type: NoChangeReasonEnum,
    nullable: true,
    description: "Reason why `relativeChange` is null. Null: it is not null.",
    resolve: (change: Change<T>) => (resolve(change) === null ? ("ZERO_BEFORE" as const) : null),
  }) as const;

export const MoneyChange = builder.objectRef<Change<MoneyAmount>>("MoneyChange").implement({
  description: "An amount and its change from the compared period.",
  fields: (t) => ({
    before: t.expose("before", { type: Money, description: "The amount of the compared period. Additive." }),
    change: t.field({
      type: Money,
      description: "The amount minus `before`; negative if it decreased. Exact; additive.",
      resolve: ({ now, before }) => minusMoney(now, before),
    }),
    relativeChange: t.field(relativeChangeOf("the amount", relativeAmount)),
    reason: t.field(reasonOf(relativeAmount)),
  }),
});

export const CountChange = builder.objectRef<Change<number>>("CountChange").implement({
  description: "A count and its change from the compared period.",
  fields: (t) => ({
    before: t.expose("before", { type: "Count", description: "The count of the compared period. Additive." }),
    change: t.field({
      type: "Difference",
      description: "The count minus `before`; negative if it decreased. Exact; additive.",
      resolve: difference,
    }),
    relativeChange: t.field(relativeChangeOf("the count", relativeDifference)),
    reason: t.field(reasonOf(relativeDifference)),
  }),
});

export const DistinctChange = builder.objectRef<Change<number>>("DistinctChange").implement({
  description: "A count of different people and its change from the compared period.",
  fields: (t) => ({
    before: t.expose("before", {
      type: "Count",
      description: "The count of the compared period. Recounted exactly over all of it; not additive.",
    }),
    change: t.field({
      type: "Difference",
      description:
        "The count minus `before`; negative if it decreased. The difference of two exact counts; not additive.",
      resolve: difference,
    }),
    relativeChange: t.field(relativeChangeOf("the count", relativeDifference)),
    reason: t.field(reasonOf(relativeDifference)),
  }),
});

function difference({ now, before }: Change<number>): number {
  return now - before;
}

function relativeAmount({ now, before }: Change<MoneyAmount>): Decimal | null {
  return relativeChange(now.cents, before.cents);
}

function relativeDifference({ now, before }: Change<number>): Decimal | null {
  return relativeChange(decimalOf(now), decimalOf(before));
}

/** A figure now and before; null where either was not measured. */
export function changeOf<T>(now: T | null, before: T | null): Change<T> | null {
  return now === null || before === null ? null : { now, before };
}

/** Figures of a group, or of all, set against those of the compared period. */
export interface Compared<Measure> extends Change<Measure> {
  readonly range: DayRange;
}

/** Description of every comparison. */
export const COMPARED =
  "Null: the query has no `compare`. NOT_COVERED, naming the first covered day, if the period lies before it.";

/** A row against what it was; null where nothing is compared. Throws NOT_COVERED. */
export function comparedRow<Measure>(row: {
  readonly measure: Measure;
  readonly before: Measure | null;
  readonly relations: Pick<AnswerTotals<Measure>, "rangeBefore">;
}): Compared<Measure> | null {
  const range = row.relations.rangeBefore();
  return range === null || row.before === null ? null : { range, now: row.measure, before: row.before };
}

/** The total against what it was; a period of which upstream has no figures had nothing of what the other has. */
export async function comparedTotal<Measure>(
  totals: AnswerTotals<Measure>,
  { minus }: Pick<Algebra<Measure>, "minus">,
): Promise<Compared<Measure> | null> {
  const range = totals.rangeBefore();
  if (range === null) return null;
  const [now, before] = await Promise.all([totals.total(), totals.totalBefore()]);
  const known = now ?? before;
  if (known === null) return null;
  const nothing = minus(known, known);
  return { range, now: now ?? nothing, before: before ?? nothing };
}

/** The `range` of a comparison. */
export const comparedRange = {
  type: ResolvedRange,
  description:
    "The compared days. If `until` equals `from` there are none, as for 30 March against February; `before` is then zero.",
} as const;
