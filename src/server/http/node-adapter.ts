import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { sendNodeResponse } from "@whatwg-node/server";
import { BodyTooLong, type Exchange, Reply, type RequestHead } from "./exchange.ts";
import { currentRequest, type Incoming, REQUEST_ID, type RequestRecord } from "./request-record.ts";

/** Adapts the pipeline to a node:http server. */
export function nodeListener(
  respond: (exchange: Exchange) => Promise<Response | Reply>,
  open: (incoming: Incoming) => RequestRecord,
): RequestListener {
  return (message, response) => {
    const { socket, headers, method = "GET", url: target = "", httpVersion } = message;
    const before = socket.bytesWritten;
    const id = headers[REQUEST_ID]?.toString() ?? null;
    const traceparent = headers.traceparent?.toString() ?? null;
    const address = socket.remoteAddress ?? "";
    const record = open({ id, method, target, httpVersion, traceparent, address });
    response.on("close", () => {
      const bytes = socket.bytesWritten - before;
      record.complete({ status: response.statusCode, bytes, isAborted: !response.writableFinished });
    });
    void currentRequest.run(record, async () => {
      const answer = await respond(new NodeExchange(message, response, record));
      if (answer instanceof Reply) send(answer, response);
      else if (record.trailers === null) await sendNodeResponse(answer, response, message, true);
      else await stream(answer, record.trailers, response);
    });
  };
}

class NodeExchange implements Exchange {
  readonly head: RequestHead;
  readonly record: RequestRecord;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(message: IncomingMessage, response: ServerResponse, record: RequestRecord) {
    this.head = new NodeHead(message);
    this.record = record;
    this.#message = message;
    this.#response = response;
  }

  readonly readBody = (maxBytes: number): Promise<Buffer> => bytesOf(this.#message, maxBytes);

  readonly leaving = (): AbortSignal => signalOf(this.#response);
}

class NodeHead implements RequestHead {
  readonly method: string;
  readonly headers: RequestHead["headers"];
  readonly url: string;

  constructor({ headers, method = "GET", url = "/" }: IncomingMessage) {
    this.method = method === "HEAD" ? "GET" : method;
    this.headers = new NodeHeaders(headers);
    this.url = `http://${headers.host ?? "localhost"}${url}`;
  }
}

class NodeHeaders implements Pick<Headers, "get" | "has"> {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name];
    return typeof value === "string" ? value : (value?.toString() ?? null);
  }

  has(name: string): boolean {
    return this.#headers[name] !== undefined;
  }
}

/** Aborts when the client leaves before the end of the response. */
function signalOf(response: ServerResponse): AbortSignal {
  const left = new AbortController();
  const leave = () => left.abort(response.errored ?? undefined);
  response.once("close", leave);
  response.once("finish", () => response.off("close", leave));
  if (response.destroyed) leave();
  return left.signal;
}

/** Leaves the rest of a body that is too long unread, so that its client can still be sent a response. */
function bytesOf(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    parts.push(part);
    length += part.length;
    if (length <= maxBytes) return;
    message.off("data", add).pause();
    reject(new BodyTooLong());
  };
  // `on` takes less time than `once`, and a promise settles once.
  message
    .on("data", add)
    .on("end", () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)))
    .on("error", reject); // also where the connection is closed in the middle of the body
  return promise;
}

function send({ status, headers, body }: Reply, response: ServerResponse): void {
  response.writeHead(status, headers.fields);
  response.end(body);
}

/** Streams a body. One that fails breaks the connection off before its end, so that no client takes a part for the whole. */
async function stream(
  { status, headers, body }: Response,
  trailers: Promise<Readonly<Record<string, string>>>,
  response: ServerResponse,
): Promise<void> {
  response.setMaxListeners(20); // `pipeline` adds half a dozen
  response.writeHead(status, Object.fromEntries(headers));
  const withTrailers = async function* () {
    yield* body ?? [];
    response.addTrailers(await trailers);
  };
  await pipeline(withTrailers, response).catch(() => {});
}
