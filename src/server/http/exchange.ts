import type { RequestRecord } from "./request-record.ts";

/** The head of a request: a fetch `Request`, or what a node:http message says of itself, which takes far less time to read. */
export interface RequestHead extends Pick<Request, "method" | "url"> {
  readonly headers: Pick<Headers, "get" | "has">;
}

/** A request on its way through the pipeline. */
export interface Exchange {
  /** HEAD is answered as GET. */
  readonly head: RequestHead;
  readonly record: RequestRecord;
  /** Reads the body, once. Throws BodyTooLong beyond so many bytes, and whatever else keeps it from being read. */
  readonly readBody: (maxBytes: number) => Promise<Uint8Array>;
  /** Makes the fetch `Request`, without its body. */
  readonly request: () => Request;
}

/** The headers of a response, while they are being set. */
export type ResponseHeaders = Pick<Headers, "get" | "has" | "set"> | Map<string, string>;

/** A response with its bytes in memory. */
export class Reply {
  readonly status: number;
  readonly headers: Map<string, string>;
  /** Null: there is none. */
  readonly body: Uint8Array<ArrayBuffer> | null;

  constructor(
    status: number,
    headers: Iterable<readonly [string, string]>,
    body: Uint8Array<ArrayBuffer> | null,
  ) {
    this.status = status;
    this.headers = new Map(headers);
    this.body = body;
  }
}

export class BodyTooLong extends Error {}
