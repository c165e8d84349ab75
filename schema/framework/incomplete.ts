import type { Finality } from "../../src/cache/policy.ts";
import { builder } from "./builder.ts";

export const IncompleteEnum = builder.enumType("Incomplete", {
  description:
    "What a series by day does with days that are not surely whole yet, which would draw a dive at its end.",
  values: {
    EXCLUDE: { description: "They are left out: every day of the series can be compared with every other." },
    MARK: { description: "Those that are counted in part are in the series, with `state: OPEN`." },
    INCLUDE: {
      description:
        "Every day of the range is in the series, those that upstream has not counted yet with `state: OPEN` and null figures.",
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
    description: "What becomes of days that are not surely whole yet.",
  }),
}));

/** Whether a day is shown. */
export function isShown({ state }: { readonly state: Finality }, incomplete: Incomplete): boolean {
  return state !== "OPEN" || incomplete !== "EXCLUDE";
}
