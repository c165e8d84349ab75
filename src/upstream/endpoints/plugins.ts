import type { AnalyticsPluginActivity } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type { EngagementQuestion, SessionUse } from "../../domain/engagement.ts";
import type { PluginRow } from "../../domain/plugin.ts";
import type { FilterNames, FilterValues } from "../dimension-names.ts";
import { endpoint, idOf, type RowId } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { engagementList } from "./coverage.ts";
import { BY_GROUP, BY_PRODUCT, engagementQuery, splitList } from "./engagement-query.ts";

const PLUGIN_FILTERS = {
  users: "user_id",
  groups: "rbac_group_id",
  products: "product",
  names: "plugin_name",
} as const satisfies FilterNames;

const PLUGIN_FILTER_VALUES = {
  products: ["claude_code", "cowork", "chat_cowork_unified"],
} as const satisfies FilterValues;

const list = {
  dataset: "PLUGIN_ACTIVITY",
  filters: PLUGIN_FILTERS,
  filterValues: PLUGIN_FILTER_VALUES,
  ...engagementList,
  path: "/v1/organizations/analytics/plugins",
} as const;

/** Use per plugin over the range, by plugin name. Source: Enterprise Analytics, "List Plugin Activity". */
export const pluginActivity = endpoint({
  ...list,
  query: (p: EngagementQuestion) => engagementQuery(PLUGIN_FILTERS, p),
  rowId: byNameAndId,
  row: plugin,
});

/** Use per plugin and group. */
export const pluginByGroup = splitList(list, PLUGIN_FILTERS, plugin, byNameAndId, BY_GROUP);

/** Use per plugin and product. */
export const pluginByProduct = splitList(list, PLUGIN_FILTERS, plugin, byNameAndId, BY_PRODUCT);

/** Names are not unique: marketplaces do not know each other. */
function byNameAndId({ name, pluginId }: PluginRow): RowId | null {
  return idOf(name, pluginId);
}

function plugin(w: Wire<AnalyticsPluginActivity>): PluginRow {
  const unified = w.atOrNull("chat_cowork_unified_metrics");
  return {
    name: w.string("plugin_name"),
    pluginId: w.stringOrNull("plugin_id"),
    users: w.count("distinct_user_count"),
    installs: w.countOrNull("install_count"),
    invocations: w.count("invocation_count"),
    claudeCode: use(w.at("claude_code_metrics")),
    cowork: use(w.at("cowork_metrics")),
    chatCowork: unified && use(unified),
  };
}

function use(w: Wire<AnalyticsPluginActivity["cowork_metrics"]>): SessionUse {
  return { sessions: w.countOrNull("distinct_session_plugin_used_count") };
}
