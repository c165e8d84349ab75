import type { Place } from "../place.ts";

/** Filter of spend by the group that the place names, as a variable; empty without one. */
export function spendFilter({ group }: Pick<Place, "group">) {
  return group === null ? {} : { filter: { groups: [group] } };
}
