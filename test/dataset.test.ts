import { describe, expect, test } from "vitest";
import { schema } from "../schema/index.ts";
import { DATASETS } from "../src/domain/dataset.ts";
import { gateway, refusal } from "./gateway.ts";
import { PATHS } from "./wire.ts";

interface Info {
  readonly organization: string;
  readonly dataset: string;
  readonly fields: readonly string[];
  readonly enabled: boolean | null;
  readonly reason: string | null;
  readonly explanation: string | null;
  readonly earliest: string | null;
  readonly latest: string | null;
  readonly buckets: readonly string[];
  readonly groupBy: readonly string[];
  readonly filters: readonly string[];
  readonly products: readonly string[] | null;
}

const ACCESS = `{ datasets { dataset enabled reason explanation } }`;

/** The datasets that are closed, with the reason. */
function closed(datasets: readonly Info[]): Record<string, string | null> {
  return Object.fromEntries(
    datasets.filter(({ enabled }) => enabled === false).map(({ dataset, reason }) => [dataset, reason]),
  );
}

test("every dataset is listed, and every question of the graph has one", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 20 } });
  const { data } = await ask(`{ datasets { dataset fields description notIncluded lag finalAfter } }`);
  const infos: Info[] = data.datasets;
  expect(infos.map(({ dataset }) => dataset)).toEqual(Object.keys(DATASETS));
  expect(infos.filter(({ fields }) => fields.length === 0)).toEqual([]);
  for (const coordinate of infos.flatMap(({ fields }) => fields)) {
    const [name = "", field = ""] = coordinate.split(".");
    const type = schema.getType(name);
    expect(type && "getFields" in type && type.getFields()[field], coordinate).toBeTruthy();
  }
  const shown = new Set(infos.flatMap(({ fields }) => fields));
  const asked = Object.values(schema.getQueryType()?.getFields() ?? {})
    .filter(({ type }) => !/^\[?Node/.test(String(type)))
    .map(({ name }) => `Query.${name}`);
  expect(asked.filter((name) => !shown.has(name))).toEqual([
    "Query.alerts",
    "Query.budgets",
    "Query.datasets",
    "Query.limits",
    "Query.organizations",
    "Query.viewer",
  ]);
  expect(seen).toEqual([]);
});

test("eight requests find out which datasets are open, for an hour", async () => {
  const { ask, requestsOf, at } = gateway({ sandbox: { users: 40 }, proof: true });
  const [{ data, errors }, requests] = await requestsOf(() => ask(ACCESS));
  expect(errors).toBeUndefined();
  expect(closed(data.datasets)).toEqual({});
  expect(requests).toHaveLength(8);
  at("2026-11-22T12:59:00Z");
  expect((await requestsOf(() => ask(ACCESS)))[1]).toEqual([]);
});

test("datasets read for other reasons are known without a request", async () => {
  const { ask, requestsOf } = gateway({ sandbox: { users: 40 }, settings: { ANTHROPIC_ADMIN_KEY: "" } });
  await ask(
    `{ skills(range: { period: YESTERDAY }) { totalCount } cost(range: { period: YESTERDAY }, bucket: DAY) { source } groups { totalCount } organization { name } }`,
  );
  const [, requests] = await requestsOf(() => ask(ACCESS));
  expect(requests.map((url) => url.pathname).sort()).toEqual([
    "/v1/organizations/spend_limits/effective",
    "/v1/organizations/users",
  ]);
});

