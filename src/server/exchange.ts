import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { Dataset } from "../domain/dataset.ts";
import type { Instant } from "../domain/day.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { ErrorCode } from "../errors.ts";
import type { Usage } from "../upstream/operation.ts";
import type { Place } from "./admission.ts";
import type { LoggedVariables } from "./variables.ts";

/** The header that names a request to whoever asks, to the log and to the audit log. */
export const REQUEST_ID = "x-request-id";

/** What an operation says of itself, without a word of its text. */
export interface Asked {
  /** Hex digest of the document. */
  readonly sha256: string | null;
  /** As the document names it. */
  readonly name: string | null;
  readonly isExplained: boolean;
  /** Of the variables that the document declares, redacted. */
  readonly variables: LoggedVariables;
  /** How many variables came with it beyond those. */
  readonly others: number;
}

/** A request and its answer, and what is learnt of them on the way. */
export class Exchange {
  readonly requestId: string;
  /** Of the connection; empty where there is none. */
  readonly address: string;
  readonly at: Instant;
  readonly begun = performance.now();
  /** Null: neither asks for figures, as far as is known. */
  kind: "graphql" | "export" | null = null;
  viewer: Viewer | null = null;
  /** Why there is none, where somebody was asked who they are. */
  reason: string | null = null;
  /** Among what is under way; null where that is not bounded. */
  place: Place | null = null;
  asked: Asked | null = null;
  /** Of a file. */
  rows: number | null = null;
  /** Of the errors in its answer. */
  readonly codes = new Set<ErrorCode>();
  /** Of each operation that was made for it. */
  readonly spending: { readonly usage: Usage; readonly datasets: ReadonlySet<Dataset> }[] = [];

  constructor(requestId: string | null, address: string, at: Instant) {
    this.requestId = requestIdOf(requestId);
    this.address = address;
    this.at = at;
  }
}

const WELL_FORMED = /^[\w.-]{1,128}$/;

/** The id a request came with, or one of its own: what is no plain word does not go into headers and logs. */
function requestIdOf(given: string | null): string {
  return given !== null && WELL_FORMED.test(given) ? given : randomUUID();
}

/** The exchange that is going on; a fault has no other way of telling whose it is. */
export const exchanges = new AsyncLocalStorage<Exchange>();
