import type { Finality } from "../../src/cache/policy.ts";
import { builder } from "./builder.ts";

export const IncompleteEnum = builder.enumType("Incomplete", {
  description:
    "Handling of days that may not be complete yet, which would show as a drop at the end of a series by day.",
  values: {
    EXCLUDE: { description: "Leaves them out: every day of the series can be compared with every other." },
    MARK: { description: "Includes partly counted days, with `state: OPEN`." },
    INCLUDE: {
      description:
        "Includes every day of the range. Days that upstream has not counted yet have `state: OPEN` and null figures.",
    },
  },
});

export type Incomplete = typeof IncompleteEnum.$inferType;

/** The `incomplete` argument of a series. */
export const incompleteArg = builder.args((t) => ({
  incomplete: t.field({
    type: IncompleteEnum,
    required: true,
    defaultValue: "EXCLUDE",
    description: "Handling of days that may not be complete yet.",
  }),
}));

/** True if a day is shown. */
export function isShown({ state }: { readonly state: Finality }, incomplete: Incomplete): boolean {
  return state !== "OPEN" || incomplete !== "EXCLUDE";
}
