import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { supergraphOf, usageSubgraph } from "../../examples/federation.ts";
import { schema as plainSchema } from "../../schema/index.ts";
import { readConfig } from "../../src/config.ts";
import { codesOf, guarded, messagesOf } from "../callers.ts";
import { type Answer, gateway } from "../gateway.ts";
import { hiveGateway } from "./hive-gateway.js";
import { HR_TYPES, hrDirectory } from "./hr-directory.ts";

const FEDERATED = { FEDERATION: "on" };
const SDL = "{ _service { sdl } }";
const MEMBERS = "/v1/organizations/users";

function federated(users = 30) {
  return gateway({ sandbox: { users }, settings: FEDERATED });
}

/** Composes the text of the subgraph with the HR directory. */
function composed(sdl: string): string {
  return supergraphOf([
    { name: "usage", url: "http://usage.test", sdl },
    { name: "hr", url: "http://hr.test", sdl: HR_TYPES },
  ]);
}

async function sdlOf({ ask }: { readonly ask: (query: string) => Promise<Answer> }): Promise<string> {
  const { data, errors } = await ask(SDL);
  expect(errors).toBeUndefined();
  return data._service.sdl;
}

const ENTITIES = `query Entities($of: [_Any!]!) { _entities(representations: $of) {
  __typename
  ... on User { userId email }
  ... on Team { teamId }
  ... on Workspace { workspaceId }
  ... on ApiKey { apiKeyId }
} }`;

