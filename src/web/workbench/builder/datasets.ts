/** Facts that the gateway states about a dataset. */
export interface DatasetFacts {
  readonly dataset: string;
  readonly organization: string;
  readonly fields: readonly string[];
  readonly lacks: readonly string[];
  readonly conditions: readonly ValueCondition[];
  readonly groupBy: readonly string[];
  readonly filters: readonly string[];
  readonly exclusive: readonly (readonly string[])[];
  readonly buckets: readonly string[];
  readonly maxGroupBy: number | null;
  readonly longestRange: number | null;
  readonly earliest: string | null;
  readonly latest: string | null;
  /** Null: unknown. */
  readonly enabled: boolean | null;
  readonly explanation: string | null;
}

/** A field of rows, as `Type.field`, that has a value in some queries only. */
export interface ValueCondition {
  readonly field: string;
  readonly groupedBy: string | null;
  readonly notGroupedBy: readonly string[];
  readonly maxDays: number | null;
}

/** The organizations that the gateway has a key for, the default one first, and what its datasets state. */
export class GatewayFacts {
  readonly datasets: readonly DatasetFacts[];
  readonly organizations: readonly string[];
  readonly #showing = new Map<string, DatasetFacts[]>();
  readonly #conditions = new Map<string, ValueCondition[]>();

  constructor(datasets: readonly DatasetFacts[], organizations: readonly string[]) {
    this.datasets = datasets;
    this.organizations = organizations;
    for (const dataset of datasets) {
      if (dataset.earliest !== null)
        for (const field of dataset.fields) entry(this.#showing, field).push(dataset);
      for (const condition of dataset.conditions) entry(this.#conditions, condition.field).push(condition);
    }
  }

  /** The datasets with days that one of the fields shows. */
  datasetsShowing(fields: readonly string[]): readonly DatasetFacts[] {
    return [...new Set(fields.flatMap((field) => this.#showing.get(field) ?? []))];
  }

  /** The conditions of fields, whichever dataset they come from. */
  conditionsOf(fields: readonly string[]): readonly ValueCondition[] {
    return fields.flatMap((field) => this.#conditions.get(field) ?? []);
  }
}

function entry<Value>(map: Map<string, Value[]>, key: string): Value[] {
  const known = map.get(key) ?? [];
  map.set(key, known);
  return known;
}

export const FACTS_QUERY = `query BuilderFacts {
  datasets {
    dataset organization fields lacks groupBy filters exclusive buckets maxGroupBy longestRange earliest latest enabled explanation
    conditions { field groupedBy notGroupedBy maxDays }
  }
  viewer { organizations }
}`;
