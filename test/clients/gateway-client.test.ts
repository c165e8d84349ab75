import {
  type Client,
  CostByModelDocument,
  createClient,
  GatewayError,
  PeopleThisWeekDocument,
  pagesOf,
  rowsOf,
  type TypedDocument,
} from "claude-analytics-gateway/client";
import { parse } from "graphql";
import { describe, expect, test } from "vitest";
import { gateway } from "../gateway.ts";

type Fetch = (url: string | URL, init: RequestInit) => Promise<Response>;

/** The client in front of a gateway, with the requests that it sends. */
function clientOf({ app }: ReturnType<typeof gateway>, options: { readonly token?: () => string } = {}) {
  const sent: { readonly headers: Headers; readonly body: { readonly variables: object } }[] = [];
  const fetch: Fetch = (url, init) => {
    sent.push({ headers: new Headers(init.headers), body: JSON.parse(String(init.body)) });
    return app.fetch(String(url), init);
  };
  return { client: createClient({ url: "http://gateway.test/graphql", fetch, ...options }), sent };
}

/** A client of something that gives the same answer to everything. */
function answeredBy(respond: () => Response | Promise<Response>): Client {
  return createClient({ url: "http://gateway.test/graphql", fetch: async () => respond() });
}

const typed = <Data, Variables = Record<string, never>>(text: string) =>
  parse(text) as TypedDocument<Data, Variables>;

async function errorOf(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => null,
    (fault: unknown) => fault,
  );
  if (!(error instanceof GatewayError)) throw new Error("no GatewayError", { cause: error });
  return error;
}

const WEEK = { last: { days: 7 } };

describe("the client", () => {
  test("answers a document of the library with its type", async () => {
    const { client } = clientOf(gateway({ sandbox: { users: 20 } }));
    const data = await client.request(PeopleThisWeekDocument, { first: 3 });
    const emails: readonly (string | null | undefined)[] | undefined = data.users?.nodes.map(
      (row) => row?.email,
    );
    expect(emails).toHaveLength(3);
    const { extensions } = await client.answer(CostByModelDocument);
    expect(extensions).toHaveProperty("freshness");
  });

  test("sends a token that is current at each request", async () => {
    let token = "first";
    const { client, sent } = clientOf(gateway({ sandbox: { users: 20 } }), { token: () => token });
    await client.request(typed("{ __typename }"));
    token = "second";
    await client.request(typed("{ __typename }"));
    expect(sent.map(({ headers }) => headers.get("authorization"))).toEqual([
      "Bearer first",
      "Bearer second",
    ]);
  });

  test("throws for a field that failed, with its code, place and the rest of the answer", async () => {
    const { client } = clientOf(gateway({ sandbox: { users: 20 }, settings: { ANTHROPIC_ADMIN_KEY: "" } }));
    const document = typed<{ organization: { name: string } }>(
      '{ organization { name } cost(range: {last: {days: 7}}, organization: "console") { total { net { usd } } } }',
    );
    const error = await errorOf(client.request(document));
    expect(error).toMatchObject({ code: "NOT_CONFIGURED", status: 200, retryAfter: null });
    expect(error.errors).toMatchObject([{ path: ["cost"] }]);
    expect(error.data).toMatchObject({ organization: { name: expect.any(String) }, cost: null });
    const { data, errors } = await client.answer(document);
    expect(data.organization.name).toEqual(expect.any(String));
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["NOT_CONFIGURED"]);
  });

  test("throws for a request that is rejected, with the status and the id of the request", async () => {
    const { client } = clientOf(gateway({ sandbox: { users: 20 } }));
    const error = await errorOf(client.answer(typed("{ noSuchField }")));
    expect(error).toMatchObject({ code: "GRAPHQL_VALIDATION_FAILED", status: 400, data: null });
    expect(error.requestId).toEqual(expect.any(String));
  });

  test("says after how many seconds a retry can succeed", async () => {
    const wait = (retryAfter: number) => ({
      message: "wait",
      extensions: { code: "UPSTREAM_BUDGET_EXHAUSTED", retryAfter },
    });
    const client = answeredBy(() => Response.json({ data: { a: null }, errors: [wait(3), wait(12)] }));
    expect(await errorOf(client.request(typed("{ a }")))).toMatchObject({
      code: "UPSTREAM_BUDGET_EXHAUSTED",
      retryAfter: 12,
    });
  });

  test.each<[string, () => Response | Promise<Response>, string]>([
    ["a lost connection", () => Promise.reject(new TypeError("fetch failed")), "NO_ANSWER"],
    ["a page of a proxy", () => new Response("<h1>Bad gateway</h1>", { status: 502 }), "NO_GATEWAY"],
    ["another API", () => Response.json({ ok: true }), "NO_GATEWAY"],
    ["neither data nor errors", () => Response.json({ data: null }), "NO_GATEWAY"],
  ])("tells %s from an error of the gateway", async (_what, respond, code) =>
    expect(await errorOf(answeredBy(respond).request(typed("{ a }")))).toMatchObject({ code, errors: [] }),
  );

  test("says that an address is one for pages alone", async () => {
    const error = await errorOf(createClient({ url: "/graphql" }).request(typed("{ a }")));
    expect(error).toMatchObject({
      code: "NO_ANSWER",
      message: "`/graphql` is not a whole URL, such as https://analytics.example.com/graphql.",
    });
  });

  test("lets an abort pass as it is", async () => {
    const { client } = clientOf(gateway({ sandbox: { users: 20 } }));
    const fetch: Fetch = (_url, { signal }) => Promise.reject(signal?.reason);
    const aborted = createClient({ url: "http://gateway.test/graphql", fetch });
    const signal = AbortSignal.abort();
    await expect(aborted.request(CostByModelDocument, {}, { signal })).rejects.toBe(signal.reason);
    await expect(client.request(CostByModelDocument)).resolves.toBeDefined();
  });
});

