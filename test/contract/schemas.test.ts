import { beforeAll, describe, expect, test } from "vitest";
import type { Endpoint, KeyKind } from "../../src/sandbox/endpoint.ts";
import { endpoints } from "../../src/sandbox/endpoints.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { faultsOf } from "./contract.ts";
import { questionsOf, type Samples } from "./questions.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const failures: unknown[] = [];
const sandbox = createSandbox({
  users: 80,
  seed: 7,
  now: () => NOW,
  rateLimit: "off",
  failed: (error) => failures.push(error),
});

const KEYS: Readonly<Record<KeyKind, string>> = {
  enterprise: "sk-ant-api01-suite",
  admin: "sk-ant-admin01-suite",
  oauth: "sk-ant-oat01-suite",
};

interface Reply {
  readonly status: number;
  readonly body: {
    readonly data?: readonly Row[];
    readonly next_page?: string | null;
    readonly error?: object;
  };
}
type Row = Readonly<Record<string, unknown>>;

async function get(key: KeyKind, path: string, version = "2026-10-21"): Promise<Reply> {
  const headers = {
    "x-api-key": KEYS[key],
    "anthropic-version": version,
    "anthropic-beta": "analytics-usage-cost-2026-08-24,fast-mode-2026-02-01",
  };
  const { status, body } = await sandbox.handle({ method: "GET", path, headers });
  return { status, body: JSON.parse(body) };
}

const ROOT = "/v1/organizations";

async function some(key: KeyKind, path: string, field: string): Promise<string[]> {
  const { body } = await get(key, ROOT + path);
  const values = (body.data ?? []).map((row) => row[field]).filter((value) => typeof value === "string");
  return [...new Set(values)].slice(0, 2);
}

/** Values that occur, by the parameter or the dimension they are for. */
async function samplesOf(key: KeyKind): Promise<Samples> {
  const day = "date=2026-11-18";
  const users = await some(key, "/users", "id");
  const groups = sandbox.organization.groups.all.slice(0, 2).map(({ id }) => id);
  const keys = await some("admin", "/api_keys", "id");
  const accounts = sandbox.organization.console.serviceAccounts.slice(0, 2).map(({ id }) => id);
  const workspaces = await some("admin", "/workspaces", "id");
  const models = ["claude-sonnet-5", "no-such-model"];
  return {
    user_id: users,
    rbac_group_id: groups,
    project_id: await some("enterprise", `/analytics/apps/chat/projects?${day}`, "project_id"),
    skill_name: await some("enterprise", `/analytics/skills?${day}`, "skill_name"),
    connector_name: await some("enterprise", `/analytics/connectors?${day}`, "connector_name"),
    product: ["claude_code", "cowork"],
    plugin_name: await some("enterprise", `/analytics/plugins?${day}`, "plugin_name"),
    artifact_type: await some("enterprise", `/analytics/artifacts?${day}`, "artifact_type"),
    is_shared: ["true", "false"],
    share_status: await some("enterprise", `/analytics/skills?${day}`, "share_status"),
    "user_ids[]": users,
    "rbac_group_ids[]": groups,
    "models[]": models,
    "actor_ids[]": [...users, ...keys, ...accounts],
    "api_key_ids[]": [...keys, ""],
    "workspace_ids[]": workspaces,
    "account_ids[]": users,
    "service_account_ids[]": accounts,
    "ids[]": workspaces,
    model: ["claude-sonnet-5", "claude-sonnet-4-5-20250929"],
    "roles[]": ["user", "admin"],
    email: await some(key, "/users", "email"),
    created_by_user_id: await some("admin", "/users", "id"),
    workspace_id: workspaces,
    limit: ["5"],
  };
}

/** The path of an endpoint with real ids in it. */
async function pathOf({ path }: Endpoint, key: KeyKind): Promise<string> {
  const lists: Readonly<Record<string, string>> = {
    user_id: "/users",
    invite_id: "/invites",
    workspace_id: "/workspaces",
    api_key_id: "/api_keys",
    rbac_group_id: "/rbac_groups",
    spend_limit_increase_request_id: "/spend_limit_increase_requests",
  };
  let real = path;
  for (const [segment, name = ""] of path.matchAll(/\{(\w+)\}/g)) {
    const inside = path.includes(`/members/${segment}`);
    const list = inside ? real.slice(ROOT.length, real.indexOf(`/${segment}`)) : (lists[name] ?? "");
    const [id] = await some(key, list, inside ? name : "id");
    real = real.replace(segment, id ?? "none");
  }
  return real;
}

