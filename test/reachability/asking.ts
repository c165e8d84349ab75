import { type Answer, gateway, json } from "../gateway.ts";
import { organizationsFile } from "../organizations/three.ts";
import { PATHS, type Sample, samplesOf } from "./properties.ts";
import { DAY, wholeQuery } from "./selection.ts";

const ANALYTICS = "/v1/organizations/analytics";

const SHARED = "PRODUCT, MODEL, CONTEXT_WINDOW, INFERENCE_GEO, SPEED";
const SLACK = "SLACK_CHANNEL, CLAUDE_TAG_CATEGORY, CLAUDE_TAG_USER";
const ENTERPRISE = [`${SHARED}, ${SLACK}`, "GROUP"];
const OF_PARENT = "ORGANIZATION";
const UNIFIED = [OF_PARENT, SHARED, `${SLACK}, ACTOR, ACTOR_TYPE`, "GROUP, ACTOR"];
const OF_CONSOLE = [
  "WORKSPACE, API_KEY, SERVICE_TIER, AGENT, DEPLOYMENT",
  "ENVIRONMENT, SESSION, USER_PROFILE, WORKSPACE",
];

function split(field: string, source: string, groupings: readonly string[]): string[] {
  return groupings.map((dimensions) => {
    const whose = OF_CONSOLE.includes(dimensions) ? 'organization: "console", ' : "";
    return `${field}(${DAY}, bucket: DAY, ${whose}source: ${source}, groupBy: [${dimensions}])`;
  });
}

/** Questions that between them ask each endpoint for all it can say. */
export const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  [`${ANALYTICS}/summaries`]: [`activity(${DAY})`],
  [`${ANALYTICS}/users`]: [`users(${DAY})`, `activityByGroup(${DAY})`],
  [`${ANALYTICS}/apps/chat/projects`]: [`projects(${DAY})`],
  [`${ANALYTICS}/skills`]: [`skills(${DAY})`],
  [`${ANALYTICS}/connectors`]: [`connectors(${DAY})`],
  [`${ANALYTICS}/usage_report`]: split("usage", "LEGACY", ENTERPRISE),
  [`${ANALYTICS}/cost_report`]: split("cost", "LEGACY", [...ENTERPRISE, "COST_TYPE, TOKEN_TYPE"]),
  [`${ANALYTICS}/user_usage_report`]: split("usage", "LEGACY", [`USER, ${SHARED}, ${SLACK}`, "USER, GROUP"]),
  [`${ANALYTICS}/user_cost_report`]: split("cost", "LEGACY", [
    `USER, ${SHARED}, ${SLACK}`,
    "USER, GROUP",
    "USER, COST_TYPE, TOKEN_TYPE",
  ]),
  [`${ANALYTICS}/usage`]: split("usage", "UNIFIED", [...UNIFIED, ...OF_CONSOLE]),
  [`${ANALYTICS}/cost`]: split("cost", "UNIFIED", [...UNIFIED, ...OF_CONSOLE, "COST_TYPE, TOKEN_TYPE"]),
  [`${ANALYTICS}/plugins`]: [`plugins(${DAY})`],
  [`${ANALYTICS}/artifacts`]: [`artifacts(${DAY}, groupBy: [PRODUCT, GROUP, USER])`],
  "/v1/organizations/rbac_groups": ["groups"],
  "/v1/organizations/rbac_groups/{rbac_group_id}/members": ["groups"],
  "/v1/organizations/usage_report/claude_code": [`claudeCodeRecords(${DAY})`],
  "/v1/organizations/usage_report/messages": [
    `usage(${DAY}, bucket: DAY, organization: "console", source: LEGACY, groupBy: [MODEL, USER, CONTEXT_WINDOW, INFERENCE_GEO, SPEED, SERVICE_TIER, WORKSPACE, API_KEY, SERVICE_ACCOUNT])`,
  ],
  "/v1/organizations/cost_report": [
    `cost(${DAY}, bucket: DAY, organization: "console", source: LEGACY, groupBy: [WORKSPACE, DESCRIPTION])`,
  ],
  "/v1/organizations/spend_limits/effective": [
    "spendLimits(filter: { states: [BELOW, REACHED, UNKNOWN, UNLIMITED] })",
  ],
  "/v1/organizations/spend_limit_increase_requests": ["spendLimitRequests"],
  "/v1/organizations/rate_limits": [`rateLimits(day: "2026-11-20")`],
  "/v1/organizations/workspaces/{workspace_id}/rate_limits": [
    `rateLimits(workspace: "wrkspc_one", day: "2026-11-20")`,
  ],
  "/v1/organizations/me": ["organization"],
  "/v1/organizations/users": [`user(email: "someone@ternplover.example")`, `user(id: "user_one")`],
  "/v1/organizations/workspaces": [
    `usage(${DAY}, bucket: DAY, organization: "console", source: LEGACY, groupBy: [WORKSPACE])`,
  ],
  "/v1/organizations/api_keys": [
    `usage(${DAY}, bucket: DAY, organization: "console", source: LEGACY, groupBy: [API_KEY])`,
  ],
};

export const SAMPLES = new Map(PATHS.map((path) => [path, samplesOf(path)]));

/** Settings of a gateway of a parent organization. */
function parent(): object {
  const entries = [{ name: "holding", kind: "enterprise", keyVariable: "KEY_OF_PARENT", isParent: true }];
  const KEY_OF_PARENT = "sk-ant-api01-holding";
  const none = { ANTHROPIC_ANALYTICS_KEY: "", ANTHROPIC_ADMIN_KEY: "" };
  return { ...none, KEY_OF_PARENT, ORGANIZATIONS_FILE: organizationsFile(entries) };
}

/** The answer to a question when one endpoint says `body` and every other its sample. */
export function answerOf(question: string, path: string, body: unknown): Promise<Answer> {
  const bodies = new Map([...SAMPLES].map(([each, [sample]]) => [each, sample?.body]));
  bodies.set(path, body);
  const routes = [...bodies].map(([each, said]) => [
    each.replace("{rbac_group_id}", "rbac_group_one").replace("{workspace_id}", "wrkspc_one"),
    () => json(said),
  ]);
  // All there is of a row is more than anybody asks.
  const settings = { MAX_ROWS: "1000000", ...(question.includes(OF_PARENT) ? parent() : {}) };
  return gateway({ routes: Object.fromEntries(routes), settings }).ask(wholeQuery(question));
}

const originals = new WeakMap<Sample, Map<string, Promise<Answer>>>();

/** The answer to a question before any edit of a sample, which is the same for all edits. */
export function originalAnswer(question: string, path: string, sample: Sample): Promise<Answer> {
  const answers = originals.get(sample) ?? new Map<string, Promise<Answer>>();
  originals.set(sample, answers);
  const answer = answers.get(question) ?? answerOf(question, path, sample.body);
  answers.set(question, answer);
  return answer;
}

/** An answer as text; `refused` where nothing of it was answered. */
export function textOf({ data, errors }: Answer): string {
  // A change that only breaks the answer does not show that the property can be reached.
  const refused = errors !== undefined && Object.values(data ?? {}).every((field) => field === null);
  return refused ? "refused" : JSON.stringify(data);
}
