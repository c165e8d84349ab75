import type { EngagementDimension } from "../domain/engagement.ts";
import type { Dimension, FilterDimension } from "../domain/report.ts";

/** How one report spells the dimensions it can split by and filter on; what is absent it cannot do. */
export interface ReportNames {
  readonly groupBy: { readonly [D in Dimension]?: string };
  readonly filter: { readonly [D in FilterDimension]?: string };
  /** Further dimensions of the report of a parent organization. */
  readonly ofParent?: Pick<ReportNames, "groupBy" | "filter">;
  /** Dimensions that cannot be split by while another one is split by or filtered on. */
  readonly apart?: readonly (readonly [split: FilterDimension, other: FilterDimension])[];
  /** A further filter for the rows of a dimension, where upstream would mix others in. */
  readonly narrows?: { readonly [D in Dimension]?: Readonly<Record<string, readonly string[]>> };
  /** Dimensions that get a value with another one. */
  readonly fills?: { readonly [D in Dimension]?: readonly Dimension[] };
  /** The most dimensions to split by at once, not counting COST_TYPE and TOKEN_TYPE. */
  readonly maxGroups?: number;
  /** Products this report spells otherwise than the graph does. */
  readonly products?: Readonly<Record<string, string>>;
}

/** Returns the names of a report with those that only a parent organization has. */
export function namesOfParent({ ofParent, ...names }: ReportNames): ReportNames {
  if (ofParent === undefined) return names;
  return {
    ...names,
    groupBy: { ...names.groupBy, ...ofParent.groupBy },
    filter: { ...names.filter, ...ofParent.filter },
  };
}

/** Upstream's names of the dimensions that a list can be filtered by; a dimension without a name is not supported. */
export type FilterNames = { readonly [D in EngagementDimension]?: string };

/** The values that a list takes of a dimension; of the others it takes any. */
export type FilterValues = { readonly [D in EngagementDimension]?: readonly string[] };
