import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Agent } from "undici";
import { afterEach, expect, test } from "vitest";
import { gateway, json, refusal } from "../gateway.ts";
import { ask as askAt, endAll, run, urlIn } from "../process.ts";
import { simulatedPace } from "../upstream/pace.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { expectError, PEOPLE, WEEK, withPeople } from "./faults.ts";
import { answer, overSocket } from "./socket.ts";

const servers: Server[] = [];
afterEach(() => {
  endAll();
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

const TLS = {
  key: readFileSync(new URL("../tls/key.pem", import.meta.url)),
  cert: readFileSync(new URL("../tls/certificate.pem", import.meta.url)),
};

/** An address at which nothing listens any more. */
async function closedPort(): Promise<number> {
  const port = await listening(createServer());
  servers[0]?.close();
  return port;
}

const CAUSES: [what: string, url: () => Promise<string>, code: RegExp, hint: RegExp][] = [
  [
    "refuses connections",
    async () => `http://127.0.0.1:${await closedPort()}`,
    /^ECONNREFUSED$/,
    /no server listens/,
  ],
  ["has no address", async () => "http://upstream.invalid", /^(ENOTFOUND|EAI_AGAIN)$/, /name/],
  [
    "has a self-signed certificate",
    async () => `https://localhost:${await listening(createTlsServer(TLS))}`,
    /^DEPTH_ZERO_SELF_SIGNED_CERT$/,
    /NODE_EXTRA_CA_CERTS/,
  ],
  [
    "cuts every connection",
    async () => `http://127.0.0.1:${await listening(createServer((socket) => socket.resetAndDestroy()))}`,
    /^(ECONNRESET|UND_ERR_SOCKET)$/,
    /was cut/,
  ],
  [
    "does not speak TLS",
    async () =>
      `https://127.0.0.1:${await listening(createServer((socket) => socket.end("HTTP/1.1 400 No\r\n\r\n")))}`,
    /^(ERR_SSL_|EPROTO|ECONNRESET)/,
    /TLS|was cut/,
  ],
];

test.each(CAUSES)(
  "an upstream that %s is named with its cause, to the client and once to the operator",
  async (_what, urlOf, code, hint) => {
    const url = await urlOf();
    const dispatcher = new Agent();
    const { ask, outages, faults } = gateway({ dispatcher, settings: { ANTHROPIC_BASE_URL: url } });
    for (let day = 1; day < 8; day++) {
      const query = `{ users(range: { between: { from: "2026-10-0${day}", until: "2026-11-01" } }) { totalCount } }`;
      const { message } = expectError(await ask(query), "UPSTREAM_UNAVAILABLE");
      expect(message).toContain(` at ${new URL(url).host} (`);
      expect(/\((\w+)\)/.exec(message)?.[1]).toMatch(code);
      expect(message).toMatch(hint);
    }
    expect(outages).toHaveLength(1);
    expect(outages[0]?.code).toMatch(code);
    expect(outages[0]?.message).toMatch(hint);
    expect(outages[0]?.about).toEqual({ dataset: "USER_ACTIVITY", host: new URL(url).host });
    expect(faults).toEqual([]);
    await dispatcher.destroy();
  },
);

test("the log of a gateway without its upstream has one line about it, for any number of questions", {
  tags: "deep",
}, async () => {
  const port = await closedPort();
  const served = run(["serve", "--port", "0"], {
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
    ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-canary",
    LOG_LEVEL: "info",
  });
  const url = urlIn(await served.printed("Try:"));
  for (let i = 0; i < 5; i++)
    await askAt(
      url,
      `{ datasets { enabled reason } claudeCode(range: { last: { days: ${i + 1} } }, bucket: DAY) { totalCount } }`,
    );
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const lines = served
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    {
      level: "warn",
      time: expect.any(String),
      requestId: expect.any(String),
      code: "ECONNREFUSED",
      dataset: expect.any(String),
      host: `127.0.0.1:${port}`,
      msg: "upstream cannot be reached: no server listens there",
    },
  ]);
  expect(served.output()).not.toContain("canary");
});

test("`datasets` answers each dataset with the reason while upstream is away, and no error", async () => {
  const port = await closedPort();
  const { ask } = gateway({
    dispatcher: new Agent(),
    proof: true,
    settings: { ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` },
  });
  const { data, errors } = await ask(`{ datasets { dataset enabled reason explanation latest products } }`);
  expect(errors).toBeUndefined();
  expect(data.datasets).toHaveLength(30);
  for (const { enabled, reason, explanation } of data.datasets) {
    expect([enabled, reason]).toEqual([null, "UNAVAILABLE"]);
    expect(explanation).toMatch(/127\.0\.0\.1:\d+ \(ECONNREFUSED\)|paused for a moment/);
  }
});

test("an outage is reported with its status, also that of a refused key", async () => {
  let status = 503;
  const { ask, outages } = withPeople(() => refusal(status, "api_error", "no"));
  await ask(PEOPLE);
  status = 401;
  await ask(PEOPLE);
  expect(outages.map(({ code, about }) => [code, about])).toEqual([
    ["HTTP_503", { dataset: "USER_ACTIVITY", host: "upstream.test" }],
    ["HTTP_401", { dataset: "USER_ACTIVITY", host: "upstream.test" }],
  ]);
});

test("the end of an outage is reported once, after half a minute without a failure", async () => {
  const pace = simulatedPace();
  let isAway = true;
  const { ask, outages, recoveries } = gateway({
    pace,
    routes: {
      [PATHS.users]: () => (isAway ? refusal(500, "api_error", "no") : json(tokenPage([wireUser("user_a")]))),
    },
  });
  const people = async (until: string) => {
    let isAnswered = false;
    const asking = ask(WEEK_UNTIL(until)).then(() => {
      isAnswered = true;
    });
    while (!isAnswered) await pace.advance(100);
    await asking;
  };
  await people("2026-11-01");
  isAway = false;
  await people("2026-11-02");
  isAway = true;
  await people("2026-11-03");
  isAway = false;
  expect(outages).toHaveLength(1);
  expect(recoveries).toEqual([]);
  await pace.advance(31_000);
  await people("2026-11-04");
  await people("2026-11-05");
  expect(recoveries).toEqual([{ dataset: "USER_ACTIVITY", host: "upstream.test" }]);
  isAway = true;
  await people("2026-11-06");
  expect(outages).toHaveLength(2);
});

const WEEK_UNTIL = (until: string) =>
  `{ users(range: { between: { from: "2026-10-01", until: "${until}" } }) { totalCount } }`;

test("a connection that is cut once and works again is one line at most", async () => {
  await using upstream = await overSocket((response, attempt) =>
    attempt === 1 ? response.destroy() : answer(response),
  );
  const { errors } = await upstream.ask(`{ users(${WEEK}) { totalCount } }`);
  expect(errors).toBeUndefined();
  expect(upstream.outages.length).toBeLessThanOrEqual(1);
});
