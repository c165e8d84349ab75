import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, describe, expect, test } from "vitest";
import type { Environment } from "../src/settings/settings.ts";
import { gateway, refusal } from "./gateway.ts";
import { oneToken } from "./one-token.ts";

const folder = mkdtempSync(join(tmpdir(), "rows-"));
afterAll(() => rmSync(folder, { recursive: true }));

const LIBRARY: { readonly operations: readonly { readonly name: string; readonly body: string }[] } =
  JSON.parse(readFileSync(new URL("../schema/operations/manifest.json", import.meta.url), "utf8"));

const admin = oneToken("admin", "ADMIN");

type Fetch = { readonly app: { fetch(url: string, init?: RequestInit): Promise<Response> } };

async function got({ app }: Fetch, path: string, headers: Record<string, string> = {}) {
  const response = await app.fetch(`http://gateway.test${path}`, { headers });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") && text !== "";
  const body = isJson ? JSON.parse(text) : null;
  return { response, status: response.status, headers: response.headers, text, body };
}

const code = (body: { errors?: { extensions: { code: string } }[] }) => body.errors?.[0]?.extensions.code;

/** Settings with documents of the operator, by name. */
function trusting(...texts: readonly string[]): Environment {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  writeFileSync(path, JSON.stringify(Object.fromEntries(texts.map((text, i) => [`document-${i}`, text]))));
  return { DOCUMENTS_FILE: path };
}

test("rows are those of the list in the answer of the document, flat", async () => {
  const opened = gateway({ sandbox: { users: 20 } });
  const { body: answer } = await got(opened, "/q/CostByModel");
  const { body: rows, headers } = await got(opened, "/q/CostByModel?format=rows");
  expect(rows.length).toBeGreaterThan(1);
  expect(rows).toEqual(
    answer.data.cost.nodes.map(({ model, net, list, requests }: Record<string, { usd: string }>) => ({
      model,
      net_usd: net?.usd,
      list_usd: list?.usd,
      requests,
    })),
  );
  expect(rows[0]).toMatchObject({
    net_usd: expect.stringMatching(/^\d+(\.\d+)?$/),
    requests: expect.any(Number),
  });
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(headers.get("list-extent")).toBe("whole");
  expect(headers.get("freshness")).toMatch(/^state=\w+(, refreshed-at="[^"]+")?, stale=\?0$/);
});

test("`__typename`, which clients add to their documents, is not a column", async () => {
  const text =
    "query Models { cost(range: { last: { days: 7 } }, groupBy: [MODEL]) { __typename nodes { __typename model net { __typename usd } } } }";
  const opened = gateway({ sandbox: { users: 20 }, settings: trusting(text) });
  const { body: rows } = await got(opened, "/q/Models?format=rows");
  expect(Object.keys(rows[0])).toEqual(["model", "net_usd"]);
  const { status, headers } = await got(opened, "/chart/Models.svg?measure=net.usd");
  expect([status, headers.get("content-type")]).toEqual([200, "image/svg+xml; charset=utf-8"]);
});

test("CSV has the columns and values of the rows, in the form of files", async () => {
  const opened = gateway({ sandbox: { users: 20 } });
  const { body: rows } = await got(opened, "/q/CostByDay?format=rows");
  const { text, headers } = await got(opened, "/q/CostByDay?format=csv", {
    accept: "text/csv; charset=utf-8",
  });
  const lines: Record<string, string>[] = parse(text, { columns: true });
  expect(lines).toEqual(
    rows.map((row: Record<string, unknown>) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, value === null ? "" : String(value)]),
      ),
    ),
  );
  expect(headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
});

