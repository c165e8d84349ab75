import { Client, ProtocolError, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterEach, describe, expect, test } from "vitest";
import { PERIODS } from "../src/domain/period.ts";
import { guarded } from "./callers.ts";
import { type GatewayOptions, gateway } from "./gateway.ts";
import { Issuer } from "./issuer.ts";
import { oneToken } from "./one-token.ts";
import { endAll, run } from "./process.ts";

afterEach(endAll);

const URL_OF_MCP = new URL("http://gateway.test/mcp");

interface Fetching {
  readonly app: { fetch(url: string, init?: RequestInit): Promise<Response> };
}

type Era = "legacy" | "auto";

/** A client of the SDK over HTTP, with a token. */
async function agentOf({ app }: Fetching, token: string | null = null, mode: Era = "auto"): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  const transport = new StreamableHTTPClientTransport(URL_OF_MCP, {
    fetch: (url, init) => app.fetch(String(url), init),
    requestInit: token === null ? {} : { headers: { authorization: `Bearer ${token}` } },
  });
  await client.connect(transport);
  return client;
}

interface Result {
  readonly isError: boolean;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it called
  readonly content: any;
}

async function called(client: Client, name: string, given: object = {}): Promise<Result> {
  const result = await client.callTool({ name, arguments: { ...given } });
  const [first] = result.content as readonly { readonly text?: string }[];
  return { isError: result.isError === true, text: first?.text ?? "", content: result.structuredContent };
}

