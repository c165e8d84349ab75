import type { Filter, FilterDimension } from "../src/domain/report.ts";
import { badInput } from "../src/errors.ts";
import type { ReportNames } from "../src/upstream/endpoints/report-query.ts";
import { builder } from "./builder.ts";

/** What the filter of a report holds: lists by name. */
export interface FilterInput {
  readonly [name: string]: readonly string[] | null | undefined;
}

/** The names filters go by in the graph. */
const FILTERS = {
  users: "USER",
  products: "PRODUCT",
  models: "MODEL",
  contextWindows: "CONTEXT_WINDOW",
  inferenceGeos: "INFERENCE_GEO",
  speeds: "SPEED",
  serviceTiers: "SERVICE_TIER",
  workspaces: "WORKSPACE",
  apiKeys: "API_KEY",
  serviceAccounts: "SERVICE_ACCOUNT",
  groups: "GROUP",
  slackChannels: "SLACK_CHANNEL",
  claudeTagCategories: "CLAUDE_TAG_CATEGORY",
  claudeTagUsers: "CLAUDE_TAG_USER",
  actors: "ACTOR",
  actorTypes: "ACTOR_TYPE",
  agents: "AGENT",
  deployments: "DEPLOYMENT",
  environments: "ENVIRONMENT",
  sessions: "SESSION",
  userProfiles: "USER_PROFILE",
} as const satisfies Record<string, FilterDimension>;

/** The filter of one report; the lists are the same, the sources that know them are not. */
export function reportFilter(name: "CostFilter" | "UsageFilter") {
  return builder.inputType(name, {
    description:
      "Which usage to count: any value of each list, all of the lists. Sources differ in the lists they know; the error says which.",
    fields: (t) => ({
      users: t.stringList({ description: "People, by `user_...` id of the source's organization." }),
      products: t.stringList({ description: "Products, such as `chat` or `claude_code`." }),
      models: t.stringList({ description: "Models by name." }),
      contextWindows: t.stringList({ description: "Context-window price tiers, such as `0-200k`." }),
      inferenceGeos: t.stringList({
        description: "Inference regions, such as `us`; `not_available` for none.",
      }),
      speeds: t.stringList({ description: "`fast` or `standard`." }),
      serviceTiers: t.stringList({ description: "Service tiers, such as `standard` or `batch`." }),
      workspaces: t.stringList({ description: "Workspaces, by `wrkspc_...` id." }),
      apiKeys: t.stringList({
        description: "API keys, by `apikey_...` id; an empty text is usage without a key (UNIFIED).",
      }),
      serviceAccounts: t.stringList({
        description: "Service accounts, by `svac_...` id (usage of the CONSOLE; for others see `actors`).",
      }),
      slackChannels: t.stringList({ description: "Slack channels of Claude Tag usage, by id." }),
      claudeTagCategories: t.stringList({
        description: "Kinds of Claude Tag usage, such as `dm` or `engaged`.",
      }),
      claudeTagUsers: t.stringList({ description: "Slack users behind Claude Tag usage, by id." }),
      actors: t.stringList({
        description:
          "Identities, by `user_...`, `svac_...` or `apikey_...` id (UNIFIED). A key stands for itself only where no one else is known.",
      }),
      actorTypes: t.stringList({ description: "Kinds of identity, such as `federated_actor` (UNIFIED)." }),
      agents: t.stringList({ description: "Managed agents, by id (UNIFIED, Console)." }),
      deployments: t.stringList({ description: "Deployments, by id (UNIFIED, Console)." }),
      environments: t.stringList({
        description: "Environments of managed sessions, by id (UNIFIED, Console).",
      }),
      sessions: t.stringList({ description: "Managed sessions, by `sesn_...` id (UNIFIED, Console)." }),
      userProfiles: t.stringList({ description: "User profiles, by `uprof_...` id (UNIFIED, Console)." }),
      groups: t.stringList({ description: "RBAC groups by id; membership on the day of use counts." }),
    }),
  });
}

/** The lists of the filter that a report knows. */
export function filterNamesOf({ filter }: ReportNames): string[] {
  return Object.entries(FILTERS).flatMap(([name, dimension]) =>
    Object.hasOwn(filter, dimension) ? [name] : [],
  );
}

/** The most values upstream takes in one list. */
const MAX_VALUES = 100;

/** A filter as sources take it, by dimension. */
export function filterOf(filter: FilterInput | null | undefined): Filter {
  const lists = Object.entries(FILTERS).flatMap(([name, dimension]) => {
    const values = filter?.[name];
    if (values === null || values === undefined) return [];
    // Sent without an entry, a list would not be sent at all, and everything would be counted.
    if (values.length === 0 || values.length > MAX_VALUES)
      throw badInput(
        `\`filter.${name}\` has ${values.length} values; it takes 1 to ${MAX_VALUES}. Leave it out to count all.`,
      );
    return [[dimension, [...new Set(values)].sort()]];
  });
  return Object.fromEntries(lists);
}
