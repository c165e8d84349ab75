/** @module-tag deep */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { sha256 } from "../src/server/auth/tokens.ts";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { endAll, serve } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(endAll);

const KEYS = {
  ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${"Kq7vZ2".repeat(8)}`,
  ANTHROPIC_ADMIN_KEY: `sk-ant-admin01-${"Xw3pT9".repeat(8)}`,
};
const ROLES = { olga: "OWNER", adam: "ADMIN", anna: "ANALYST", sven: "SERVICE" };
const tokenOf = (name: string) => `cag_${name}${"Jm5bR8".repeat(7)}`.slice(0, 47);
const JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeS1ub3QtcmVhbA";
const ADDRESS = "grace.hopper+canary@ternplover.example";

/** What nobody may find, in any of the ways that it can be written. */
const SECRETS = [...Object.values(KEYS), ...Object.keys(ROLES).map(tokenOf), JWT].flatMap((secret) => {
  const bytes = Buffer.from(secret);
  const core = secret.slice(-24);
  return [secret, core, bytes.toString("hex"), bytes.toString("base64").slice(0, -4)];
});

function tokensFile(): string {
  const path = join(folder, "tokens.json");
  const entries = Object.entries(ROLES).map(([name, role]) => ({
    name,
    role,
    sha256: sha256(tokenOf(name)).toString("hex"),
    ...(role === "SERVICE" && { scopes: ["activity:read"] }),
  }));
  writeFileSync(path, JSON.stringify(entries));
  return path;
}

interface Question {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const post = (body: object): Question => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

const SPEND =
  "query ($u: [String!]) { users(range: {last: {days: 7}}, filter: {users: $u}) { nodes { email } } }";

/** Questions that hold secrets and addresses wherever a caller can put them. */
function careless(token: string): Question[] {
  const texts = [token, KEYS.ANTHROPIC_ADMIN_KEY, JWT, ADDRESS];
  // Names are the caller's to choose and stand in the audit log; a secret may be taken for one.
  const named = (text: string) => (text === ADDRESS ? "Address" : text.replace(/\W/g, "_"));
  return texts.flatMap((text) => [
    post({ query: SPEND, variables: { u: [text] } }),
    post({ query: SPEND, variables: { u: text, [text]: text } }),
    post({ query: SPEND, variables: text, operationName: text }),
    post({ query: `query ${named(text)} { __typename }`, operationName: named(text) }),
    post({ query: `{ ${named(text)} }` }),
    post({ query: `{ node(id: ${JSON.stringify(text)}) { id } }` }),
    post({ query: `# ${text}\n{ __typename }`, extensions: { text } }),
    post({ query: text }),
    { ...post({}), body: `{"query": "${text}` },
    {
      path: `/graphql?query=${encodeURIComponent(`{ user(id: "${text}") { email } }`)}&token=${encodeURIComponent(text)}`,
    },
    { path: `/${encodeURIComponent(text)}`, headers: { "user-agent": text, referer: text, cookie: text } },
    { path: "/graphql", headers: { "x-request-id": text, origin: text, "content-type": text } },
    { path: `/export/${encodeURIComponent(text)}.csv` },
    { path: `/export/users.csv?range.last.days=7&fields=email&filter.users=${encodeURIComponent(text)}` },
    { path: `/export/users.csv?${encodeURIComponent(text)}=1` },
    { path: `/export/spend.csv?period=${encodeURIComponent(text)}` },
  ]);
}

const EXPORTS: Question[] = [
  "spend.csv?period=LAST_MONTH",
  "focus.csv?from=2026-11-01&until=2026-11-08",
  "users.ndjson?range.last.days=7&fields=email,cost.net.usd,activity.chat.messages",
  "claudeCodeRecords.csv?range.last.days=3",
  "skills.csv?range.last.days=30",
  "nothing.csv",
].map((file) => ({ path: `/export/${file}` }));

