import type { AnalyticsSkillActivity } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type { EngagementQuestion, SkillRow } from "../../domain/engagement.ts";
import type { MoneyAmount } from "../../domain/money.ts";
import type { FilterNames, FilterValues } from "../dimension-names.ts";
import { endpoint, type RowId } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { engagementList } from "./coverage.ts";
import { BY_GROUP, BY_PERSON, BY_PRODUCT, engagementQuery, splitList } from "./engagement-query.ts";

export const SKILL_FILTERS = {
  users: "user_id",
  groups: "rbac_group_id",
  products: "product",
  names: "skill_name",
  shareStatuses: "share_status",
} as const satisfies FilterNames;

const SKILL_FILTER_VALUES = {
  products: ["chat", "claude_code", "cowork", "office_agent", "chat_cowork_unified"],
  shareStatuses: ["organization", "private", "public"],
} as const satisfies FilterValues;

const list = {
  dataset: "SKILL_ACTIVITY",
  filters: SKILL_FILTERS,
  filterValues: SKILL_FILTER_VALUES,
  ...engagementList,
  path: "/v1/organizations/analytics/skills",
} as const;

/** Use per skill over the range, by skill name. Source: Enterprise Analytics, "List Skill Activity". */
export const skillActivity = endpoint({
  ...list,
  query: (p: EngagementQuestion) => engagementQuery(SKILL_FILTERS, p),
  rowId: byName,
  row: skill,
});

/** Use per skill and person. */
export const skillUse = splitList(list, SKILL_FILTERS, skill, byName, BY_PERSON);

/** Use per skill and group. */
export const skillByGroup = splitList(list, SKILL_FILTERS, skill, byName, BY_GROUP);

/** Use per skill and product. */
export const skillByProduct = splitList(list, SKILL_FILTERS, skill, byName, BY_PRODUCT);

function byName({ name }: SkillRow): RowId {
  return name;
}

function skill(w: Wire<AnalyticsSkillActivity>): SkillRow {
  return {
    name: w.string("skill_name"),
    displayName: w.stringOrNull("skill_display_name"),
    shareStatus: w.stringOrNull("share_status"),
    users: w.count("distinct_user_count"),
    invocations: w.countOrNull("invocation_count"),
    enabledBy: w.countOrNull("enable_count"),
    listPrice: amount(w, "attributed_list_price"),
    overage: amount(w, "estimated_overage_spend"),
    chat: { conversations: w.at("chat_metrics").countOrNull("distinct_conversation_skill_used_count") },
    claudeCode: { sessions: w.at("claude_code_metrics").countOrNull("distinct_session_skill_used_count") },
    cowork: { sessions: w.at("cowork_metrics").countOrNull("distinct_session_skill_used_count") },
    chatCowork: chatCowork(w.atOrNull("chat_cowork_unified_metrics")),
    office: {
      excel: w.at("office_metrics").at("excel").countOrNull("distinct_session_skill_used_count"),
      outlook: w.at("office_metrics").at("outlook").countOrNull("distinct_session_skill_used_count"),
      powerpoint: w.at("office_metrics").at("powerpoint").countOrNull("distinct_session_skill_used_count"),
      word: w.at("office_metrics").at("word").countOrNull("distinct_session_skill_used_count"),
    },
  };
}

function amount(
  w: Wire<AnalyticsSkillActivity>,
  key: "attributed_list_price" | "estimated_overage_spend",
): MoneyAmount | null {
  const cents = w.decimalOrNull(key);
  return cents && { cents, currency: w.usd("currency") };
}

/** The key is left out where the merged product does not exist. */
function chatCowork(
  w: Wire<NonNullable<AnalyticsSkillActivity["chat_cowork_unified_metrics"]>> | null,
): SkillRow["chatCowork"] {
  return (
    w && {
      conversations: w.at("chat").countOrNull("distinct_conversation_skill_used_count"),
      sessions: w.at("sessions").countOrNull("distinct_session_skill_used_count"),
    }
  );
}