const table = endpoints(sandbox.organization);
let samples: Readonly<Record<KeyKind, Samples>>;
beforeAll(async () => {
  const admin = await samplesOf("admin");
  samples = { enterprise: await samplesOf("enterprise"), admin, oauth: admin };
});

describe.each(
  table.flatMap((endpoint) => endpoint.keys.map((key) => [endpoint.path, key, endpoint] as const)),
)("%s with the %s key", (path, key, endpoint) => {
  test("keeps to its schema for every request", async () => {
    const real = await pathOf(endpoint, key);
    const faults = new Map<string, string>();
    let rows = 0;
    const check = async (search: string, version?: string): Promise<Reply> => {
      const reply = await get(key, search === "" ? real : `${real}?${search}`, version);
      if (reply.status !== 200) faults.set(JSON.stringify(reply.body.error), search);
      for (const fault of faultsOf(path, reply.status, reply.body)) {
        const line = fault.replaceAll(/\/\d+\b/g, "/*");
        if (!faults.has(line)) faults.set(line, search);
      }
      rows += reply.body.data?.length ?? 1;
      return reply;
    };
    for (const search of questionsOf(endpoint, samples[key])) {
      const { body } = await check(search);
      if (body.next_page) await check(`${search}&page=${body.next_page}`);
    }
    await check(questionsOf(endpoint, samples[key])[0] ?? "", "2023-06-01");
    expect(Object.fromEntries(faults)).toEqual({});
    expect(rows).toBeGreaterThan(0);
    expect(failures.splice(0)).toEqual([]);
  });
});

/** Query strings that the endpoint must refuse: each parameter twice, with a wrong value, with too many. */
function refusedOf({ parameters, paging }: Endpoint, usual: string): readonly string[] {
  const wrong = Object.entries(parameters).flatMap(([name, { type, values, pattern, maxItems }]) => {
    if (type !== "list") return [`${name}=x&${name}=x`];
    const entries = values === undefined && pattern === undefined ? [] : [`${name}=no_such`];
    return maxItems === undefined ? entries : [...entries, `${name}=x&`.repeat(maxItems + 1)];
  });
  const limits = "limit" in paging ? ["limit=0", "limit=9999", "limit=many"] : [];
  const cursors = paging.style === "token" || paging.style === "report" ? ["page=page_x"] : [];
  return [...wrong, ...limits, ...cursors].map((part) => `${usual}&${part}`);
}

describe.each(table.map((endpoint) => [endpoint.path, endpoint] as const))("%s", (path, endpoint) => {
  test("refuses in the envelope of the contract", async () => {
    const [key = "admin"] = endpoint.keys;
    const real = await pathOf(endpoint, key);
    const [usual = ""] = questionsOf(endpoint, samples[key]);
    const replies = await Promise.all([
      get(key, `${real}?${usual}`, "1999-01-01"),
      ...refusedOf(endpoint, usual).map((search) => get(key, `${real}?${search}`)),
      ...(path.includes("{") ? [get(key, path.replaceAll(/\{\w+\}/g, "no_such"))] : []),
    ]);
    for (const { status, body } of replies) {
      expect([400, 404]).toContain(status);
      expect(faultsOf(path, status, body)).toEqual([]);
    }
    expect(failures.splice(0)).toEqual([]);
  });
});

test("key faults, an exhausted allowance and a dead cursor come in the envelope of the contract", async () => {
  const path = `${ROOT}/analytics/user_cost_report`;
  let now = NOW;
  const strict = createSandbox({ users: 20, seed: 1, now: () => now, rateLimit: "on" });
  const ask = async (key: string, search = "") => {
    const headers = { "x-api-key": key, "anthropic-version": "2026-10-21" };
    const question = `${path}?starting_at=2026-11-18T00:00:00Z&limit=1${search}`;
    const { status, body } = await strict.handle({ method: "GET", path: question, headers });
    return { status, body: JSON.parse(body) };
  };
  const first = await ask(KEYS.enterprise);
  now += 4 * 3_600_000;
  const refusals = [
    await ask("sk-ant-nonsense"),
    await ask(`${KEYS.enterprise}+read:members`),
    await ask(KEYS.admin),
    await ask(KEYS.enterprise, `&page=${first.body.next_page}`),
  ];
  for (let i = 0; i < 60; i += 1) refusals.push(await ask(KEYS.enterprise));
  expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([401, 403, 404, 410, 200, 429]));
  for (const { status, body } of refusals) expect(faultsOf(path, status, body)).toEqual([]);
});
