import type { AnalyticsConnectorActivity } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type { ConnectorRow, EngagementQuestion } from "../../domain/engagement.ts";
import type { FilterNames } from "../dimension-names.ts";
import { endpoint, type RowId } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { engagementList } from "./coverage.ts";
import { BY_GROUP, BY_PERSON, BY_PRODUCT, engagementQuery, splitList } from "./engagement-query.ts";

export const CONNECTOR_FILTERS = {
  users: "user_id",
  groups: "rbac_group_id",
  products: "product",
  names: "connector_name",
} as const satisfies FilterNames;

const list = {
  dataset: "CONNECTOR_ACTIVITY",
  filters: CONNECTOR_FILTERS,
  ...engagementList,
  path: "/v1/organizations/analytics/connectors",
} as const;

/** Use per connector over the range, by connector name. Source: Enterprise Analytics, "List Connector Activity". */
export const connectorActivity = endpoint({
  ...list,
  query: (p: EngagementQuestion) => engagementQuery(CONNECTOR_FILTERS, p),
  rowId: byName,
  row: connector,
});

/** Use per connector and person. */
export const connectorUse = splitList(list, CONNECTOR_FILTERS, connector, byName, BY_PERSON);

/** Use per connector and group. */
export const connectorByGroup = splitList(list, CONNECTOR_FILTERS, connector, byName, BY_GROUP);

/** Use per connector and product. */
export const connectorByProduct = splitList(list, CONNECTOR_FILTERS, connector, byName, BY_PRODUCT);

function byName({ name }: ConnectorRow): RowId {
  return name;
}

function connector(w: Wire<AnalyticsConnectorActivity>): ConnectorRow {
  return {
    name: w.string("connector_name"),
    displayName: w.stringOrNull("connector_display_name"),
    users: w.count("distinct_user_count"),
    individualAuthUsers: w.countOrNull("individual_auth_distinct_user_count"),
    managedAuthUsers: w.countOrNull("managed_auth_distinct_user_count"),
    readCalls: w.countOrNull("read_call_count"),
    writeCalls: w.countOrNull("write_call_count"),
    unclassifiedCalls: w.countOrNull("unclassified_call_count"),
    chat: { conversations: w.at("chat_metrics").countOrNull("distinct_conversation_connector_used_count") },
    claudeCode: {
      sessions: w.at("claude_code_metrics").countOrNull("distinct_session_connector_used_count"),
    },
    cowork: { sessions: w.at("cowork_metrics").countOrNull("distinct_session_connector_used_count") },
    chatCowork: chatCowork(w.atOrNull("chat_cowork_unified_metrics")),
    office: {
      excel: w.at("office_metrics").at("excel").countOrNull("distinct_session_connector_used_count"),
      outlook: w.at("office_metrics").at("outlook").countOrNull("distinct_session_connector_used_count"),
      powerpoint: w
        .at("office_metrics")
        .at("powerpoint")
        .countOrNull("distinct_session_connector_used_count"),
      word: w.at("office_metrics").at("word").countOrNull("distinct_session_connector_used_count"),
    },
  };
}

/** The key is left out where the merged product does not exist. */
function chatCowork(
  w: Wire<NonNullable<AnalyticsConnectorActivity["chat_cowork_unified_metrics"]>> | null,
): ConnectorRow["chatCowork"] {
  return (
    w && {
      conversations: w.at("chat").countOrNull("distinct_conversation_connector_used_count"),
      sessions: w.at("sessions").countOrNull("distinct_session_connector_used_count"),
    }
  );
}
