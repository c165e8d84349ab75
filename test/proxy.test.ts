import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { directHosts, proxyFor, proxyUrl } from "../src/proxies.ts";
import { createSandbox } from "../src/sandbox/sandbox.ts";
import type { Environment } from "../src/settings/settings.ts";
import { portOf } from "./listening.ts";
import { ask, endAll, run, urlIn } from "./process.ts";
import { settingFaults } from "./setting-faults.ts";

const CERTIFICATE = new URL("./tls/certificate.pem", import.meta.url);
const TLS = {
  cert: readFileSync(CERTIFICATE),
  key: readFileSync(new URL("./tls/key.pem", import.meta.url)),
};
const CLOCK = "2026-11-22T12:00:00Z";
const USERS = `{ users(range: { last: { days: 3 } }, first: 1) { nodes { id } } }`;

afterEach(endAll);

/** The sandbox and an issuer of tokens, under whatever name they are asked. */
async function startUpstream(jwks: object = {}, isSecure = true): Promise<number> {
  const sandbox = createSandbox({ users: 20, seed: 1, now: () => Date.parse(CLOCK), rateLimit: "off" });
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: string }> => {
    if (request.url === "/keys") return { status: 200, body: JSON.stringify(jwks) };
    const path = new URL(request.url ?? "", "http://upstream.test");
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    return sandbox.handle({ method: request.method ?? "", path: path.pathname + path.search, headers });
  };
  const listener = async (request: IncomingMessage, response: import("node:http").ServerResponse) => {
    const { status, body } = await answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  };
  return portOf(isSecure ? createTlsServer(TLS, listener) : createServer(listener));
}

/** A proxy that connects to one port, whatever host is asked for, and notes what it was asked. */
async function startProxy(to: number, refuseWith?: number) {
  const asked: { target: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Duplex>();
  const note = (target: string, { headers }: IncomingMessage) =>
    asked.push({ target, authorization: headers["proxy-authorization"] });
  const proxy = createServer((request, response) => {
    note(request.url ?? "", request);
    void fetch(
      `http://127.0.0.1:${to}${new URL(request.url ?? "").pathname}${new URL(request.url ?? "").search}`,
      {
        headers: { "x-api-key": String(request.headers["x-api-key"]), "anthropic-version": "2026-10-21" },
      },
    ).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
  });
  proxy.on("connect", (request, socket: Duplex, head) => {
    note(request.url ?? "", request);
    socket.on("error", () => {});
    if (refuseWith !== undefined)
      return void socket.end(`HTTP/1.1 ${refuseWith} No\r\ncontent-length: 0\r\n\r\n`);
    const onward = connect(to, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    sockets.add(socket).add(onward);
  });
  const port = await portOf(proxy);
  return { asked, port, proxy };
}

/** A gateway in a process of its own, whose upstream no name server knows. */
function serveThrough(settings: Readonly<Record<string, string>>) {
  return run(["serve", "--port", "0"], {
    ANTHROPIC_BASE_URL: "https://upstream.test",
    ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test",
    NODE_EXTRA_CA_CERTS: CERTIFICATE.pathname,
    UPSTREAM_TIMEOUT: "5",
    CLOCK,
    ...settings,
  });
}

interface WithErrors {
  readonly errors?: readonly { readonly message: string }[];
}

describe("a CONNECT proxy", { tags: "deep" }, () => {
  test.each(["HTTPS_PROXY", "https_proxy"])(
    "of %s is used for upstream, with its password and without showing it",
    async (name) => {
      const { asked, port } = await startProxy(await startUpstream());
      const gateway = serveThrough({ [name]: `http://corp:p%40ss-canary@127.0.0.1:${port}` });
      const output = await gateway.printed("Try:");
      expect(output).toContain(`upstream https://upstream.test/ through the proxy 127.0.0.1:${port}\n`);
      const { data } = await ask(urlIn(output), USERS);
      expect((data.users as { nodes: unknown[] }).nodes).toHaveLength(1);
      expect(asked[0]).toEqual({
        target: "upstream.test:443",
        authorization: `Basic ${Buffer.from("corp:p@ss-canary").toString("base64")}`,
      });
      expect(gateway.output()).not.toContain("canary");
    },
  );

  test("is passed by for the hosts of NO_PROXY", async () => {
    const { asked, port } = await startProxy(await startUpstream());
    const gateway = serveThrough({ HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: "example.com, .test" });
    const { errors } = (await ask(urlIn(await gateway.printed("Try:")), USERS)) as WithErrors;
    expect(errors?.[0]?.message).toMatch(/at upstream\.test \((ENOTFOUND|EAI_AGAIN)\)/);
    expect(asked).toEqual([]);
  });

  test.each([407, 403, 502])(
    "that refuses with %i is named in the error and in one line of the log",
    async (status) => {
      const { port } = await startProxy(1, status);
      const gateway = serveThrough({ HTTPS_PROXY: `http://corp:canary@127.0.0.1:${port}` });
      const url = urlIn(await gateway.printed("Try:"));
      for (let i = 0; i < 3; i++) {
        const { errors } = (await ask(url, USERS)) as WithErrors;
        expect(errors?.[0]?.message).toContain(
          `at upstream.test through the proxy 127.0.0.1:${port} (PROXY_${status})`,
        );
      }
      const lines = gateway
        .output()
        .split("\n")
        .filter((line) => line.startsWith("{"));
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining({
          code: `PROXY_${status}`,
          host: "upstream.test",
          proxy: `127.0.0.1:${port}`,
        }),
      ]);
      expect(gateway.output()).not.toContain("canary");
    },
  );

  test("that is away is named", async () => {
    const { proxy, port } = await startProxy(1);
    proxy.close();
    const gateway = serveThrough({ HTTPS_PROXY: `http://127.0.0.1:${port}` });
    const { errors } = (await ask(urlIn(await gateway.printed("Try:")), USERS)) as WithErrors;
    expect(errors?.[0]?.message).toContain(`through the proxy 127.0.0.1:${port} (ECONNREFUSED)`);
  });

  test("leads to the keys of the issuer of tokens as well", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "a", alg: "ES256" }] };
    const { asked, port } = await startProxy(await startUpstream(jwks));
    const gateway = serveThrough({
      HTTPS_PROXY: `http://127.0.0.1:${port}`,
      AUTH: "jwt",
      JWT_JWKS_URL: "https://issuer.test/keys",
      JWT_ISSUER: "https://issuer.test",
      JWT_AUDIENCE: "gateway",
      CLOCK: "",
    });
    const url = urlIn(await gateway.printed("Try:"));
    const token = await new SignJWT({ role: "owner" })
      .setProtectedHeader({ alg: "ES256", kid: "a" })
      .setSubject("somebody")
      .setIssuer("https://issuer.test")
      .setAudience("gateway")
      .setExpirationTime("10m")
      .sign(privateKey);
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: "{ __typename }" }),
    });
    expect(await response.json()).toMatchObject({ data: { __typename: "Query" } });
    expect(asked.map(({ target }) => target)).toEqual(["issuer.test:443"]);
  });
});

