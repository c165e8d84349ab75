import type { Endpoint, ListAnswer, Paging, Request } from "../../../src/sandbox/endpoint.ts";
import { createHandler } from "../../../src/sandbox/handler.ts";
import type { Handle, Protocol } from "../../../src/sandbox/protocol.ts";

export const ENTERPRISE = "sk-ant-api01-fake";
export const ADMIN = "sk-ant-admin01-fake";
export const OAUTH = "sk-ant-oat01-fake";

export const NOON = Date.parse("2026-11-22T12:00:00Z");

/** A clock that is moved by hand. */
export function handClock(start = NOON) {
  let time = start;
  return {
    now: () => time,
    advance(ms: number) {
      time += ms;
    },
  };
}

/** An endpoint about nothing: what its requests were, and what it answers unless told otherwise. */
export function fakeEndpoint(part: Partial<Endpoint> & { readonly path: string }): Endpoint {
  return {
    keys: ["enterprise", "admin", "oauth"],
    rateLimit: "lookups",
    parameters: {},
    paging: { style: "object" },
    answer: (request) => ({ body: { now: request.now } }),
    ...part,
  };
}

/** An endpoint that lists `rows` in the way of `paging`. */
export function fakeList<Row>(
  paging: Paging,
  rows: readonly Row[],
  part: Partial<Endpoint> & Partial<ListAnswer<Row>> = {},
): Endpoint {
  const { render = (row: Row) => ({ row }), id, dropped, envelope, ...rest } = part;
  const answer: ListAnswer<Row> = {
    rows,
    render,
    ...(id && { id }),
    ...(dropped && { dropped }),
    ...(envelope && { envelope }),
  };
  return fakeEndpoint({ path: "/list", paging, answer: () => answer, ...rest } as Endpoint);
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** All that a body may hold; which of it is there depends on the question. */
interface Body {
  readonly data: readonly object[];
  readonly next_page: string | null;
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly error: { readonly type: string; readonly message: string };
  readonly request_id: string;
}

export type Get = (path: string, headers?: Readonly<Record<string, string | undefined>>) => Promise<Reply>;

/** Asks `handle` as the official client would; a header given as undefined is left out. */
export function asking(handle: Handle): Get {
  return async (path, headers = {}) => {
    const sent = { "x-api-key": ENTERPRISE, "anthropic-version": "2026-10-21", ...headers };
    const { status, headers: received, body } = await handle({ method: "GET", path, headers: sent });
    return { status, headers: received, body: JSON.parse(body) };
  };
}

/** A handler of some endpoints, and a short way to ask it. */
export function protocol(endpoints: readonly Endpoint[], options: Partial<Protocol> = {}): Get {
  return asking(createHandler(endpoints, "fake", { now: () => NOON, rateLimit: "off", ...options }));
}

/** An endpoint that keeps what it was asked. */
export function recording(part: Partial<Endpoint> & { readonly path: string }) {
  const asked: Request[] = [];
  const endpoint = fakeEndpoint({
    ...part,
    answer: (request) => {
      asked.push(request);
      return { body: {} };
    },
  });
  return { endpoint, asked };
}
