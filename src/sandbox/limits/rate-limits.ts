import type { Organization } from "../organization.ts";
import { ids } from "../random.ts";

/** A group of limits of the Messages API. */
export interface RateLimitGroup {
  /** Id of the group, the same in every organization. */
  readonly id: string;
  /** Entry of the organization. */
  readonly entryId: string;
  readonly type: "model_group" | "batch" | "token_count" | "files" | "skills" | "web_search";
  /** Model groups only. */
  readonly displayName: string | null;
  readonly models: readonly string[] | null;
  readonly limits: Limits;
}

type Limits = Readonly<Record<string, number>>;

interface Plan extends Pick<RateLimitGroup, "type" | "limits"> {
  readonly displayName?: string;
  readonly models?: readonly string[];
}

/** One group of each type. `claude-opus-4-6` is in use and in no group; two groups are of the Sonnet family. */
const PLANS: readonly Plan[] = [
  {
    type: "model_group",
    displayName: "Claude Sonnet 5.x",
    models: ["claude-sonnet-5", "claude-sonnet-5-20260518"],
    limits: {
      requests_per_minute: 3_000,
      input_tokens_per_minute_cache_aware: 8_000_000,
      output_tokens_per_minute: 600_000,
    },
  },
  {
    type: "model_group",
    displayName: "Claude Sonnet 4.x",
    models: ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "claude-sonnet-4-0"],
    limits: {
      requests_per_minute: 2_000,
      input_tokens_per_minute_cache_aware: 2_000_000,
      output_tokens_per_minute: 400_000,
      tokens_per_day: 40_000_000_000,
    },
  },
  {
    type: "model_group",
    displayName: "Claude Opus 4.8",
    models: ["claude-opus-4-8"],
    limits: {
      requests_per_minute: 1_000,
      input_tokens_per_minute_cache_aware: 2_000_000,
      output_tokens_per_minute: 200_000,
      fast_itpmca: 500_000,
      fast_otpm: 50_000,
    },
  },
  {
    type: "model_group",
    displayName: "Claude Haiku (legacy limits)",
    models: ["claude-haiku-4-5"],
    limits: {
      requests_per_minute: 4_000,
      input_tokens_per_minute: 400_000,
      output_tokens_per_minute: 80_000,
      tokens_per_minute: 500_000,
    },
  },
  { type: "batch", limits: { enqueued_batch_requests: 250_000 } },
  { type: "token_count", limits: { requests_per_minute: 8_000 } },
  { type: "files", limits: { requests_per_minute: 500, stored_gigabytes: 500 } },
  { type: "skills", limits: { requests_per_minute: 300 } },
  { type: "web_search", limits: { tool_uses_per_second: 30 } },
];

const STREAM = 69;

export function organizationRateLimits({ seed }: Organization): readonly RateLimitGroup[] {
  const groupIds = ids("rlg_", 0, STREAM);
  const entryIds = ids("ratelimit_", seed, STREAM);
  return PLANS.map(({ type, displayName, models, limits }, index) => ({
    id: groupIds.of(index),
    entryId: entryIds.of(index),
    type,
    displayName: displayName ?? null,
    models: models ?? null,
    limits,
  }));
}

/** Limits set on a workspace, by its index and that of the group; other workspaces override nothing. */
export const OVERRIDES: Readonly<Record<number, Readonly<Record<number, Limits>>>> = {
  // Lowered.
  2: { 0: { requests_per_minute: 500, output_tokens_per_minute: 100_000 } },
  // Raised above the organization; the lower value is enforced.
  3: { 0: { requests_per_minute: 9_000 } },
  // A limiter that the organization lacks.
  4: { 2: { tokens_per_minute: 250_000 } },
  5: { 1: { requests_per_minute: 300 } },
  6: { 3: { requests_per_minute: 0 } },
};

/** Models that a workspace has no access to, by its index. */
export const UNSEEN: Readonly<Record<number, readonly string[]>> = { 5: ["claude-sonnet-4-0"] };