async function namesOf(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

/** A tool with every word, as its resource has it. */
// biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it reads
async function wholeTool(client: Client, name: string): Promise<any> {
  const { contents } = await client.readResource({ uri: `analytics://tools/${name}` });
  return JSON.parse((contents[0] as { readonly text: string }).text);
}

const sandboxed = (options: Partial<GatewayOptions> = {}) => gateway({ sandbox: { users: 30 }, ...options });

const PERSON = "{ users(range: { last: { days: 7 } }, first: 1) { nodes { email } } }";

test.each(["OWNER", "ADMIN", "MEMBER", "ANALYST", "SERVICE"])(
  "tools of %s are the documents that answer this caller without FORBIDDEN",
  async (name) => {
    const opened = guarded();
    const headers = opened.headersOf(name);
    const listed = await namesOf(await agentOf(opened, name));
    const [person] = (await opened.askAs(name, PERSON)).data.users?.nodes ?? [];
    // Without rows, or without a person, a document answers nothing that could be refused.
    const parametersOf = (document: string) => {
      if (document === "IdleSeats") return "days=1";
      return document.startsWith("My") && person ? `email=${person.email}` : "";
    };
    const { documents } = await (await opened.app.fetch("http://gateway.test/q/", { headers })).json();
    for (const document of documents as string[]) {
      const url = `http://gateway.test/q/${document}?${parametersOf(document)}`;
      const answer = await (await opened.app.fetch(url, { headers })).text();
      const isOpen = !answer.includes('"code":"FORBIDDEN"');
      expect(listed.includes(document), `${document}: ${answer.slice(0, 300)}`).toBe(isOpen);
    }
  },
);

test.each<Era>(["legacy", "auto"])("tools over the %s protocol answer as their documents do", async (era) => {
  const opened = guarded();
  const client = await agentOf(opened, "OWNER", era);
  for (const name of ["Adoption", "CostByDay", "DashboardUsage", "Skills", "TopModels"]) {
    const { content, isError } = await called(client, name);
    const response = await opened.app.fetch(`http://gateway.test/q/${name}`, {
      headers: opened.headersOf("OWNER"),
    });
    expect(isError, name).toBe(false);
    expect(content.data, name).toEqual((await response.json()).data);
  }
  expect(opened.faults).toEqual([]);
});

test("a tool states its question, its cost, its arguments and its result", async () => {
  const client = await agentOf(sandboxed());
  const { tools } = await client.listTools();
  const tool = tools.find(({ name }) => name === "CostByDay");
  expect(tool?.description).toMatch(/^What did each product cost .* Upstream requests: 2\n/);
  expect(tool?.inputSchema.properties).toMatchObject({
    range: { type: "object", maxProperties: 1, default: { last: { weeks: 2 } } },
    bucket: { type: "string", enum: expect.arrayContaining(["DAY", "MONTH"]), default: "DAY" },
    first: { type: "integer", default: 200 },
    explain: { type: "boolean" },
  });
  expect(tool?.outputSchema?.properties).toMatchObject({
    data: {
      properties: {
        cost: {
          properties: {
            total: { properties: { net: { properties: { usd: { type: "string" } } } } },
            nodes: { type: "array" },
          },
        },
      },
    },
  });
  expect(tool?.annotations).toMatchObject({ readOnlyHint: true });
  const adoption = tools.find(({ name }) => name === "Adoption");
  expect(adoption?.description).toMatch(/^Not additive: .*`dailyActiveUsers`/m);
});

test("the list of tools is short, and what it leaves out is a resource of each tool", async () => {
  const client = await agentOf(sandboxed());
  const { tools } = await client.listTools();
  const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const read = tools.map(({ name, description, inputSchema }) => [name, description, inputSchema]);
  // Hosts show these to the model, and keep output schemas to themselves: 41 kB for 58 tools.
  expect(bytesOf(read) / tools.length).toBeLessThan(740);
  expect(bytesOf(tools) / tools.length).toBeLessThan(1_850);
  for (const period of Object.keys(PERIODS)) expect(client.getInstructions()).toContain(period);
  const whole = await wholeTool(client, "TopSpenders");
  const { range, filter } = whole.inputSchema.properties;
  expect(range).toMatchObject({ minProperties: 1, maxProperties: 1 });
  expect(range.properties.period.enum).toContain("LAST_MONTH");
  expect(range.properties.between.properties.until.description).toBe("The day after the last one.");
  expect(filter.properties.models).toMatchObject({ type: "array", items: { type: "string" } });
  const listed = tools.find(({ name }) => name === "TopSpenders")?.inputSchema.properties?.filter;
  for (const key of Object.keys(filter.properties)) expect(JSON.stringify(listed)).toContain(key);
  const { net } = whole.outputSchema.properties.data.properties.cost.properties.nodes.items.properties;
  expect(net.description).toBeTruthy();
});

test("every result of the library fits the output schema of its tool", async () => {
  const opened = sandboxed();
  const client = await agentOf(opened); // it validates results by the schemas of the list
  const ajv = addFormats.default(new Ajv2020({ allowUnionTypes: true }));
  for (const name of await namesOf(client)) {
    const { isError, text, content } = await called(client, name);
    const { outputSchema } = await wholeTool(client, name);
    expect(ajv.validate(outputSchema, content), `${name}: ${ajv.errorsText()}`).toBe(true);
    // Those about the caller need to know of whom, revisions a store that outlives the gateway, and children a parent.
    expect(isError, text).toBe(name.startsWith("My") || ["CostByChild", "Revisions"].includes(name));
  }
  expect(opened.faults).toEqual([]);
});

test("an agent lists, asks what a call costs, calls, and reads on to the end", async () => {
  const opened = sandboxed();
  const client = await agentOf(opened);
  expect(client.getInstructions()).toContain("UTC");
  expect(await namesOf(client)).toContain("TopSpenders");

  const [plan, none] = await opened.requestsOf(() => called(client, "TopSpenders", { explain: true }));
  expect(plan.content.plan.requests + plan.content.plan.lookups).toBe(3);
  expect(none).toEqual([]);

  const [first, made] = await opened.requestsOf(() => called(client, "TopSpenders", { first: 7 }));
  expect(first.content.upstream.requests).toBe(made.length);
  expect(first.content.page).toMatchObject({ rows: 7, hasNextPage: true, isShortened: false });
  expect(JSON.parse(first.text)).toEqual(first.content);

  const names: string[] = first.content.data.cost.nodes.map(({ email }: { email: string }) => email);
  let { page } = first.content;
  while (page.hasNextPage) {
    const { content } = await called(client, "TopSpenders", { first: 7, [page.readOnWith]: page.endCursor });
    names.push(...content.data.cost.nodes.map(({ email }: { email: string }) => email));
    page = content.page;
  }
  const whole = await called(client, "TopSpenders", { first: 1_000 });
  expect(whole.content.page.hasNextPage).toBe(false);
  expect(names).toEqual(whole.content.data.cost.nodes.map(({ email }: { email: string }) => email));
});

test("the same call again costs nothing, and says so", async () => {
  const opened = sandboxed({ settings: { RESPONSE_CACHE: "on" } });
  const client = await agentOf(opened);
  const before = await called(client, "CostByModel");
  const [after, made] = await opened.requestsOf(() => called(client, "CostByModel"));
  expect(before.content.upstream.requests).toBe(2);
  expect(after.content).toEqual({ ...before.content, upstream: { requests: 0, cacheHits: 0, waitMs: 0 } });
  expect(made).toEqual([]);
});

test("a list that is too long for an answer is returned in pages that come to the whole of it", async () => {
  const whole = await called(await agentOf(sandboxed()), "CostByDay");
  const opened = sandboxed({ settings: { MCP_ANSWER_BYTES: "2KiB" } });
  const client = await agentOf(opened);
  const rows: unknown[] = [];
  let pages = 0;
  for (let after: string | null = null; ; pages++) {
    const { content } = await called(client, "CostByDay", after === null ? {} : { after });
    expect(Buffer.byteLength(JSON.stringify(content.data))).toBeLessThanOrEqual(2_048);
    rows.push(...content.data.cost.nodes);
    after = content.page.endCursor;
    if (!content.page.hasNextPage) break;
    expect(content.page.isShortened).toBe(true);
  }
  expect(pages).toBeGreaterThan(1);
  expect(rows).toEqual(whole.content.data.cost.nodes);
  expect(opened.seen.length).toBe(2);
});

test("another answer that is too long is an error, and not a part of itself", async () => {
  const client = await agentOf(sandboxed({ settings: { MCP_ANSWER_BYTES: "2KiB" } }));
  const { isError, content } = await called(client, "Adoption");
  expect(isError).toBe(true);
  expect(content.error).toMatchObject({ code: "LIMIT_EXCEEDED", limit: "MCP_ANSWER_BYTES", max: 2_048 });
  expect(content.data).toBeUndefined();
});

test("lists in lists that go on are named", async () => {
  const client = await agentOf(sandboxed());
  const { content } = await called(client, "GroupMembers", { groups: 2, members: 1 });
  expect(content.shortened).toContain("groups");
  expect(content.shortened.some((path: string) => path.startsWith("groups.nodes[0]."))).toBe(true);
  expect(JSON.stringify(content.data)).not.toContain("__page");
});

describe("a refused call", () => {
  test("of a document with closed fields makes no upstream request", async () => {
    const opened = guarded();
    const client = await agentOf(opened, "ADMIN");
    const [{ isError, content }, made] = await opened.requestsOf(() => called(client, "PeopleThisWeek"));
    expect(isError).toBe(true);
    expect(content).toMatchObject({ error: { code: "FORBIDDEN" }, upstream: { requests: 0 } });
    expect(made).toEqual([]);
    expect(opened.audited.at(-1)).toMatchObject({ outcome: "FORBIDDEN", caller: { name: "ADMIN" } });
  });

  test.each(["ADMIN", "ANALYST", "MEMBER", "LEAD", "SERVICE"])(
    "of any tool that %s may not call names what is missing",
    async (caller) => {
      const opened = guarded();
      const client = await agentOf(opened, caller);
      const [all, own] = [await namesOf(await agentOf(opened, "OWNER")), await namesOf(client)];
      for (const tool of all.filter((each) => !own.includes(each))) {
        const { error } = (await called(client, tool)).content;
        expect(error.code, tool).toBe("FORBIDDEN");
        expect(error.scope ?? error.identity, error.message).toEqual(expect.any(String));
        expect(error.message).toContain(tool);
      }
    },
  );

  test("of a tool that the list of a token has, and its role may not call, names the scope", async () => {
    const { token, settings } = oneToken("panel", "ADMIN", { documents: ["CostByDay"] });
    const client = await agentOf(gateway({ settings }), token);
    const { content } = await called(client, "CostByDay");
    expect(content.error).toMatchObject({ code: "FORBIDDEN", scope: "spend:read" });
    expect((await called(client, "Adoption")).content.error.message).toMatch(/^You may only run CostByDay/);
  });

  test.each([
    ["an unknown argument", { rnge: 1 }, /Unknown argument `rnge`.*did you mean range/],
    ["a wrong type", { range: 7 }, /Argument "range" got invalid value 7/],
    ["a wrong key", { range: { last: { day: 3 } } }, /Did you mean "days"/],
    ["a page of none", { first: -1 }, /first/],
    ["a page that is not a number", { first: "ten" }, /Argument "first" got invalid value "ten"/],
    ["another cursor", { after: "x".repeat(50) }, /cursor/i],
    ["a plan that is neither", { explain: "yes" }, /`explain` is true or false/],
    ["a null where none may be", { range: null }, /range/],
  ])("for %s says what is wrong", async (_what, given, message) => {
    const opened = sandboxed();
    const client = await agentOf(opened);
    const [{ isError, text, content }, made] = await opened.requestsOf(() =>
      called(client, "CostByDay", given),
    );
    expect(isError).toBe(true);
    expect(text).toMatch(message);
    expect(text).toBe(`${content.error.code}: ${content.error.message}`);
    expect(made).toEqual([]);
  });

  test.each([
    [{ arguments: [] }, "`arguments` of tools/call is a list; send an object of arguments by name"],
    [{ arguments: "x" }, "`arguments` of tools/call is a text; send an object"],
    [{ arguments: null }, "`arguments` of tools/call is null; send an object"],
    [{ name: 7 }, "`name` of tools/call is a number; send the name of a tool"],
  ])("with the parameters %j is answered with a sentence", async (given, sentence) => {
    const { app } = sandboxed();
    const params = { name: "CostByDay", ...given };
    const response = await app.fetch(String(URL_OF_MCP), {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    });
    const text = await response.text();
    const { error } = JSON.parse(text.slice(text.indexOf("{")));
    expect(error.code).toBe(-32602);
    expect(error.message).toContain(sentence);
  });

  test("for huge arguments is short", async () => {
    const opened = sandboxed();
    const client = await agentOf(opened);
    const deep = JSON.parse(`${'{"any":['.repeat(200)}${"]}".repeat(200)}`);
    const { isError, text } = await called(client, "CostByDay", { filter: deep });
    expect(isError).toBe(true);
    expect(text.length).toBeLessThan(2_000);
    const refused = called(client, "CostByDay", { filter: { users: ["x".repeat(3_000_000)] } });
    await expect(refused).rejects.toThrow(/MAX_BODY_BYTES/);
    expect(opened.seen).toEqual([]);
    expect(opened.faults).toEqual([]);
  });

  test("of a tool that is not there names the nearest one", async () => {
    const client = await agentOf(sandboxed());
    const refused = called(client, "CostByDy");
    await expect(refused).rejects.toThrow(ProtocolError);
    await expect(called(client, "CostByDy")).rejects.toThrow("did you mean CostByDay?");
    await expect(called(client, "__proto__")).rejects.toThrow("Unknown tool");
  });
});

test("a call stops waiting when its client leaves", async () => {
  const waiting = Promise.withResolvers<void>();
  const opened = gateway({
    routes: {
      "/v1/organizations/analytics/summaries": () => {
        waiting.resolve();
        return new Promise(() => {});
      },
    },
  });
  const client = await agentOf(opened);
  const leaving = new AbortController();
  const call = client.callTool({ name: "Adoption", arguments: {} }, { signal: leaving.signal });
  await waiting.promise;
  leaving.abort();
  await expect(call).rejects.toThrow();
  await expect.poll(() => opened.audited.some(({ trusted }) => trusted === "Adoption")).toBe(true);
});

describe("resources", () => {
  test("are the guide to the numbers and the schema that the caller may know", async () => {
    const opened = guarded();
    const textOf = async (client: Client, uri: string) => {
      const { contents } = await client.readResource({ uri });
      return (contents[0] as { readonly text: string }).text;
    };
    const owner = await agentOf(opened, "OWNER");
    const { resources } = await owner.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      "analytics://numbers",
      "analytics://schema",
      "analytics://schema.graphql",
    ]);
    for (const { uri } of resources) expect((await textOf(owner, uri)).length).toBeGreaterThan(1_000);
    expect(await textOf(owner, "analytics://schema/Money")).toContain("type Money");
    expect(await textOf(owner, "analytics://tools/CostByModel")).toContain("usd");
    const admin = await agentOf(opened, "ADMIN");
    await expect(textOf(admin, "analytics://tools/CostByModel")).rejects.toThrow();
    expect(await textOf(admin, "analytics://schema.graphql")).not.toContain("type Money");
    await expect(textOf(admin, "analytics://schema/Money")).rejects.toThrow();
  });

  test("do not show a schema that introspection does not show", async () => {
    for (const settings of [{ INTROSPECTION: "off" }, { DOCUMENTS: "trusted" }]) {
      const client = await agentOf(sandboxed({ settings }));
      const { resources } = await client.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual(["analytics://numbers"]);
      const { resourceTemplates } = await client.listResourceTemplates();
      expect(resourceTemplates.map(({ name }) => name)).toEqual(["tool"]);
    }
  });
});

