import { afterEach, describe, expect, test } from "vitest";
import { compareContract, questionsFor } from "../src/cli/doctor/contract/report.ts";
import { readConfig } from "../src/config.ts";
import { sandboxOver } from "../src/sandbox/sandbox.ts";
import type { Environment } from "../src/settings/settings.ts";
import { DATASET_ENDPOINTS } from "../src/upstream/dataset-endpoints.ts";
import { sandboxUrl } from "./listening.ts";
import { endAll, run } from "./process.ts";
import { ledgerOf, simulated } from "./simulated.ts";

const CLOCK = "2026-11-22T12:00:00Z";
const NOW = Date.parse(CLOCK);

afterEach(endAll);

// biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it changes
type Body = any;

/** The sandbox on a port, with every body as `change` leaves it, and every path that was requested. */
async function upstream(change: (path: string, body: Body) => Body = (_path, body) => body) {
  const paths: string[] = [];
  const sandbox = sandboxOver(ledgerOf(simulated({ seed: 1, users: 20 })), {
    now: () => NOW,
    rateLimit: "off",
  });
  const url = await sandboxUrl(async (request, signal) => {
    const [path = ""] = request.path.split("?");
    paths.push(path);
    const answer = await sandbox.handle(request, signal);
    if (answer.status !== 200) return answer;
    const body = JSON.stringify(change(path, JSON.parse(answer.body)));
    return { ...answer, headers: { "content-type": "application/json" }, body };
  });
  return { paths, url };
}

const KEYS = {
  ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-canary",
  ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-canary",
  UPSTREAM_PER_MINUTE: "100000",
  LOOKUPS_PER_MINUTE: "100000",
  SPEND_LIMITS_PER_MINUTE: "100000",
};

const PEOPLE = "/v1/organizations/analytics/users";
const MEMBERS = "/v1/organizations/users";

/** Differences of the endpoint of a dataset. */
async function differencesOf(
  dataset: string,
  change: (path: string, body: Body) => Body,
  settings: Environment = {},
) {
  const { url } = await upstream(change);
  const report = await compareContract(readConfig({ ...KEYS, ANTHROPIC_BASE_URL: url, ...settings }), {
    store: null,
    now: () => NOW,
  });
  const found = report.endpoints.find((each) => each.dataset === dataset);
  return { ...found, report: JSON.stringify(report) };
}

