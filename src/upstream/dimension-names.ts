import type { EngagementDimension } from "../domain/engagement.ts";
import type { Dimension, FilterDimension } from "../domain/report.ts";

/** How one report spells the dimensions it can split by and filter on; what is absent it cannot do. */
export interface ReportNames {
  readonly groupBy: { readonly [D in Dimension]?: string };
  readonly filter: { readonly [D in FilterDimension]?: string };
  /** Dimensions that cannot be split by while another one is split by or filtered on. */
  readonly apart?: readonly (readonly [split: FilterDimension, other: FilterDimension])[];
  /** What a dimension's rows are narrowed to beside, where upstream would mix others in. */
  readonly narrows?: { readonly [D in Dimension]?: Readonly<Record<string, readonly string[]>> };
  /** Dimensions that get a value with another one. */
  readonly fills?: { readonly [D in Dimension]?: readonly Dimension[] };
  /** The most dimensions to split by at once, not counting COST_TYPE and TOKEN_TYPE. */
  readonly maxGroups?: number;
  /** Products this report spells otherwise than the graph does. */
  readonly products?: Readonly<Record<string, string>>;
}

/** What a list calls the dimensions it can be narrowed by; those without a name it does not know. */
export type FilterNames = { readonly [D in EngagementDimension]?: string };

/** The values that a list takes of a dimension; of the others it takes any. */
export type FilterValues = { readonly [D in EngagementDimension]?: readonly string[] };