describe("the route", () => {
  const message = { jsonrpc: "2.0", id: 1, method: "tools/list" };
  const post = (body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify(body),
  });

  test("refuses pages of other origins and other hosts, with or without a token", async () => {
    const opened = sandboxed({ settings: { ALLOWED_HOSTS: "gateway.test" } });
    const foreign = await opened.app.fetch(
      URL_OF_MCP.href,
      post(message, { origin: "https://evil.example" }),
    );
    expect(foreign.status).toBe(403);
    const rebound = await opened.app.fetch("http://evil.example/mcp", post(message));
    expect(rebound.status).toBe(421);
    const listed = sandboxed({ settings: { ALLOWED_ORIGINS: "https://agent.example" } });
    const allowed = await listed.app.fetch(
      URL_OF_MCP.href,
      post(message, { origin: "https://agent.example" }),
    );
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://agent.example");
  });

  test("takes one message by POST", async () => {
    const { app } = sandboxed();
    expect((await app.fetch(URL_OF_MCP.href)).status).toBe(405);
    expect((await app.fetch(URL_OF_MCP.href, post([message, message]))).status).toBe(400);
    expect((await app.fetch(URL_OF_MCP.href, post("hello"))).status).toBe(400);
    const text = { ...post(message), headers: { "content-type": "text/plain" } };
    expect((await app.fetch(URL_OF_MCP.href, text)).status).toBe(415);
  });

  test("is not there with MCP=off", async () => {
    const { app } = sandboxed({ settings: { MCP: "off" } });
    expect((await app.fetch(URL_OF_MCP.href, post(message))).status).toBe(404);
  });

  test("holds no subscription open", async () => {
    const { app } = sandboxed();
    const listen = { jsonrpc: "2.0", id: 1, method: "subscriptions/listen", params: {} };
    const response = await app.fetch(URL_OF_MCP.href, post(listen));
    expect(await response.text()).toContain("error");
  });

  test("asks callers for a token, and names the issuer of tokens", async () => {
    const issuer = await Issuer.start();
    const settings = {
      AUTH: "jwt",
      JWT_JWKS_URL: `${issuer.origin}/keys`,
      JWT_ISSUER: "https://idp.example.com",
      JWT_AUDIENCE: "https://gateway.test/mcp",
    };
    const opened = gateway({ settings });
    const refused = await opened.app.fetch(URL_OF_MCP.href, post(message));
    expect(refused.status).toBe(401);
    const place = "https://gateway.test/.well-known/oauth-protected-resource/mcp";
    expect(refused.headers.get("www-authenticate")).toBe(`Bearer resource_metadata="${place}"`);
    const wrong = await opened.app.fetch(URL_OF_MCP.href, post(message, { authorization: "Bearer x" }));
    expect(wrong.headers.get("www-authenticate")).toBe(
      `Bearer error="invalid_token", resource_metadata="${place}"`,
    );
    const metadata = await opened.app.fetch(place);
    expect(await metadata.json()).toEqual({
      resource: "https://gateway.test/mcp",
      resource_name: "Claude analytics gateway",
      authorization_servers: ["https://idp.example.com"],
      bearer_methods_supported: ["header"],
    });
    const published = gateway({ settings: { ...settings, PUBLIC_URL: "https://public.example.com" } });
    const elsewhere = await published.app.fetch(URL_OF_MCP.href, post(message));
    expect(elsewhere.headers.get("www-authenticate")).toContain('="https://public.example.com/.well-known/');
    const tokens = guarded();
    expect((await tokens.app.fetch(place)).status).toBe(401);
    const other = await tokens.app.fetch(URL_OF_MCP.href, post(message));
    expect(other.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("leaves a line for each call in the audit log", async () => {
    const opened = guarded();
    const client = await agentOf(opened, "OWNER");
    await client.listTools();
    expect(opened.audited).toEqual([]);
    await called(client, "CostByModel");
    expect(opened.audited).toMatchObject([
      {
        kind: "graphql",
        caller: { name: "OWNER" },
        trusted: "CostByModel",
        outcome: "OK",
        upstreamRequests: 2,
      },
    ]);
  });
});

test("the command mcp serves the tools over standard input and output", async () => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [new URL("../gateway.js", import.meta.url).pathname, "mcp"],
    env: { PATH: process.env.PATH ?? "", CLOCK: "2026-11-22T12:00:00Z", SANDBOX_USERS: "30" },
    stderr: "pipe",
  });
  const client = new Client({ name: "test", version: "1" });
  const closed = new Promise<void>((resolve) => {
    client.onclose = resolve;
  });
  await client.connect(transport);
  expect(await namesOf(client)).toContain("CostByDay");
  const { content } = await called(client, "CostByDay", { range: { last: { days: 3 } } });
  expect(content.data.cost.nodes.length).toBeGreaterThan(0);
  expect(content.upstream.requests).toBe(2);
  expect((await called(client, "CostByDay", { range: 1 })).content.error.code).toBe("BAD_USER_INPUT");
  await client.close();
  await closed;
});

