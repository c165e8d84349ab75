import { dayNumberOf } from "../calendar.ts";
import type { Fact } from "../ledger/fact.ts";
import type { Organization } from "../organization.ts";
import type { Value } from "./cells.ts";

/** Dimensions of the Enterprise reports, in the order their keys stand in a row. */
export const DIMENSIONS = [
  "claude_tag_category",
  "claude_tag_user_id",
  "context_window",
  "inference_geo",
  "model",
  "product",
  "rbac_group_id",
  "slack_channel_id",
  "speed",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** The value of a fact in each dimension that has exactly one. */
export const VALUE: Readonly<Record<Exclude<Dimension, "rbac_group_id">, (fact: Fact) => string | null>> = {
  claude_tag_category: (fact) => fact.tag?.category ?? null,
  claude_tag_user_id: (fact) => fact.tag?.slackUser ?? null,
  context_window: (fact) => fact.rate.contextWindow,
  inference_geo: (fact) => fact.rate.geo,
  model: (fact) => fact.rate.model,
  product: (fact) => fact.product,
  slack_channel_id: (fact) => fact.tag?.channel ?? null,
  speed: (fact) => fact.rate.speed,
};

const NO_GROUP: readonly null[] = [null];

/**
 * The groups a fact counts in, by membership on its UTC day; null stands for people in no group and for usage without a person.
 */
export function groupIdsOf(organization: Organization, fact: Fact): readonly (string | null)[] {
  if (fact.person === null) return NO_GROUP;
  const groups = organization.groups.of(organization.person(fact.person), dayNumberOf(fact.at));
  return groups.length === 0 ? NO_GROUP : groups.map(({ id }) => id);
}

/** The keys of a row: every dimension, null where it was not requested. */
export function dimensionKeys(
  dimensions: readonly Dimension[],
  values: readonly Value[],
): Record<Dimension, Value> {
  const row = Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, null as Value]));
  for (const [i, dimension] of dimensions.entries()) row[dimension] = values[i] ?? null;
  return row as Record<Dimension, Value>;
}
