import { createHash } from "node:crypto";
import { once } from "node:events";
import { Agent, request as ask, createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createBrotliDecompress, createGunzip, createZstdDecompress } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import type { Handle } from "../../src/sandbox/protocol.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { sweep } from "../deep.ts";
import { gateway, json, NOW, refusal } from "../gateway.ts";
import { oneToken } from "../one-token.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { rowsOf } from "./download.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** The gateway on a port, as an operator runs it. */
async function listening({ app }: Pick<ReturnType<typeof gateway>, "app">): Promise<URL> {
  const server = createServer(app.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** What a client gets before it has read any of the body. */
async function get(url: URL, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = await once(ask(new URL(`/export/${path}`, url), { headers }).end(), "response");
  return response;
}

async function bodyOf(response: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An organization whose reports fail for good after so many requests. */
function failing(after: number, status = 500) {
  const sandbox = createSandbox({ users: 40, seed: 1, now: () => Date.parse(NOW), rateLimit: "off" });
  let left = after;
  const handle: Handle = async (request, signal) =>
    left-- > 0 ? sandbox.handle(request, signal) : refusal(status, "api_error", "down");
  return gateway({ dispatcher: new SandboxDispatcher({ handle }) });
}

const MONTHS = "spend.csv?from=2026-01-01&until=2026-11-01";
const MONTH = "spend.csv?period=LAST_MONTH";

test("a name without an ending is a file of the type that the client accepts", async () => {
  const { app } = gateway({ sandbox: { users: 40 } });
  const asked = async (path: string, accept: string | null) => {
    const url = `http://gateway.test/export/${path}?period=YESTERDAY`;
    const response = await app.fetch(url, { method: "HEAD", headers: accept === null ? {} : { accept } });
    return [response.status, response.headers.get("content-disposition")?.replace(/.*="|"/g, "")];
  };
  const parquet = "application/vnd.apache.parquet";
  expect(await asked("spend", parquet)).toEqual([200, "spend.parquet"]);
  expect(await asked("spend", `${parquet};q=0.5, application/x-ndjson`)).toEqual([200, "spend.ndjson"]);
  expect(await asked("spend", "text/csv")).toEqual([200, "spend.csv"]);
  for (const anything of [null, "*/*", "text/*"])
    expect(await asked("spend", anything)).toEqual([200, "spend.csv"]);
  expect(await asked("spend.ndjson", "text/html")).toEqual([200, "spend.ndjson"]);
  const url = "http://gateway.test/export/spend?period=YESTERDAY";
  const refused = await app.fetch(url, { headers: { accept: "application/json" } });
  const [{ message }] = (await refused.json()).errors;
  expect([refused.status, message]).toEqual([
    406,
    expect.stringMatching(/text\/csv, application\/x-ndjson, .*parquet/),
  ]);
});

test("a file is followed by its manifest, which says what it is and lets it be checked", async () => {
  const url = await listening(gateway({ sandbox: { users: 40 } }));
  const response = await get(url, "spend.csv?period=LAST_MONTH");
  const body = await bodyOf(response);
  expect(response.headers).toMatchObject({
    "content-type": "text/csv; charset=utf-8; header=present",
    "content-disposition": 'attachment; filename="spend.csv"',
    "transfer-encoding": "chunked",
    trailer: "export-manifest",
  });
  const manifest = JSON.parse(response.trailers["export-manifest"] ?? "");
  expect(manifest).toMatchObject({
    export: "spend",
    parameters: "period=LAST_MONTH",
    range: { from: "2026-10-01", until: "2026-11-01" },
    source: "UNIFIED_ENTERPRISE_COST",
    state: "SETTLING",
    refreshedAt: "2026-11-22T12:00:00.000Z",
    rows: rowsOf(body.toString()).length,
    bytes: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
  });
});

describe.each([
  ["zstd", createZstdDecompress],
  ["br", createBrotliDecompress],
  ["gzip", createGunzip],
] as const)("a file in %s", (coding, decoder) => {
  const accepting = { "accept-encoding": coding };

  test("is the same file, and its manifest is of that", async () => {
    const url = await listening(gateway({ sandbox: { users: 40 } }));
    const plain = await bodyOf(await get(url, MONTH));
    const response = await get(url, MONTH, accepting);
    const coded = await bodyOf(response);
    const body = await bodyOf(Readable.from([coded]).pipe(decoder()));
    expect(response.headers).toMatchObject({ "content-encoding": coding, vary: "accept-encoding" });
    expect(coded.length).toBeLessThan(plain.length / 3);
    expect(body).toEqual(plain);
    const sha256 = createHash("sha256").update(body).digest("hex");
    expect(JSON.parse(response.trailers["export-manifest"] ?? "")).toMatchObject({
      bytes: body.length,
      sha256,
    });
  });

  test("breaks off before its end where upstream fails, and what came can be decoded", async () => {
    const response = await get(await listening(failing(3)), MONTHS, accepting);
    const parts: Buffer[] = [];
    response.on("data", (part) => parts.push(part));
    await expect(finished(response)).rejects.toThrow("aborted");
    expect(response.trailers).toEqual({});
    const rows: Buffer[] = [];
    const decoded = Readable.from(parts)
      .pipe(decoder())
      .on("data", (part) => rows.push(part));
    await finished(decoded).catch(() => {}); // it has no end
    const text = Buffer.concat(rows).toString();
    const whole = text.slice(0, text.lastIndexOf("\n") + 1); // it can break off in the middle of a line
    expect(rowsOf(whole).length).toBeGreaterThan(0);
  });

  test("has the headers of GET on HEAD", async () => {
    const { app } = gateway({ sandbox: { users: 20 } });
    const path = "http://gateway.test/export/spend.csv?period=YESTERDAY";
    const head = await app.fetch(path, { method: "HEAD", headers: accepting });
    expect([head.status, head.headers.get("content-encoding")]).toEqual([200, coding]);
  });
});

describe("the manifest of NDJSON", () => {
  const USERS = "users.ndjson?range.last.days=7";
  const linesOf = (body: Buffer) =>
    body
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("follows it as the trailer, so that each line is a row", async () => {
    const gate = gateway({ sandbox: { users: 40 } });
    const { data } = await gate.ask(
      "{ users(range: { last: { days: 7 } }, first: 1000) { nodes { userId } } }",
    );
    const response = await get(await listening(gate), USERS);
    const body = await bodyOf(response);
    const manifest = JSON.parse(response.trailers["export-manifest"] ?? "");
    expect(linesOf(body).map(({ userId }) => userId)).toEqual(
      data.users.nodes.map(({ userId }: { userId: string }) => userId),
    );
    expect(manifest).toMatchObject({
      export: "users",
      parameters: "range.last.days=7",
      rows: data.users.nodes.length,
      bytes: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
    });
  });

  test("is the last line as well with `manifest=line`, for clients that read no trailers", async () => {
    const url = await listening(gateway({ sandbox: { users: 40 } }));
    const plain = await bodyOf(await get(url, USERS));
    const response = await get(url, `${USERS}&manifest=line`);
    const body = await bodyOf(response);
    expect(body.subarray(0, plain.length).equals(plain)).toBe(true);
    expect(linesOf(body).slice(linesOf(plain).length)).toEqual([
      { manifest: JSON.parse(response.trailers["export-manifest"] ?? "") },
    ]);
  });

  test.each([
    ["users.csv?range.last.days=7&manifest=line", "Only NDJSON has a line"],
    ["spend.parquet?period=YESTERDAY&manifest=line", "Only NDJSON has a line"],
    [`${USERS}&manifest=file`, "`manifest` can be given once, as `line`"],
    [`${USERS}&manifest=`, "`manifest` can be given once, as `line`"],
    [`${USERS}&manifest=line&manifest=line`, "`manifest` can be given once, as `line`"],
  ])("of %s is refused before any upstream request", async (path, why) => {
    const gate = gateway({ sandbox: { users: 20 } });
    const response = await get(await listening(gate), path);
    expect(response.statusCode).toBe(400);
    expect(JSON.parse((await bodyOf(response)).toString()).errors[0].message).toContain(why);
    expect(gate.seen).toEqual([]);
  });

  test("is a line of spend files on request too", async () => {
    const url = await listening(gateway({ sandbox: { users: 20 } }));
    const lines = linesOf(await bodyOf(await get(url, "spend.ndjson?period=YESTERDAY&manifest=line")));
    expect(lines.at(-1)).toMatchObject({ manifest: { export: "spend", rows: lines.length - 1 } });
  });
});

test("a range without a row is a whole file too", async () => {
  const url = await listening(gateway({ sandbox: { users: 40 } }));
  const response = await get(url, "spend.csv?from=2026-05-01&until=2026-05-02"); // nobody worked
  expect(rowsOf((await bodyOf(response)).toString())).toEqual([]);
  expect(JSON.parse(response.trailers["export-manifest"] ?? "")).toMatchObject({ rows: 0, state: null });
});

describe("an upstream that fails", () => {
  test("at once is an error in JSON, with a status", async () => {
    const response = await get(await listening(failing(0)), MONTHS);
    expect(response.statusCode).toBe(503);
    expect(JSON.parse((await bodyOf(response)).toString())).toMatchObject({
      errors: [{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }],
    });
  });

  sweep([4, 9, 14, 20])(
    "after %d requests breaks the connection off, so that no client takes what it has for the whole",
    async (after) => {
      const gate = failing(after);
      const response = await get(await listening(gate), MONTHS);
      expect(response.statusCode).toBe(200);
      await expect(bodyOf(response)).rejects.toThrow(/aborted|ECONNRESET/);
      expect(response.complete).toBe(false);
      expect(response.trailers).toEqual({});
      const { body } = await failing(after).app.fetch(`http://gateway.test/export/${MONTHS}`);
      await expect(new Response(body).text()).rejects.toThrow();
    },
  );
});

test("a Parquet file is sent as it is compressed already, and lacks its end where upstream fails", async () => {
  const accepting = { "accept-encoding": "zstd, br, gzip" };
  const whole = await get(
    await listening(gateway({ sandbox: { users: 20 } })),
    "spend.parquet?period=YESTERDAY",
    accepting,
  );
  expect(whole.headers).toMatchObject({
    "content-type": "application/vnd.apache.parquet",
    vary: "accept-encoding",
  });
  expect(whole.headers).not.toHaveProperty("content-encoding");
  expect((await bodyOf(whole)).subarray(-4).toString()).toBe("PAR1");

  const response = await get(await listening(failing(14)), MONTHS.replace(".csv", ".parquet"), accepting);
  const parts: Buffer[] = [];
  response.on("data", (part) => parts.push(part));
  await expect(finished(response)).rejects.toThrow("aborted");
  expect(response.trailers).toEqual({});
  expect(Buffer.concat(parts).subarray(0, 4).toString()).toBe("PAR1");
  expect(Buffer.concat(parts).subarray(-4).toString()).not.toBe("PAR1");
});

describe("a client that reads slowly", { tags: "deep" }, () => {
  test("holds upstream requests to a page of each report beyond what was taken", async () => {
    const gate = gateway({ sandbox: { users: 250 } });
    const { body } = await gate.app.fetch(`http://gateway.test/export/${MONTHS}`);
    const reader = body?.getReader();
    await reader?.read();
    await sleep(500);
    expect(gate.seen.length).toBeLessThanOrEqual(1 + 2 * 2); // the organization, and two pages of each of two reports
    for (let i = 0; i < 20; i++) await reader?.read();
    const soFar = gate.seen.length;
    await sleep(500);
    expect(gate.seen.length).toBe(soFar);
    await reader?.cancel();
  });

  test("over a connection, too; and one that goes away ends the requests", async () => {
    const page = (of: string) => Array.from({ length: 500 }, (_, i) => wireUser(`user_${of}${i}`));
    const gate = gateway({
      routes: {
        [PATHS.users]: (query) =>
          json(tokenPage(page(query.get("page") ?? ""), `${query.get("page") ?? ""}x`)), // without end
      },
    });
    const url = await listening(gate);
    const socket = connect(Number(url.port), "127.0.0.1");
    socket.write(`GET /export/users.csv?range.last.days=7 HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await once(socket, "readable");
    socket.pause(); // the kernel goes on taking what fits into its buffers
    let seen = -1;
    while (seen !== gate.seen.length) {
      seen = gate.seen.length;
      await sleep(1_000);
    }
    expect(seen).toBeGreaterThan(2);
    socket.destroy();
    await sleep(500);
    expect(gate.seen.length).toBeLessThanOrEqual(seen + 2);
    expect(gate.faults).toEqual([]);
  });
});

describe("HEAD", () => {
  /** Headers about one message and its body, which a HEAD has none of. */
  const OF_ONE_MESSAGE = ["date", "x-request-id", "transfer-encoding", "trailer"];

  /** Over a connection that is kept, where an answer of the wrong length would end up in the next one. */
  async function heads(url: URL, path: string, headers: Record<string, string> = {}) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    const asked = async (method: "HEAD" | "GET") => {
      const [response] = await once(
        ask(new URL(`/export/${path}`, url), { method, agent, headers }).end(),
        "response",
      );
      const body = await bodyOf(response);
      const said = Object.entries(response.headers).filter(([name]) => !OF_ONE_MESSAGE.includes(name));
      return { status: response.statusCode, said: Object.fromEntries(said), body: body.toString() };
    };
    return { head: await asked("HEAD"), get: await asked("GET") };
  }

  test.each([
    "spend.csv?period=YESTERDAY",
    "focus.ndjson?period=YESTERDAY",
    "users.csv?range.last.days=7",
    "cost.ndjson?range.last.days=7&groupBy=MODEL",
  ])("of %s has the headers of GET, without a length that is unknown, and reads no row", async (path) => {
    const gate = gateway({ sandbox: { users: 20 } });
    const { head, get } = await heads(await listening(gate), path);
    expect(get.status).toBe(200);
    expect({ ...head, body: "" }).toEqual({ ...get, body: "" });
    expect(head.body).toBe("");
    expect(head.said).toMatchObject({ "accept-ranges": "none" });
    expect(head.said).not.toHaveProperty("content-length");
    const { status, headers } = await gate.app.fetch(`http://gateway.test/export/${path}`, {
      method: "HEAD",
    });
    expect([status, headers.get("content-type")]).toEqual([200, head.said["content-type"]]);
  });

  test("asks nothing of upstream", async () => {
    const gate = gateway({ sandbox: { users: 20 } });
    const { status } = await gate.app.fetch("http://gateway.test/export/users.csv?range.last.days=7", {
      method: "HEAD",
    });
    expect([status, gate.seen]).toEqual([200, []]);
    expect(gate.audited).toMatchObject([{ kind: "export", operation: "users.csv" }]);
  });

  test.each([
    ["nothing.csv", 404, {}],
    ["users.xlsx", 404, {}],
    ["users.csv?range.last.day=7", 400, {}],
    ["spend.csv", 400, {}],
    ["spend.csv?period=YESTERDAY", 403, { "sec-fetch-site": "cross-site" }],
  ])("of %s is refused as GET is, with %d", async (path, status, headers) => {
    const gate = gateway({ sandbox: { users: 20 } });
    const { head, get } = await heads(await listening(gate), path, headers);
    expect(head.status).toBe(status);
    expect({ ...head, body: "" }).toEqual({ ...get, body: "" });
    expect([head.body, gate.seen]).toEqual(["", []]);
  });

  test("takes the token that GET takes", async () => {
    const { token, settings } = oneToken("admin", "ADMIN");
    const url = await listening(gateway({ sandbox: { users: 20 }, settings }));
    const path = "spend.csv?period=YESTERDAY";
    expect((await heads(url, path)).head.status).toBe(401);
    expect((await heads(url, path, { authorization: `Bearer ${token}` })).head.status).toBe(403);
  });

  test("of a download in parts, which asks for a range, is answered whole", async () => {
    const url = await listening(gateway({ sandbox: { users: 20 } }));
    const { head, get } = await heads(url, "users.csv?range.last.days=7", { range: "bytes=0-1" });
    expect([head.status, get.status]).toEqual([200, 200]);
    expect(rowsOf(get.body).length).toBeGreaterThan(5);
  });
});

describe("requests that are not for a file", () => {
  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is 405", async (method) => {
    const gate = gateway({ sandbox: { users: 20 } });
    const response = await gate.app.fetch("http://gateway.test/export/spend.csv?period=YESTERDAY", {
      method,
    });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
    expect(gate.seen).toEqual([]);
  });

  test.each([
    [{ "sec-fetch-site": "cross-site", "sec-fetch-dest": "image" }, 403],
    [{ "sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe" }, 403],
    [{ "sec-fetch-site": "same-site", "sec-fetch-dest": "empty" }, 403],
    [{ "sec-fetch-site": "cross-site", "sec-fetch-dest": "document", "sec-fetch-user": "?1" }, 200],
    [{ "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" }, 200],
    [{ "sec-fetch-site": "none", "sec-fetch-dest": "document" }, 200],
  ])("a browser that says %j gets %d", async (headers, status) => {
    const gate = gateway({ sandbox: { users: 20 } });
    const response = await get(await listening(gate), "spend.csv?period=YESTERDAY", headers);
    await bodyOf(response);
    expect(response.statusCode).toBe(status);
    if (status === 403) expect(gate.seen).toEqual([]);
  });

  test("an HTTP/1.0 client, which cannot distinguish a file from half of it, gets an error that says to use 1.1", async () => {
    const gate = gateway({ sandbox: { users: 20 } });
    const socket = connect(Number((await listening(gate)).port), "127.0.0.1");
    socket.write("GET /export/spend.csv?period=YESTERDAY HTTP/1.0\r\n\r\n");
    const [answer] = await once(socket, "data");
    expect(String(answer)).toContain(" 505 ");
    expect(gate.seen).toEqual([]);
  });
});