async function listening(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

/** A supergraph of the HR directory and this gateway, both listening, behind Hive Gateway. */
async function supergraph(users: number, as: string | null = null) {
  const guardedBy = as === null ? null : guarded({ sandbox: { users }, settings: FEDERATED });
  const usage = guardedBy ?? federated(users);
  const askAll = (query: string) => guardedBy?.askAs("OWNER", query) ?? usage.ask(query);
  const { data } = await askAll(
    `{ users(range: { last: { days: 28 } }, first: ${users}) { nodes { user { email } } } }`,
  );
  const emails = data.users.nodes.flatMap(({ user }: { user: { email: string | null } }) => user.email ?? []);
  const hr = hrDirectory(
    [...emails, "nobody@example.com"].map((email, i) => ({ email, department: `Department ${i % 3}` })),
  );
  const requests: string[] = [];
  const urls = {
    usage: await listening((request, response) => {
      requests.push("usage");
      usage.app.handle(request, response);
    }),
    hr: await listening((request, response) => {
      requests.push("hr");
      hr.yoga(request, response);
    }),
  };
  const subgraph = await usageSubgraph(urls.usage, guardedBy?.headersOf("OWNER"));
  const runtime = hiveGateway(supergraphOf([subgraph, { name: "hr", url: urls.hr, sdl: HR_TYPES }]));
  afterAll(() => runtime.dispose());
  async function ask(query: string): Promise<Answer> {
    const response = await runtime.fetch("http://supergraph.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...(as !== null && guardedBy?.headersOf(as)) },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as Answer;
  }
  return { ask, usage, hr, requests, emails: emails as readonly string[] };
}

describe("the text of the subgraph", () => {
  test("composes with another subgraph, and the supergraph keeps inputs of one field each", async () => {
    const text = composed(await sdlOf(federated()));
    expect(text).toMatch(/input DateRange .*@oneOf/);
    expect(text).toMatch(/type User[^{]*@join__type\(graph: USAGE, key: "email"/);
  });

  test("declares and composes `@oneOf`, which other composition rejects as unknown", async () => {
    const text = await sdlOf(federated());
    expect(text).toContain("directive @oneOf on INPUT_OBJECT");
    expect(text).toContain('@composeDirective(name: "@oneOf")');
  });

  test("has the keys of each entity, and none of what every subgraph has", async () => {
    const text = await sdlOf(federated());
    const keys = [...text.matchAll(/^type (\w+).*?((?: @key\(fields: "\w+"\))+)/gm)];
    expect(
      keys.map(([, type, of]) => [type, [...(of ?? "").matchAll(/"(\w+)"/g)].map(([, key]) => key)]),
    ).toEqual([
      ["ApiKey", ["id", "apiKeyId"]],
      ["Team", ["id", "teamId"]],
      ["User", ["id", "email"]],
      ["Workspace", ["id", "workspaceId"]],
    ]);
    expect(text).not.toMatch(/_entities|_service|_Any|_Entity|_Service/);
  });

  test("is absent unless FEDERATION is on", async () => {
    const { ask } = gateway({ sandbox: { users: 20 } });
    expect(codesOf(await ask(SDL))).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
    expect(plainSchema.getType("_Entity")).toBeUndefined();
  });

  test("shows each caller what introspection shows them", async () => {
    const { askAs } = guarded({ settings: FEDERATED });
    const textFor = async (name: string) => (await askAs(name, SDL)).data._service.sdl as string;
    expect(await textFor("OWNER")).toContain("reconciliation");
    const admin = await textFor("ADMIN");
    expect(admin).not.toContain("reconciliation");
    expect(admin).toContain('@key(fields: "email")');
    const groups = await textFor("OWNER of groups");
    expect(groups).not.toMatch(/^type User .*@key/m);
    expect(composed(admin)).toContain("@join__type(graph: USAGE");
  });

  test("is refused to all with INTROSPECTION=off, and beside other fields to whom a part is shown", async () => {
    const off = gateway({ sandbox: { users: 20 }, settings: { ...FEDERATED, INTROSPECTION: "off" } });
    expect(codesOf(await off.ask(SDL))).toEqual(["FORBIDDEN"]);
    const { askAs } = guarded({ settings: FEDERATED });
    expect(codesOf(await askAs("ADMIN", "{ _service { sdl } viewer { role } }"))).toEqual(["BAD_USER_INPUT"]);
  });
});

describe("entities", () => {
  test("are found by each of their keys, in their order, and are null where a key finds none", async () => {
    const { ask } = federated();
    const { data } = await ask(`{
      users(range: { last: { days: 7 } }, first: 1) { nodes { user { id userId email } } }
      teams(range: { last: { days: 7 } }, first: 1) { nodes { team { id teamId } } }
      cost(organization: "console", range: { period: LAST_MONTH }, groupBy: [API_KEY]) {
        nodes { apiKey { id apiKeyId workspace { id workspaceId } } }
      }
    }`);
    const { user } = data.users.nodes[0];
    const { team } = data.teams.nodes[0];
    const apiKey = data.cost.nodes.find(
      (row: { apiKey: null | { workspace: null | object } }) => row.apiKey?.workspace,
    ).apiKey;
    const { workspace } = apiKey;
    const of = [
      { __typename: "User", email: user.email.toUpperCase() },
      { __typename: "User", id: user.id },
      { __typename: "User", email: "nobody@example.com" },
      { __typename: "Team", id: team.id },
      { __typename: "Team", teamId: team.teamId },
      { __typename: "Team", teamId: "none" },
      { __typename: "ApiKey", id: apiKey.id },
      { __typename: "ApiKey", apiKeyId: apiKey.apiKeyId },
      { __typename: "Workspace", id: workspace.id },
      { __typename: "Workspace", workspaceId: workspace.workspaceId },
      { __typename: "Workspace", workspaceId: "none" },
    ];
    const answer = await ask(ENTITIES, { of });
    expect(answer.errors).toBeUndefined();
    const person = { __typename: "User", userId: user.userId, email: user.email };
    const found = { __typename: "Team", teamId: team.teamId };
    const key = { __typename: "ApiKey", apiKeyId: apiKey.apiKeyId };
    const place = { __typename: "Workspace", workspaceId: workspace.workspaceId };
    expect(answer.data._entities).toEqual([
      person,
      person,
      null,
      found,
      found,
      null,
      key,
      key,
      place,
      place,
      null,
    ]);
  });

  test("of a wrong type, key or id fail alone, and say what would work", async () => {
    const { ask } = federated();
    const { data } = await ask(
      "{ users(range: { last: { days: 7 } }, first: 1) { nodes { id user { id email } } } }",
    );
    const [{ id: row, user }] = data.users.nodes;
    const answer = await ask(ENTITIES, {
      of: [
        { __typename: "User", email: user.email },
        { __typename: "Money", usd: "1" },
        { __typename: "constructor", id: user.id },
        { __typename: "User", name: "Ada" },
        { __typename: "Team", id: user.id },
        { __typename: "User", id: row },
        { __typename: "User", email: 7 },
        {},
      ],
    });
    expect(answer.data._entities.map((each: object | null) => each !== null)).toEqual([
      true,
      ...Array(7).fill(false),
    ]);
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(messagesOf(answer)).toContain("has one of its keys as text: `id` or `email`");
    expect(codesOf(await ask(ENTITIES, { of: ["Ada"] }))).toEqual(["BAD_USER_INPUT"]);
  });

  test("of two keys are one object, or an error that names them", async () => {
    const { ask } = federated();
    const { data } = await ask(
      "{ users(range: { last: { days: 7 } }, first: 2) { nodes { user { id email } } } }",
    );
    const [one, other] = data.users.nodes.map(({ user }: { user: { id: string; email: string } }) => user);
    const answer = await ask(ENTITIES, {
      of: [one, { ...one, email: other.email }, { ...one, email: "nobody@ternplover.example" }].map(
        (keys) => ({
          __typename: "User",
          ...keys,
        }),
      ),
    });
    expect(answer.data._entities.map((each: object | null) => each !== null)).toEqual([true, false, false]);
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(messagesOf(answer)).toContain("`id` and `email` of this representation are not keys of one User");
  });

  test("of one level share a batch, by whichever key they are found", async () => {
    const { ask, requestsOf } = federated();
    const { data } = await ask(
      "{ users(range: { last: { days: 7 } }, first: 8) { nodes { user { id email } } } }",
    );
    const people = data.users.nodes.map(({ user }: { user: { id: string; email: string } }) => user);
    const of = people.map(({ id, email }: { id: string; email: string }, i: number) =>
      i % 2 === 0 ? { __typename: "User", id } : { __typename: "User", email },
    );
    const [answer, requests] = await requestsOf(() =>
      ask(
        `query($of: [_Any!]!) { _entities(representations: $of) { ... on User { cost(range: { last: { days: 7 } }) { net { usd } } } } }`,
        { of },
      ),
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data._entities).toHaveLength(8);
    expect(requests.filter(({ pathname }) => pathname.endsWith("/user_cost_report"))).toHaveLength(1);
  });

  test("count as rows and plan their requests before anything runs", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 20 }, settings: { ...FEDERATED, MAX_ROWS: "1000" } });
    const of = Array.from({ length: 1_001 }, (_, i) => ({ __typename: "User", email: `${i}@example.com` }));
    expect(codesOf(await ask(ENTITIES, { of }))).toEqual(["LIMIT_EXCEEDED"]);
    expect(seen).toEqual([]);
    const { app } = federated();
    const response = await app.fetch("http://gateway.test/graphql?explain", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: ENTITIES, variables: { of: of.slice(0, 20) } }),
    });
    const { extensions } = (await response.json()) as {
      extensions: { plan: { fields: { field: string; dataset: string; requests: number }[] } };
    };
    expect(extensions.plan.fields[0]).toMatchObject({
      field: "_entities",
      dataset: "ENTERPRISE_MEMBERS",
      requests: 1,
    });
  });

  test("leave no address in the audit log", async () => {
    const { ask, audited } = federated();
    await ask(ENTITIES, { of: [{ __typename: "User", email: "ada@example.com" }] });
    await ask(
      `{ _entities(representations: [{ __typename: "User", email: "ada@example.com" }]) { __typename } }`,
    );
    expect(audited).toHaveLength(2);
    expect(JSON.stringify(audited)).not.toContain("ada");
  });
});

