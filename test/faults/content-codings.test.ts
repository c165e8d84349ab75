import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { expectError, expectGood, GOOD_PAGE, LEAK, PEOPLE } from "./faults.ts";
import { answer, overSocket } from "./socket.ts";

/** Brotli's best quality takes seconds for the largest body. */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const CODERS = {
  zstd: (bytes: Buffer | string) => zstdCompressSync(bytes),
  br: (bytes: Buffer | string) => brotliCompressSync(bytes, QUICK),
  gzip: (bytes: Buffer | string) => gzipSync(bytes),
  "x-gzip": (bytes: Buffer | string) => gzipSync(bytes),
};

const good = JSON.stringify(GOOD_PAGE);

/** A response as upstream sends it in a content coding. */
const coded =
  (coding: string, bytes: Buffer, status = 200) =>
  (response: Parameters<typeof answer>[0]) =>
    void response
      .writeHead(status, { "content-type": "application/json", "content-encoding": coding })
      .end(bytes);

test("a request names the content codings that the gateway reads", async () => {
  await using upstream = await overSocket((response) => answer(response));
  expectGood(await upstream.ask(PEOPLE));
  expect(upstream.requests[0]?.headers["accept-encoding"]).toBe("zstd, br, gzip");
});

describe.each(Object.entries(CODERS))("a body in %s", (coding, encode) => {
  test("is read, in one request", async () => {
    await using upstream = await overSocket(coded(coding, encode(good)));
    expectGood(await upstream.ask(PEOPLE));
    expect(upstream.requests).toHaveLength(1);
  });

  test("is read where it is an error", async () => {
    const refusal = { type: "error", error: { type: "not_found_error", message: LEAK } };
    await using upstream = await overSocket(coded(coding, encode(JSON.stringify(refusal)), 403));
    expectError(await upstream.ask(PEOPLE), "UPSTREAM_AUTH");
    expect(upstream.requests).toHaveLength(1);
  });

  test("is not needed to read the status of an error", async () => {
    for (const bytes of [Buffer.alloc(0), encode("{}").subarray(0, -1)]) {
      await using upstream = await overSocket(coded(coding, bytes, 403));
      expectError(await upstream.ask(PEOPLE), "UPSTREAM_AUTH");
      expect(upstream.requests).toHaveLength(1);
    }
  });

  test("that stands for more than 64 MiB is refused after one attempt", async () => {
    await using upstream = await overSocket(coded(coding, encode(Buffer.alloc(2 ** 26 + 1, " "))));
    const { message } = expectError(await upstream.ask(PEOPLE), "UPSTREAM_UNAVAILABLE");
    expect(message).toContain("more than the gateway reads");
    expect(upstream.requests).toHaveLength(1);
  });

  test("that is cut off is requested again", async () => {
    const bytes = encode(good);
    await using upstream = await overSocket((response, attempt) =>
      coded(coding, attempt === 1 ? bytes.subarray(0, -9) : bytes)(response),
    );
    expectGood(await upstream.ask(PEOPLE));
    expect(upstream.requests).toHaveLength(2);
  });
});

test("a content coding that the gateway did not offer is UPSTREAM_SHAPE", async () => {
  await using upstream = await overSocket(coded("compress", Buffer.from(good)));
  expectError(await upstream.ask(PEOPLE), "UPSTREAM_SHAPE");
  await using refusing = await overSocket(coded("compress", Buffer.from(good), 403));
  expectError(await refusing.ask(PEOPLE), "UPSTREAM_AUTH");
});
