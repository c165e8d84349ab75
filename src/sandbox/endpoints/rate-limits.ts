import { type Endpoint, Refusal, type Request } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { OVERRIDES, organizationRateLimits, type RateLimitGroup, UNSEEN } from "../limits/rate-limits.ts";

const FOR_ADMINS = {
  keys: ["admin", "oauth"],
  rateLimit: "lookups",
  // Without `limit` everything comes on one page, which is far below the most it may be.
  paging: { style: "token", limit: { default: 1000, max: 1000 } },
} as const;

const GROUP_TYPE = {
  type: "text",
  values: ["batch", "files", "model_group", "skills", "token_count", "web_search"],
} as const;

export const rateLimits = ({ organization }: Ledger): Endpoint<RateLimitGroup> => ({
  ...FOR_ADMINS,
  path: "/v1/organizations/rate_limits",
  parameters: { group_type: GROUP_TYPE, model: { type: "text" } },
  answer({ query, version }) {
    const model = query.text("model");
    const rows = ofType(organizationRateLimits(organization), query.text("group_type")).filter(
      ({ models }) => model === undefined || models?.includes(model),
    );
    if (model !== undefined && rows.length === 0)
      throw new Refusal(404, `No rate limits for the model ${JSON.stringify(model)}`);
    return {
      rows,
      render: (group) => ({
        id: group.entryId,
        type: "rate_limit",
        ...wireGroup(group, version),
        models: group.models,
        limits: Object.entries(group.limits).map(([type, value]) => ({ type, value })),
      }),
    };
  },
});

/** Limits of a workspace in a group: overridden values, and with `include_inherited` the others too. */
interface WorkspaceLimits {
  readonly group: RateLimitGroup;
  readonly limits: readonly object[];
}

export const workspaceRateLimits = ({ organization }: Ledger): Endpoint<WorkspaceLimits> => ({
  ...FOR_ADMINS,
  path: "/v1/organizations/workspaces/{workspace_id}/rate_limits",
  parameters: { group_type: GROUP_TYPE, include_inherited: { type: "boolean" } },
  answer({ query, path, version }) {
    const workspace = organization.console.workspaces.find(({ id }) => id === path.workspace_id);
    if (workspace === undefined) throw new Refusal(404, `No such workspace: ${path.workspace_id}`);
    const inherits = query.flag("include_inherited");
    const unseen = UNSEEN[workspace.index] ?? [];
    const rows = organizationRateLimits(organization)
      .map((group, index) => ({
        group,
        limits: limitsIn(group, OVERRIDES[workspace.index]?.[index] ?? {}, inherits),
      }))
      .filter(({ limits }) => limits.length > 0);
    const wanted = new Set(
      ofType(
        rows.map(({ group }) => group),
        query.text("group_type"),
      ),
    );
    return {
      rows: rows.filter(({ group }) => wanted.has(group)),
      render: ({ group, limits }) => ({
        type: "workspace_rate_limit",
        workspace_id: workspace.id,
        rate_limit_id: group.entryId,
        ...wireGroup(group, version),
        models: group.models?.filter((model) => !unseen.includes(model)) ?? null,
        limits,
      }),
    };
  },
});

function limitsIn(
  { limits }: RateLimitGroup,
  overrides: Readonly<Record<string, number>>,
  inherits: boolean,
): readonly object[] {
  const own = Object.entries(overrides).map(([type, value]) => ({
    type,
    value,
    org_limit: limits[type] ?? null,
    source: { type: "workspace" },
  }));
  const inherited = Object.entries(limits)
    .filter(([type]) => inherits && overrides[type] === undefined)
    .map(([type, value]) => ({ type, value, org_limit: value, source: { type: "organization" } }));
  return [...own, ...inherited];
}

function ofType(groups: readonly RateLimitGroup[], type: string | undefined): readonly RateLimitGroup[] {
  return type === undefined ? groups : groups.filter((group) => group.type === type);
}

function wireGroup({ id, type, displayName }: RateLimitGroup, version: Request["version"]) {
  const group = displayName === null ? { type, id } : { type, id, display_name: displayName };
  return version === "2023-06-01" ? { group, group_type: type } : { group };
}
