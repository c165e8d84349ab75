import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Agent, request } from "undici";
import type { Role } from "../../src/domain/viewer.ts";
import { sha256 } from "../../src/server/auth/tokens.ts";

/** Who asks in the tests of abuse; the analyst may see no spend. */
const ROLES: Readonly<Record<string, Role>> = { owner: "OWNER", attacker: "ADMIN", greedy: "OWNER" };

const tokenOf = (name: string) => `cag_${name.padEnd(40, "x")}`;

export const authorizationOf = (name: string) => ({ authorization: `Bearer ${tokenOf(name)}` });

/** The settings of a gateway that knows them, with their tokens in a file. */
export function tokensIn(path: string): { readonly AUTH: string; readonly TOKENS_FILE: string } {
  const entries = Object.entries(ROLES).map(([name, role]) => ({
    name,
    role,
    sha256: sha256(tokenOf(name)).toString("hex"),
  }));
  writeFileSync(path, JSON.stringify(entries));
  return { AUTH: "tokens", TOKENS_FILE: path };
}

export interface Attack {
  readonly what: string;
  /** Status it is refused with; 200 where the refusal is in the body. */
  readonly status: number;
  readonly code: string;
  readonly path?: string;
  readonly method?: "GET" | "POST" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  /** The `i`-th one; no two alike, or they would be refused from memory. */
  readonly body?: (i: number) => string;
}

const joined = (count: number, piece: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => piece(i)).join(" ");
const nested = (levels: number, open: string, close: string, inner = "") =>
  open.repeat(levels) + inner + close.repeat(levels);
const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;

function asking(what: string, code: string, document: string, variables?: object): Attack {
  return {
    what,
    status: 200,
    code,
    body: (i) => JSON.stringify({ query: `${document} #${i}`, variables }),
  };
}

function sending(what: string, status: number, body: (i: number) => string, headers = {}): Attack {
  return { what, status, code: status === 413 ? "LIMIT_EXCEEDED" : "BAD_REQUEST", headers, body };
}

/** One of each kind of thing that is refused before it is run. */
export const ATTACKS: readonly Attack[] = [
  { ...sending("no token", 401, () => "{}", { authorization: "" }), code: "UNAUTHENTICATED" },
  {
    what: "wrong tokens",
    status: 401,
    code: "UNAUTHENTICATED",
    headers: { authorization: `Bearer cag_${"w".repeat(40)}` },
    body: () => "{}",
  },
  sending("JSON cut off", 400, (i) => `{"query": "{ a${i}`),
  sending("50,000 brackets", 400, (i) => "[".repeat(50_000 + (i % 100))),
  sending("noise of 10 kB", 400, (i) => `${i}${"\u0001é{".repeat(2_500)}`),
  sending("a key twice", 400, (i) => `{"query":"{ __typename }","query":"{ a: __typename } # ${i}"}`),
  sending("a list of 1,000 operations", 400, () => `[${Array(1_000).fill('{"query":"{a}"}').join()}]`),
  sending("another media type", 415, () => "query={__typename}", { "content-type": "text/plain" }),
  sending("a body that is packed", 415, () => "x", { "content-encoding": "gzip" }),
  sending("a body of a megabyte", 413, (i) => `{"query":"{ __typename } #${i}${"x".repeat(2 ** 20)}"}`),
  { what: "a path that is not there", status: 404, code: "NOT_FOUND", path: "/.env", method: "GET" },
  {
    what: "a file that is not there",
    status: 404,
    code: "NOT_FOUND",
    path: "/export/passwd.csv",
    method: "GET",
  },
  asking("a document that breaks off", "GRAPHQL_PARSE_FAILED", `{ users(${WEEK}) {`),
  asking("an unknown field", "GRAPHQL_VALIDATION_FAILED", "{ usrs { id } }"),
  asking("1,000 unknown fields", "LIMIT_EXCEEDED", `{ ${joined(1_000, (i) => `f${i}`)} }`),
  asking("200 unknown fields", "GRAPHQL_VALIDATION_FAILED", `{ ${joined(190, (i) => `costs${i}`)} }`),
  asking("a mutation", "GRAPHQL_VALIDATION_FAILED", "mutation { deleteAll }"),
  asking("a document of 20 kB", "LIMIT_EXCEEDED", `{ __typename }${" ".repeat(30_000)}`),
  asking("900 aliases", "LIMIT_EXCEEDED", `{ ${joined(600, (i) => `a${i}: __typename`)} }`),
  asking("600 levels", "LIMIT_EXCEEDED", nested(600, "{a", "}")),
  asking("600 directives", "LIMIT_EXCEEDED", `{ __typename ${"@a ".repeat(600)} }`),
  asking(
    "150 fragments that overlap",
    "LIMIT_EXCEEDED",
    `{ ${joined(150, (i) => `...F${i}`)} } ${joined(150, (i) => `fragment F${i} on Query { a }`)}`,
  ),
  asking(
    "a circle of 50 fragments",
    "GRAPHQL_VALIDATION_FAILED",
    `{ ...F0 } ${joined(50, (i) => `fragment F${i} on Query { ...F${(i + 1) % 50} ...F${(i + 7) % 50} }`)}`,
  ),
  asking(
    "a bomb of 2^40 fields",
    "LIMIT_EXCEEDED",
    `{ ...F0 } ${joined(41, (i) => `fragment F${i} on Query { ${joined(2, () => `... { ${i < 40 ? `...F${i + 1}` : "__typename"} }`)} }`)}`,
  ),
  asking(
    "190 fields of differing arguments",
    "GRAPHQL_VALIDATION_FAILED",
    `{ ${joined(190, (i) => `node(id:${i}) { id }`)} }`,
  ),
  asking("400 lists in each other", "LIMIT_EXCEEDED", `{ nodes(ids: ${nested(400, "[", "]")}) { id } }`),
  asking(
    "introspection in itself",
    "LIMIT_EXCEEDED",
    `{ __schema { types { ${nested(20, "fields { type { ", "} }", "name")} } } }`,
  ),
  {
    what: "10,000 levels of variables",
    status: 200,
    code: "LIMIT_EXCEEDED",
    body: (i) => `{"query":"{ __typename } #${i}","variables":{"a":${nested(10_000, "[", "]")}}}`,
  },
  {
    what: "40,000 values of a variable",
    status: 200,
    code: "LIMIT_EXCEEDED",
    body: (i) =>
      `{"query":"query ($x: [ID!]!) { nodes(ids: $x) { id } } #${i}","variables":{"x":[${"1,".repeat(40_000)}1]}}`,
  },
  asking(
    "1,000 faults in a variable",
    "BAD_USER_INPUT",
    "query ($r: DateRange!) { users(range: $r) { totalCount } }",
    { r: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`betwee${i}`, i])) },
  ),
  asking(
    "`first` of 10^9",
    "BAD_USER_INPUT",
    `query ($n: Int!) { users(${WEEK}, first: $n) { totalCount } }`,
    {
      n: 1e9,
    },
  ),
  asking(
    "30,000 rows",
    "LIMIT_EXCEEDED",
    `{ ${joined(30, (i) => `a${i}: users(${WEEK}, first: 1000) { totalCount }`)} }`,
  ),
  asking(
    "900 days of upstream requests",
    "TOO_EXPENSIVE",
    `{ ${joined(15, (i) => `a${i}: users(range: { last: { days: ${60 + i} } }, first: 10) { nodes { activityByDay { date } } }`)} }`,
  ),
  asking(
    "a forged cursor",
    "CURSOR_INVALID",
    `{ users(${WEEK}, after: "${"QUJD".repeat(500)}") { totalCount } }`,
  ),
  asking(
    "30 February",
    "BAD_USER_INPUT",
    `{ users(range: { between: { from: "2026-02-30", until: "2026-03-02" } }) { totalCount } }`,
  ),
  asking("spend without leave", "FORBIDDEN", `{ cost(${WEEK}, bucket: DAY) { nodes { net { usd } } } }`),
];