describe("an entity by a known and by an unknown address", () => {
  async function fails(name: string, known: string): Promise<ReadonlySet<string>> {
    const { askAs } = guarded({ settings: FEDERATED, email: "nobody@ternplover.example" });
    const sentences = new Set<string>();
    for (const email of [known, "unknown@ternplover.example"]) {
      const answer = await askAs(name, ENTITIES, { of: [{ __typename: "User", email }] });
      expect(answer.data._entities).toEqual([null]);
      sentences.add(
        JSON.stringify(
          answer.errors?.map(({ message, path, extensions }) => ({ message, path, extensions })),
        ),
      );
    }
    return sentences;
  }

  test.each([
    "MEMBER",
    "SERVICE",
    "ANALYST",
    "OWNER by pseudonym",
    "OWNER of groups",
    "SERVICE-identity-read",
    "SERVICE-activity-read",
  ])("fails alike for %s, who does not see people by name", async (name) => {
    const { data } = await gateway({ sandbox: { users: 30 } }).ask(
      "{ users(range: { last: { days: 7 } }, first: 1) { nodes { user { email } } } }",
    );
    const sentences = await fails(name, data.users.nodes[0].user.email);
    expect(sentences.size).toBe(1);
    expect([...sentences][0]).toMatch(/FORBIDDEN|BAD_USER_INPUT/);
  });

  test("is found by the pseudonym that a caller sees, and by their own address for a member", async () => {
    const owner = guarded({ settings: FEDERATED });
    const list = "{ users(range: { last: { days: 7 } }, first: 1) { nodes { user { userId email } } } }";
    const seen = (await owner.askAs("OWNER by pseudonym", list)).data.users.nodes[0].user;
    const of = [{ __typename: "User", email: seen.email }];
    const found = await owner.askAs("OWNER by pseudonym", ENTITIES, { of });
    expect(found.data._entities).toEqual([{ __typename: "User", ...seen }]);

    const self = (await owner.askAs("OWNER", list)).data.users.nodes[0].user;
    const own = guarded({ settings: FEDERATED, email: self.email });
    const answer = await own.askAs("MEMBER", ENTITIES, { of: [{ __typename: "User", email: self.email }] });
    expect(answer.data._entities).toEqual([{ __typename: "User", ...self }]);
  });

  test("needs the scope of its type, as any other way to it", async () => {
    const { askAs } = guarded({ settings: FEDERATED });
    const of = [
      { __typename: "Workspace", workspaceId: "wrkspc_x" },
      { __typename: "ApiKey", apiKeyId: "apikey_x" },
      { __typename: "Team", teamId: "x" },
    ];
    const answer = await askAs("SERVICE", ENTITIES, { of });
    expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill("FORBIDDEN"));
    expect(codesOf(await askAs("ANALYST", ENTITIES, { of }))).toEqual(["FORBIDDEN"]);
  });
});