test("no key, token or address of anybody gets out of a gateway that is asked all kinds of things", async () => {
  const store = join(folder, "cache.db");
  const auditPath = join(folder, "audit.log");
  const path = tokensFile();
  const { gateway, sandbox, url } = await serve({
    users: 60,
    settings: {
      ...KEYS,
      AUTH: "tokens",
      TOKENS_FILE: path,
      AUDIT_LOG: auditPath,
      LOG_LEVEL: "trace",
      CACHE_URL: `sqlite:${store}`,
      FRESH_TTL: "0",
      OPERATION_TIMEOUT: "5",
    },
  });
  let answered = 0;
  let answers = 0;
  const statuses = new Set<number>();
  const look = (where: string, text: string, secrets = SECRETS) => {
    for (const secret of secrets)
      if (text.includes(secret)) expect.unreachable(`${where} holds a secret: ${text.slice(0, 300)}`);
  };
  const send = async ({ path = "/graphql", ...init }: Question, authorization?: string) => {
    const headers = { ...init.headers, ...(authorization && { authorization }) };
    const response = await fetch(url + path, { ...init, headers });
    const body = await response.text().catch(() => "");
    const whole = JSON.stringify([...response.headers]) + body;
    answered++;
    answers += whole.length;
    statuses.add(response.status);
    // What somebody sent comes back in errors that quote it; what they did not send must not.
    look(
      "an answer",
      whole,
      SECRETS.filter((secret) => !JSON.stringify({ path, init }).includes(secret.slice(0, 20))),
    );
  };
  const all = async () => {
    for (const name of Object.keys(ROLES)) {
      const authorization = `Bearer ${tokenOf(name)}`;
      for (const query of queryLibrary()) await send(post({ query }), authorization);
      for (const question of [...careless(tokenOf(name)), ...EXPORTS]) await send(question, authorization);
    }
    for (const authorization of [
      `Bearer ${tokenOf("olga")}x`,
      `Bearer ${JWT}`,
      `Basic ${tokenOf("olga")}`,
      tokenOf("olga"),
    ])
      for (const question of careless(tokenOf("olga"))) await send(question, authorization);
  };
  await all();
  sandbox.child.kill("SIGKILL"); // and now that nothing upstream answers
  const questions = [...queryLibrary().map((query) => post({ query })), ...EXPORTS];
  await Promise.all(questions.map((question) => send(question, `Bearer ${tokenOf("olga")}`)));
  // A file of tokens that cannot be used any more is a fault, which is logged.
  writeFileSync(path, JSON.stringify([{ name: ADDRESS, sha256: tokenOf("olga"), role: tokenOf("olga") }]));
  await expect
    .poll(
      async () => {
        await send(post({ query: "{ __typename }" }), `Bearer ${tokenOf("olga")}`);
        return gateway.output().includes('"fault"');
      },
      { interval: 300 },
    )
    .toBe(true);
  gateway.child.kill("SIGTERM");
  const { code, output } = await gateway.ended();
  expect(code).toBe(0);

  const audit = readFileSync(auditPath, "utf8");
  const stored = readdirSync(folder)
    .filter((file) => file.startsWith("cache.db"))
    .map((file) => readFileSync(join(folder, file), "latin1"))
    .join("");
  look("the output", output);
  look("the audit log", audit);
  look("the store", stored);
  for (const [where, text] of Object.entries({ output, audit })) {
    expect(text.match(/[\w.+-]+(@|%40)[\w-]+\.\w+/g), where).toBeNull();
    expect(text.match(/.{40}(ternplover|grace\.hopper)/i)?.[0], where).toBeUndefined();
  }
  expect(stored.match(/[\w.+-]+@[\w-]+\.example/)?.[0]).toBeUndefined();
  for (const line of audit.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ log: "audit" });
  expect(audit.trim().split("\n").length).toBeGreaterThan(answered * 0.9); // but for what is not there
  expect(Math.min(output.length, audit.length, stored.length)).toBeGreaterThan(1_000);
  for (const status of [200, 400, 401, 404]) expect([...statuses]).toContain(status);
  const sizes = { answers, output: output.length, audit: audit.length, stored: stored.length };
  process.stdout.write(
    `39: ${answered} answers; bytes looked through: ${JSON.stringify(sizes)}; nothing found\n`,
  );
});
