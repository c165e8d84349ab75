import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe, expect, test } from "vitest";
import { answerOf } from "../answer.ts";
import { ENTRIES, gatewayOfThree, NAMES, organizationsFile } from "./three.ts";

const ROLES = ["PRIMARY_OWNER", "OWNER", "ADMIN", "ANALYST", "LEAD", "MEMBER", "SERVICE"] as const;

/** What callers are limited to; null: nothing. */
const LIMITS = [null, ["emea"], ["platform"], ["emea", "platform"]] as const;

type Role = (typeof ROLES)[number];
type Limit = (typeof LIMITS)[number];

const nameOf = (role: Role, limit: Limit) => `${role} of ${limit?.join(" and ") ?? "all"}`;
const tokenOf = (name: string) => name.replaceAll(" ", "-");

function tokensFile(): string {
  const tokens = ROLES.flatMap((role) =>
    LIMITS.map((limit) => {
      const name = nameOf(role, limit);
      return {
        name,
        role,
        sha256: createHash("sha256").update(tokenOf(name)).digest("hex"),
        ...(limit === null ? {} : { organizations: limit }),
        ...(role === "MEMBER" || role === "LEAD" ? { email: "nobody@ternplover.example" } : {}),
        ...(role === "SERVICE" || role === "LEAD"
          ? { scopes: ["activity:read", "spend:read", "identity:read"] }
          : {}),
      };
    }),
  );
  const path = organizationsFile("");
  writeFileSync(path, JSON.stringify(tokens));
  return path;
}

const settings = { AUTH: "tokens", TOKENS_FILE: tokensFile() };
const range = "range.between.from=2026-11-18&range.between.until=2026-11-19";
const DAY = `range: { between: { from: "2026-11-18", until: "2026-11-19" } }`;

/** A way to ask for an organization, and what is asked: the text of the whole response. */
const ENTRIES_OF_ASKING: Readonly<Record<string, (caller: Caller, organization: string) => Promise<string>>> =
  {
    "GraphQL by argument": (caller, name) =>
      caller.post(`{ cost(organization: "${name}", ${DAY}) { organization total { net { cents } } } }`),
    "GraphQL by URL": (caller, name) =>
      caller.post(`{ cost(${DAY}) { organization total { net { cents } } } }`, `?organization=${name}`),
    "a document": (caller, name) => caller.get(`/q/CostByDay?organization=${name}&${range}`),
    rows: (caller, name) => caller.get(`/q/CostByDay?format=rows&organization=${name}&${range}`),
    "a file": (caller, name) => caller.get(`/export/cost.csv?organization=${name}&${range}`),
    "a file of spend": (caller, name) =>
      caller.get(`/export/spend.csv?organization=${name}&from=2026-11-18&until=2026-11-19`),
    "a picture": (caller, name) => caller.get(`/chart/CostByDay.svg?organization=${name}&${range}`),
    "a tool": (caller, name) => caller.tool("CostByDay", name),
  };

interface Caller {
  readonly post: (query: string, search?: string) => Promise<string>;
  readonly get: (path: string) => Promise<string>;
  readonly tool: (name: string, organization: string) => Promise<string>;
}

