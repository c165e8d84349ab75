import { isEnumType, isObjectType } from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../schema/index.ts";
import { costReport } from "../src/analytics/cost.ts";
import { dimensionsKnown } from "../src/analytics/report/sources.ts";
import { usageReport } from "../src/analytics/usage.ts";
import { download, refusalOf } from "./export/download.ts";
import { gateway } from "./gateway.ts";

const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;

/** A gateway with both keys, or with the key of one organization. */
function gatewayOf(keys: "both" | "enterprise" | "console" = "both", options: object = {}) {
  const settings = {
    ...(keys === "console" ? { ANTHROPIC_ANALYTICS_KEY: "" } : {}),
    ...(keys === "enterprise" ? { ANTHROPIC_ADMIN_KEY: "" } : {}),
  };
  return gateway({ sandbox: { users: 30 }, settings, ...options });
}

function valuesOf(enumName: string): string[] {
  const type = schema.getType(enumName);
  return isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
}

describe("dimensions never choose the organization", () => {
  const { ask, requestsOf } = gatewayOf();

  test.each([
    ["cost", "CostDimension", costReport],
    ["usage", "UsageDimension", usageReport],
  ] as const)(
    "%s by any one dimension is of the requested organization, or refused",
    async (field, values, report) => {
      let answered = 0;
      let refused = 0;
      for (const [organization, kind] of [
        ["enterprise", "ENTERPRISE"],
        ["console", "CONSOLE"],
      ] as const) {
        const known = new Set<string>(
          report.sources.flatMap((each) => (each.organization === kind ? dimensionsKnown(each.names) : [])),
        );
        for (const dimension of valuesOf(values)) {
          const named = `organization: "${organization}", `;
          for (const args of organization === "enterprise" ? [named, ""] : [named]) {
            const [{ data, errors }, requests] = await requestsOf(() =>
              ask(
                `{ ${field}(${DAY}, ${args}groupBy: [${dimension}], first: 1) { organization freshness { source } } }`,
              ),
            );
            if (known.has(dimension)) {
              answered++;
              expect(errors, dimension).toBeUndefined();
              expect(data[field].organization).toBe(organization);
              expect(data[field].freshness.source.includes("CONSOLE")).toBe(organization === "console");
            } else {
              refused++;
              const other = organization === "console" ? "enterprise" : "console";
              expect(
                errors?.map(({ extensions }) => extensions.code),
                dimension,
              ).toEqual(["BAD_USER_INPUT"]);
              expect(errors?.[0]?.message).toBe(
                dimension === "ORGANIZATION"
                  ? `\`${organization}\` is not a parent organization, and only the reports of a parent have child organizations; the operator states parents in ORGANIZATIONS_FILE (\`isParent\`).`
                  : `\`${organization}\` cannot group by ${dimension}; \`${other}\` can: use \`organization: "${other}"\` (this gateway has a key of it).`,
              );
              expect(requests).toEqual([]);
            }
          }
        }
      }
      expect(answered).toBeGreaterThan(30);
      expect(refused).toBeGreaterThan(3);
    },
  );

  test("nor do filters", async () => {
    const [{ errors }, requests] = await requestsOf(() =>
      ask(`{ cost(${DAY}, filter: { workspaces: ["wrkspc_x"] }, bucket: DAY) { totalCount } }`),
    );
    expect(errors?.map(({ message }) => message)).toEqual([
      '`enterprise` cannot filter on WORKSPACE; `console` can: use `organization: "console"` (this gateway has a key of it).',
    ]);
    expect(requests).toEqual([]);
  });

  test("the error says so where there is no key of the organization that knows the dimension", async () => {
    const { ask: askOne } = gatewayOf("enterprise");
    const { errors } = await askOne(`{ cost(${DAY}, groupBy: [WORKSPACE], bucket: DAY) { totalCount } }`);
    expect(errors?.[0]?.message).toBe(
      '`enterprise` cannot group by WORKSPACE; `console` can: use `organization: "console"` (this gateway has no key of it).',
    );
  });

  test("a dimension that an organization's newer reports know is answered without naming them", async () => {
    const { data, errors } = await ask(
      `{ cost(${DAY}, organization: "console", groupBy: [MODEL], bucket: DAY) { organization source nodes { model } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost).toMatchObject({ organization: "console", source: "UNIFIED" });
    expect(data.cost.nodes.length).toBeGreaterThan(1);
  });
});

const FIGURES = `
  cost(${DAY}, first: 1, bucket: DAY) { organization }
  usage(${DAY}, first: 1, bucket: DAY) { organization }
  costProjection { organization source }
  reconciliation(${DAY}) { organization }
  dashboard { spend { monthToDate { organization } byModel { organization } } }
  organization { organization }`;

/** Every `organization` in an answer. */
function organizationsIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "organization" && typeof inner === "string" ? [inner] : organizationsIn(inner),
  );
}

describe("the organization of figures", () => {
  test.each([
    ["both", "enterprise"],
    ["enterprise", "enterprise"],
    ["console", "console"],
  ] as const)("is by default, with %s keys, %s, and every answer says so", async (keys, expected) => {
    const { ask } = gatewayOf(keys);
    const { data, errors } = await ask(`{ ${FIGURES} }`);
    expect(errors).toBeUndefined();
    const found = organizationsIn(data);
    expect(found).toHaveLength(8);
    expect(new Set(found)).toEqual(new Set([expected]));
  });

  test("is the one that is named, wherever it can be", async () => {
    const { ask } = gatewayOf();
    const named = FIGURES.replaceAll(/(cost|usage|reconciliation)\(/g, '$1(organization: "console", ')
      .replace("costProjection", 'costProjection(organization: "console")')
      .replace("spend {", 'spend(organization: "console") {')
      .replace("organization {", 'organization(name: "console") {');
    const { data, errors } = await ask(`{ ${named} }`);
    expect(errors).toBeUndefined();
    expect(new Set(organizationsIn(data))).toEqual(new Set(["console"]));
  });

  test.each(["acme", "", "ENTERPRISE", "Console"])(
    "%o is not a name: the error lists those there are, and no request is made",
    async (name) => {
      const { ask, seen } = gatewayOf();
      const { errors } = await ask(`{
        cost(${DAY}, organization: "${name}", bucket: DAY) { totalCount }
        usage(${DAY}, organization: "${name}", bucket: DAY) { totalCount }
        costProjection(organization: "${name}") { wholeDays }
        unitCost(${DAY}, organization: "${name}") { activeUsers }
        reconciliation(${DAY}, organization: "${name}") { source }
        dashboard { spend(organization: "${name}") { monthToDate { source } } }
        organization(name: "${name}") { name }
      }`);
      expect(errors).toHaveLength(7);
      for (const { message, extensions } of errors ?? []) {
        expect(extensions.code).toBe("BAD_USER_INPUT");
        expect(message).toBe(`Unknown organization \`${name}\`: use one of \`enterprise\` and \`console\`.`);
      }
      expect(seen).toEqual([]);
    },
  );

  test("without a key is NOT_CONFIGURED, never another organization's figures", async () => {
    const { ask, seen } = gatewayOf("console");
    const { data, errors } = await ask(
      `{ cost(${DAY}, organization: "enterprise", bucket: DAY) { totalCount } usage(${DAY}, organization: "enterprise", bucket: DAY) { totalCount } }`,
    );
    expect(data).toEqual({ cost: null, usage: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["NOT_CONFIGURED", "NOT_CONFIGURED"]);
    expect(seen).toEqual([]);
  });

  test("that does not count active people has no cost per active person", async () => {
    const { ask, seen } = gatewayOf();
    const { errors } = await ask(`{ unitCost(${DAY}, organization: "console") { activeUsers } }`);
    expect(errors?.map(({ message, extensions }) => [extensions.code, message])).toEqual([
      [
        "BAD_USER_INPUT",
        "`console` does not report active people; `enterprise` does (this gateway has a key of it).",
      ],
    ]);
    expect(seen).toEqual([]);
    const { data } = await ask(`{ unitCost(${DAY}) { organization source } }`);
    expect(data.unitCost).toEqual({ organization: "enterprise", source: "UNIFIED" });
  });
});

