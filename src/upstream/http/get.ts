import { type Dispatcher, request } from "undici";
import type { Instant } from "../../domain/day.ts";
import { causeCodeOf } from "../../errors.ts";
import { backoff, type Pace } from "./pace.ts";

export interface HttpOptions {
  readonly baseUrl: URL;
  readonly dispatcher: Dispatcher;
  /** Host and port of the proxy on the way; null where there is none. */
  readonly proxy: string | null;
  readonly now: () => Instant;
  readonly pace: Pace;
  /** Longest wait for one attempt, body included. */
  readonly timeoutMs: number;
  /** Longest wait for all attempts and the pauses between them. */
  readonly deadlineMs: number;
  /** First pause before a retry; doubles each time. */
  readonly backoffMs: number;
}

/** A 200 with its body, and that parsed as JSON. */
export interface HttpAnswer {
  readonly json: unknown;
  readonly body: string;
}

/** Connection between the gateway and upstream. */
export interface Gate {
  /** Resolves when a request may leave; `patienceMs` is how long it can wait for that. */
  enter(patienceMs: number): Promise<void>;
  /** Makes one attempt, and learns from what becomes of it. */
  pass<T>(attempt: () => Promise<T>): Promise<T>;
  /** Upstream has refused because too many were sent: nobody is let through for the milliseconds it returns. */
  block(retryAfter: number | undefined): Promise<number>;
}

/** Outcome of a GET that did not end in a 200 with JSON. */
export class HttpFailure extends Error {
  readonly kind: "status" | "network" | "timeout" | "body" | "oversize" | "resting";
  readonly status: number | undefined;
  /** Host and port that were asked, and the proxy on the way. */
  readonly host: string;
  readonly proxy: string | null;
  readonly requestId: string | undefined;
  /** Seconds upstream asked to wait. */
  readonly retryAfter: number | undefined;
  /** Upstream says that trying again is no use. */
  readonly isHopeless: boolean;
  /** The newest-day hint and the like are read from it; it is never shown. */
  readonly upstreamMessage: string;
  /** `error.details.error_code`, which unlike the message is stable. */
  readonly errorCode: string | undefined;

  constructor(
    kind: HttpFailure["kind"],
    fields: Partial<
      Pick<
        HttpFailure,
        | "status"
        | "host"
        | "proxy"
        | "requestId"
        | "retryAfter"
        | "isHopeless"
        | "upstreamMessage"
        | "errorCode"
      >
    > &
      ErrorOptions = {},
  ) {
    super(fields.status === undefined ? kind : `status ${fields.status}`, { cause: fields.cause });
    this.name = "HttpFailure";
    this.kind = kind;
    this.status = fields.status;
    this.host = fields.host ?? "";
    this.proxy = fields.proxy ?? null;
    this.requestId = fields.requestId;
    this.retryAfter = fields.retryAfter;
    this.isHopeless = fields.isHopeless ?? false;
    this.upstreamMessage = fields.upstreamMessage ?? "";
    this.errorCode = fields.errorCode;
  }

  /** A word for the cause that a log can be searched for: `ECONNREFUSED`, `HTTP_503`. */
  get code(): string {
    if (this.status !== undefined) return `HTTP_${this.status}`;
    return this.kind === "network" ? (proxyCodeOf(this.cause) ?? causeCodeOf(this.cause)) : CODES[this.kind];
  }

  get retryable(): boolean {
    return this.#mayPass && !this.isHopeless;
  }

  /** The organization may not spend more, or cannot be billed. Neither waiting nor asking less lifts that. */
  get isBilling(): boolean {
    return this.status === 402 || (this.status === 429 && SPEND_LIMITS.has(this.errorCode ?? ""));
  }

  /** Too many requests were sent: nothing is asked for a while, of any dataset. */
  get isRateLimit(): boolean {
    return this.status === 429 && !this.isBilling;
  }

  /** Upstream itself is at fault, whatever it was asked. */
  get isOutage(): boolean {
    return this.#mayPass && this.status !== 429;
  }

  get #mayPass(): boolean {
    if (this.kind === "oversize" || this.kind === "resting" || this.isBilling) return false;
    return this.status === undefined || RETRYABLE.has(this.status);
  }
}

const CODES = {
  timeout: "UPSTREAM_TIMEOUT",
  body: "NOT_JSON",
  oversize: "TOO_LARGE",
  resting: "RESTING",
  status: "NO_STATUS",
} as const;

/** A 429 with one of these codes is not a rate limit. `ramp_limit_exceeded` is: it obeys `retry-after`. */
const SPEND_LIMITS = new Set([
  "enforced_spend_limit_reached",
  "contract_spend_limit_reached",
  "linked_organization_spend_limit_reached",
]);

const RETRYABLE = new Set([408, 429, 500, 502, 503, 504, 529]);
const ATTEMPTS = 3;
const MAX_BACKOFF_MS = 8_000;
const MAX_BODY_BYTES = 64 * 2 ** 20;

