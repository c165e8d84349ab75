/** Facts that the gateway states about a dataset. */
export interface DatasetFacts {
  readonly dataset: string;
  readonly organization: string;
  readonly fields: readonly string[];
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

export interface GatewayFacts {
  readonly datasets: readonly DatasetFacts[];
  /** The organizations that the gateway has a key for; the first is the default. */
  readonly organizations: readonly string[];
}

export const FACTS_QUERY = `query BuilderFacts {
  datasets {
    dataset organization fields groupBy filters exclusive buckets maxGroupBy longestRange earliest latest enabled explanation
  }
  viewer { organizations }
}`;

/** Names of datasets in a description: `Sources: USER_ACTIVITY, CLAUDE_CODE.` */
export function sourcesIn(description: string): readonly string[] {
  const stated = /\bSources?: ([A-Z_]+(?:, [A-Z_]+)*)/.exec(description.replaceAll(/\s+/g, " "));
  return stated?.[1]?.split(", ") ?? [];
}