describe("the cost and tokens of one person", () => {
  const figures = (args: string) => `cost${args} { net { cents } } usage${args} { totalTokens }`;

  test("are those of the Enterprise organization; naming another one is an error that says what to ask", async () => {
    const { ask, requestsOf } = gatewayOf();
    const list = (args: string) => `{ users(${DAY}, first: 3) { nodes { ${figures(args)} } } }`;
    const { data: plain } = await ask(list(""));
    const { data: named, errors } = await ask(list(`(organization: "enterprise")`));
    expect(errors).toBeUndefined();
    expect(named).toEqual(plain);
    expect(plain.users.nodes.some(({ cost }: { cost: object | null }) => cost !== null)).toBe(true);
    const [other, requests] = await requestsOf(() => ask(list(`(organization: "console")`)));
    expect(other.errors?.map(({ message, extensions }) => [extensions.code, message])).toEqual(
      ["costs", "tokens"].map((what, i) => [
        "BAD_USER_INPUT",
        `\`console\` does not report ${what} of one person except by \`${["cost", "usage"][i]}(groupBy: [ACTOR])\`; \`enterprise\` does (this gateway has a key of it).`,
      ]),
    );
    expect(requests).toEqual([]);
  });

  test("are NOT_CONFIGURED without its key, not null", async () => {
    const { ask } = gatewayOf("console");
    const { data, errors } = await ask(
      `{ cost(range: { period: LAST_MONTH }, bucket: NONE, groupBy: [ACTOR], first: 1000) { nodes { actor { ... on UserActor { user { userId ${figures(`(${DAY})`)} } } } } } }`,
    );
    const people = data.cost.nodes.flatMap(
      ({ actor }: { actor: { user?: object } | null }) => actor?.user ?? [],
    );
    expect(people.length).toBeGreaterThan(3);
    for (const person of people) expect(person).toMatchObject({ cost: null, usage: null });
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["NOT_CONFIGURED"]));
  });
});

