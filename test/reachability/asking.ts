import { type Answer, gateway, json } from "../gateway.ts";
import { PATHS, samplesOf } from "./properties.ts";
import { wholeQuery } from "./selection.ts";

const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;
const ANALYTICS = "/v1/organizations/analytics";

const SHARED = "PRODUCT, MODEL, CONTEXT_WINDOW, INFERENCE_GEO, SPEED";
const SLACK = "SLACK_CHANNEL, CLAUDE_TAG_CATEGORY, CLAUDE_TAG_USER";
const ENTERPRISE = [`${SHARED}, ${SLACK}`, "GROUP"];
const UNIFIED = [
  SHARED,
  `${SLACK}, ACTOR, ACTOR_TYPE`,
  "GROUP, ACTOR",
  "WORKSPACE, API_KEY, SERVICE_TIER, AGENT, DEPLOYMENT",
  "ENVIRONMENT, SESSION, USER_PROFILE, WORKSPACE",
];

function split(field: string, source: string, groupings: readonly string[]): string[] {
  return groupings.map((dimensions) => `${field}(${DAY}, source: ${source}, groupBy: [${dimensions}])`);
}

/** Questions that between them ask each endpoint for all it can say. */
export const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  [`${ANALYTICS}/summaries`]: [`activity(${DAY})`],
  [`${ANALYTICS}/users`]: [`users(${DAY})`, `activityByGroup(${DAY})`],
  [`${ANALYTICS}/apps/chat/projects`]: [`projects(${DAY})`],
  [`${ANALYTICS}/skills`]: [`skills(${DAY})`],
  [`${ANALYTICS}/connectors`]: [`connectors(${DAY})`],
  [`${ANALYTICS}/usage_report`]: split("usage", "ENTERPRISE", ENTERPRISE),
  [`${ANALYTICS}/cost_report`]: split("cost", "ENTERPRISE", [...ENTERPRISE, "COST_TYPE, TOKEN_TYPE"]),
  [`${ANALYTICS}/user_usage_report`]: split("usage", "ENTERPRISE", [
    `USER, ${SHARED}, ${SLACK}`,
    "USER, GROUP",
  ]),
  [`${ANALYTICS}/user_cost_report`]: split("cost", "ENTERPRISE", [
    `USER, ${SHARED}, ${SLACK}`,
    "USER, GROUP",
    "USER, COST_TYPE, TOKEN_TYPE",
  ]),
  [`${ANALYTICS}/usage`]: split("usage", "UNIFIED", UNIFIED),
  [`${ANALYTICS}/cost`]: split("cost", "UNIFIED", [...UNIFIED, "COST_TYPE, TOKEN_TYPE"]),
  [`${ANALYTICS}/plugins`]: [`plugins(${DAY})`],
  [`${ANALYTICS}/artifacts`]: [`artifacts(${DAY}, groupBy: [PRODUCT, GROUP, USER])`],
  "/v1/organizations/rbac_groups": ["groups"],
  "/v1/organizations/rbac_groups/{rbac_group_id}/members": ["groups"],
  "/v1/organizations/usage_report/claude_code": [`claudeCodeRecords(${DAY})`],
  "/v1/organizations/usage_report/messages": [
    `usage(${DAY}, source: CONSOLE, groupBy: [MODEL, USER, CONTEXT_WINDOW, INFERENCE_GEO, SPEED, SERVICE_TIER, WORKSPACE, API_KEY, SERVICE_ACCOUNT])`,
  ],
  "/v1/organizations/cost_report": [`cost(${DAY}, source: CONSOLE, groupBy: [WORKSPACE, DESCRIPTION])`],
  "/v1/organizations/me": ["organization"],
  "/v1/organizations/users": [
    `user(email: "someone@ternplover.example", ${DAY})`,
    `user(id: "user_one", ${DAY})`,
  ],
  "/v1/organizations/workspaces": [`usage(${DAY}, source: CONSOLE, groupBy: [WORKSPACE])`],
  "/v1/organizations/api_keys": [`usage(${DAY}, source: CONSOLE, groupBy: [API_KEY])`],
};

export const SAMPLES = new Map(PATHS.map((path) => [path, samplesOf(path)]));

/** The answer to a question when one endpoint says `body` and every other its sample. */
export function answerOf(question: string, path: string, body: unknown): Promise<Answer> {
  const bodies = new Map([...SAMPLES].map(([each, [sample]]) => [each, sample?.body]));
  bodies.set(path, body);
  const routes = [...bodies].map(([each, said]) => [
    each.replace("{rbac_group_id}", "rbac_group_one"),
    () => json(said),
  ]);
  // All there is of a row is more than anybody asks.
  const settings = { MAX_ROWS: "1000000" };
  return gateway({ routes: Object.fromEntries(routes), settings }).ask(wholeQuery(question));
}

/** The same as text; `refused` where nothing of it was answered. */
export async function answered(question: string, path: string, body: unknown): Promise<string> {
  const { data, errors } = await answerOf(question, path, body);
  // A change that only breaks the answer does not show that the property can be reached.
  const refused = errors !== undefined && Object.values(data ?? {}).every((field) => field === null);
  return refused ? "refused" : JSON.stringify(data);
}
