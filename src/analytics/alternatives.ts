import type { Dimensions, ReportActor } from "../domain/bucket.ts";
import type { Filter, FilterDimension, ReportQuestion } from "../domain/report.ts";
import { badInput } from "../errors.ts";

/** Returns the value of a row in a dimension, spelled as a filter on it; null where it has no value. */
const VALUE: { readonly [D in FilterDimension]?: (row: Dimensions) => string | null } = {
  ORGANIZATION: ({ organizationId }) => organizationId,
  PRODUCT: ({ product }) => product,
  MODEL: ({ model }) => model,
  CONTEXT_WINDOW: ({ contextWindow }) => contextWindow,
  INFERENCE_GEO: ({ inferenceGeo }) => inferenceGeo ?? "not_available",
  SPEED: ({ speed }) => speed,
  SERVICE_TIER: ({ serviceTier }) => serviceTier,
  SLACK_CHANNEL: ({ slackChannelId }) => slackChannelId,
  CLAUDE_TAG_CATEGORY: ({ claudeTagCategory }) => claudeTagCategory,
  CLAUDE_TAG_USER: ({ claudeTagUserId }) => claudeTagUserId,
  WORKSPACE: ({ workspaceId }) => workspaceId,
  API_KEY: ({ apiKeyId }) => apiKeyId ?? "",
  SERVICE_ACCOUNT: ({ serviceAccountId }) => serviceAccountId,
  ACTOR: ({ actor }) => actor && idOf(actor),
  ACTOR_TYPE: ({ actorType }) => actorType,
  AGENT: ({ agentId }) => agentId,
  DEPLOYMENT: ({ deploymentId }) => deploymentId,
  ENVIRONMENT: ({ environmentId }) => environmentId,
  SESSION: ({ sessionId }) => sessionId,
  USER_PROFILE: ({ userProfileId }) => userProfileId,
};

function idOf(actor: ReportActor): string | null {
  switch (actor.kind) {
    case "person":
      return actor.user.userId;
    case "serviceAccount":
      return actor.serviceAccountId;
    case "key":
      return actor.apiKeyId;
    default:
      return null;
  }
}

/** The dimensions that alternatives are about, by which rows have to be split for the gateway to tell which match. */
export function dimensionsOfAny({ any = [] }: Pick<ReportQuestion, "any">): FilterDimension[] {
  return [...new Set(any.flatMap((filter) => Object.keys(filter) as FilterDimension[]))].sort();
}

/** Throws BAD_USER_INPUT where rows would not tell which of them match. Upstream has no "or" between dimensions. */
export function refuseAlternatives(question: ReportQuestion): void {
  const dimensions = dimensionsOfAny(question);
  const overlapping = dimensions.filter((dimension) => VALUE[dimension] === undefined);
  if (overlapping.length > 0)
    throw badInput(
      `\`filter.any\` cannot filter on ${overlapping.join(", ")}: its rows omit usage or count it more than once. For people use \`actors\`; for the others send several queries.`,
    );
  const missing = dimensions.filter((dimension) => !question.groupBy.includes(dimension));
  if (missing.length > 0)
    throw badInput(
      `\`filter.any\` filters on ${missing.join(", ")}, but the rows are not grouped by it; add ${missing.join(", ")} to \`groupBy\`.`,
    );
}

/** Returns the test of rows that the alternatives of a question let through; without any, every row passes. */
export function matchesAny({ any }: Pick<ReportQuestion, "any">): (row: Dimensions) => boolean {
  if (any === undefined) return () => true;
  const tests = any.map((filter) =>
    Object.entries(filter).map(([dimension, values]) => testOf(dimension, values)),
  );
  return (row) => tests.some((all) => all.every((test) => test(row)));
}

function testOf(dimension: string, values: Filter[FilterDimension] = []): (row: Dimensions) => boolean {
  const wanted = new Set(values);
  const of = VALUE[dimension as FilterDimension];
  return (row) => {
    const value = of?.(row) ?? null;
    return value !== null && wanted.has(value);
  };
}