test("a source chooses between the reports of one organization", async () => {
  const { ask } = gatewayOf();
  const { data, errors } = await ask(
    `{ ${["enterprise", "console"]
      .flatMap((organization) =>
        ["UNIFIED", "LEGACY"].map(
          (source) =>
            `${organization}${source}: cost(${DAY}, organization: "${organization}", source: ${source}, bucket: DAY) { organization source freshness { source } }`,
        ),
      )
      .join(" ")} }`,
  );
  expect(errors).toBeUndefined();
  expect(
    Object.values(data as Record<string, { freshness: { source: string } }>).map(
      ({ freshness }) => freshness.source,
    ),
  ).toEqual(["UNIFIED_ENTERPRISE_COST", "ENTERPRISE_COST", "UNIFIED_CONSOLE_COST", "CONSOLE_COST"]);
});

test("teams show what their people cost in the organization that is named", async () => {
  const { ask } = gatewayOf();
  const of = (organization: string) =>
    `${organization}: teams(${DAY}, organization: "${organization}") { organization overlap { net { cents } } nodes { teamId cost { net { cents } } organization team { cost(${DAY}, organization: "enterprise") { net { cents } } } } }
     ${organization}Cost: cost(${DAY}, organization: "${organization}", bucket: NONE, groupBy: [TEAM], first: 1000) { overlap { net { cents } } nodes { teamId net { cents } } }`;
  const { data, errors } = await ask(`{ ${of("enterprise")} ${of("console")} }`);
  expect(errors).toBeUndefined();
  interface Row {
    readonly teamId: string | null;
    readonly net?: { readonly cents: string };
    readonly cost?: { readonly net: { readonly cents: string } } | null;
    readonly team?: { readonly cost: { readonly net: { readonly cents: string } } | null };
  }
  const centsOf = (rows: readonly Row[], of: (row: Row) => string | undefined) =>
    Object.fromEntries(
      rows.flatMap((row) => (row.teamId === null || of(row) === undefined ? [] : [[row.teamId, of(row)]])),
    );
  for (const organization of ["enterprise", "console"]) {
    const [list, cost] = [data[organization], data[`${organization}Cost`]];
    expect(list.organization).toBe(organization);
    expect(new Set(list.nodes.map((row: { organization: string }) => row.organization))).toEqual(
      new Set([organization]),
    );
    expect(list.overlap).toEqual(cost.overlap);
    const expected = centsOf(cost.nodes, ({ net }) => net?.cents);
    expect(Object.keys(expected).length).toBeGreaterThan(1);
    expect(centsOf(list.nodes, ({ cost }) => cost?.net.cents)).toEqual(expected);
    expect(centsOf(list.nodes, ({ team }) => team?.cost?.net.cents)).toEqual(
      centsOf(data.enterpriseCost.nodes, ({ net }) => net?.cents),
    );
  }
  expect(data.console.nodes).not.toEqual(data.enterprise.nodes);
});