export interface Refused {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
  readonly ms: number;
}

/** Sends one, timed to the last byte of its answer. A connection that is cut while a body is still sent counts as refused. */
export async function attack(
  url: string,
  { path = "/graphql", method = "POST", headers = {}, body }: Attack,
  i: number,
  dispatcher: Agent,
  caller = "attacker",
): Promise<Refused> {
  const given = { "content-type": "application/json", ...authorizationOf(caller), ...headers };
  const sent = body?.(i);
  const begun = performance.now();
  const answer = await request(`${url}${path}`, {
    dispatcher,
    method,
    headers: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "")),
    ...(sent !== undefined && { body: sent }),
  });
  const text = await answer.body.text();
  const retryAfter = answer.headers["retry-after"]?.toString();
  return { status: answer.statusCode, retryAfter, body: text, ms: performance.now() - begun };
}

export function isRefusedAs({ status, code }: Attack, refused: Refused): boolean {
  return refused.status === status && refused.body.includes(`"code":"${code}"`);
}

export interface Assault {
  readonly sent: number;
  /** What was not refused as it should be. */
  readonly wrong: readonly string[];
}

/** So many connections that send all of them in turn until `until` says that it is over. */
export async function assault(
  url: string,
  agent: Agent,
  callers: number,
  until: () => boolean,
): Promise<Assault> {
  const wrong: string[] = [];
  let sent = 0;
  const one = async (first: number) => {
    for (let i = first; !until(); i++) {
      const each = ATTACKS[i % ATTACKS.length] as Attack;
      try {
        const refused = await attack(url, each, i, agent);
        if (!isRefusedAs(each, refused))
          wrong.push(`${each.what}: ${refused.status} ${refused.body.slice(0, 200)}`);
      } catch (fault) {
        // The gateway stops reading what is too long; which of the two a client notices first is a matter of luck.
        if (each.status !== 413) wrong.push(`${each.what}: ${fault}`);
        await sleep(1);
      }
      sent++;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, i) => one(i * 1_000 + i)));
  return { sent, wrong };
}
