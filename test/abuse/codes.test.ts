import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { digestOf, formatCursor } from "../../src/domain/cursor.ts";
import { ERROR_CODES, type ErrorCode } from "../../src/errors.ts";
import { createListener } from "../../src/server/http/listener.ts";
import type { Environment } from "../../src/settings/settings.ts";
import { type ClientError, type GatewayOptions, gateway, json, type Route, refusal } from "../gateway.ts";
import { oneToken } from "../one-token.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";

const { token: TOKEN, settings: GUARDED } = oneToken("adam", "ADMIN");

const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;
const PEOPLE = `{ users(${WEEK}) { totalCount } }`;
const people = (from: string, until: string) =>
  `{ users(range: { between: { from: "${from}", until: "${until}" } }) { totalCount } }`;

interface Refused {
  readonly errors: readonly ClientError[];
}

interface Way extends GatewayOptions {
  readonly headers?: Record<string, string>;
  /** How often it is asked; the last answer counts. */
  readonly times?: number;
}

const SMALL = { users: 20 };

/** The last answer to a body. */
async function posted(body: object, { headers, times = 1, ...options }: Way = {}): Promise<Refused> {
  const { app } = gateway(options.routes === undefined ? { sandbox: SMALL, ...options } : options);
  const ask = () =>
    app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  for (let i = 1; i < times; i++) await ask();
  return (await (await ask()).json()) as Refused;
}

const asked = (query: string, way?: Way) => posted({ query }, way);
const upstream = (route: Route, settings: Environment = {}) =>
  asked(PEOPLE, { routes: { [PATHS.users]: route }, settings });

async function overloaded(): Promise<Refused> {
  let free = () => {};
  const full = new Promise<void>((resolve) => {
    free = resolve;
  });
  const routes = { [PATHS.users]: () => full.then(() => json(tokenPage([]))) };
  const { app, config, seen } = gateway({ routes, settings: { MAX_CONCURRENT: "1" } });
  const server = createListener({ ...config, ...app });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const headers = { "content-type": "application/json" };
  const ask = () => fetch(url, { method: "POST", headers, body: JSON.stringify({ query: PEOPLE }) });
  const first = ask();
  await expect.poll(() => seen.length).toBe(1);
  const answer = (await (await ask()).json()) as Refused;
  free();
  await first;
  server.closeAllConnections();
  server.close();
  return answer;
}

const digest = digestOf({
  field: "users",
  range: { from: "2026-11-01", until: "2026-11-08" },
  dataset: "USER_ACTIVITY",
});
const EXPIRED = formatCursor({ window: 0, token: null, index: 2 ** 53 - 1, mark: "m" }, digest);

/** A way to meet each code there is; a new one needs its own. */
const WAYS: Readonly<Record<ErrorCode, () => Promise<Refused>>> = {
  BAD_USER_INPUT: () => asked(`{ users(${WEEK}, first: -1) { totalCount } }`),
  CURSOR_INVALID: () => asked(`{ users(${WEEK}, after: "x") { totalCount } }`),
  CURSOR_EXPIRED: () => asked(`{ users(${WEEK}, after: "${EXPIRED}") { totalCount } }`),
  FORBIDDEN: () =>
    asked(`{ cost(${WEEK}, bucket: DAY) { totalCount } }`, {
      settings: GUARDED,
      headers: { authorization: `Bearer ${TOKEN}` },
    }),
  UNAUTHENTICATED: () => asked("{ __typename }", { settings: GUARDED }),
  AUTHENTICATION_UNAVAILABLE: () =>
    asked("{ __typename }", {
      settings: {
        AUTH: "jwt",
        JWT_JWKS_URL: "http://127.0.0.1:1/jwks",
        JWT_ISSUER: "https://issuer.example",
        JWT_AUDIENCE: "x",
      },
      headers: { authorization: `Bearer ${btoa('{"alg":"ES256","kid":"xxx"}')}.e30.eA` },
    }),
  NOT_FOUND: () => asked(`{ user(id: "user_gone") { id } }`),
  NOT_COVERED: () => asked(people("2024-01-01", "2024-02-01")),
  NOT_YET_AVAILABLE: () => asked(people("2027-01-01", "2027-02-01")),
  NOT_RECORDED: () => asked(`{ cost(${WEEK}, asOf: "2026-11-01T00:00:00Z") { totalCount } }`),
  DIRECTORY_NOT_READY: () =>
    asked(`{ teams(${WEEK}) { totalCount } }`, { settings: { MAX_UPSTREAM_REQUESTS: "1" } }),
  NOT_ENTITLED: () =>
    asked(`{ cost(${WEEK}, groupBy: [ACTOR], bucket: DAY) { totalCount } }`, {
      sandbox: { users: 20, unified: "off" },
    }),
  NOT_CONFIGURED: () => asked(PEOPLE, { settings: { ANTHROPIC_ANALYTICS_KEY: "" } }),
  LIMIT_EXCEEDED: () => asked(`{ ${"__typename ".repeat(300)} }`),
  CALLER_RATE_LIMITED: () =>
    asked("{ __typename }", {
      settings: { ...GUARDED, CALLER_OPERATIONS_PER_MINUTE: "1" },
      headers: { authorization: `Bearer ${TOKEN}` },
      times: 2,
    }),
  TOO_EXPENSIVE: () =>
    asked(
      `{ claudeCodeRecords(range: { last: { days: 40 } }) { totalCount } cost(${WEEK}, bucket: DAY) { totalCount } }`,
      {
        settings: { MAX_UPSTREAM_REQUESTS: "1" },
      },
    ),
  UPSTREAM_AUTH: () => upstream(() => refusal(401, "authentication_error", "no")),
  UPSTREAM_RATE_LIMITED: () =>
    upstream(() => refusal(429, "rate_limit_error", "no", { "retry-after": "120" })),
  UPSTREAM_BILLING: () => upstream(() => refusal(402, "billing_error", "no")),
  UPSTREAM_BUDGET_EXHAUSTED: () =>
    asked(`{ a: users(${WEEK}) { totalCount } b: users(range: { last: { days: 7 } }) { totalCount } }`, {
      settings: { UPSTREAM_PER_MINUTE: "1", OPERATION_TIMEOUT: "1" },
    }),
  UPSTREAM_REFUSED: () => upstream(() => refusal(400, "invalid_request_error", "no")),
  UPSTREAM_UNAVAILABLE: () => upstream(() => refusal(503, "api_error", "no")),
  UPSTREAM_SHAPE: () => upstream(() => json({ data: 5 })),
  OVERLOADED: overloaded,
  OPERATION_TIMEOUT: () => upstream(() => new Promise(() => {}), { OPERATION_TIMEOUT: "1" }),
  GRAPHQL_PARSE_FAILED: () => asked("{"),
  GRAPHQL_VALIDATION_FAILED: () => asked("{ nothing }"),
  PERSISTED_QUERY_NOT_FOUND: () => {
    const sha256Hash = createHash("sha256").update("x").digest("hex");
    return posted({ extensions: { persistedQuery: { version: 1, sha256Hash } } });
  },
  DOCUMENT_NOT_TRUSTED: () => asked("{ __typename }", { settings: { DOCUMENTS: "trusted" } }),
  BAD_REQUEST: () => posted([]),
  INTERNAL_SERVER_ERROR: () =>
    asked(PEOPLE, {
      routes: { [PATHS.users]: () => refusal(500, "api_error", "no") },
      pace: {
        now: () => performance.now(),
        sleep: () => {
          throw new TypeError("canary");
        },
      },
    }),
};