describe("every list", () => {
  const connections = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && type.name.endsWith("Connection"),
  );

  test("has a field that names the organization of its rows", () => {
    expect(connections.length).toBeGreaterThan(15);
    for (const type of connections)
      if (isObjectType(type)) expect(`${type.getFields().organization?.type}`, type.name).toBe("String!");
  });

  test("of one organization alone says which", async () => {
    const { ask } = gatewayOf();
    const { data, errors } = await ask(
      `{ users(${DAY}) { organization } skills(${DAY}) { organization } groups { organization } claudeCodeRecords(${DAY}) { organization } }`,
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      users: { organization: "enterprise" },
      skills: { organization: "enterprise" },
      groups: { organization: "enterprise" },
      claudeCodeRecords: { organization: "console" },
    });
  });
});

test("a cursor of one organization does not go on in another, even where the default has changed", async () => {
  const query = (after: string, field: string, args: string) =>
    `{ ${field}(${DAY}, ${args} groupBy: [MODEL], first: 1, after: "${after}") { organization } }`;
  const console = gatewayOf("console");
  const both = gatewayOf("both");
  for (const field of ["cost", "usage"])
    for (const bucket of ["", "bucket: NONE,"]) {
      const { data } = await console.ask(
        `{ ${field}(${DAY}, ${bucket} groupBy: [MODEL], first: 1) { pageInfo { endCursor } } }`,
      );
      const { endCursor } = data[field].pageInfo;
      const same = await both.ask(query(endCursor, field, `organization: "console", ${bucket}`));
      expect(same.errors).toBeUndefined();
      expect(same.data[field].organization).toBe("console");
      const other = await both.ask(query(endCursor, field, bucket));
      expect(other.errors?.map(({ extensions }) => extensions.code)).toEqual(["CURSOR_INVALID"]);
    }
});

describe("exports", () => {
  const PERIOD = "from=2026-10-01&until=2026-10-03";

  test.each(["spend", "focus", "cost", "usage"])(
    "%s are of the organization that is named, and say so",
    async (name) => {
      const gate = gatewayOf();
      const days =
        name === "cost" || name === "usage"
          ? "range.between.from=2026-10-01&range.between.until=2026-10-03"
          : PERIOD;
      const manifestOf = async (parameters: string) => {
        const lines = (await download(gate, `${name}.ndjson?${days}&manifest=line${parameters}`))
          .trim()
          .split("\n");
        return JSON.parse(lines.at(-1) ?? "").manifest;
      };
      const [own, named, other] = await Promise.all(
        ["", "&organization=enterprise", "&organization=console"].map(manifestOf),
      );
      expect(own).toMatchObject({
        organization: "enterprise",
        source: expect.stringContaining("ENTERPRISE"),
      });
      expect(named.totals).toEqual(own.totals);
      expect(other).toMatchObject({ organization: "console", source: expect.stringContaining("CONSOLE") });
      if (name !== "usage") expect(other.totals).not.toEqual(own.totals);
      expect(await refusalOf(gate, `${name}.csv?${days}&organization=acme`)).toEqual({
        status: 400,
        code: "BAD_USER_INPUT",
        message: "Unknown organization `acme`: use one of `enterprise` and `console`.",
      });
    },
  );

  test("of spend are refused for a source that no longer names an organization", async () => {
    expect(await refusalOf(gatewayOf(), `spend.csv?${PERIOD}&source=CONSOLE`)).toMatchObject({
      status: 400,
      code: "BAD_USER_INPUT",
    });
  });
});
