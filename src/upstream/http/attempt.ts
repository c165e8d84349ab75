import { type Dispatcher, request } from "undici";
import type { Instant } from "../../domain/day.ts";
import { bodyTurn } from "./body-turn.ts";
import { ACCEPTED_CODINGS, decode } from "./content-coding.ts";
import { failedResponse } from "./error-response.ts";
import { HttpFailure } from "./http-failure.ts";

export interface AttemptOptions {
  readonly baseUrl: URL;
  readonly dispatcher: Dispatcher;
  /** Host and port of the proxy on the way; null where there is none. */
  readonly proxy: string | null;
  readonly now: () => Instant;
  /** Longest wait for one attempt, body included. */
  readonly timeoutMs: number;
}

/** A 200 with its body, and that parsed as JSON. */
export interface HttpAnswer {
  readonly json: unknown;
  readonly body: string;
}

/** The longest body, as it is sent and without its content coding. */
const MAX_BODY_BYTES = 64 * 2 ** 20;

/** Makes one attempt. Redirects are faults: following one would carry the key to another host. */
export async function attemptGet(
  { baseUrl, dispatcher, proxy, timeoutMs, now }: AttemptOptions,
  path: string,
  headers: Readonly<Record<string, string>>,
  parse: (text: string) => unknown,
  leftMs: number,
): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(timeoutMs, leftMs))));
  const place = { host: baseUrl.host, proxy };
  const { response, text } = await received(
    place,
    request(new URL(baseUrl.pathname.replace(/\/$/, "") + path, baseUrl), {
      dispatcher,
      headers: { ...headers, "accept-encoding": ACCEPTED_CODINGS },
      signal,
    }),
  );
  if (response.statusCode === 200) {
    await bodyTurn(text, { isBegun: false });
    try {
      return { json: parse(text), body: text };
    } catch (cause) {
      throw new HttpFailure("body", { cause, ...place });
    }
  }
  throw failedResponse(response, text, place, now());
}

type Place = Pick<HttpFailure, "host" | "proxy">;

async function received(
  place: Place,
  requested: Promise<Dispatcher.ResponseData>,
): Promise<{ response: Dispatcher.ResponseData; text: string }> {
  try {
    const response = await requested;
    return { response, text: await bodyText(response) };
  } catch (fault) {
    throw fault instanceof HttpFailure ? fault : faultOf(fault, place);
  }
}

async function bodyText({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new HttpFailure("oversize");
    chunks.push(chunk);
  }
  try {
    const decoded = await decode(headers["content-encoding"], Buffer.concat(chunks), MAX_BODY_BYTES);
    return new TextDecoder("utf-8", { fatal: true }).decode(decoded);
  } catch (fault) {
    if (statusCode === 200) throw fault;
    return ""; // its status and headers still say what to do
  }
}

function faultOf(fault: unknown, place: Place): HttpFailure {
  const about = { cause: fault, ...place };
  if (fault instanceof DOMException && fault.name === "TimeoutError")
    return new HttpFailure("timeout", about);
  if (fault instanceof TypeError) return new HttpFailure("body", about); // not UTF-8
  return new HttpFailure("network", about);
}
