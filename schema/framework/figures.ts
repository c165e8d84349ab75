import type { FieldMap, ObjectRef } from "@pothos/core";
import type { DayRange } from "../../src/domain/range.ts";
import { builder } from "./builder.ts";
import { DateRange } from "./range.ts";

type Types = typeof builder.$inferSchemaTypes;

const stated = builder.args((t) => ({
  range: t.field({ type: DateRange, required: true, description: "The UTC days that it covers." }),
}));

/** The argument that figures of an identity take, and those of a row do not. */
type RangeArg = Partial<typeof stated>;

/**
 * Figures of a noun, defined once for its two types: on the identity, which is about no days, with a `range` that has to be given; on
 * the row of a list over a range without.
 */
export function figures<Identity, Row extends Identity & { readonly range: DayRange }>(
  identity: ObjectRef<Types, Identity>,
  row: ObjectRef<Types, Row>,
  fields: <Parent extends Identity>(
    t: PothosSchemaTypes.ObjectFieldBuilder<Types, Parent>,
    range: RangeArg,
  ) => FieldMap,
): void {
  builder.objectFields(identity, (t) => fields(t, stated));
  builder.objectFields(row, (t) => fields(t, {}));
}