function callerOf({ app }: ReturnType<typeof gatewayOfThree>, name: string): Caller {
  const authorization = `Bearer ${tokenOf(name)}`;
  const text = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization, "x-request-id": "same", ...init.headers };
    const response = await app.fetch(`http://gateway.test${path}`, { ...init, headers });
    return `${response.status} ${await response.text()}`;
  };
  return {
    get: (path) => text(path),
    post: (query, search = "") =>
      text(`/graphql${search}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
      }),
    async tool(tool, organization) {
      const client = new Client({ name: "test", version: "1" });
      const transport = new StreamableHTTPClientTransport(new URL("http://gateway.test/mcp"), {
        fetch: (url, init) => app.fetch(String(url), init),
        requestInit: { headers: { authorization } },
      });
      await client.connect(transport);
      try {
        const range = { between: { from: "2026-11-18", until: "2026-11-19" } };
        return JSON.stringify(await client.callTool({ name: tool, arguments: { organization, range } }));
      } finally {
        await client.close();
      }
    },
  };
}

describe.each(ROLES)("%s", (role) => {
  test.each(Object.entries(ENTRIES_OF_ASKING))(
    "learns nothing by %s of an organization without a right to it",
    async (_way, ask) => {
      const opened = gatewayOfThree({ settings });
      for (const limit of LIMITS) {
        const caller = callerOf(opened, nameOf(role, limit));
        for (const name of NAMES) {
          const before = opened.upstream.seen.length;
          const answer = await ask(caller, name);
          const requests = opened.upstream.seen.slice(before);
          const isReadable = limit === null || (limit as readonly string[]).includes(name);
          if (isReadable) {
            expect(requests.every(({ organization }) => organization === name)).toBe(true);
            continue;
          }
          expect(requests, `${nameOf(role, limit)} of ${name}`).toEqual([]);
          const other = name.replace(/./, "x"); // as long, since errors state where they are
          const unknown = await ask(caller, other);
          expect(answer.replaceAll(new RegExp(`\\b${name}\\b`, "g"), other)).toBe(unknown);
        }
      }
    },
  );

  test.each(LIMITS.filter((each) => each !== null).map((own) => ({ own })))(
    "limited to $own lists no other organization",
    async ({ own }) => {
      const allowed: readonly string[] = own;
      const caller = callerOf(gatewayOfThree({ settings }), nameOf(role, own));
      const text = await caller.post(
        `{ viewer { organizations } organizations { name } a: cost(${DAY}) { organization } b: datasets { organization } }`,
      );
      for (const name of NAMES)
        if (!allowed.includes(name)) expect(text).not.toMatch(new RegExp(`\\b${name}\\b`));
    },
  );
});

test("a token of a joined organization alone reads nothing of the other", async () => {
  const entries = ENTRIES.map((each) => (each.name === "platform" ? { ...each, joins: "emea" } : each));
  const opened = gatewayOfThree({ entries, settings });
  const caller = callerOf(opened, nameOf("OWNER", ["emea"]));
  const text = await caller.post(
    `{ users(${DAY}, first: 2) { nodes { id claudeCode { commits } user { identities { organization } } } }
       organizations { name joinedWith } records: claudeCodeRecords(${DAY}) { organization } datasets { organization } }`,
  );
  expect(text).not.toContain("platform");
  expect(opened.upstream.seen.map(({ organization }) => organization)).not.toContain("platform");
  const { errors } = await answerOf(new Response(text.slice(4)));
  expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["NOT_CONFIGURED"]));
  const both = await callerOf(opened, nameOf("OWNER", ["emea", "platform"])).post(
    `{ organizations { name joinedWith } records: claudeCodeRecords(${DAY}, first: 1) { organization } }`,
  );
  expect(both).toContain('"joinedWith":"platform"');
  expect(both).toContain('"organization":"platform"');
});

test("an answer that is kept for one caller is not sent to a caller with a right to less", async () => {
  const opened = gatewayOfThree({ settings });
  const query = `{ organizations { name } cost(organization: "us", ${DAY}) { organization } }`;
  const all = callerOf(opened, nameOf("OWNER", null));
  const dataOf = (text: string) => JSON.parse(text.slice(4)).data;
  expect(dataOf(await all.post(query))).toEqual(dataOf(await all.post(query)));
  const limited = await callerOf(opened, nameOf("OWNER", ["emea"])).post(query);
  expect(dataOf(limited)).toEqual({ organizations: [{ name: "emea" }], cost: null });
});

test("a token for an unknown organization is refused at start", () => {
  const path = organizationsFile("");
  const sha256 = "a".repeat(64);
  writeFileSync(path, JSON.stringify([{ name: "x", role: "OWNER", sha256, organizations: ["apac"] }]));
  expect(() => gatewayOfThree({ settings: { AUTH: "tokens", TOKENS_FILE: path } })).toThrow(
    "`organizations` has apac, which is not one of emea, us, platform.",
  );
});
