import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createGunzip } from "node:zlib";
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { introspectionFromSchema, print } from "graphql";
import { afterAll, describe, expect, test } from "vitest";
import { subscribe } from "wonka";
import { GRAPHCACHE_KEYS, graphcacheResolvers } from "../../client/index.ts";
import { createDeferringClient, PEOPLE_THEN_COST } from "../../examples/deferred.ts";
import { schema } from "../../schema/index.ts";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import { sandboxOver } from "../../src/sandbox/sandbox.ts";
import { guarded } from "../callers.ts";
import { type GatewayOptions, gateway, NOW } from "../gateway.ts";
import { ledgerOf, simulated } from "../simulated.ts";
import { type Delivered, joined, partsIn } from "./parts.ts";

const COST = "/user_cost_report";
const MULTIPART = "multipart/mixed;deferSpec=20220824, application/json";
const QUERY = `{ users(range: { last: { days: 7 } }, first: 5) {
  nodes { userId ... @defer(label: "cost") { cost { net { usd } } } }
} }`;
const STREAM = `{ users(range: { last: { days: 7 } }, first: 5) {
  nodes @stream(initialCount: 2, label: "people") { userId }
} }`;
const PLAIN = "{ users(range: { last: { days: 7 } }, first: 5) { nodes { userId cost { net { usd } } } } }";

type App = ReturnType<typeof gateway>["app"];

