import type { Dataset } from "../../../domain/dataset.ts";
import { addDays, dayOf, type Instant } from "../../../domain/day.ts";
import { type DayRange, oneDay } from "../../../domain/range.ts";
import type { ReportQuestion } from "../../../domain/report.ts";
import type { Endpoint, KeyFamily } from "../../../upstream/endpoint.ts";
import { apiKeys } from "../../../upstream/endpoints/api-keys.ts";
import { artifactActivity } from "../../../upstream/endpoints/artifacts.ts";
import { claudeCode } from "../../../upstream/endpoints/claude-code.ts";
import { connectorActivity } from "../../../upstream/endpoints/connectors.ts";
import { consoleCost } from "../../../upstream/endpoints/console-cost.ts";
import { consoleUsage } from "../../../upstream/endpoints/console-usage.ts";
import { enterpriseCost, userCost } from "../../../upstream/endpoints/enterprise-cost.ts";
import { enterpriseUsage, userUsage } from "../../../upstream/endpoints/enterprise-usage.ts";
import { groupMembers, groups } from "../../../upstream/endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "../../../upstream/endpoints/members.ts";
import { consoleOrganization, enterpriseOrganization } from "../../../upstream/endpoints/organization.ts";
import { pluginActivity } from "../../../upstream/endpoints/plugins.ts";
import { projectActivity } from "../../../upstream/endpoints/projects.ts";
import { rateLimits, workspaceRateLimits } from "../../../upstream/endpoints/rate-limits.ts";
import { skillActivity } from "../../../upstream/endpoints/skills.ts";
import { spendLimitRequests } from "../../../upstream/endpoints/spend-limit-requests.ts";
import { spendLimits } from "../../../upstream/endpoints/spend-limits.ts";
import { activitySummaries } from "../../../upstream/endpoints/summaries.ts";
import { unifiedCost, unifiedUsage } from "../../../upstream/endpoints/unified.ts";
import { userActivity } from "../../../upstream/endpoints/users.ts";
import { workspaces } from "../../../upstream/endpoints/workspaces.ts";

/** Asks an endpoint; returns the rows that could be read, none where the body breaks the contract. */
export type AskEndpoint = <P, Row>(endpoint: Endpoint<P, Row>, params: P) => Promise<readonly Row[]>;

/** One request to one endpoint. */
export interface ContractQuestion {
  readonly dataset: Dataset;
  readonly key: KeyFamily;
  /** Returns false, without a request, if it needs an id and no earlier answer had one. */
  readonly ask: (ask: AskEndpoint, moment: Moment) => Promise<boolean>;
}

interface Moment {
  readonly now: Instant;
  /** The first id in the answer of a dataset. */
  readonly ids: Map<Dataset, string>;
}

interface Details<P, Row> {
  readonly paramsOf: (moment: Moment) => P | null;
  readonly idOf?: (row: Row) => string;
}

function question<P, Row>(endpoint: Endpoint<P, Row>, { paramsOf, idOf }: Details<P, Row>): ContractQuestion {
  const { dataset, key } = endpoint;
  return {
    dataset,
    key,
    async ask(ask, moment) {
      const params = paramsOf(moment);
      if (params === null) return false;
      const [first] = await ask(endpoint, params);
      if (first !== undefined && idOf !== undefined) moment.ids.set(dataset, idOf(first));
      return true;
    },
  };
}

/** A day that every export has counted. */
const COUNTED_DAYS = 5;

function countedDay({ now }: Moment): DayRange {
  return oneDay(addDays(dayOf(now), -COUNTED_DAYS));
}

const list = <More, Row>(endpoint: Endpoint<NoInfer<More> & { readonly range: DayRange }, Row>, more: More) =>
  question(endpoint, { paramsOf: (moment) => ({ ...more, range: countedDay(moment) }) });

const report: Omit<ReportQuestion, "range"> = { bucket: "DAY", groupBy: [], filter: {} };

const reportByActor: Omit<ReportQuestion, "range"> = { ...report, groupBy: ["ACTOR"] };

const lookup = <Row>(endpoint: Endpoint<Record<never, never>, Row>, idOf?: (row: Row) => string) =>
  question(endpoint, { paramsOf: () => ({}), ...(idOf && { idOf }) });

/** A question with an id from the answer of `parent` in its path. */
const below = <P, Row>(parent: Dataset, endpoint: Endpoint<P, Row>, paramsOf: (id: string) => P) =>
  question(endpoint, {
    paramsOf({ ids }) {
      const id = ids.get(parent);
      return id === undefined ? null : paramsOf(id);
    },
  });

/** A question to each endpoint that the gateway reads. Those with an id in their path follow the list that has it. */
export const CONTRACT_QUESTIONS: readonly ContractQuestion[] = [
  list(activitySummaries, {}),
  list(userActivity, {}),
  list(projectActivity, {}),
  list(skillActivity, {}),
  list(connectorActivity, {}),
  list(artifactActivity, { groupBy: [] }),
  list(pluginActivity, {}),
  list(enterpriseUsage, report),
  list(enterpriseCost, report),
  list(userUsage, report),
  list(userCost, report),
  list(unifiedUsage.ENTERPRISE, reportByActor),
  list(unifiedCost.ENTERPRISE, reportByActor),
  lookup(enterpriseOrganization),
  lookup(enterpriseMembers),
  lookup(groups, ({ groupId }) => groupId),
  below("GROUPS", groupMembers, (groupId) => ({ groupId })),
  question(spendLimits, { paramsOf: () => ({ userIds: null }) }),
  question(spendLimitRequests, { paramsOf: () => ({ statuses: [] }) }),
  list(claudeCode, {}),
  list(consoleUsage, report),
  list(consoleCost, report),
  list(unifiedUsage.CONSOLE, reportByActor),
  list(unifiedCost.CONSOLE, reportByActor),
  lookup(consoleOrganization),
  lookup(consoleMembers),
  question(workspaces, {
    paramsOf: () => ({ includeDefault: true }),
    idOf: ({ workspaceId }) => workspaceId,
  }),
  lookup(apiKeys),
  lookup(rateLimits),
  below("WORKSPACES", workspaceRateLimits, (workspaceId) => ({ workspaceId })),
];
