import type { Filter, FilterDimension } from "../../src/domain/report.ts";
import { badInput } from "../../src/errors.ts";
import type { Requires } from "../../src/planning/plan.ts";
import type { ReportNames } from "../../src/upstream/dimension-names.ts";
import { builder } from "../framework/builder.ts";
import { requiredBy } from "../framework/selection.ts";

/** The lists of a filter: the names they go by in the graph, what they are of, and how they are described. */
const FILTERS = {
  organizations: [
    "ORGANIZATION",
    "Children of a parent organization, by name or by `childOrganizationId` (UNIFIED). An id that upstream does not know matches nothing; a child with HIPAA readiness is UPSTREAM_REFUSED.",
  ],
  users: ["USER", "People, by `user_...` id of the source's organization."],
  products: ["PRODUCT", "Products, such as `chat` or `claude_code`."],
  models: ["MODEL", "Models by name."],
  contextWindows: ["CONTEXT_WINDOW", "Context-window price tiers, such as `0-200k`."],
  inferenceGeos: ["INFERENCE_GEO", "Inference regions, such as `us`; `not_available` for none."],
  speeds: ["SPEED", "`fast` or `standard`."],
  serviceTiers: [
    "SERVICE_TIER",
    "Service tiers, such as `standard` or `batch` (UNIFIED, and LEGACY of the Console).",
  ],
  workspaces: ["WORKSPACE", "Workspaces, by `wrkspc_...` id (Console)."],
  apiKeys: ["API_KEY", "API keys, by `apikey_...` id; an empty string is usage without a key (UNIFIED)."],
  serviceAccounts: [
    "SERVICE_ACCOUNT",
    "Service accounts, by `svac_...` id (LEGACY usage of the Console; for others see `actors`).",
  ],
  slackChannels: ["SLACK_CHANNEL", "Slack channels of Claude Tag usage, by id."],
  claudeTagCategories: ["CLAUDE_TAG_CATEGORY", "Kinds of Claude Tag usage, such as `dm` or `engaged`."],
  claudeTagUsers: ["CLAUDE_TAG_USER", "Slack users behind Claude Tag usage, by id."],
  actors: [
    "ACTOR",
    "Identities, by `user_...`, `svac_...` or `apikey_...` id (UNIFIED). A key is an identity only if no other identity is known behind it.",
  ],
  actorTypes: ["ACTOR_TYPE", "Kinds of identity, such as `federated_actor` (UNIFIED)."],
  agents: ["AGENT", "Managed agents, by id (UNIFIED)."],
  deployments: ["DEPLOYMENT", "Deployments, by id (UNIFIED)."],
  environments: ["ENVIRONMENT", "Environments of managed sessions, by id (UNIFIED)."],
  sessions: ["SESSION", "Managed sessions, by `sesn_...` id (UNIFIED)."],
  userProfiles: ["USER_PROFILE", "User profiles, by `uprof_...` id (UNIFIED)."],
  groups: ["GROUP", "RBAC groups by id; membership on the day of use counts."],
} as const satisfies Record<string, readonly [FilterDimension, string]>;

/** Lists of a filter. */
export type FilterLists = { readonly [N in keyof typeof FILTERS]?: readonly string[] | null | undefined };

/** Filter of a report. */
export interface ReportFilterInput extends FilterLists {
  readonly any?: readonly FilterLists[] | null | undefined;
}

/** One input field for each list. */
function listsOf<Field>(list: (options: { description: string; requires: Requires }) => Field) {
  return Object.fromEntries(
    Object.entries(FILTERS).map(([name, [dimension, description]]) => [
      name,
      list({ description, requires: requiredBy(dimension) }),
    ]),
  ) as { [N in keyof typeof FILTERS]: Field };
}

const FilterAlternative = builder.inputType("FilterAlternative", {
  description: "One alternative: matches any value of each list and all lists.",
  fields: (t) => listsOf((options) => t.stringList(options)),
});

/** The filter of one report; the lists are the same, the sources that know them are not. */
export function reportFilter(name: "CostFilter" | "UsageFilter") {
  return builder.inputType(name, {
    description:
      "Filter of usage: matches any value of each list and all lists. Sources support different lists; the error names them.",
    fields: (t) => ({
      ...listsOf((options) => t.stringList(options)),
      any: t.field({
        type: [FilterAlternative],
        description:
          "Alternatives: usage must match the lists and at least one of these. Upstream has no such filter, so the gateway selects rows by their dimensions: every list of an alternative must be a dimension in `groupBy`. Not for `users` and `groups`, since their rows omit usage or count it several times, nor for sources that omit groups. `total` covers the same usage and takes a separate run of upstream pages.",
      }),
    }),
  });
}

/** The lists of the filter that a report knows. */
export function filterNamesOf({ filter }: ReportNames): string[] {
  return Object.entries(FILTERS).flatMap(([name, [dimension]]) =>
    Object.hasOwn(filter, dimension) ? [name] : [],
  );
}

/** The most values upstream takes in one list. */
const MAX_VALUES = 100;

/** A filter as sources take it, by dimension. */
export function reportFilterOf(filter: FilterLists | null | undefined): Filter {
  const lists = Object.entries(FILTERS).flatMap(([name, [dimension]]) => {
    const values = filter?.[name as keyof FilterLists];
    if (values === null || values === undefined) return [];
    // Sent without an entry, a list would not be sent at all, and everything would be counted.
    if (values.length === 0 || values.length > MAX_VALUES)
      throw badInput(
        `\`filter.${name}\` has ${values.length} values; it must have 1 to ${MAX_VALUES}. Omit it to include all.`,
      );
    return [[dimension, [...new Set(values)].sort()]];
  });
  return Object.fromEntries(lists);
}

/** The most alternatives of one filter. */
const MAX_ALTERNATIVES = 100;

/** The alternatives of a filter; nothing where it has none. */
export function alternativesOf(filter: ReportFilterInput | null | undefined): { any?: readonly Filter[] } {
  const stated = filter?.any;
  if (!stated) return {};
  if (stated.length === 0 || stated.length > MAX_ALTERNATIVES)
    throw badInput(
      `\`filter.any\` has ${stated.length} alternatives; it must have 1 to ${MAX_ALTERNATIVES}. Omit it to include all.`,
    );
  const any = stated.map(reportFilterOf);
  if (any.some((each) => Object.keys(each).length === 0))
    throw badInput("`filter.any` has an alternative without lists, which matches everything; omit `any`.");
  return { any };
}
