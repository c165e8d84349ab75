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
  readonly readBody: (maxBytes: number) => Promise<Buffer>;
  /** Makes a signal that aborts when the client leaves before the end of the response. */
  readonly leaving: () => AbortSignal;
}

/** The headers of a response, while they are being set. */
export type ResponseHeaders = Pick<Headers, "get" | "has" | "set">;

/**
 * Headers of a reply in the form that node:http takes: each name, in lower case, is followed by its value. A reply has a dozen, which a
 * list holds in less time than a Map.
 */
class HeaderList implements ResponseHeaders {
  readonly fields: string[];

  constructor(fields: readonly string[]) {
    this.fields = [...fields];
  }

  get(name: string): string | null {
    const at = this.#find(name);
    return at < 0 ? null : (this.fields[at + 1] ?? null);
  }

  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  set(name: string, value: string): void {
    const at = this.#find(name);
    if (at < 0) this.fields.push(name, value);
    else this.fields[at + 1] = value;
  }

  #find(name: string): number {
    const { fields } = this;
    for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return at;
    return -1;
  }
}

/** A response with its bytes in memory. */
export class Reply {
  readonly status: number;
  readonly headers: HeaderList;
  /** Null: there is none. */
  readonly body: Uint8Array<ArrayBuffer> | null;

  /** `fields` holds each name, in lower case, and its value. */
  constructor(status: number, fields: readonly string[], body: Uint8Array<ArrayBuffer> | null) {
    this.status = status;
    this.headers = new HeaderList(fields);
    this.body = body;
  }
}

export class BodyTooLong extends Error {}
