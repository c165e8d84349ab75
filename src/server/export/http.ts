import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import type { GraphQLSchema } from "graphql";
import type { Context } from "../../context.ts";
import type { Viewer } from "../../domain/viewer.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Asker } from "../../upstream/operation.ts";
import { Refusal, type ViewerOf } from "../authenticate.ts";
import type { Digest } from "../digest.ts";
import { otherDocument } from "../documents/refusal.ts";
import { clientError } from "../errors.ts";
import { type Exchange, exchanges, type Asked as Noted } from "../exchange.ts";
import type { SchemaView } from "../introspection.ts";
import { isForeign, PROTECTIVE } from "../origin.ts";
import { redactArguments } from "../variables.ts";
import { type Export, openExport } from "./exports.ts";
import { argumentsOf, givenTo, listsOf } from "./list.ts";
import { manifestOf, type Piece, piecesOf } from "./write.ts";

const PATH = "/export/";

/** The name under which the manifest of a file is sent after it. */
const TRAILER = "export-manifest";

export interface ExportsOptions {
  readonly schema: GraphQLSchema;
  readonly view: SchemaView;
  readonly context: (asker: Asker, viewer: Viewer) => Context;
  readonly viewerOf: ViewerOf;
  readonly digest: Digest;
  /** Counts a file against its caller; throws CALLER_RATE_LIMITED. */
  readonly enter: (viewer: Viewer, address: string) => void;
  readonly onFault: (fault: unknown) => void;
}

/** A file as it goes over the wire. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** What is sent after the body, once that has been. */
  readonly trailers: () => Readonly<Record<string, string>>;
}

interface Asked {
  readonly method: string;
  readonly httpVersion: string;
  readonly url: URL;
  readonly header: (name: string) => string | null;
  readonly asker: Asker;
}

/**
 * Files on /export/. What goes wrong before the first byte is an error in JSON, with a status. What goes wrong later breaks the
 * connection off before the body has ended, so that no client can take what it has for the whole.
 */
export function exportsOverHttp(options: ExportsOptions) {
  return {
    serves: (path: string): boolean => path.startsWith(PATH),
    /** `over` is told when the whole of it has been read. */
    async fetch(request: Request, over: (status: number) => void): Promise<Response> {
      const { status, headers, body } = await answer(options, {
        method: request.method,
        httpVersion: "1.1",
        url: new URL(request.url),
        header: (name) => request.headers.get(name),
        asker: { signal: request.signal },
      });
      if (request.method === "HEAD") {
        over(status);
        return new Response(null, { status, headers });
      }
      const read = async function* () {
        try {
          yield* body;
        } finally {
          over(status);
        }
      };
      return new Response(ReadableStream.from(read()) as BodyInit, { status, headers });
    },
    async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
      response.setMaxListeners(20); // a pipeline adds half a dozen of its own
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const { status, headers, body, trailers } = await answer(options, {
        method: request.method ?? "GET",
        httpVersion: request.httpVersion,
        url: new URL(request.url ?? "/", "http://gateway"),
        header: (name) => request.headers[name]?.toString() ?? null,
        asker: { signal: gone.signal, caller: request.socket.remoteAddress ?? "" },
      });
      response.writeHead(status, headers);
      const withTrailers = async function* () {
        yield* body;
        response.addTrailers(trailers());
      };
      // A body that fails destroys the connection, without the chunk that would end it.
      await pipeline(Readable.from(withTrailers(), { highWaterMark: 1 }), response).catch(() => {});
    },
  };
}

async function answer(options: ExportsOptions, asked: Asked): Promise<Answer> {
  const exchange = exchanges.getStore();
  try {
    refuse(asked);
    const viewer = await options.viewerOf(asked.header);
    options.enter(viewer, asked.asker.caller ?? "");
    if (viewer.documents !== null) throw otherDocument(viewer.documents);
    const file = asked.url.pathname.slice(PATH.length);
    const moment = options.context(asked.asker, viewer).now();
    const reader = {
      context: (manner: object) => ({
        ...options.context({ ...asked.asker, priority: "warm", unhurried: true, ...manner }, viewer),
        now: () => moment,
      }),
      told: options.view.schemaFor(viewer),
      onFault: options.onFault,
    };
    const opened = openExport(options.schema, reader, file, asked.url.searchParams);
    if (exchange !== undefined) exchange.asked = askedFor(options, opened);
    if (asked.method === "HEAD") return { status: 200, headers: headersOf(opened), body: [], trailers: none };
    const pieces = piecesOf(opened.table, opened.format);
    const first = await pieces.next(); // what cannot be answered at all shows here
    return sent(opened, first, pieces, { exchange, onFault: options.onFault });
  } catch (fault) {
    if (fault instanceof Refusal) {
      const { status, headers, message, extensions } = fault;
      exchange?.codes.add(fault.code);
      return jsonAnswer(status, { message, extensions }, headers);
    }
    return failed(fault, { exchange, onFault: options.onFault });
  }
}

