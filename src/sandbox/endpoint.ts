import type { Instant } from "../domain/day.ts";

/** An endpoint of the sandbox. The protocol around it (keys, checking, cursors, envelopes, limits) is handler.ts. */
export interface Endpoint<Row = unknown> {
  /** As in the contract, with `{name}` segments. */
  readonly path: string;
  /** The accepted kinds of credentials. */
  readonly keys: readonly KeyKind[];
  /** The scope an Enterprise key needs; Admin keys have no scopes. */
  readonly scope?: string;
  /** The limit of requests per minute that it counts against. */
  readonly rateLimit: "analytics" | "lookups" | "console" | "spendLimits";
  /** Values of `anthropic-beta` without which it answers 400. */
  readonly beta?: string;
  /** Where the contract lets `anthropic-version` be left out; answered as 2023-06-01 then. */
  readonly version?: "optional";
  /** The query parameters of the contract, by their name on the wire. Others are ignored without an error, as upstream does. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly paging: Paging;
  answer(request: Request): Answer<Row>;
}

export type KeyKind = "enterprise" | "admin" | "oauth";

export type Paging =
  /** One object. */
  | { readonly style: "object" }
  /** `{ data, next_page }` in one body. */
  | { readonly style: "whole" }
  /**
   * `{ data, next_page }`; a cursor bound to the query. Without the parameter `pagedWith`, where there is one, all comes in
   * one body: `limit` has no effect and `page` is refused. With `bindsVersion` a cursor is bound to the version too.
   */
  | {
      readonly style: "token";
      readonly limit: Limit;
      readonly pagedWith?: string;
      readonly bindsVersion?: true;
    }
  /** `{ data, has_more, next_page }`; a cursor bound to the query and, where `expires`, to the data export (410 after a refresh). */
  | { readonly style: "report"; readonly limit: Limit | ((query: Query) => Limit); readonly expires: boolean }
  /** `{ data, first_id, last_id, has_more }` with `after_id` and `before_id`. */
  | { readonly style: "id"; readonly limit: Limit };

export interface Limit {
  readonly default: number;
  readonly max: number;
}

export interface Parameter {
  readonly type: "text" | "list" | "day" | "instant" | "boolean" | "integer";
  readonly required?: true;
  /** The only values let through; for a list, of its entries. */
  readonly values?: readonly string[];
  /** The format of each value (or entry of a list). */
  readonly pattern?: RegExp;
  /** The most entries of a list. */
  readonly maxItems?: number;
  readonly min?: number;
  readonly max?: number;
}

/** The checked query parameters. Names are those of the wire, brackets included. */
export interface Query {
  text(name: string): string | undefined;
  /** Empty where the parameter was not sent. */
  list(name: string): readonly string[];
  instant(name: string): Instant | undefined;
  flag(name: string): boolean;
  has(name: string): boolean;
}

export interface Request {
  readonly query: Query;
  /** The `{name}` segments of the path. */
  readonly path: Readonly<Record<string, string>>;
  /** The sandbox's clock; on later pages of a paging run, what it was on the first. */
  readonly now: Instant;
  readonly version: "2023-06-01" | "2026-10-21";
  readonly betas: ReadonlySet<string>;
  readonly key: KeyKind;
}

export type Answer<Row = unknown> = ObjectAnswer | ListAnswer<Row>;

interface ObjectAnswer {
  readonly body: object;
}

/** All rows of the question in their final order; only those of the page requested are rendered. */
export interface ListAnswer<Row> {
  readonly rows: readonly Row[];
  render(row: Row): object | readonly object[];
  /** Id paging: the id a row is found by. */
  id?(row: Row): string;
  /** Rows left out of a page after it was cut, so that pages run short (exclude_deleted_users). */
  dropped?(row: Row): boolean;
  /** Keys beside the list: `data_refreshed_at`, `organization_id`. */
  readonly envelope?: Readonly<Record<string, unknown>>;
}

/** A refusal in the documented envelope; `handler.ts` turns it into a response. */
export class Refusal extends Error {
  readonly status: 400 | 401 | 403 | 404 | 405 | 410 | 429;
  readonly type: string;
  /** `error.details.error_code`, where the contract knows one for the case. */
  readonly code: string | undefined;

  constructor(status: Refusal["status"], message: string, code?: string) {
    super(message);
    this.status = status;
    this.type = ERROR_TYPES[status];
    this.code = code;
  }
}

const ERROR_TYPES = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  410: "invalid_request_error",
  429: "rate_limit_error",
} as const;