async function send(
  { app }: { readonly app: App },
  query: string,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await app.fetch("http://gateway.test/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
  return response;
}

async function delivered(response: Response): Promise<readonly Delivered[]> {
  return partsIn(response.headers.get("content-type") ?? "", await response.text());
}

/** A gateway whose upstream answers requests for cost when it is released. */
function gated(options: GatewayOptions = {}) {
  const sandbox = sandboxOver(ledgerOf(simulated({ seed: 1, users: 30 })), {
    now: () => Date.parse(NOW),
    rateLimit: "off",
  });
  const gate = Promise.withResolvers<void>();
  const dispatcher = new SandboxDispatcher({
    async handle(request, signal) {
      if (request.path.includes(COST)) await gate.promise;
      return sandbox.handle(request, signal);
    },
  });
  const { app, audited } = gateway({ dispatcher, ...options });
  return { app, audited, release: () => gate.resolve() };
}

/** Reads the parts of a response one by one. */
function reading(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  return {
    async next(): Promise<Delivered> {
      const type = response.headers.get("content-type") ?? "";
      for (;;) {
        const part = partsIn(type, text)[read];
        if (part !== undefined) {
          read++;
          return part;
        }
        const { done, value } = await reader.read();
        if (done) throw new Error(`no part ${read} in ${text}`);
        text += decoder.decode(value, { stream: true });
      }
    },
    cancel: () => reader.cancel(),
  };
}

async function listening(app: App): Promise<number> {
  const server = createServer(app.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

describe("a client that accepts parts", () => {
  test.each([
    [MULTIPART, 'multipart/mixed; boundary="-"; deferSpec=20220824'],
    ["multipart/mixed", 'multipart/mixed; boundary="-"; deferSpec=20220824'],
    ["text/event-stream", "text/event-stream; charset=utf-8"],
    ["application/json, text/event-stream, multipart/mixed", "text/event-stream; charset=utf-8"],
  ])("receives fast fields before upstream has answered for slow ones: %s", async (accept, type) => {
    const slow = gated();
    const response = await send(slow, QUERY, { accept });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    const parts = reading(response);
    const first = await parts.next();
    expect(first.data.users.nodes).toHaveLength(5);
    expect(Object.keys(first.data.users.nodes[0])).toEqual(["userId"]);
    expect(first.hasNext).toBe(true);
    slow.release();
    const rest = await parts.next();
    expect(rest.hasNext).toBe(false);
    expect(rest.incremental?.map(({ path, label }) => [path, label])).toEqual(
      [0, 1, 2, 3, 4].map((i) => [["users", "nodes", i], "cost"]),
    );
    const plain = await (await send(gateway({ sandbox: { users: 30 } }), PLAIN)).json();
    expect(joined([first, rest]).data).toEqual(plain.data);
  });

  test("receives the items of a list after the initial ones", async () => {
    const parts = await delivered(
      await send(gateway({ sandbox: { users: 30 } }), STREAM, { accept: MULTIPART }),
    );
    expect(parts[0]?.data.users.nodes).toHaveLength(2);
    const patches = parts.slice(1).flatMap(({ incremental = [] }) => incremental);
    expect(patches[0]).toMatchObject({ path: ["users", "nodes", 2], label: "people" });
    expect(joined(parts).data.users.nodes).toHaveLength(5);
  });

  test("learns from the last part what the whole operation has cost, and how old its figures are", async () => {
    const parts = await delivered(
      await send(gateway({ sandbox: { users: 30 } }), QUERY, { accept: MULTIPART }),
    );
    expect(parts.at(-1)?.incremental?.at(-1)?.extensions).toMatchObject({
      upstream: { requests: expect.any(Number) },
      freshness: { state: "OPEN", stale: false },
    });
  });

  test("receives an operation without such directives, with `if: false`, or refused, as JSON", async () => {
    for (const query of [
      PLAIN,
      QUERY.replace("@defer(", "@defer(if: false, "),
      "{ users(range: { last: { days: 7 } }, first: 20000) { nodes { ... @defer { userId } } } }",
      "{ nothing ... @defer { limits { name } } }",
    ]) {
      const response = await send(gateway({ sandbox: { users: 30 } }), query, { accept: MULTIPART });
      expect(response.headers.get("content-type"), query).toBe("application/json; charset=utf-8");
    }
  });
});

describe("a client that accepts no parts", () => {
  test.each([
    "application/json",
    "*/*",
    "application/graphql-response+json",
    "multipart/mixed;q=0, application/json",
    "multipart/mixed;incrementalSpec=v0.2, application/json",
    "multipart/mixed;deferSpec=20230621, application/json",
  ])("receives the whole answer at once: %s", async (accept) => {
    const [deferred, plain] = await Promise.all(
      [QUERY, PLAIN].map((query) => send(gateway({ sandbox: { users: 30 } }), query, { accept })),
    );
    const [whole, other] = await Promise.all([deferred?.json(), plain?.json()]);
    expect(whole.errors).toBeUndefined();
    expect(JSON.stringify(whole.data)).toBe(JSON.stringify(other.data)); // in the same order; how long each waited may differ
    expect(deferred?.headers.get("content-type")).toMatch(/json/);
  });

  test("is not sent parts for HEAD, nor by HTTP/1.0, which has no way to delimit them", async () => {
    const { app } = gateway({ sandbox: { users: 20 } });
    const target = `/graphql?query=${encodeURIComponent(QUERY)}`;
    const headers = { accept: MULTIPART };
    const response = await app.fetch(`http://gateway.test${target}`, { method: "HEAD", headers });
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    const socket = connect(await listening(app), "127.0.0.1");
    socket.end(`GET ${target} HTTP/1.0\r\nhost: gateway.test\r\naccept: ${MULTIPART}\r\n\r\n`);
    expect(`${Buffer.concat(await socket.toArray())}`).toMatch(/content-type: application\/json/);
  });

  test("is refused where it accepts nothing else that there is, with what to accept", async () => {
    const response = await send(gateway({ sandbox: { users: 20 } }), PLAIN, { accept: "multipart/mixed" });
    expect(response.status).toBe(406);
    expect(await response.text()).toContain("send `accept: multipart/mixed, application/json`");
  });

  test.each([
    [
      "a misspelt field",
      "{ users(range: { last: { days: 7 } }) { nodes { userIt ... @defer { userId } } } }",
    ],
    ["a directive at another place", "{ users(range: { last: { days: 7 } }) @defer { nodes { userId } } }"],
    ["an operation without parts", "{ nothing }"],
  ])("accepts nothing else, and has the fault in JSON with its status: %s", async (_what, query) => {
    const { app, seen } = gateway({ sandbox: { users: 20 } });
    for (const accept of ["multipart/mixed", "text/event-stream"]) {
      const response = await send({ app }, query, { accept });
      expect(response.status).toBe(400);
      expect(response.headers.get("content-type")).toMatch(/^application\/graphql-response\+json/);
      const { errors } = JSON.parse(await response.text());
      expect(errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
    }
    expect(seen).toEqual([]);
  });

  test("accepts nothing else, and has its plan in JSON", async () => {
    const { app } = gateway({ sandbox: { users: 20 } });
    const target = `http://gateway.test/graphql?explain&query=${encodeURIComponent(QUERY)}`;
    const response = await app.fetch(target, { headers: { accept: "multipart/mixed" } });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("requests");
  });
});

describe("each part", () => {
  test("holds the errors of its fields, each once for those sent together, and the audit log all of them at the end", async () => {
    const { app, headersOf, audited } = guarded({ sandbox: { users: 30 } });
    const response = await send({ app }, QUERY, { ...headersOf("ADMIN"), accept: MULTIPART });
    expect(audited).toEqual([]);
    const [first, ...rest] = await delivered(response);
    expect(first?.errors).toBeUndefined();
    const patches = rest.flatMap(({ incremental = [] }) => incremental);
    expect(patches.map(({ data }) => data)).toEqual(Array(5).fill({ cost: null }));
    const errors = patches.flatMap((patch) => patch.errors ?? []);
    expect(errors).toMatchObject([
      { path: ["users", "nodes", 0, "cost"], extensions: { code: "FORBIDDEN", count: 5 } },
    ]);
    expect(patches.map((patch) => patch.errors?.length ?? 0)).toEqual([1, 0, 0, 0, 0]);
    expect(audited).toMatchObject([
      { kind: "graphql", status: 200, outcome: "FORBIDDEN", upstreamRequests: 1 },
    ]);
  });

  test("counts towards the audit log, the limit on rows and the plan as in the whole answer", async () => {
    const inParts = gateway({ sandbox: { users: 30 } });
    const whole = gateway({ sandbox: { users: 30 } });
    await (await send(inParts, QUERY, { accept: MULTIPART })).text();
    await (await send(whole, PLAIN)).text();
    const facts = ({ datasets, upstreamRequests }: (typeof whole.audited)[number]) => ({
      datasets,
      upstreamRequests,
    });
    expect(inParts.audited.map(facts)).toEqual(whole.audited.map(facts));

    const limited = gateway({ sandbox: { users: 30 }, settings: { MAX_ROWS: "1000" } });
    const large = QUERY.replace("first: 5", "first: 1000");
    const refused = await (await send(limited, large, { accept: MULTIPART })).json();
    expect(refused.errors[0].extensions.code).toBe("LIMIT_EXCEEDED");
    expect(limited.seen).toEqual([]);

    const plans = await Promise.all(
      [QUERY, PLAIN].map(async (query) => {
        const response = await send(gateway({ sandbox: { users: 30 } }), query, {
          accept: MULTIPART,
          explain: "1",
        });
        return (await response.json()).extensions.plan;
      }),
    );
    expect(plans[0]).toEqual(plans[1]);
  });

  test("is not kept, while figures that it was made from are", async () => {
    const { app, requestsOf } = gateway({ sandbox: { users: 30 } });
    await (await send({ app }, QUERY, { accept: MULTIPART })).text();
    const [again, requests] = await requestsOf(() => send({ app }, QUERY, { accept: MULTIPART }));
    expect(again.headers.get("cache-status")).toBeNull();
    expect(again.headers.get("cache-control")).toBe("no-store");
    expect((await delivered(again)).length).toBeGreaterThan(1);
    expect(requests).toEqual([]);
  });

  test("is compressed to its end, so that a client can read it before the next", async () => {
    const slow = gated();
    const response = await send(slow, QUERY, { accept: MULTIPART, "accept-encoding": "gzip" });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const body = (response.body as ReadableStream<Uint8Array>).getReader();
    const gunzip = createGunzip();
    let text = "";
    gunzip.on("data", (chunk) => {
      text += chunk;
    });
    while (partsIn("multipart/mixed", text).length === 0) {
      const { value } = await body.read();
      await new Promise<void>((resolve) => gunzip.write(value, () => resolve()));
      await new Promise(setImmediate);
    }
    expect(partsIn("multipart/mixed", text)[0]?.hasNext).toBe(true);
    slow.release();
    await body.cancel();
  });

  test("carries the error of a field that is not ready when the time of the operation is up", async () => {
    const slow = gated({ settings: { OPERATION_TIMEOUT: "1" } });
    const parts = reading(await send(slow, QUERY, { accept: MULTIPART }));
    expect((await parts.next()).errors).toBeUndefined();
    const { incremental = [], hasNext } = await parts.next();
    expect(hasNext).toBe(false);
    expect(incremental.map(({ data }) => data)).toEqual(Array(5).fill({ cost: null }));
    expect(incremental[0]?.errors?.length).toBe(1);
    slow.release();
  });
});

describe("a request under way", () => {
  test("takes its place among concurrent requests until its last part", async () => {
    const slow = gated({ settings: { MAX_CONCURRENT: "1" } });
    const parts = reading(await send(slow, QUERY, { accept: MULTIPART }));
    await parts.next();
    expect((await send(slow, "{ limits { name } }")).status).toBe(503);
    slow.release();
    await parts.next();
    await parts.next().catch(() => {});
    expect((await send(slow, "{ limits { name } }")).status).toBe(200);
  });

  test("ends when its client leaves between two parts, and says so in the audit log", async () => {
    const slow = gated();
    const port = await listening(slow.app);
    const sent = httpRequest({
      port,
      host: "127.0.0.1",
      path: "/graphql",
      method: "POST",
      headers: { "content-type": "application/json", accept: MULTIPART },
    });
    sent.on("error", () => {});
    sent.end(JSON.stringify({ query: QUERY }));
    const [response] = await once(sent, "response");
    const [chunk] = await once(response, "data");
    expect(partsIn("multipart/mixed", `${chunk}`)[0]?.hasNext).toBe(true);
    sent.destroy();
    while (slow.audited.length === 0) await new Promise(setImmediate);
    expect(slow.audited).toMatchObject([{ outcome: "LEFT" }]);
    slow.release();
  });
});

describe("clients of other people read a deferred query", () => {
  async function people() {
    const { app } = gateway({ sandbox: { users: 40 } });
    const { data } = await (
      await send(
        { app },
        "{ users(range: { last: { days: 7 } }, first: 20) { nodes { email cost { net { usd } } } } }",
      )
    ).json();
    const url = `http://127.0.0.1:${await listening(app)}/graphql`;
    return { url, expected: data.users.nodes as readonly { email: string; cost: object }[] };
  }

  test("Apollo Client 4", async () => {
    const { url, expected } = await people();
    const client = createDeferringClient(url);
    const seen: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      client
        .watchQuery({ query: PEOPLE_THEN_COST, variables: { first: 20 }, errorPolicy: "all" })
        .subscribe(({ data, dataState, error }) => {
          if (error) reject(error);
          if (data !== undefined) seen.push(dataState);
          if (dataState === "complete") resolve();
        });
    });
    expect(seen).toContain("streaming");
    const cached = client.readQuery({ query: PEOPLE_THEN_COST, variables: { first: 20 } });
    expect(cached?.users.nodes).toMatchObject(expected);
    client.stop();
  });

  test("urql with graphcache", async () => {
    const { url, expected } = await people();
    const client = new Client({
      url,
      preferGetMethod: false,
      exchanges: [
        cacheExchange({
          schema: introspectionFromSchema(schema),
          keys: GRAPHCACHE_KEYS,
          resolvers: graphcacheResolvers(relayPagination()),
        }),
        fetchExchange,
      ],
    });
    const seen: boolean[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it asked for
    const data = await new Promise<any>((resolve, reject) => {
      subscribe<{ data?: unknown; error?: Error; hasNext: boolean }>((result) => {
        if (result.error) reject(result.error);
        seen.push(result.hasNext);
        if (!result.hasNext) resolve(result.data);
      })(client.query(print(PEOPLE_THEN_COST), { first: 20 }) as never);
    });
    expect(seen[0]).toBe(true);
    expect(data.users.nodes).toMatchObject(expected);
  });
});

test("a variable decides for each request whether a part is deferred, and null is refused before anything runs", async () => {
  const { app, seen } = gateway({ sandbox: { users: 30 } });
  const query = QUERY.replace("{", "query($late: Boolean) {").replace("@defer(", "@defer(if: $late, ");
  const ask = (variables: object) =>
    app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: MULTIPART },
      body: JSON.stringify({ query, variables }),
    });
  const refused = await ask({ late: null });
  expect((await refused.json()).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  expect(seen).toEqual([]);
  expect((await delivered(await ask({ late: true }))).length).toBeGreaterThan(1);
  expect(await delivered(await ask({ late: false }))).toHaveLength(1);
  expect((await delivered(await ask({}))).length).toBeGreaterThan(1);
});

test.each([
  ["{ limits { name @stream } }", /needs a list/],
  ["query($l: String) { ... @defer(label: $l) { limits { name } } }", /not a variable/],
  [
    '{ ... @defer(label: "a") { limits { name } } ... @defer(label: "a") { limits { name } } }',
    /labels of `@defer`/,
  ],
  [
    "{ datasets @stream(initialCount: -1) { dataset } }",
    /`initialCount` of `@stream` is -1; it is .* 0 or more/,
  ],
  ["{ datasets @stream(if: null) { dataset } }", /Expected value of type "Boolean!", found null/],
  ["{ datasets @stream(initialCount: null) { dataset } }", /Expected value of type "Int!", found null/],
  ["{ limits @defer { name } }", /"@defer" may not be used on FIELD/],
])("%s is not valid", async (query, message) => {
  const { errors } = await gateway({ sandbox: { users: 20 } }).ask(query);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
  expect(errors?.[0]?.message).toMatch(message);
});

describe.each([MULTIPART, "application/json"])("accepting %s", (accept) => {
  const query =
    "query ($n: Int = 0, $late: Boolean = true) { datasets @stream(if: $late, initialCount: $n) { dataset } }";
  test.each([
    [{ n: -1 }, /`initialCount` of `@stream` is -1/, "@stream"],
    [{ n: null }, /"initialCount" of non-null type "Int!" must not be null/, "$n)"],
    [{ late: null }, /"if" of non-null type "Boolean!" must not be null/, "$late,"],
  ])("%j is refused with its position before anything runs", async (variables, message, place) => {
    const { app, seen } = gateway({ sandbox: { users: 20 } });
    const response = await app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query, variables }),
    });
    const { errors } = await response.json();
    expect(errors).toMatchObject([
      {
        extensions: { code: "BAD_USER_INPUT" },
        locations: [{ line: 1, column: query.indexOf(place) + 1 }],
      },
    ]);
    expect(errors[0].message).toMatch(message);
    expect(seen).toEqual([]);
  });
});