test("HTTP_PROXY gets requests for an http upstream, by the whole URL", { tags: "deep" }, async () => {
  const { asked, port } = await startProxy(await startUpstream({}, false));
  const gateway = serveThrough({
    ANTHROPIC_BASE_URL: "http://upstream.test",
    HTTP_PROXY: `127.0.0.1:${port}`,
  });
  const { data } = await ask(urlIn(await gateway.printed("Try:")), USERS);
  expect((data.users as { nodes: unknown[] }).nodes).toHaveLength(1);
  expect(asked[0]?.target).toMatch(/^http:\/\/upstream\.test\/v1\/organizations\//);
});

describe("a setting of a proxy", () => {
  const faults = (environment: Environment) =>
    settingFaults({ ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-x", ...environment });

  test.each([
    "socks5://proxy.corp:1080",
    "http://",
    "http://proxy.corp:99999",
    "http://user:pass-canary%zz@proxy.corp",
    "http://proxy.corp/path",
    "http://proxy.corp?x=canary",
    "proxy corp",
    "::",
  ])("that is broken does not start, and is not repeated: %s", (value) => {
    for (const name of ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"] as const) {
      const lines = faults({ [name]: value });
      expect(lines).toEqual([expect.stringContaining(`${name.toUpperCase()} is not the URL`)]);
      expect(lines.join()).not.toMatch(/canary|corp:1080/);
    }
  });

  test("that is broken does not keep the sandbox from starting, which asks no other host", () => {
    expect(readConfig({ HTTPS_PROXY: "socks5://x" }).upstream.proxies.https).toBeNull();
  });

  test.each([
    ["http://proxy.corp:3128", "http://proxy.corp:3128/"],
    ["https://proxy.corp", "https://proxy.corp/"],
    ["proxy.corp:3128", "http://proxy.corp:3128/"],
    ["10.0.0.1", "http://10.0.0.1/"],
    ["u:p%40@proxy.corp", "http://u:p%40@proxy.corp/"],
  ])("is read as curl does: %s", (value, href) => expect(proxyUrl(value)?.href).toBe(href));

  test("in small letters goes first", () => {
    const { proxies } = readConfig({
      ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-x",
      HTTPS_PROXY: "http://large:1",
      https_proxy: "http://small:2",
    }).upstream;
    expect(proxies.https?.host).toBe("small:2");
  });
});

test.each([
  ["https://api.anthropic.com", "", "secure:1"],
  ["http://api.anthropic.com", "", "plain:2"],
  ["https://api.anthropic.com", "*", null],
  ["https://api.anthropic.com", "anthropic.com", null],
  ["https://api.anthropic.com", ".anthropic.com", null],
  ["https://api.anthropic.com", "*.anthropic.com", null],
  ["https://api.anthropic.com", "API.Anthropic.COM", null],
  ["https://api.anthropic.com", "notanthropic.com", "secure:1"],
  ["https://xanthropic.com", "anthropic.com", "secure:1"],
  ["https://api.anthropic.com", "example.com,  api.anthropic.com:443", null],
  ["https://api.anthropic.com", "api.anthropic.com:8443", "secure:1"],
  ["https://api.anthropic.com:8443", "api.anthropic.com:8443", null],
  ["https://api.anthropic.com.", "anthropic.com", null],
  ["https://10.1.2.3", "10.1.2.3", null],
  ["https://[2001:db8::1]", "2001:db8::1", null],
  ["https://[2001:db8::1]:8443", "[2001:db8::1]:8443", null],
  ["https://localhost:4010", "", null],
  ["http://127.0.0.1:4010", "", null],
  ["http://[::1]:4010", "", null],
])("%s with NO_PROXY=%s goes through %s", (url, noProxy, expected) => {
  const proxies = {
    https: new URL("http://secure:1"),
    http: new URL("http://plain:2"),
    direct: directHosts(noProxy),
  };
  expect(proxyFor(new URL(url), proxies)?.host ?? null).toBe(expected);
});
