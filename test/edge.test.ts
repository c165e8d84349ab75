import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { schema } from "../schema/index.ts";
import { readConfig } from "../src/config.ts";
import { VIEWER_OF_ALL } from "../src/domain/viewer.ts";
import { Pictures } from "../src/server/charts/pictures.ts";
import { readDocuments } from "../src/server/documents/manifest.ts";
import { createListener } from "../src/server/http/listener.ts";
import { MemoryAccounts } from "../src/server/limits/accounts.ts";
import { createServer } from "../src/server/server.ts";
import type { Environment } from "../src/settings/settings.ts";
import { builtFolder } from "./built-folder.ts";
import { gateway } from "./gateway.ts";
import { portOf } from "./listening.ts";
import { oneToken } from "./one-token.ts";

const { token: TOKEN, settings: GUARDED } = oneToken("ada", "OWNER");

/** A gateway behind a listener, as it is served. */
const pages = builtFolder();

async function listening(settings: Environment = {}) {
  const opened = gateway({ sandbox: { users: 20 }, settings, pages });
  const server = createListener({ ...opened.config, ...opened.app });
  return { ...opened, server, port: await portOf(server) };
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // how it ends is looked at by what was received
  await once(socket, "connect");
  return socket;
}

interface Heard {
  readonly statuses: readonly number[];
  readonly text: string;
}

/** What comes back for these bytes until the other side closes the connection. */
async function send(port: number, bytes: string | Buffer): Promise<Heard> {
  const socket = await connected(port);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes);
  await once(socket, "close");
  const text = Buffer.concat(chunks).toString("latin1");
  return { text, statuses: [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status)) };
}

const lines = (...text: readonly string[]) => text.join("\r\n");
const QUESTION = JSON.stringify({ query: "{ organization { name } }" });

/** A POST that is closed after its answer. */
function post(headers: readonly string[], body: string | Buffer = QUESTION, path = "/graphql"): Buffer {
  const head = lines(
    `POST ${path} HTTP/1.1`,
    "host: gateway.test",
    "connection: close",
    "content-type: application/json",
    ...headers,
    ...(headers.some((each) => /^(content-length|transfer-encoding)/i.test(each))
      ? []
      : [`content-length: ${Buffer.byteLength(body)}`]),
    "",
    "",
  );
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]);
}

function get(target: string, headers: readonly string[] = [], method = "GET"): string {
  return lines(`${method} ${target} HTTP/1.1`, "host: gateway.test", "connection: close", ...headers, "", "");
}

test("a plain request is answered", async () => {
  const { port, seen } = await listening();
  expect((await send(port, post([]))).statuses).toEqual([200]);
  expect(seen).toHaveLength(1);
});

describe("two requests in one", () => {
  const hidden = lines("GET /healthz HTTP/1.1", "host: gateway.test", "", "");
  const head = (...headers: readonly string[]) =>
    lines(
      "POST /graphql HTTP/1.1",
      "host: gateway.test",
      "content-type: application/json",
      ...headers,
      "",
      "",
    );
  const chunk = `${QUESTION.length.toString(16)}\r\n${QUESTION}\r\n0\r\n\r\n`;

  test.each<[string, string]>([
    ["a length and chunks", `${head("content-length: 4", "transfer-encoding: chunked")}${chunk}${hidden}`],
    ["chunks and a length", `${head("transfer-encoding: chunked", "content-length: 4")}${chunk}${hidden}`],
    ["two lengths", `${head("content-length: 0", `content-length: ${hidden.length}`)}${hidden}`],
    ["one length twice", `${head("content-length: 0", "content-length: 0")}${hidden}`],
    ["a list of lengths", `${head("content-length: 0, 0")}${hidden}`],
    ["a negative length", `${head("content-length: -1")}${hidden}`],
    ["a length with a sign", `${head("content-length: +0")}${hidden}`],
    ["a length in hexadecimal", `${head("content-length: 0x0")}${hidden}`],
    ["a length beyond 64 bits", `${head("content-length: 99999999999999999999999")}${hidden}`],
    ["an unknown coding", `${head("transfer-encoding: xchunked")}${chunk}${hidden}`],
    [
      "chunks that are not the last coding",
      `${head("transfer-encoding: chunked, identity")}${chunk}${hidden}`,
    ],
    ["a coding after a tab", `${head("transfer-encoding:\vchunked")}${chunk}${hidden}`],
    ["two codings", `${head("transfer-encoding: chunked", "transfer-encoding: identity")}${chunk}${hidden}`],
    ["a space before the colon", `${head("transfer-encoding : chunked")}${chunk}${hidden}`],
    ["a folded header", `${head("x-a: b", " transfer-encoding: chunked")}${chunk}${hidden}`],
    ["a header without a name", `${head(": chunked")}${hidden}`],
    ["a header with NUL", `${head("x-a: b\0c")}${hidden}`],
    ["bare line feeds", `${head("content-length: 0").replaceAll("\r\n", "\n")}${hidden}`],
    ["a bare carriage return", `${head("x-a: b\rcontent-length: 4", "content-length: 0")}${hidden}`],
    ["a chunk of negative size", `${head("transfer-encoding: chunked")}-1\r\n${hidden}`],
    [
      "a chunk longer than it says",
      `${head("transfer-encoding: chunked")}1\r\n${QUESTION}\r\n0\r\n\r\n${hidden}`,
    ],
    ["a chunk that ends with a line feed", `${head("transfer-encoding: chunked")}1\n{\n0\n\n${hidden}`],
  ])("%s: one answer, which refuses, and the connection is closed", async (_what, bytes) => {
    const { port, seen } = await listening();
    const { statuses, text } = await send(port, bytes);
    expect(statuses, text).toHaveLength(1);
    expect(statuses[0]).toBeGreaterThanOrEqual(400);
    expect(statuses[0]).toBeLessThan(500);
    expect(seen).toEqual([]);
  });
});