interface Listeners {
  readonly exchange: Exchange | undefined;
  readonly onFault: (fault: unknown) => void;
}

/** A file as the audit log says it: its name and what it takes, without the texts in it. */
function askedFor({ schema, digest }: ExportsOptions, { name, file, parameters }: Export): Noted {
  const field = listsOf(schema).get(name);
  const fields = parameters.get("fields");
  return {
    sha256: null,
    name: file,
    isExplained: false,
    // Of spend everything is one of a few words, or a day.
    variables:
      field === undefined
        ? [...parameters].map(([parameter, value]) => `${parameter}=${value}`)
        : [
            ...redactArguments(argumentsOf(field), givenTo(field, parameters, null), digest),
            ...(fields === null ? [] : [`fields=${fields}`]),
          ],
    others: 0,
  };
}

function sent(
  opened: Export,
  first: IteratorResult<Piece, void>,
  pieces: AsyncGenerator<Piece, void, void>,
  { exchange, onFault }: Listeners,
): Answer {
  let manifest: object | null = null;
  const hash = createHash("sha256");
  const next = () =>
    pieces.next().catch((fault) => {
      exchange?.codes.add(clientError(fault, onFault).code); // tells of a fault of the gateway's own
      throw fault;
    });
  async function* body() {
    try {
      for (let piece = first; piece.done !== true; piece = await next()) {
        const { bytes, mark } = piece.value;
        if (exchange !== undefined) exchange.rows = mark.rows;
        hash.update(bytes);
        yield bytes;
        if (!mark.isWhole) continue;
        manifest = manifestOf(opened, mark, hash.digest("hex"));
        yield Buffer.from(opened.lastLine(manifest));
      }
    } finally {
      await pieces.return();
    }
  }
  return {
    status: 200,
    headers: { ...headersOf(opened), trailer: TRAILER },
    body: body(),
    trailers: () => (manifest === null ? {} : { [TRAILER]: JSON.stringify(manifest) }),
  };
}

/**
 * The headers of a file, for GET and HEAD. How long it is shows once its last row is read, so that none gives a length, and a part
 * of it cannot be had: clients such as DuckDB then download it whole.
 */
function headersOf({ file, format }: Export): Readonly<Record<string, string>> {
  return {
    "content-type": format.contentType,
    "content-disposition": `attachment; filename="${file}"`,
    "accept-ranges": "none",
    ...PROTECTIVE,
  };
}

const none = () => ({});

const STATUS: Partial<Record<ErrorCode, number>> = {
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  INTERNAL_SERVER_ERROR: 500,
  UPSTREAM_AUTH: 502,
  UPSTREAM_REFUSED: 502,
  UPSTREAM_SHAPE: 502,
  UPSTREAM_UNAVAILABLE: 503,
  UPSTREAM_RATE_LIMITED: 503,
  UPSTREAM_BILLING: 503,
  UPSTREAM_BUDGET_EXHAUSTED: 503,
  NOT_CONFIGURED: 503,
  NOT_ENTITLED: 503,
  OPERATION_TIMEOUT: 504,
  CALLER_RATE_LIMITED: 429,
};

function failed(fault: unknown, { exchange, onFault }: Listeners): Answer {
  const {
    message,
    extensions: { http: _, ...extensions },
    code,
  } = clientError(fault, onFault);
  exchange?.codes.add(code);
  const status = STATUS[code] ?? 400;
  const retry =
    typeof extensions.retryAfter === "number" ? { "retry-after": String(extensions.retryAfter) } : {};
  return jsonAnswer(status, { message, extensions }, retry);
}

function jsonAnswer(status: number, error: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...PROTECTIVE, ...headers },
    body: [Buffer.from(JSON.stringify({ errors: [error] }))],
    trailers: none,
  };
}

/** Only GET and HEAD, and not for a page of another origin, whose reader did not ask for it. */
function refuse({ method, httpVersion, header }: Asked): void {
  const bad = (status: number, message: string, headers = {}) =>
    new Refusal(status, headers, "BAD_REQUEST", message);
  if (method !== "GET" && method !== "HEAD")
    throw bad(405, "Files are asked for with GET.", { allow: "GET, HEAD" });
  if (httpVersion === "1.0")
    throw bad(505, "In HTTP/1.0 a file that is cut off looks whole; ask with HTTP/1.1.");
  if (isForeign(header)) throw bad(403, "Pages of other origins cannot ask for files.");
}
