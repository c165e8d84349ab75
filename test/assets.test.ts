import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { Request } from "@whatwg-node/fetch";
import { expect, test } from "vitest";
import { assetsRoute } from "../src/server/http/assets.ts";
import type { Exchange, Reply } from "../src/server/http/exchange.ts";
import { asResponse, fetchExchange } from "../src/server/http/fetch-adapter.ts";
import { HttpError } from "../src/server/http/http-error.ts";
import { RequestRecord } from "../src/server/http/request-record.ts";
import { type Route, routeFinder } from "../src/server/http/routes.ts";

const SCRIPT = "export const answer = 42;\n".repeat(100);

/** The route of a built folder. */
function built(): Route {
  const folder = mkdtempSync(join(tmpdir(), "assets-"));
  for (const name of ["editor-B3x_9aQz.js", "index.html", "editor.js", "secret-B3x_9aQz.pem"])
    writeFileSync(join(folder, name), SCRIPT);
  return assetsRoute("/assets/", pathToFileURL(`${folder}/`));
}

function exchangeOf(path: string, request: Request): Exchange {
  const incoming = {
    id: null,
    method: "GET",
    target: path,
    httpVersion: "1.1",
    traceparent: null,
    address: "",
  };
  return fetchExchange(request, new RequestRecord(incoming, 0));
}

/** The response to a request for a file of a built folder. */
async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const request = new Request(`http://gateway.test${path}`, { headers });
  const route = routeFinder([built()])(request, path);
  const exchange = exchangeOf(path, request);
  const refused = (fault: unknown) => {
    if (fault instanceof HttpError) return fault.response;
    throw fault;
  };
  return asResponse(
    await Promise.try(() => route?.respond(exchange) ?? new Response(null, { status: 501 })).catch(refused),
  );
}

test("an asset is kept for a year and never validated", async () => {
  const response = await get("/assets/editor-B3x_9aQz.js");
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(response.headers.get("vary")).toBe("accept-encoding");
  expect(await response.text()).toBe(SCRIPT);
  const etag = response.headers.get("etag") ?? "";
  expect((await get("/assets/editor-B3x_9aQz.js", { "if-none-match": etag })).status).toBe(304);
});

test("an asset that many ask for before it is read is read once", async () => {
  const route = built();
  const path = "/assets/editor-B3x_9aQz.js";
  const ask = async () => await route.respond(exchangeOf(path, new Request(`http://gateway.test${path}`)));
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, ask));
  const bytesOf = (answer: unknown) => (answer as Reply).body;
  expect(bytesOf(first)).toBeInstanceOf(Uint8Array);
  for (const other of others) expect(bytesOf(other)).toBe(bytesOf(first));
});

test("an asset is sent compressed", async () => {
  const response = await get("/assets/editor-B3x_9aQz.js", { "accept-encoding": "br" });
  expect(response.headers.get("content-encoding")).toBe("br");
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(brotliDecompressSync(bytes).toString()).toBe(SCRIPT);
});

test.each([
  ["without a hash", "/assets/editor.js"],
  ["that is a page", "/assets/index.html"],
  ["of a kind that no page loads", "/assets/secret-B3x_9aQz.pem"],
  ["outside the folder", "/assets/..%2fassets%2feditor-B3x_9aQz.js"],
  ["of a folder", "/assets/"],
  ["that does not exist", "/assets/editor-00000000.js"],
])("a name %s is not found, and no cache keeps the refusal for an asset", async (_what, path) => {
  const response = await get(path);
  expect(response.status).toBe(404);
  expect(response.headers.get("cache-control")).toBeNull();
});