describe("a body that is too much", () => {
  test("is refused by its length, before it is sent", async () => {
    const { port } = await listening();
    const { statuses, text } = await send(port, post(["content-length: 20000000"], ""));
    expect(statuses).toEqual([413]);
    expect(text).toContain('"LIMIT_EXCEEDED"');
  });

  test.each<[string, Environment, string]>([
    ["of a question", {}, "/graphql"],
    ["of an unknown caller", GUARDED, "/graphql"],
    ["where nothing is", {}, "/nowhere"],
    ["with a file", {}, "/export/users.csv"],
  ])("and has no end, %s, is cut off before four megabytes", async (_what, settings, path) => {
    const { port, server } = await listening(settings);
    const accepted = once(server, "connection");
    const socket = await connected(port);
    const [taker] = (await accepted) as [Socket];
    let heard = "";
    let isClosed = false;
    socket.on("data", (data) => {
      heard += data;
    });
    socket.once("close", () => {
      isClosed = true;
    });
    socket.write(
      lines(
        `POST ${path} HTTP/1.1`,
        "host: gateway.test",
        "content-type: application/json",
        "transfer-encoding: chunked",
        "",
        "",
      ),
    );
    const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`;
    let sent = 0;
    while (!isClosed && sent < 32 * 2 ** 20) {
      if (!socket.write(chunk))
        await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => {});
      sent += chunk.length;
    }
    expect(isClosed).toBe(true);
    expect(taker.bytesRead).toBeLessThan(4 * 2 ** 20); // the rest of what was sent is in the hands of the system
    expect(heard).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test.each(["gzip", "br", "deflate", "zstd", "gzip, identity", "x-gzip"])(
    "once it is unpacked (%s) is not unpacked",
    async (coding) => {
      const { port, seen } = await listening();
      const { statuses, text } = await send(port, post([`content-encoding: ${coding}`], gzipSync(QUESTION)));
      expect(statuses).toEqual([415]);
      expect(text).toContain("content-encoding");
      expect(seen).toEqual([]);
    },
  );

  test.each([
    ["with its length", "content-length: 500", '{"query":'],
    ["in pieces", "transfer-encoding: chunked", '5\r\n{"que\r\n'],
    ["in a piece that is none", "transfer-encoding: chunked", '5\r\n{"que\r\nZZ\r\n'],
  ])(
    "or too little, since its client leaves, is not a fault of the gateway: %s",
    async (_how, header, body) => {
      const { port, audited, faults } = await listening();
      const socket = await connected(port);
      socket.resume().end(post([header], body));
      await once(socket, "close");
      await expect.poll(() => audited).toHaveLength(1);
      expect(audited).toMatchObject([{ kind: "graphql", outcome: "LEFT" }]);
      await immediate();
      expect(faults).toEqual([]);
    },
  );

  test("takes little time: headers and bodies that trickle in are cut off", async () => {
    const { server } = await listening();
    expect(server.headersTimeout).toBeLessThanOrEqual(10_000);
    expect(server.requestTimeout).toBeLessThanOrEqual(15_000); // how long it takes is measured in test/load/crowd.test.ts
  });
});

describe("the gateway does not act as a proxy", () => {
  test.each<[string, string, number]>([
    ["a whole URL", get("http://evil.example/graphql?query={__typename}"), 400],
    ["a whole URL of the gateway", get("http://gateway.test/healthz"), 400],
    ["a file behind a whole URL", get("http://evil.example/export/users.csv"), 400],
    ["TRACE", get("/graphql", [`authorization: Bearer ${TOKEN}`], "TRACE"), 405],
  ])("%s is refused", async (_what, bytes, status) => {
    const { port, seen } = await listening();
    const { statuses, text } = await send(port, bytes);
    expect(statuses).toEqual([status]);
    expect(text).toContain('"BAD_REQUEST"');
    expect(text).not.toContain("cag_");
    expect(text).toMatch(/^x-request-id: \S+/im);
    expect(seen).toEqual([]);
  });

  test("CONNECT is not answered, and a host for a target is none", async () => {
    const { port } = await listening();
    expect((await send(port, get("evil.example:443", [], "CONNECT"))).statuses).toEqual([]);
    expect((await send(port, get("evil.example:80"))).statuses).toEqual([400]);
  });

  test("the answer says nothing of the host, for any host that is requested", async () => {
    const { port } = await listening();
    for (const host of ["evil.example", "evil.example:1", "@evil.example", "localhost/evil"]) {
      const bytes = post([]).toString("latin1").replace("host: gateway.test", `host: ${host}`);
      expect((await send(port, bytes)).text).not.toContain("evil");
    }
  });
});

describe("the request id", () => {
  test.each<[string, string | Buffer]>([
    ["an answer", post([])],
    ["a refusal", post(["content-encoding: gzip"])],
    ["the page of the workbench", get("/graphql", ["accept: text/html"])],
    ["a file", get("/export/users.csv?range.last.days=7&fields=userId")],
    ["a file that is not there", get("/export/nothing.csv")],
    ["health", get("/healthz")],
    ["readiness", get("/readyz")],
    ["nothing", get("/nowhere")],
  ])("stands once on %s", async (_what, bytes) => {
    const { port } = await listening();
    const { text } = await send(port, bytes);
    const [head = ""] = text.split("\r\n\r\n");
    expect(head.match(/^x-request-id: [\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/gim)).toHaveLength(1);
  });

  test.each([
    "a%0d%0aset-cookie:%20a=b",
    "a\\r\\nset-cookie: a=b",
    "a\x85set-cookie: a=b",
    "a, b",
    "z".repeat(9_000), // which no id of the gateway's own has
  ])("that would be more than a word is not repeated: %s", async (id) => {
    const { port } = await listening();
    const { text } = await send(port, post([`x-request-id: ${id}`]));
    expect(text).toMatch(/^x-request-id: [\da-f]{8}-/im);
    expect(text).not.toMatch(/set-cookie|zzzz|a, b/);
  });

  test("that is said twice is neither", async () => {
    const { port } = await listening();
    const { text } = await send(port, post(["x-request-id: first-id", "x-request-id: second-id"]));
    expect(text).not.toMatch(/(first|second)-id/);
  });
});

test.each([
  "/.env",
  "/.git/config",
  "/debug",
  "/debug/pprof",
  "/metrics",
  "/admin",
  "/server-status",
  "/actuator/env",
  "/package.json",
  "/graphql/../.env",
  "/..%2f..%2fetc%2fpasswd",
  "/../../etc/passwd",
  "//etc/passwd",
  "/%00",
  "/%",
  "/\\..\\.env",
  "/graphql;/.env",
  "/schema/schema.graphql",
  "/src/config.ts",
  "/export/../.env",
  "/export/..%2f.env",
  "/export/%2e%2e/.env",
  "/export/__proto__.csv",
  "/export/constructor.csv",
])("%s is not there, and says nothing", async (path) => {
  const { port, seen } = await listening();
  const { statuses, text } = await send(port, get(path));
  expect(statuses).toEqual([404]);
  expect(text).not.toMatch(/sk-ant|root:|node_modules|ANTHROPIC|\bat \//);
  expect(seen).toEqual([]);
});

describe("HEAD", () => {
  const OF_ONE_MESSAGE =
    /^(x-request-id|date|transfer-encoding|content-length|cache-status|upstream-usage):/i;

  test.each([
    "/graphql?query={__typename}",
    "/graphql",
    "/graphql?query={nothing}",
    "/q/Adoption",
    "/q/Nothing",
    "/healthz",
    "/readyz",
    "/",
    "/nowhere",
  ])("of %s has the status and the headers of GET, and no body", async (path) => {
    const { port } = await listening();
    const [head, got] = await Promise.all(
      ["HEAD", "GET"].map((method) => send(port, get(path, ["accept: application/json"], method))),
    );
    const said = (text = "") =>
      (text.split("\r\n\r\n")[0] ?? "").split("\r\n").filter((line) => !OF_ONE_MESSAGE.test(line));
    expect(said(head?.text)).toEqual(said(got?.text));
    expect(head?.text.split("\r\n\r\n")[1]).toBe("");
    expect(got?.statuses).toEqual(head?.statuses);
  });

  test("of the workbench finds the page", async () => {
    const { port } = await listening();
    const { statuses, text } = await send(port, get("/graphql", ["accept: text/html"], "HEAD"));
    expect(statuses).toEqual([200]);
    expect(text).toMatch(/^content-type: text\/html/im);
    expect(text.length).toBeLessThan(5_000);
  });
});

describe("credentials", () => {
  const token = TOKEN;
  test.each<[string, readonly string[]]>([
    ["none", []],
    ["an empty header", ["authorization:"]],
    ["a scheme alone", ["authorization: Bearer"]],
    ["a token alone", [`authorization: ${token}`]],
    ["another scheme", [`authorization: Basic ${btoa(`ada:${token}`)}`]],
    ["a scheme run together with its token", [`authorization: Bearer${token}`]],
    ["a colon after the scheme", [`authorization: Bearer: ${token}`]],
    ["two tokens", [`authorization: Bearer ${token} ${token}`]],
    ["two in a list", [`authorization: Bearer ${token}, Bearer ${token}`]],
    [
      "two headers, the wrong one first",
      [`authorization: Bearer ${"x".repeat(44)}`, `authorization: Bearer ${token}`],
    ],
    ["quotes", [`authorization: Bearer "${token}"`]],
    ["a tab", [`authorization: Bearer\t${token}`]],
    ["a token with a space in it", [`authorization: Bearer ${token.slice(0, 9)} ${token.slice(9)}`]],
    ["a percent sign", [`authorization: Bearer ${token.replace("_", "%5f")}`]],
    ["letters beyond ASCII", [`authorization: Bearer ${token}\u00e9`]],
    ["eight kilobytes", [`authorization: Bearer ${token}${"x".repeat(8_192)}`]],
    ["`__proto__`", ["authorization: Bearer __proto__"]],
    [
      "another header",
      [`proxy-authorization: Bearer ${token}`, `x-api-key: ${token}`, `cookie: token=${token}`],
    ],
    ["the URL", []],
  ])("as %s are rejected", async (what, headers) => {
    const { port, seen } = await listening(GUARDED);
    const path =
      what === "the URL" ? `/graphql?access_token=${token}&authorization=Bearer%20${token}` : "/graphql";
    const { statuses, text } = await send(port, post(headers, QUESTION, path));
    expect(statuses).toEqual([401]);
    expect(text).toMatch(/^www-authenticate: Bearer/im);
    expect(text).not.toContain("cag_");
    expect(seen).toEqual([]);
  });

  test("that are right are accepted", async () => {
    const { port } = await listening(GUARDED);
    expect((await send(port, post([`authorization: Bearer ${token}`]))).statuses).toEqual([200]);
  });
});

describe("a request with headers that are too long", () => {
  const jsonIn = (text: string) => JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));

  test("is answered while they fit, with a token of 30,000 bytes too", async () => {
    const { port } = await listening();
    expect((await send(port, post([`authorization: Bearer ${"x".repeat(30_000)}`]))).statuses).toEqual([200]);
    const { port: guarded, audited } = await listening(GUARDED);
    const { text } = await send(guarded, post([`authorization: Bearer ${"x".repeat(30_000)}`]));
    expect(jsonIn(text).errors[0]).toMatchObject({ extensions: { code: "UNAUTHENTICATED" } });
    expect(audited[0]?.reason).toBe("unknown");
  });

  test.each<[string, string | Buffer, string]>([
    ["a token", post([`authorization: Bearer ${"x".repeat(40_000)}`]), "the header `authorization`"],
    ["a cookie", post(["x-note: 1", `cookie: a=${"x".repeat(80_000)}`]), "the header `cookie`"],
    ["a URL", get(`/graphql?query=${"x".repeat(40_000)}`), "the URL"],
  ])(
    "is 431 in the form of every error, and names the part that is too long: %s",
    async (_what, bytes, part) => {
      const { port, audited, seen } = await listening(GUARDED);
      const { statuses, text } = await send(port, bytes);
      expect(statuses).toEqual([431]);
      expect(text).toMatch(/^content-type: application\/json/m);
      expect(text).toMatch(/^cache-control: no-store/m);
      const [{ message, extensions }] = jsonIn(text).errors;
      expect(message).toMatch(
        /^The request has more than 32768 bytes in its URL and headers; the maximum is 32768/,
      );
      expect(message).toContain(`The longest part is ${part}.`);
      expect(extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_HEADER_BYTES", max: 32_768 });
      expect(text).not.toContain("xxx");
      const [id] = /(?<=^x-request-id: ).+$/m.exec(text) ?? [];
      expect(audited).toMatchObject([{ requestId: id?.trim(), status: 431, outcome: "LIMIT_EXCEEDED" }]);
      expect(seen).toEqual([]);
    },
  );

  test("is cut off where it does not end", async () => {
    const { port, server } = await listening();
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const socket = await connected(port);
    const [there] = await accepted;
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    socket.write("GET /graphql HTTP/1.1\r\nx: ");
    const more = setInterval(() => socket.write("y".repeat(65_536)), 1);
    await new Promise((resolve) => socket.once("close", resolve));
    clearInterval(more);
    expect(received).toMatch(/^HTTP\/1\.1 431 /);
    expect(there.bytesRead).toBeLessThan(2 ** 22);
  });

  test("may have up to MAX_HEADER_BYTES", async () => {
    const { port } = await listening({ MAX_HEADER_BYTES: "64KiB" });
    expect((await send(port, post([`x-long: ${"x".repeat(60_000)}`]))).statuses).toEqual([200]);
    expect((await send(port, post([`x-long: ${"x".repeat(70_000)}`]))).statuses).toEqual([431]);
  });
});

test("bytes that are not HTTP are 400 in the form of every error, and leave no line", async () => {
  const { port, audited } = await listening(GUARDED);
  const { statuses, text } = await send(port, "\u0016\u0003\u0001 hello\r\n\r\n");
  expect(statuses).toEqual([400]);
  expect(text).toContain('{"errors":[{"message":"This is not an HTTP/1.1 request."');
  expect(audited).toEqual([]);
});

describe("a name that is not the gateway's", () => {
  const ask = (host: string, path = "/graphql") =>
    lines(
      `GET ${path}?query={__typename} HTTP/1.1`,
      `host: ${host}`,
      "accept: application/json",
      "connection: close",
      "",
      "",
    );
  const KNOWN = ["127.0.0.1", "127.0.0.1:4000", "[::1]:4000", "localhost", "LOCALHOST:4000", "192.168.1.7"];
  const OTHERS = [
    "evil.example",
    "evil.example:4000",
    "localhost.evil.example",
    "127.0.0.1.nip.example",
    "a b",
    "",
    "@localhost",
  ];

  test.each(OTHERS)("is refused, as a page of it would read what anybody may: %s", async (host) => {
    const { port, seen } = await listening({ ALLOWED_HOSTS: "" });
    for (const path of ["/graphql", "/export/users.csv", "/q/Adoption"]) {
      const { statuses, text } = await send(port, ask(host, path));
      expect(statuses, path).toEqual([expect.toBeOneOf([421, 400])]);
      expect(text).not.toContain("__typename");
    }
    expect(seen).toEqual([]);
  });

  test.each([
    ...["a b", "a:99999", "a:80:90", "[::1", "%00", "@localhost", "localhost/evil", "*", "\u00ff"],
    "gateway.test/graphql?query={__typename}&a=",
  ])("is not a name at all, and is refused even where any name would do: %s", async (host) => {
    const { port, faults } = await listening({ ALLOWED_HOSTS: "*" });
    for (const path of ["/graphql", "/export/users.csv", "/q/Adoption", "/healthz", "/readyz"]) {
      const head = lines(
        `GET ${path} HTTP/1.1`,
        `host: ${host}`,
        "accept: application/json",
        "connection: close",
      );
      const { statuses, text } = await send(port, Buffer.from(`${head}\r\n\r\n`, "latin1"));
      expect(statuses, path).toEqual([400]);
      expect(text).toContain('"BAD_REQUEST"');
    }
    expect(faults).toEqual([]);
  });

  test.each(KNOWN)("is none of these: %s", async (host) => {
    const { port } = await listening({ ALLOWED_HOSTS: "" });
    expect((await send(port, ask(host))).statuses).toEqual([200]);
  });

  test("is one of the operator's, or any where callers prove who they are", async () => {
    const named = await listening({ ALLOWED_HOSTS: "gateway.example.com, other.example.com" });
    expect((await send(named.port, ask("Gateway.Example.com:443"))).statuses).toEqual([200]);
    expect((await send(named.port, ask("evil.example"))).statuses).toEqual([421]);
    expect(
      (
        await send(
          named.port,
          lines("GET /healthz HTTP/1.1", "host: evil.example", "connection: close", "", ""),
        )
      ).statuses,
    ).toEqual([200]);
    const any = await listening({ ALLOWED_HOSTS: "*" });
    expect((await send(any.port, ask("evil.example"))).statuses).toEqual([200]);
  });
});

describe("the gateway as a function passes the same edge", () => {
  const asked = (settings: Environment, path: string, headers: Record<string, string> = {}) => {
    const opened = gateway({ sandbox: { users: 20 }, settings, pages });
    return { ...opened, response: opened.app.fetch(`http://gateway.test${path}`, { headers }) };
  };

  test.each(["/graphql?query={organization{name}}", "/q/Adoption", "/export/users.csv", "/nowhere"])(
    "another host is refused before any work: %s",
    async (path) => {
      const { response, seen, audited } = asked({ ALLOWED_HOSTS: "" }, path);
      expect((await response).status).toBe(421);
      expect(seen).toEqual([]);
      expect(audited).toMatchObject([{ status: 421, outcome: "BAD_REQUEST" }]);
    },
  );

  test("a request beyond the load is refused, and a probe is not", async () => {
    const { app, response } = asked({ MAX_CONCURRENT: "1" }, "/graphql?query={organization{name}}");
    expect((await app.fetch("http://gateway.test/graphql?query={__typename}")).status).toBe(503);
    expect((await app.fetch("http://gateway.test/readyz")).status).toBe(200);
    expect((await response).status).toBe(200);
    expect((await app.fetch("http://gateway.test/graphql?query={__typename}")).status).toBe(200);
  });

  test("a page of a listed origin reads why it was refused, and when to retry", async () => {
    const origin = "https://dashboard.example.com";
    const settings = { MAX_CONCURRENT: "1", ALLOWED_ORIGINS: origin };
    const { app, response } = asked(settings, "/graphql?query={organization{name}}");
    const url = "http://gateway.test/graphql?query={__typename}";
    const { status, headers } = await app.fetch(url, { headers: { origin } });
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    await response;
  });

  test("a fault while callers are authenticated is the gateway's, and says nothing of what it was", async () => {
    const faults: unknown[] = [];
    const { fetch } = createServer({
      schema,
      config: readConfig({}),
      context: () => expect.unreachable(),
      now: Date.now,
      accounts: new MemoryAccounts(Date.now),
      trusted: readDocuments(schema, ""),
      authentication: {
        header: "authorization",
        authenticate: () => {
          throw new TypeError("a secret");
        },
        session: null,
      },
      signIn: null,
      anybody: VIEWER_OF_ALL,
      isReady: () => true,
      pages: new URL("not-built/", import.meta.url),
      pictures: new Pictures(new URL("not-built/", import.meta.url), schema),
      links: null,
      metrics: null,
      tracing: null,
      audit: null,
      digest: (text) => text,
      onFault: (fault) => faults.push(fault),
      onForeignOrigin: () => {},
    });
    const headers = { authorization: "Bearer any" };
    for (const path of ["/graphql?query={__typename}", "/export/users.csv", "/nowhere"]) {
      const response = await fetch(`http://127.0.0.1${path}`, { headers });
      expect(response.status, path).toBe(500);
      const { errors } = await response.json();
      expect(errors[0].extensions).toEqual({ code: "INTERNAL_SERVER_ERROR" });
      expect(JSON.stringify(errors)).not.toMatch(/secret|TypeError| at /);
    }
    expect(faults).toHaveLength(3);
  });
});