const PEOPLE = typed<
  {
    users: {
      nodes: { email: string | null }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    } | null;
  },
  { after?: string | null; first?: number }
>(`query People($first: Int! = 20, $after: String) {
  users(range: { last: { days: 7 } }, first: $first, after: $after) { nodes { email } pageInfo { hasNextPage endCursor } }
}`);

describe("a list is paged", () => {
  const served = gateway({ sandbox: { users: 90 } });

  test("to its end, with every row once, whatever the size of a page", async () => {
    const { client, sent } = clientOf(served);
    const emails = async (first: number) => {
      const rows = rowsOf(client, PEOPLE, { first }, ({ users }) => users);
      return (await Array.fromAsync(rows)).map(({ email }) => email);
    };
    const whole = await emails(1_000);
    expect(whole.length).toBeGreaterThan(40);
    expect(sent).toHaveLength(1);
    expect(await emails(7)).toEqual(whole);
    expect(sent).toHaveLength(1 + Math.ceil(whole.length / 7));
  });

  test("only as far as its rows are read", async () => {
    const { client, sent } = clientOf(served);
    for await (const _page of pagesOf(client, PEOPLE, { first: 5 }, ({ users }) => users)) break;
    expect(sent).toHaveLength(1);
  });

  test("from a given place on", async () => {
    const { client } = clientOf(served);
    const users = (await client.request(PEOPLE, { first: 30 })).users;
    const rest = await Array.fromAsync(
      rowsOf(
        client,
        PEOPLE,
        { first: 1_000, after: users?.pageInfo.endCursor ?? null },
        (data) => data.users,
      ),
    );
    const whole = await Array.fromAsync(rowsOf(client, PEOPLE, { first: 1_000 }, (data) => data.users));
    expect([...(users?.nodes ?? []), ...rest]).toEqual(whole);
  });

  test("with an error where a page fails, has no way on, or is not there", async () => {
    const page = (endCursor: string | null) => ({ nodes: [], pageInfo: { hasNextPage: true, endCursor } });
    const read = (respond: () => Response) =>
      errorOf(Array.fromAsync(rowsOf(answeredBy(respond), PEOPLE, {}, ({ users }) => users)));
    expect(await read(() => Response.json({ data: { users: page(null) } }))).toMatchObject({
      code: "NO_GATEWAY",
    });
    expect(await read(() => Response.json({ data: { users: page("same") } }))).toMatchObject({
      code: "NO_GATEWAY",
    });
    const later = [{ users: page("next") }, { users: null }];
    expect(await read(() => Response.json({ data: later.shift() }))).toMatchObject({ code: "NO_GATEWAY" });
    const { client } = clientOf(served);
    const rows = rowsOf(client, PEOPLE, { after: "not a cursor" }, ({ users }) => users);
    expect(await errorOf(Array.fromAsync(rows))).toMatchObject({ code: "CURSOR_INVALID" });
  });
});

test("a document that needs variables is not sent without them", () => {
  const document = typed<object, { range: typeof WEEK; first?: number }>(
    "query($range: DateRange!) { __typename }",
  );
  const client = answeredBy(() => Response.json({ data: {} }));
  // @ts-expect-error: `range` is required
  void client.request(document);
  void client.request(document, { range: WEEK });
});
