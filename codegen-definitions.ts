import { type GraphQLSchema, isInterfaceType, isObjectType } from "graphql";

/** The fields that the dashboard shows, each with the description that is its definition there. */
const SHOWN = [
  "ActivityDay.dailyActiveUsers",
  "ActivityDay.weeklyActiveUsers",
  "ActivityDay.monthlyActiveUsers",
  "ActivityDay.weeklyAdoption",
  "ActivityDay.seats",
  "ActivityDay.pendingInvites",
  "ProductActiveUsers.dailyActiveUsers",
  "CostBucketConnection.total",
  "CostBucket.net",
  "CostProjection.net",
  "SpendDashboard.monthToDate",
  "SpendDashboard.quarterToDate",
  "SpendDashboard.yearToDate",
  "ClaudeAiTotal.chatUsers",
  "ClaudeAiTotal.conversations",
  "ClaudeAiTotal.messages",
  "ClaudeAiTotal.projectsCreated",
  "ClaudeAiTotal.artifactsCreated",
  "ClaudeAiDay.conversations",
  "ClaudeAiDay.chatUsers",
  "ClaudeAiDay.projectsCreated",
  "ClaudeAiDay.artifactsCreated",
  "ClaudeCodeDay.users",
  "ClaudeCodeGroup.sessions",
  "ClaudeCodeGroup.commits",
  "ClaudeCodeGroup.pullRequests",
  "ClaudeCodeGroup.linesAdded",
  "ClaudeCodeGroup.acceptanceRate",
  "ClaudeCodeGroup.estimated",
  "ClaudeCodeGroup.estimatedPerCommit",
  "ToolActions.acceptanceRate",
  "Skill.users",
  "Connector.users",
  "Project.messages",
  "Plugin.users",
  "TokenUsage.totalTokens",
  "TokenUsage.cacheReadShare",
  "UserSummary.cost",
  "UserActivity.lastActiveOn",
  "ChatActivity.messages",
  "ChatActivity.conversations",
  "ChatActivity.projectsCreated",
  "ChatActivity.artifactsCreated",
  "CoworkActivity.messages",
  "CodeActivity.sessions",
  "CodeActivity.commits",
  "CodeActivity.linesAdded",
  "ClaudeCodeTotals.commits",
  "IdleSeatConnection.members",
  "IdleSeatConnection.activeMembers",
  "IdleSeatConnection.newMembers",
  "IdleSeatConnection.totalCount",
  "TeamSummary.memberCount",
  "TeamSummary.cost",
  "TeamActivity.users",
  "Budget.spent",
  "Budget.projected",
  "Budget.exhaustedOn",
  "Budget.state",
  "SpendLimit.spent",
  "SpendLimit.limit",
  "SpendLimit.resetsAt",
  "RateLimiter.enforced",
  "PeakMinute.used",
  "PeakMinute.at",
];

/** Renders src/web/definitions.json: the descriptions of the fields that the dashboard shows, by `Type.field`. */
export function definitionsOf(schema: GraphQLSchema): string {
  const definitions = SHOWN.map((coordinate) => [coordinate, definitionAt(schema, coordinate)]);
  return `${JSON.stringify(Object.fromEntries(definitions), null, 2)}\n`;
}

function definitionAt(schema: GraphQLSchema, coordinate: string): string {
  const [typeName = "", fieldName = ""] = coordinate.split(".");
  const type = schema.getType(typeName);
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName] : undefined;
  if (!field?.description) throw new Error(`The schema has no description of ${coordinate}.`);
  // Sentences about errors and requests are for authors of queries.
  return field.description
    .replaceAll("`", "")
    .split(/(?<=[.:])\s+(?=[A-Z])/)
    .filter((sentence) => !/\b[A-Z]+_[A-Z_]+\b|upstream request|fetched only|Not together/.test(sentence))
    .join(" ")
    .replace(/\s*(?:Sources?|Errors):$/, "");
}