describe("doctor --contract", () => {
  test("asks every endpoint of the gateway once, and finds no difference in the sandbox", async () => {
    const { url, paths } = await upstream();
    const config = readConfig({ ...KEYS, ANTHROPIC_BASE_URL: url });
    const { endpoints, requests } = await compareContract(config, { store: null, now: () => NOW });
    expect(endpoints.map(({ dataset }) => dataset).sort()).toEqual(Object.keys(DATASET_ENDPOINTS).sort());
    for (const each of endpoints)
      expect(each).toMatchObject({ differences: [], why: null, unreadable: null });
    expect(requests).toBe(questionsFor(config).length);
    expect(paths).toHaveLength(requests);
  });

  test("asks nothing of an organization without a key", async () => {
    const { ANTHROPIC_ADMIN_KEY: _, ...keys } = KEYS;
    expect(questionsFor(readConfig(keys)).every(({ key }) => key === "analytics")).toBe(true);
    expect(questionsFor(readConfig({}))).toEqual([]);
  });

  test("names a new field by its path and type, where its words are those of the contract", async () => {
    const { differences } = await differencesOf("USER_ACTIVITY", (path, body) => {
      if (path === PEOPLE) for (const row of body.data) row.chat_metrics.distinct_search_count = 41_280;
      return body;
    });
    expect(differences).toEqual([
      {
        kind: "new",
        path: "data[].chat_metrics.distinct_search_count",
        expected: [],
        found: ["integer"],
        isEverywhere: true,
      },
    ]);
  });

  test("names missing fields and other types, with the place that the gateway cannot read", async () => {
    const { differences, unreadable } = await differencesOf("USER_ACTIVITY", (path, body) => {
      if (path !== PEOPLE) return body;
      for (const row of body.data) delete row.web_search_count;
      body.data[3].chat_metrics.message_count = "41280";
      body.data[4].last_activity_date = "canary";
      return body;
    });
    expect(differences).toEqual(
      expect.arrayContaining([
        {
          kind: "missing",
          path: "data[].web_search_count",
          expected: ["integer"],
          found: [],
          isEverywhere: true,
        },
        {
          kind: "type",
          path: "data[].chat_metrics.message_count",
          expected: ["integer"],
          found: ["string"],
          isEverywhere: false,
        },
      ]),
    );
    expect(unreadable).toMatch(/^data\[\]\.[\w.]+: expected/);
  });

  /** Names and addresses that upstream could use as keys. */
  const DATA = [
    "ada.canary@corp.example",
    "canary",
    "Ada Canary",
    "ada_canary",
    "user_01Canary",
    "claude-canary-5",
  ];

  test.each<[string, (row: Body, name: string, i: number) => void]>([
    ["of fields beside those of a row", (row, name, i) => Object.assign(row, { [name]: i })],
    ["in a map in a new field", (row, name, i) => Object.assign(row, { count: { [name]: { [name]: i } } })],
    ["in a list in a new field", (row, name, i) => Object.assign(row, { counts: [{ [name]: [name, i] }] })],
    ["of a map in place of an object", (row, name, i) => Object.assign(row, { chat_metrics: { [name]: i } })],
    ["in place of a number", (row, name) => Object.assign(row, { web_search_count: name })],
    ["in place of a list", (row, name, i) => Object.assign(row, { user: [name, { [name]: i }] })],
  ])("shows no name or figure %s", async (_where, change) => {
    const { differences, report } = await differencesOf("USER_ACTIVITY", (path, body) => {
      if (path === PEOPLE)
        body.data.forEach(
          (row: Body, i: number) => void change(row, DATA[i % DATA.length] ?? "", 41_280 + i),
        );
      return body;
    });
    expect(differences?.length).toBeGreaterThan(0);
    expect(report).not.toMatch(/canary|corp\.example|4128/i);
  });

  test("shows no name that is a word of the contract and a name in the answer", async () => {
    const { differences } = await differencesOf("ENTERPRISE_MEMBERS", (path, body) => {
      if (path !== MEMBERS) return body;
      body.data[0].name = "Model";
      for (const row of body.data) row.model = 1;
      return body;
    });
    expect(differences).toMatchObject([{ kind: "new", path: "data[].…", found: ["integer"] }]);
  });

  test("compares the values of an open map, and shows no name in it", async () => {
    const { differences, report } = await differencesOf("CLAUDE_CODE", (path, body) => {
      if (path.endsWith("/claude_code"))
        for (const row of body.data) row.tool_actions["ada@corp.example"] = { accepted: "41280" };
      return body;
    });
    expect(differences).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: "type",
          path: "data[].tool_actions.*.accepted",
          found: ["string"],
        }),
      ]),
    );
    expect(report).not.toMatch(/corp\.example|41280/);
  });

  test("says by a code why an endpoint could not be compared", async () => {
    const { report } = await differencesOf("GROUPS", (_path, body) => body, {
      ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-canary+read:analytics",
    });
    expect(JSON.parse(report).endpoints).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ dataset: "GROUPS", differences: null, why: "MISSING_SCOPE 403" }),
        expect.objectContaining({ dataset: "GROUP_MEMBERS", differences: null, why: "NO_ID" }),
      ]),
    );
    expect(report).not.toContain("canary");
  });

  test("asks once where upstream cannot be reached", async () => {
    const config = readConfig({ ...KEYS, ANTHROPIC_BASE_URL: "http://127.0.0.1:2" });
    const { endpoints, requests } = await compareContract(config, { store: null, now: () => NOW });
    expect(requests).toBe(1);
    expect(endpoints[0]?.why).toBe("UPSTREAM_UNAVAILABLE");
    expect(new Set(endpoints.slice(1).map(({ why }) => why))).toEqual(new Set(["NOT_ASKED"]));
  });

  test("says as a command how many requests it makes before the first, and exits with 1 after a difference", async () => {
    const { url } = await upstream((path, body) =>
      path === MEMBERS ? { ...body, total_count: 41_280 } : body,
    );
    const { code, output } = await run(["doctor", "--contract"], {
      ...KEYS,
      ANTHROPIC_BASE_URL: url,
      CLOCK,
    }).ended();
    expect(output).toMatch(/^At most 30 upstream requests, one for each endpoint/);
    expect(output).toMatch(/^ {2}total_count: new, integer \(everywhere\)$/m);
    expect(output).toMatch(/^WORKSPACES +\/v1\/organizations\/workspaces: as in the contract$/m);
    expect(output).toMatch(/\n30 upstream requests\.\n$/);
    expect(output).not.toMatch(/41280|canary/);
    expect(code).toBe(1);
  });
});