describe("a dataset is closed with its reason, here and where it is requested", () => {
  const ENGAGEMENT = Object.keys(DATASETS).filter(
    (name) => name.endsWith("_ACTIVITY") || name.endsWith("SUMMARIES"),
  );
  const REPORTS = ["ENTERPRISE_USAGE", "ENTERPRISE_COST", "USER_USAGE", "USER_COST"];
  const UNIFIED = ["UNIFIED_ENTERPRISE_USAGE", "UNIFIED_ENTERPRISE_COST"];
  const GROUPS = ["GROUPS", "GROUP_MEMBERS"];
  const LIMITS = ["SPEND_LIMITS", "SPEND_LIMIT_REQUESTS"];
  const ENTERPRISE = [
    ...ENGAGEMENT,
    ...REPORTS,
    ...UNIFIED,
    ...GROUPS,
    ...LIMITS,
    "ENTERPRISE_ORGANIZATION",
    "ENTERPRISE_MEMBERS",
  ];
  const CONSOLE = Object.keys(DATASETS).filter((name) => !ENTERPRISE.includes(name));

  test.each([
    [
      "without read:analytics",
      { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-x+read:members,read:rbac_groups,read:spend_limits" },
      { MISSING_SCOPE: [...ENGAGEMENT, ...REPORTS, ...UNIFIED] },
    ],
    [
      "without read:members",
      { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-x+read:analytics,read:rbac_groups,read:spend_limits" },
      { MISSING_SCOPE: ["ENTERPRISE_MEMBERS"] },
    ],
    [
      "without read:rbac_groups",
      { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-x+read:analytics,read:members,read:spend_limits" },
      { MISSING_SCOPE: GROUPS },
    ],
    [
      "without read:spend_limits",
      { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-x+read:analytics,read:members,read:rbac_groups" },
      { MISSING_SCOPE: LIMITS },
    ],
    ["revoked", { ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-x-revoked" }, { KEY_REFUSED: CONSOLE }],
    ["absent", { ANTHROPIC_ANALYTICS_KEY: "" }, { NO_KEY: ENTERPRISE }],
    [
      "of the other organization",
      { ANTHROPIC_ADMIN_KEY: "sk-ant-enterprise-x" },
      { WRONG_ORGANIZATION: CONSOLE },
    ],
  ])("a key %s", async (_name, settings, expected) => {
    const { ask } = gateway({ sandbox: { users: 40 }, settings, proof: true });
    const { data, errors } = await ask(ACCESS);
    expect(errors).toBeUndefined();
    const reasons = Object.entries(expected).flatMap(([reason, names]) =>
      names.map((name) => [name, reason]),
    );
    expect(closed(data.datasets)).toEqual(Object.fromEntries(reasons));
    for (const { enabled, explanation } of data.datasets as Info[])
      expect(explanation === null).toBe(enabled);
  });

  test("an organization outside the beta", async () => {
    const { ask } = gateway({ sandbox: { users: 40, unified: "off" } });
    const { data } = await ask(ACCESS);
    expect(new Set(Object.keys(closed(data.datasets)))).toEqual(
      new Set(Object.keys(DATASETS).filter((name) => name.startsWith("UNIFIED"))),
    );
    expect(new Set(Object.values(closed(data.datasets)))).toEqual(new Set(["NOT_ENROLLED"]));
  });

  test.each([
    ["enterprise", ["UNIFIED_ENTERPRISE_USAGE", "UNIFIED_ENTERPRISE_COST"]],
    ["console", ["UNIFIED_CONSOLE_USAGE", "UNIFIED_CONSOLE_COST"]],
  ] as const)("the %s organization with HIPAA readiness", async (organization, names) => {
    const { ask } = gateway({ sandbox: { users: 40, hipaa: [organization] } });
    const { data } = await ask(ACCESS);
    expect(closed(data.datasets)).toEqual(Object.fromEntries(names.map((name) => [name, "HIPAA_READINESS"])));
  });

  test("an organization without usage credits", async () => {
    const { ask } = gateway({ sandbox: { users: 40, spend: { credits: "off" } } });
    const { data } = await ask(ACCESS);
    expect(closed(data.datasets)).toEqual({
      SPEND_LIMITS: "NO_USAGE_CREDITS",
      SPEND_LIMIT_REQUESTS: "NO_USAGE_CREDITS",
    });
  });

  test("the error of a question says the same, and the other fields are answered", async () => {
    const settings = { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-x+read:analytics" };
    const { ask } = gateway({ sandbox: { users: 40 }, settings });
    const { data, errors } = await ask(
      `{ groups { totalCount } skills(range: { period: YESTERDAY }) { totalCount } }`,
    );
    expect(data.groups).toBeNull();
    expect(data.skills.totalCount).toBeGreaterThan(0);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({
      path: ["groups"],
      extensions: {
        code: "UPSTREAM_AUTH",
        dataset: "GROUPS",
        reason: "MISSING_SCOPE",
        scope: "read:rbac_groups",
        status: 403,
      },
    });
    expect(errors?.[0]?.message).toContain("lacks the scope read:rbac_groups");
  });
});

test("a dataset of which upstream says nothing now is neither enabled nor closed, and the reason says so", async () => {
  const { ask } = gateway({
    routes: { [PATHS.members]: () => refusal(500, "api_error", "no") },
    settings: { ANTHROPIC_ADMIN_KEY: "" },
  });
  const { data, errors } = await ask(ACCESS);
  const members = data.datasets.find(({ dataset }: Info) => dataset === "ENTERPRISE_MEMBERS");
  expect(members).toMatchObject({ enabled: null, reason: "UNAVAILABLE" });
  expect(members.explanation).toContain("failed upstream (status 500)");
  expect(errors).toBeUndefined();
  const skills = data.datasets.find(({ dataset }: Info) => dataset === "SKILL_ACTIVITY");
  expect(skills).toMatchObject({ enabled: false, reason: "NO_ACCESS" });
});

test.each([
  ["2026-11-22T09:59:59Z", "2026-11-20"],
  ["2026-11-22T10:00:00Z", "2026-11-21"],
  ["2026-01-01T08:00:00Z", null],
])("the newest day of engagement is learned from upstream: at %s it is %s", async (now, newest) => {
  const { ask } = gateway({ sandbox: { users: 20 }, now });
  const { data, errors } = await ask(`{ datasets { dataset latest } }`);
  expect(errors).toBeUndefined();
  const latest = new Map(data.datasets.map(({ dataset, latest: day }: Info) => [dataset, day]));
  expect(latest.get("SKILL_ACTIVITY")).toBe(newest);
  expect(latest.get("ENTERPRISE_COST")).toBe(now.slice(0, 10));
  expect(latest.get("GROUPS")).toBeNull();
});

describe("a form built from it asks only what is answered", () => {
  const { ask } = gateway({ sandbox: { users: 30 }, settings: { MAX_UPSTREAM_REQUESTS: "1000" } });
  const infos = async (): Promise<Info[]> =>
    (await ask(`{ datasets { dataset organization fields earliest latest buckets groupBy filters } }`)).data
      .datasets;
  const whose = (dataset: string, organization: string) =>
    `organization: "${organization}", source: ${dataset.startsWith("UNIFIED") ? "UNIFIED" : "LEGACY"}`;
  const SAMPLES: Readonly<Record<string, string>> = {
    users: "user_x",
    groups: "rbac_group_x",
    projects: "claude_proj_x",
    shareStatuses: "private",
    products: "claude_code",
  };
  const isReport = ({ fields }: Info) => fields.some((field) => /^Query\.(cost|usage)$/.test(field));

  test("every dimension, filter and bucket of every report", async () => {
    let questions = 0;
    for (const info of (await infos()).filter(isReport)) {
      const field = info.fields.find((each) => each.startsWith("Query."))?.slice("Query.".length);
      const day = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }, ${whose(info.dataset, info.organization)}`;
      const asked = [
        ...info.groupBy.map((dimension) => `groupBy: [${dimension}]`),
        ...info.filters.map((name) => `filter: { ${name}: ["x"] }`),
        ...info.buckets.map((bucket) => `bucket: ${bucket}`),
      ];
      for (const arg of asked) {
        questions++;
        const { errors } = await ask(`{ ${field}(${day}, ${arg}, first: 1) { source } }`);
        const codes = errors?.map(({ extensions }) => extensions.code) ?? [];
        // A made-up value can be refused upstream; a dimension the source does not know never gets there.
        expect(codes, `${info.dataset} ${arg}`).not.toContain("BAD_USER_INPUT");
      }
    }
    expect(questions).toBeGreaterThan(150);
  });

  test("the filters of every list, and its first and newest day", async () => {
    const lists = (await infos()).filter(
      ({ filters, fields }) => filters.length > 0 && !isReport({ fields } as Info),
    );
    expect(lists.length).toBe(7);
    const queries = schema.getQueryType()?.getFields() ?? {};
    for (const { dataset, fields, filters, earliest, latest } of lists) {
      const field = Object.values(queries).find(
        ({ name, args }) => fields.includes(`Query.${name}`) && args.some((arg) => arg.name === "filter"),
      )?.name;
      for (const arg of [
        "",
        ...filters.map((name) => `, filter: { ${name}: ["${SAMPLES[name] ?? "chat"}"] }`),
      ]) {
        const { errors } = await ask(
          `{ ${field}(range: { between: { from: "2026-11-20", until: "2026-11-21" } }${arg}) { totalCount } }`,
        );
        const codes = errors?.map(({ extensions }) => extensions.code) ?? [];
        expect(codes, `${dataset} ${arg}`).not.toContain("BAD_USER_INPUT");
      }
      for (const day of [earliest, latest]) {
        const until = new Date(Date.parse(`${day}`) + 86_400_000).toISOString().slice(0, 10);
        const { errors } = await ask(
          `{ ${field}(range: { between: { from: "${day}", until: "${until}" } }) { totalCount } }`,
        );
        expect(errors, `${dataset} ${day}`).toBeUndefined();
      }
    }
  });
});

test("a block the organization does not have is null, and the products say why", async () => {
  const { ask } = gateway({ sandbox: { users: 40 } });
  const { data } = await ask(
    `{ datasets { dataset products } users(range: { period: YESTERDAY }) { nodes { activity { chatCowork { sessions { messages } } claudeTag { messages } } } } }`,
  );
  const { products } = data.datasets.find(({ dataset }: Info) => dataset === "USER_ACTIVITY");
  const activities = data.users.nodes.map(({ activity }: { activity: object }) => activity);
  expect(products).not.toContain("chat_cowork_unified");
  expect(activities.every(({ chatCowork }: { chatCowork: unknown }) => chatCowork === null)).toBe(true);
  expect(products).toContain("claude_tag");
  expect(activities.every(({ claudeTag }: { claudeTag: unknown }) => claudeTag !== null)).toBe(true);
});
