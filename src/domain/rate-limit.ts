/** One limiter of a group of rate limits. */
export interface RateLimiterRow {
  /** Such as `requests_per_minute`; new ones may appear. */
  readonly type: string;
  readonly value: number;
  /** The organization's value; null where it has no such limiter. */
  readonly organizationValue: number | null;
  /** `organization` or `workspace`: where `value` is set. */
  readonly setAt: string;
}

/** The limits of the Messages API that several models share, or that one surface has. */
export interface RateLimitRow {
  /** Id of the group, the same in every organization. */
  readonly groupId: string;
  /** The organization's own entry. */
  readonly entryId: string;
  /** `model_group`, `batch`, `files` and others; new ones may appear. */
  readonly type: string;
  readonly displayName: string | null;
  /** Names and aliases of models; null unless it is a `model_group`. */
  readonly models: readonly string[] | null;
  readonly limiters: readonly RateLimiterRow[];
}

/** The value that is enforced: the lesser of the workspace's and the organization's. */
export function enforcedValue({ value, organizationValue }: RateLimiterRow): number {
  return organizationValue === null ? value : Math.min(value, organizationValue);
}
