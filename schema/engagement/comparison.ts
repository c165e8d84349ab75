import type { GenericFieldRef } from "@pothos/core";
import type { Context } from "../../src/context.ts";
import { type Comparison, rangeBefore } from "../../src/domain/comparison.ts";
import { ZERO } from "../../src/domain/decimal.ts";
import type { MoneyAmount } from "../../src/domain/money.ts";
import { type DayRange, isEmpty } from "../../src/domain/range.ts";
import { type FieldRequests, requestsOverDays } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import {
  ComparisonEnum,
  CountChange,
  changeOf,
  comparedRange,
  DistinctChange,
  MoneyChange,
} from "../framework/change.ts";
import { spendOnly } from "../framework/money.ts";
import type { MeasuredKind, MeasuredRow, UsedBy, Wording } from "./measured-thing.ts";

type Types = typeof builder.$inferSchemaTypes;

/** A thing, or what a person did, now and in the compared period; null: it is not in upstream's list of that period. */
export interface ComparedUse<Thing> {
  readonly range: DayRange;
  readonly now: Thing;
  readonly before: Thing | null;
}

/** Defines one measure of a comparison. */
export type ComparedField<Thing> = (
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, ComparedUse<Thing>>,
) => GenericFieldRef<unknown>;

/** A count that is exact over a range. What upstream does not list was not used. */
export const count =
  <Thing>(description: string, of: (thing: Thing) => number | null): ComparedField<Thing> =>
  (t) =>
    t.field({
      type: CountChange,
      nullable: true,
      description: `${description} Null: not measured.`,
      resolve: ({ now, before }) => changeOf(of(now), before === null ? 0 : of(before)),
    });

/** A count of different people, which upstream recounts over the whole of a range. */
export const different =
  <Thing>(description: string, of: (thing: Thing) => number | null): ComparedField<Thing> =>
  (t) =>
    t.field({
      type: DistinctChange,
      nullable: true,
      description: `${description} Recounted exactly over each period; not additive. Null: not measured.`,
      resolve: ({ now, before }) => changeOf(of(now), before === null ? 0 : of(before)),
    });

export const amountField =
  <Thing>(description: string, of: (thing: Thing) => MoneyAmount | null): ComparedField<Thing> =>
  (t) =>
    t.field({
      ...spendOnly(MoneyChange),
      description: `${description} An allocation, not billing. Null: nothing attributable in one of the periods.`,
      resolve: ({ now, before }) => {
        const money = of(now);
        const nothing = money && { ...money, cents: ZERO };
        return changeOf(money, before === null ? nothing : of(before));
      },
    });

/** The type of a comparison: the compared range and each of the measures. */
export function comparisonType<Thing>(
  name: string,
  description: string,
  fields: Readonly<Record<string, ComparedField<Thing>>>,
) {
  return builder.objectRef<ComparedUse<Thing>>(name).implement({
    description,
    fields: (t) => ({
      range: t.field({ ...comparedRange, resolve: ({ range }) => range }),
      ...Object.fromEntries(Object.entries(fields).map(([field, define]) => [field, define(t)])),
    }),
  });
}

export const compareArg = builder.args((t) => ({
  to: t.field({
    type: ComparisonEnum,
    required: true,
    defaultValue: "PREVIOUS_PERIOD",
    description: "The period to compare with.",
  }),
}));

/** The requests for the days that a range is compared with; none where that period holds no day. */
export function requestsBefore(
  endpoint: Parameters<typeof requestsOverDays>[0],
  range: DayRange,
  to: Comparison,
  ctx: Context,
): readonly FieldRequests[] {
  const before = rangeBefore(to, range);
  return isEmpty(before) ? [] : [requestsOverDays(endpoint, before, ctx)];
}

/** A thing of a list against itself in the compared period, within the filter of the list. */
async function compared<Row extends UsedBy>(
  ctx: Context,
  { rows, ownOf }: MeasuredKind<Row>,
  thing: MeasuredRow<Row>,
  to: Comparison,
): Promise<ComparedUse<Row>> {
  const range = rangeBefore(to, thing.range);
  const found = isEmpty(range) ? null : await rows(ctx, { range, filter: thing.filter }).load(ownOf(thing));
  return { range, now: thing, before: found?.rows[0] ?? null };
}

/** Defines the comparison of a thing with another period. */
export function comparisonField<Row extends UsedBy>(
  thing: PothosSchemaTypes.ObjectRef<Types, MeasuredRow<Row>>,
  kind: Wording & MeasuredKind<Row> & { readonly comparison: { readonly description: string } },
  fields: Readonly<Record<string, ComparedField<Row>>>,
): void {
  const type = comparisonType(`${kind.noun}Comparison`, kind.comparison.description, fields);
  builder.objectField(thing, "comparison", (t) =>
    t.field({
      requires: ["individuals"], // before, it can have been used by one person
      type,
      nullable: true,
      description:
        "Its use compared with another period. One run of upstream pages of the compared period for all rows of a list. NOT_COVERED, naming the first covered day, if it lies before that. Null only beside an error.",
      sources: [kind.endpoint.dataset],
      args: compareArg,
      requests: ({ args, range }, ctx) => requestsBefore(kind.rows.endpoint, range, args.to, ctx),
      resolve: (row, { to }, ctx) => compared(ctx, kind, row, to),
    }),
  );
}
