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
  readonly #showing: ReadonlyMap<string, readonly { readonly dataset: DatasetFacts }[]>;
  readonly #conditions: ReadonlyMap<string, readonly ValueCondition[]>;

  constructor(datasets: readonly DatasetFacts[], organizations: readonly string[]) {
    this.datasets = datasets;
    this.organizations = organizations;
    const dated = datasets.filter(({ earliest }) => earliest !== null);
    const shown = dated.flatMap((dataset) => dataset.fields.map((field) => ({ field, dataset })));
    this.#showing = Map.groupBy(shown, ({ field }) => field);
    this.#conditions = Map.groupBy(
      datasets.flatMap(({ conditions }) => conditions),
      ({ field }) => field,
    );
  }

  /** The datasets with days that one of the fields shows. */
  datasetsShowing(fields: readonly string[]): readonly DatasetFacts[] {
    const shown = fields.flatMap((field) => this.#showing.get(field) ?? []);
    return [...new Set(shown.map(({ dataset }) => dataset))];
  }

  /** The conditions of fields, whichever dataset they come from. */
  conditionsOf(fields: readonly string[]): readonly ValueCondition[] {
    return fields.flatMap((field) => this.#conditions.get(field) ?? []);
  }
}

export const FACTS_QUERY = `query BuilderFacts {
  datasets {
    dataset organization fields lacks groupBy filters exclusive buckets maxGroupBy longestRange earliest latest enabled explanation
    conditions { field groupedBy notGroupedBy maxDays }
  }
  viewer { organizations }
}`;
