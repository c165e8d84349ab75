import type { OrganizationRateLimit } from "@anthropic-ai/sdk/resources/organization/rate-limits";
import type { WorkspaceRateLimit } from "@anthropic-ai/sdk/resources/organization/workspaces/rate-limits";
import type { RateLimiterRow, RateLimitRow } from "../../domain/rate-limit.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { segment } from "../pages/path.ts";
import { FRESH } from "./coverage.ts";

/** Every variant of a group at once; only model groups have a name. */
interface AnyGroup {
  id: string;
  type: string;
  display_name: string;
}

type WireLimit<Limit> = Omit<Limit, "group"> & { group: AnyGroup };

const configuration = {
  key: "admin",
  paging: "token",
  pageSize: () => 1000,
  rangeOf: () => null,
  coverage: null,
  subject: "live",
  freshSeconds: FRESH.configuration,
  rowId: ({ entryId }: RateLimitRow) => entryId,
} as const;

/** Rate limits of the organization. Source: Rate Limits API, "List organization rate limits". */
export const rateLimits = endpoint({
  ...configuration,
  dataset: "RATE_LIMITS",
  path: "/v1/organizations/rate_limits",
  query: (_: Record<never, never>) => ({}),
  row: (w: Wire<WireLimit<OrganizationRateLimit>>): RateLimitRow => ({
    ...group(w.at("group")),
    entryId: w.string("id"),
    models: w.stringsOrNull("models"),
    limiters: w.each("limits").map(
      (limit): RateLimiterRow => ({
        type: limit.string("type"),
        value: limit.count("value"),
        organizationValue: limit.count("value"),
        setAt: "organization",
      }),
    ),
  }),
});

/** Rate limits of a workspace with those it inherits. Source: Rate Limits API, "List workspace rate limits". */
export const workspaceRateLimits = endpoint({
  ...configuration,
  dataset: "WORKSPACE_RATE_LIMITS",
  path: (p: { workspaceId: string }) => `/v1/organizations/workspaces/${segment(p.workspaceId)}/rate_limits`,
  query: () => ({ include_inherited: true }),
  row: (w: Wire<WireLimit<WorkspaceRateLimit>>): RateLimitRow => ({
    ...group(w.at("group")),
    entryId: w.string("rate_limit_id"),
    models: w.stringsOrNull("models"),
    limiters: w.each("limits").map(
      (limit): RateLimiterRow => ({
        type: limit.string("type"),
        value: limit.count("value"),
        organizationValue: limit.countOrNull("org_limit"),
        setAt: limit.at("source").string("type"),
      }),
    ),
  }),
});

function group(w: Wire<AnyGroup>): Pick<RateLimitRow, "groupId" | "type" | "displayName"> {
  return { groupId: w.string("id"), type: w.string("type"), displayName: w.stringOrNull("display_name") };
}