/**
 * One GET, tried at most three times. Only faults that may pass are retried, and not where upstream says that it is no use, as
 * when a limit of spend is used up; `retry-after` wins over back-off; a wait that would pass the deadline is not begun. Redirects
 * are faults: following one would carry the key to another host.
 * `gate` lets every request out, retries included, and keeps the others in while upstream wants none.
 */
export async function get(
  options: HttpOptions,
  path: string,
  headers: Readonly<Record<string, string>>,
  parse: (text: string) => unknown,
  gate: Gate,
): Promise<HttpAnswer> {
  const { pace, deadlineMs } = options;
  const latest = pace.now() + deadlineMs;
  const leftMs = () => latest - pace.now();
  for (let attempt = 1; ; attempt++) {
    await gate.enter(leftMs());
    try {
      return await gate.pass(() => attemptGet(options, path, headers, parse, leftMs()));
    } catch (fault) {
      if (!(fault instanceof HttpFailure)) throw fault;
      const pause = fault.isRateLimit
        ? await gate.block(fault.retryAfter)
        : pauseBefore(fault, attempt, options);
      if (!fault.retryable || attempt === ATTEMPTS || pause >= leftMs()) throw fault;
      await pace.sleep(pause);
    }
  }
}

async function attemptGet(
  { baseUrl, dispatcher, proxy, timeoutMs, now }: HttpOptions,
  path: string,
  headers: Readonly<Record<string, string>>,
  parse: (text: string) => unknown,
  leftMs: number,
): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(timeoutMs, leftMs))));
  const place = { host: baseUrl.host, proxy };
  const { response, text } = await received(
    place,
    request(new URL(baseUrl.pathname.replace(/\/$/, "") + path, baseUrl), { dispatcher, headers, signal }),
  );
  if (response.statusCode === 200) {
    try {
      return { json: parse(text), body: text };
    } catch (cause) {
      throw new HttpFailure("body", { cause, ...place });
    }
  }
  const header = (name: string) => single(response.headers[name]);
  throw new HttpFailure("status", {
    status: response.statusCode,
    ...place,
    requestId: idOf(header("request-id")),
    retryAfter: secondsToWait(header("retry-after"), header("date"), now()),
    isHopeless: header("x-should-retry") === "false",
    ...refusalOf(text),
  });
}

type Place = Pick<HttpFailure, "host" | "proxy">;

async function received(
  place: Place,
  requested: Promise<Dispatcher.ResponseData>,
): Promise<{ response: Dispatcher.ResponseData; text: string }> {
  try {
    const response = await requested;
    return { response, text: await bodyText(response.body) };
  } catch (fault) {
    throw fault instanceof HttpFailure ? fault : faultOf(fault, place);
  }
}

async function bodyText(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new HttpFailure("oversize");
    chunks.push(chunk);
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
}

function faultOf(fault: unknown, place: Place): HttpFailure {
  const about = { cause: fault, ...place };
  if (fault instanceof DOMException && fault.name === "TimeoutError")
    return new HttpFailure("timeout", about);
  if (fault instanceof TypeError) return new HttpFailure("body", about); // not UTF-8
  return new HttpFailure("network", about);
}

/** A proxy that refuses to connect says so in undici's words alone. */
function proxyCodeOf(fault: unknown): string | null {
  const message = fault instanceof Error ? fault.message : "";
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(message)?.[1];
  return status === undefined ? null : `PROXY_${status}`;
}

function pauseBefore(failure: HttpFailure, attempt: number, { backoffMs }: HttpOptions): number {
  if (failure.retryAfter !== undefined && failure.retryAfter > 0) return failure.retryAfter * 1_000;
  return backoff(backoffMs, attempt, MAX_BACKOFF_MS);
}

/**
 * `Retry-After` in either of its forms (RFC 9110, 10.2.3), in seconds. A date is one of the clock that the answer is dated by,
 * which need not be this one.
 */
function secondsToWait(
  header: string | undefined,
  date: string | undefined,
  now: Instant,
): number | undefined {
  if (header === undefined) return undefined;
  const sentAt = Date.parse(date ?? "") || now;
  const seconds = /^\d+$/.test(header.trim())
    ? Number(header)
    : Math.ceil((Date.parse(header) - sentAt) / 1_000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, seconds), MAX_RETRY_AFTER);
}

/** A year; beyond that it is no wait but a fault. */
const MAX_RETRY_AFTER = 31_536_000;

/** Clients see the id, so it must look like one. */
function idOf(header: string | undefined): string | undefined {
  return header !== undefined && /^[\w-]{1,64}$/.test(header) ? header : undefined;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

interface ErrorEnvelope {
  readonly error?: {
    readonly message?: unknown;
    readonly details?: { readonly error_code?: unknown } | null;
  };
}

/** What the error envelope says, as far as it is one. */
function refusalOf(text: string): Partial<Pick<HttpFailure, "upstreamMessage" | "errorCode">> {
  try {
    const error = (JSON.parse(text) as ErrorEnvelope | null)?.error;
    const code = error?.details?.error_code;
    return {
      ...(typeof error?.message === "string" ? { upstreamMessage: error.message } : {}),
      ...(typeof code === "string" ? { errorCode: code } : {}),
    };
  } catch {
    return {};
  }
}