describe("a supergraph of the HR directory and this gateway, behind Hive Gateway", () => {
  test("answers HR and usage in one request of each subgraph, and one batch of each entity", async () => {
    const { ask, usage, requests, emails } = await supergraph(40);
    requests.length = 0;
    const [answer, upstream] = await usage.requestsOf(() =>
      ask(`{ employees { department email cost(range: { period: LAST_MONTH }) { net { usd } } } }`),
    );
    expect(answer.errors).toBeUndefined();
    expect(requests).toEqual(["hr", "usage"]);
    expect(upstream.filter(({ pathname }) => pathname.endsWith("/user_cost_report"))).toHaveLength(1);
    expect(upstream.filter(({ pathname }) => pathname === MEMBERS).length).toBeLessThan(2);

    const { data } = await usage.ask(
      "{ users(range: { last: { days: 28 } }, first: 40) { nodes { user { email cost(range: { period: LAST_MONTH }) { net { usd } } } } } }",
    );
    const direct = new Map(
      data.users.nodes.map(({ user }: { user: { email: string; cost: object | null } }) => [
        user.email,
        user.cost,
      ]),
    );
    const spent = answer.data.employees.map(({ cost }: { cost: object | null }) => cost);
    expect(spent).toEqual([...emails.map((email) => direct.get(email)), null]);
    expect(spent.filter((cost: object | null) => cost !== null).length).toBeGreaterThan(10);
  });

  test("answers usage with facts of HR, again in one batch, and keeps the rules of ranges", async () => {
    const { ask, hr, requests } = await supergraph(20);
    requests.length = 0;
    const answer = await ask(
      "{ users(range: { last: { days: 7 } }, first: 10) { nodes { user { email department } } } }",
    );
    expect(answer.errors).toBeUndefined();
    expect(requests).toEqual(["usage", "hr"]);
    expect(hr.batches).toEqual([10]);
    expect(
      answer.data.users.nodes.every(({ user }: { user: { department: string } }) => user.department),
    ).toBe(true);

    const both = await ask(
      "{ users(range: { last: { days: 7 }, period: LAST_MONTH }, first: 1) { nodes { userId } } }",
    );
    expect(both.errors?.length).toBeGreaterThan(0);
  });
});

test("a caller of the supergraph reads of the subgraph what they may, and no more", async () => {
  const { ask, emails } = await supergraph(20, "ADMIN");
  const answer = await ask(
    "{ employees { department email role cost(range: { period: LAST_MONTH }) { net { usd } } } }",
  );
  expect(answer.data.employees.length).toBe(emails.length + 1);
  for (const { role, cost } of answer.data.employees.slice(0, -1)) {
    expect(role).toBeTypeOf("string");
    expect(cost).toBeNull();
  }
  expect(messagesOf(answer)).toContain("spend:read");
  const analyst = await supergraph(20, "ANALYST");
  const refused = await analyst.ask("{ employees { department role } }");
  expect(refused.data.employees.map(({ role }: { role: string | null }) => role)).toEqual(
    [...emails, null].map(() => null),
  );
});

test("FEDERATION with trusted documents alone is refused at the start", () => {
  expect(() => readConfig({ FEDERATION: "on", DOCUMENTS: "trusted" })).toThrow(
    /FEDERATION is on, and DOCUMENTS/,
  );
  expect(readConfig({}).access.federation).toBe(false);
});