describe("of a list that is read in pages", () => {
  const settings = { MAX_FIRST: "6" };

  test("all rows are sent, however many pages they take", async () => {
    const opened = gateway({ sandbox: { users: 40 }, settings });
    const { body: rows, headers } = await got(opened, "/q/Groups?format=rows");
    const { data } = await gateway({ sandbox: { users: 40 } }).ask(
      "{ groups(first: 1000) { nodes { name } } }",
    );
    expect(rows.map(({ name }: { name: string }) => name)).toEqual(
      data.groups.nodes.map(({ name }: { name: string }) => name),
    );
    expect(rows.length).toBeGreaterThan(6);
    expect(headers.get("list-extent")).toBe("whole");
    expect(headers.get("link")).toBeNull();
  });

  test("a page that the request asks for says that it is a part, and where the list goes on", async () => {
    const opened = gateway({ sandbox: { users: 40 }, settings });
    const { body: whole } = await got(opened, "/q/Groups?format=rows");
    const rows: unknown[] = [];
    let next: string | null = "/q/Groups?format=rows&first=4";
    for (let pages = 0; next !== null && pages < 50; pages++) {
      const { body, headers, status } = await got(opened, next);
      expect(status).toBe(200);
      expect(headers.get("list-extent")).toBe("part");
      rows.push(...body);
      next = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1] ?? null;
    }
    expect(rows).toEqual(whole);
  });

  test("no rows of a list that has some are a part of it", async () => {
    const opened = gateway({ sandbox: { users: 40 }, settings });
    const { body, headers } = await got(opened, "/q/Groups?format=rows&first=0");
    expect(body).toEqual([]);
    expect([headers.get("list-extent"), headers.get("link")]).toEqual(["part", null]);
  });

  test("a list with too many rows is an error, never a part of it", async () => {
    const opened = gateway({ sandbox: { users: 40 }, settings: { MAX_FIRST: "1" } });
    const { status, body } = await got(opened, "/q/PeopleThisWeek?format=rows");
    expect([status, code(body)]).toEqual([400, "LIMIT_EXCEEDED"]);
    expect(body.errors[0].message).toContain("more than 10 rows");
  });

  test("a number of rows that the document states is kept, and a part is said to be one", async () => {
    const document = "query Five { groups(first: 5) { nodes { name } } }";
    const opened = gateway({ sandbox: { users: 40 }, settings: trusting(document) });
    const { body, headers } = await got(opened, "/q/Five?format=rows");
    expect(body).toHaveLength(5);
    expect([headers.get("list-extent"), headers.get("link")]).toEqual(["part", null]);
  });

  test("all pages together make at most the upstream requests of one operation", async () => {
    const document =
      "query Days($range: DateRange!) { cost(range: $range, bucket: DAY, groupBy: [USER]) { nodes { from email net { usd } } } }";
    const opened = gateway({
      sandbox: { users: 20 },
      settings: { ...trusting(document), MAX_UPSTREAM_REQUESTS: "2" },
    });
    const { status, body } = await got(opened, "/q/Days?format=rows&range.last.days=300");
    expect([status, code(body)]).toEqual([400, "TOO_EXPENSIVE"]);
  });
});

test("edges, aliases, fragments and kinds of rows become columns by the names of the answer", async () => {
  const document = `query Spread($range: DateRange! = { last: { days: 7 } }, $names: Boolean! = false) {
    spent: cost(range: $range, bucket: NONE, groupBy: [USER]) { edges { cursor node { ...Row } } }
  }
  fragment Row on CostBucket { who: email money: net { exact: usd } name @include(if: $names) ... on SeriesRow { isOther } }`;
  const opened = gateway({ sandbox: { users: 12 }, settings: trusting(document) });
  const { body } = await got(opened, "/q/Spread?format=rows");
  expect(Object.keys(body[0])).toEqual(["who", "money_exact", "isOther"]);
  const named = await got(opened, "/q/Spread?format=rows&names=true");
  expect(Object.keys(named.body[0])).toEqual(["who", "money_exact", "name", "isOther"]);
});

describe("a document is refused, with the reason and what would work,", () => {
  test.each([
    ["without a list", "/q/SpendToDate?format=rows", /no list, and so no rows.*Without `format`/],
    ["with several lists", "/q/DashboardSpend?format=rows", /has 2: `dashboard\.spend\.byModel\.models`, /],
    ["with lists in its rows", "/q/GroupMembers?format=csv", /`groups`, `groups\.nodes\.members`/],
    ["in an unknown format", "/q/CostByModel?format=row", /Unknown format `row`: did you mean rows\?/],
    ["in two formats", "/q/CostByModel?format=rows&format=csv", /given more than once/],
  ])("%s", async (_which, path, message) => {
    const opened = gateway({ sandbox: { users: 12 } });
    const { status, body } = await got(opened, path);
    expect([status, code(body)]).toEqual([400, "BAD_USER_INPUT"]);
    expect(body.errors[0].message).toMatch(message);
    expect(opened.seen).toEqual([]);
  });

  test("where two columns would have one name", async () => {
    const document =
      "query Twins { cost(range: { last: { days: 7 } }, bucket: NONE, groupBy: [MODEL]) { nodes { net { usd } net_usd: requests } } }";
    const opened = gateway({ sandbox: { users: 12 }, settings: trusting(document) });
    const { status, body } = await got(opened, "/q/Twins?format=rows");
    expect([status, code(body)]).toEqual([400, "BAD_USER_INPUT"]);
    expect(body.errors[0].message).toContain("`net.usd` and `net_usd`");
  });

  test("where a column has no values because the rows are not grouped by it", async () => {
    const document =
      "query Grouped($by: [CostDimension!]! = [MODEL]) { cost(range: { last: { days: 7 } }, bucket: NONE, groupBy: $by) { nodes { model product net { usd } } } }";
    const opened = gateway({ sandbox: { users: 12 }, settings: trusting(document) });
    const { status, body } = await got(opened, "/q/Grouped?format=rows");
    expect([status, code(body)]).toEqual([400, "BAD_USER_INPUT"]);
    expect(body.errors[0].message).toContain("`product`: null");
    const both = await got(opened, "/q/Grouped?format=rows&by=MODEL&by=PRODUCT");
    expect(both.status).toBe(200);
  });
});

