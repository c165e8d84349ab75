import type { Answer } from "./gateway.ts";

/** Reads an answer. Its cost is in a header, and in the body only of an answer that cannot be kept. */
export async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as Answer;
  const [, requests, cacheHits, waitMs] =
    /^requests=(\d+), cache-hits=(\d+), wait-ms=(\d+)$/.exec(response.headers.get("upstream-usage") ?? "") ??
    [];
  if (waitMs === undefined || body.extensions === undefined) return body;
  const usage = { requests: Number(requests), cacheHits: Number(cacheHits), waitMs: Number(waitMs) };
  return { ...body, extensions: { ...body.extensions, upstream: { ...usage, ...body.extensions.upstream } } };
}
