import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { Context } from "@opentelemetry/api";
import type { Validity } from "../../cache/validity.ts";
import type { Dataset } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import { VIEWER_OF_NOTHING, type Viewer } from "../../domain/viewer.ts";
import type { ErrorCode } from "../../errors.ts";
import type { EnterField } from "../../execution/run.ts";
import type { Usage } from "../../upstream/budget/operation.ts";
import type { LoggedVariables } from "../observability/variables.ts";

/** The header that identifies a request to its client, in the log and in the audit log. */
export const REQUEST_ID = "x-request-id";

/** The header that states what a response has cost: upstream requests, pages from the cache, milliseconds waited (RFC 8941). */
export const USAGE = "upstream-usage";

/** An operation as the audit log describes it, without any of its text. */
export interface OperationRecord {
  /** Hex digest of the document. */
  readonly sha256: string | null;
  /** As the document names it. */
  readonly name: string | null;
  readonly isExplained: boolean;
  /** Variables that the document declares, redacted. */
  readonly variables: LoggedVariables;
  /** Number of variables sent beyond those. */
  readonly others: number;
}

/** Facts about a request that a fetch `Request` does not hold. */
export interface Incoming {
  /** The client's own id of the request. */
  readonly id: string | null;
  readonly method: string;
  /** The request target as sent (RFC 9112, 3.2). */
  readonly target: string;
  readonly httpVersion: string;
  /** The `traceparent` of the client (W3C Trace Context). */
  readonly traceparent: string | null;
  /** Address of the connection; empty for a request within the process. */
  readonly address: string;
}

/** The span of a request. */
export interface RequestTrace {
  readonly traceId: string;
  readonly spanId: string;
  /** Context of spans below it. */
  readonly context: Context;
  /** Runs a resolver as that of a field (`Type.field`); null where the request is not sampled. */
  readonly enter: EnterField | null;
}

/** The end of a request. */
export interface Completion {
  readonly status: number;
  readonly bytes?: number;
  /** The client went away before the end. */
  readonly isAborted?: boolean;
}

/** One request: who sends it, what it costs and how it ends. Every stage of the pipeline reads and writes this record. */
export class RequestRecord {
  readonly id: string;
  readonly incoming: Incoming;
  readonly receivedAt: Instant;
  readonly startedMs = performance.now();
  /** Null: it reads no figures, as far as is known. */
  kind: "graphql" | "export" | "link" | "sign-in" | "sign-out" | null = null;
  /** Path of its route, without the rest of the requested path, such as `/q/`; null before it is known, and where no route serves it. */
  route: string | null = null;
  /** Null where nothing is traced. */
  trace: RequestTrace | null = null;
  /** It asks whether the process lives or is ready. */
  isProbe = false;
  /** May read nothing until the caller is authenticated. */
  viewer: Viewer = VIEWER_OF_NOTHING;
  /** The organization of fields that name none, where the URL does not say it; undefined: the URL does. */
  organization: string | null | undefined;
  /** Why authentication failed. */
  reason: string | null = null;
  operation: OperationRecord | null = null;
  /** Id of the link that was made or revoked. */
  link: string | null = null;
  /** Rows of an export. */
  rows: number | null = null;
  /** Codes of the errors in the response. */
  readonly codes = new Set<ErrorCode>();
  /** Upstream requests and datasets of each operation made for the request. */
  readonly spending: { readonly usage: Usage; readonly datasets: ReadonlySet<Dataset> }[] = [];
  /** Everything that the whole answer is made from; null: the answer has errors, or may change unnoticed. */
  validities: ReadonlySet<Validity> | null = null;
  /** The answer was kept as bytes, so that nothing is executed for it. */
  isKept = false;
  /** How often executing its operation has let other requests have the thread. */
  pauses = 0;
  /** The request names a trusted document by its id or hash. */
  namesTrusted = false;
  /** The request stores a text under its hash, which a kept answer would not do. */
  registers = false;
  /** Trailers of a streamed response, once its body has been read; null: the response is not streamed. */
  trailers: Promise<Readonly<Record<string, string>>> | null = null;
  #completion: Completion | null = null;
  readonly #listeners: ((completion: Completion) => void)[] = [];

  constructor(incoming: Incoming, receivedAt: Instant) {
    this.id = requestIdOf(incoming.id);
    this.incoming = incoming;
    this.receivedAt = receivedAt;
  }

  /** Name under which the request counts against limits: that of the token, else the address. */
  get caller(): string {
    return this.viewer.name || this.incoming.address;
  }

  /** Writing the answer takes more than one turn of the event loop as well. A value is written in less time than it is resolved. */
  get isLong(): boolean {
    return this.pauses >= 4;
  }

  /** The cost of the request so far. */
  get spent(): Pick<Usage, "requests" | "cacheHits" | "waitMs"> {
    const spent = { requests: 0, cacheHits: 0, waitMs: 0 };
    for (const { usage } of this.spending) {
      spent.requests += usage.requests;
      spent.cacheHits += usage.cacheHits;
      spent.waitMs += usage.waitMs;
    }
    return spent;
  }

  /** Calls a listener once the response has been sent, or its client has left; at once where that is over. */
  onCompleted(listener: (completion: Completion) => void): void {
    if (this.#completion === null) this.#listeners.push(listener);
    else listener(this.#completion);
  }

  complete(completion: Completion): void {
    if (this.#completion !== null) return;
    this.#completion = completion;
    for (const listener of this.#listeners) listener(completion);
  }
}

const WELL_FORMED = /^[\w.-]{1,128}$/;

/** Only a plain word goes into headers and logs: any other id is replaced. */
function requestIdOf(given: string | null): string {
  return given !== null && WELL_FORMED.test(given)
    ? given
    : PROCESS_ID + (++requests).toString(16).padStart(12, "0");
}

/** The first part of a UUID tells processes apart, the last one the requests of a process. */
const PROCESS_ID = randomUUID().slice(0, -12);
let requests = 0;

/** The request being answered, for the logger alone: a fault has no other way to say which request it belongs to. */
export const currentRequest = new AsyncLocalStorage<RequestRecord>();