/** Every one with a code of the list, a sentence, and nothing of the inside. */
function expectCoded(errors: readonly ClientError[], what: string): void {
  expect(errors?.length, what).toBeGreaterThan(0);
  for (const { message, extensions } of errors) {
    expect(Object.keys(ERROR_CODES), what).toContain(extensions?.code);
    // Clients know this one by its words.
    if (message !== "PersistedQueryNotFound") expect(message, what).toMatch(/^\S.{14,}[.?!]$/s);
    expect(message, what).not.toMatch(/canary|node_modules|\bat \/|sk-ant|upstream\.test/);
  }
}

test.each(Object.entries(WAYS))("%s can be met, and is an error like any other (3)", async (code, way) => {
  const { errors } = await way();
  expectCoded(errors, code);
  expect(errors[0]?.extensions.code, errors[0]?.message).toBe(code);
});

test("every refusal, over every path, method and media type, has a code (3)", {
  tags: "deep",
}, async () => {
  const opened = [
    gateway({ routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_a")])) } }),
    gateway({ settings: GUARDED }),
    gateway({
      settings: { PLAYGROUND: "off", DOCUMENTS: "trusted", ALLOWED_ORIGINS: "https://a.example" },
    }),
  ];
  let refused = 0;
  for (const { app } of opened)
    for (const path of [
      "/graphql",
      "/graphql?query={nothing}",
      "/graphql?query={",
      "/graphql?variables=x",
      "/q/",
      "/q/nothing",
      "/q/MonthEnd?x=1",
      "/q/%",
      "/export/",
      "/export/nothing.csv",
      "/export/users.xls",
      "/export/users.csv",
      "/export/users.csv?range.last.days=x",
      "/",
      "/nowhere",
      "/foo/graphql",
      "/%",
    ])
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
        for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x"])
          for (const accept of ["application/json", "text/html", "image/png", "text/event-stream"])
            for (const body of method === "GET" ? [null] : ["", "{}", '{"query":"{ nothing }"}']) {
              const response = await app.fetch(`http://gateway.test${path}`, {
                method,
                headers: { "content-type": type, accept },
                body,
              });
              const text = await response.text();
              if (response.status < 400) continue;
              refused++;
              const what = `${method} ${path} ${type} ${accept} ${body}: ${response.status} ${text.slice(0, 300)}`;
              expect(response.status, what).toBeLessThan(500);
              expect(String(response.headers.get("content-type")), what).toMatch(/^application\/.*json/);
              expectCoded(JSON.parse(text).errors, what);
            }
  expect(refused).toBeGreaterThan(3_000);
  process.stdout.write(`3: ${refused} refusals, each with a code\n`);
});
