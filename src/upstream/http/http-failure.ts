import { causeCodeOf } from "../../errors.ts";

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
  /** Upstream says that a retry cannot help. */
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

  /** Too many requests were sent: no request is sent for a while, for any dataset. */
  get isRateLimit(): boolean {
    return this.status === 429 && !this.isBilling;
  }

  /** Upstream itself is at fault, whatever it was asked. */
  get isOutage(): boolean {
    return this.#mayPass && this.status !== 429;
  }

  /** Returns the entry of a table that `errorCode` names, which can be any text. */
  entryIn<T>(table: Readonly<Record<string, T>>): T | undefined {
    const { errorCode } = this;
    return errorCode !== undefined && Object.hasOwn(table, errorCode) ? table[errorCode] : undefined;
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

/** A proxy that refuses to connect says so in undici's words alone. */
function proxyCodeOf(fault: unknown): string | null {
  const message = fault instanceof Error ? fault.message : "";
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(message)?.[1];
  return status === undefined ? null : `PROXY_${status}`;
}