test("lines of standard input that are no message are answered, and the next one as well", async () => {
  const gateway = run(["mcp"], { SANDBOX_USERS: "20", MAX_BODY_BYTES: "4096" });
  const send = (line: string) => gateway.child.stdin?.write(`${line}\n`);
  for (const line of [
    '{"jsonrpc":',
    "",
    "7",
    '{"jsonrpc":"1.0","id":"old","method":"ping"}',
    "x".repeat(200_000),
    '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}',
    '{"jsonrpc":"2.0","id":"last","method":"ping"}\r',
  ])
    send(line);
  const output = await gateway.printed('"last"');
  const answers = output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  expect(answers).toMatchObject([
    { id: null, error: { code: -32700, message: expect.stringMatching(/^The line is not JSON/) } },
    { id: null, error: { code: -32600, message: expect.stringMatching(/not a message/) } },
    { id: "old", error: { code: -32600 } },
    {
      id: null,
      error: { code: -32600, message: expect.stringMatching(/200000 bytes.*at most 4096.*MAX_BODY_BYTES/) },
    },
    { id: null, error: { code: -32700, message: expect.stringMatching(/`id` twice/) } },
    { id: "last", result: {} },
  ]);
  gateway.child.stdin?.end();
  expect((await gateway.ended()).code).toBe(0);
});