describe("an error is a status and never an empty list:", () => {
  test("a field that the caller may not read", async () => {
    const { app, seen } = gateway({ sandbox: { users: 12 }, settings: admin.settings });
    const headers = { authorization: `Bearer ${admin.token}` };
    const { status, body } = await got({ app }, "/q/CostByModel?format=rows", headers);
    expect([status, code(body)]).toEqual([403, "FORBIDDEN"]);
    expect(seen).toEqual([]);
    const { status: withoutToken } = await got({ app }, "/q/CostByModel?format=rows");
    expect(withoutToken).toBe(401);
  });

  test("an upstream that fails", async () => {
    const failing = () => refusal(400, "invalid_request_error", "no");
    const path = "/v1/organizations/analytics/cost_report";
    const opened = gateway({ routes: { [path]: failing } });
    const { status, body } = await got(opened, "/q/CostByModel?format=rows");
    expect(status).toBeGreaterThanOrEqual(500);
    expect(code(body)).toMatch(/^UPSTREAM_/);
    expect(body.errors[0].extensions.field).toBe("cost");
  });
});

test("rows are kept as bytes with their headers, and validated", async () => {
  const opened = gateway({ sandbox: { users: 12 }, settings: { RESPONSE_CACHE: "on" } });
  const first = await got(opened, "/q/CostByDay?format=rows&first=2");
  const [again, requests] = await opened.requestsOf(() => got(opened, "/q/CostByDay?format=rows&first=2"));
  expect(requests).toEqual([]);
  expect(again.text).toBe(first.text);
  expect(again.headers.get("cache-status")).toContain("hit");
  for (const name of ["link", "list-extent", "freshness", "content-type"])
    expect(again.headers.get(name)).toBe(first.headers.get(name));
  const etag = first.headers.get("etag") ?? "";
  const valid = await got(opened, "/q/CostByDay?format=rows&first=2", { "if-none-match": etag });
  expect(valid.status).toBe(304);
  const csv = await got(opened, "/q/CostByDay?format=csv&first=2");
  expect(csv.headers.get("etag")).not.toBe(etag);
});

test("the audit log has the document, its variables and what it cost", async () => {
  const opened = gateway({ sandbox: { users: 12 } });
  await got(opened, "/q/CostByModel?format=rows&range.period=LAST_MONTH");
  expect(opened.audited).toMatchObject([
    { kind: "graphql", operation: "CostByModel", trusted: "CostByModel", outcome: "OK", status: 200 },
  ]);
  expect(opened.audited[0]?.upstreamRequests).toBe(opened.seen.length);
});

test("the plan of a document has its own form, in which no figures are", async () => {
  const opened = gateway({ sandbox: { users: 12 } });
  const { body } = await got(opened, "/q/CostByModel?format=rows&explain");
  expect(body.extensions.plan.requests).toBeGreaterThan(0);
  expect(opened.seen).toEqual([]);
});

test("every document of the library with one list answers with rows; the others say why they do not", async () => {
  const opened = gateway({ sandbox: { users: 30 } });
  const refused: string[] = [];
  for (const { name } of LIBRARY.operations) {
    const { status, body } = await got(opened, `/q/${name}?format=rows`);
    if (status === 200) {
      expect(body, name).toBeInstanceOf(Array);
      for (const row of body)
        for (const value of Object.values(row).flat())
          expect(typeof value === "object" && value !== null, name).toBe(false);
    } else {
      expect([status, code(body)], `${name}: ${JSON.stringify(body)}`).toEqual([400, "BAD_USER_INPUT"]);
      refused.push(name);
    }
  }
  expect(refused).toEqual([
    ...[
      "AcceptanceByTool",
      "Adoption",
      "AdoptionByTeam",
      "ClaudeAiTotal",
      "ConnectorsByGroup",
      "CostByChild",
      "DashboardAdoption",
      "DashboardClaudeCode",
      "DashboardSpend",
      "GroupMembers",
    ],
    ...[
      "MonthEnd",
      "MyFigures",
      "MySpendLimits",
      "RateLimits",
      "Reconciliation",
      "Revisions",
      "SkillsByProduct",
    ],
    ...["SpendToDate", "TeamPeople", "TeamSpenders"],
  ]);
});
