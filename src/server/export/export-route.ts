import { createHash } from "node:crypto";
import { ReadableStream } from "node:stream/web";
import type { GraphQLSchema } from "graphql";
import Negotiator from "negotiator";
import type { Context } from "../../context.ts";
import type { Instant } from "../../domain/day.ts";
import type { OperationOptions } from "../../upstream/budget/operation.ts";
import { otherDocument } from "../documents/trusted.ts";
import type { SchemaView } from "../graphql/introspection.ts";
import { clientError } from "../graphql/translate-errors.ts";
import { type Coding, codingFor, encodeStream } from "../http/encodings.ts";
import type { Exchange, RequestHead } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { isForeign } from "../http/origin.ts";
import type { OperationRecord, RequestRecord } from "../http/request-record.ts";
import type { Route } from "../http/routes.ts";
import type { Callers } from "../limits/callers.ts";
import type { Digest } from "../observability/digest.ts";
import { redactArguments } from "../observability/variables.ts";
import { FORMATS } from "./format.ts";
import { argumentsOf, givenTo, listsOf } from "./list.ts";
import { type Export, openExport } from "./open-export.ts";
import { manifestOf, type Piece, piecesOf } from "./write.ts";

const PATH = "/export/";

/** The name under which the manifest of a file is sent after it. */
const TRAILER = "export-manifest";

export interface ExportsOptions {
  readonly schema: GraphQLSchema;
  readonly view: SchemaView;
  readonly contextOf: (record: RequestRecord, options: OperationOptions) => Context;
  readonly now: () => Instant;
  readonly callers: Callers;
  readonly digest: Digest;
  readonly onFault: (fault: unknown) => void;
}

/** Files. A failure before the first byte is an error in JSON with a status; a later one breaks the connection off. */
export function exportRoute(options: ExportsOptions): Route {
  return {
    path: PATH,
    description:
      "the names of files; /export/NAME.csv, .ndjson and .parquet are streamed, and /export/NAME as `accept` prefers",
    kind: "export",
    access: "authenticated",
    check,
    respond: (exchange) => answer(options, exchange),
  };
}

async function answer(options: ExportsOptions, { head, record, leaving }: Exchange): Promise<Response> {
  const { viewer, incoming } = record;
  const signal = leaving();
  const url = new URL(head.url);
  await options.callers.enter(record.caller);
  if (viewer.documents !== null) throw otherDocument(viewer.documents);
  const moment = options.now(); // pages of one file are of one moment
  const reader = {
    viewer,
    context: (reading: object) => ({
      ...options.contextOf(record, { signal, priority: "warm", unbounded: true, ...reading }),
      now: () => moment,
    }),
    visible: options.view.schemaFor(viewer),
    onFault: options.onFault,
  };
  const requested = url.pathname.slice(PATH.length);
  const file = fileOf(requested, head.headers.get("accept"));
  const opened = openExport(options.schema, reader, file, url.searchParams);
  record.operation = operationRecord(options, opened);
  const size = opened.format.isCompressed ? 0 : Number.POSITIVE_INFINITY;
  const coding = codingFor(head.headers.get("accept-encoding"), size);
  const vary = file === requested ? "accept-encoding" : "accept, accept-encoding";
  const headers = { ...headersOf(opened, coding), vary };
  if (incoming.method === "HEAD") return new Response(null, { headers });
  const pieces = piecesOf(opened.table, opened.format);
  const first = await pieces.next(); // what cannot be answered at all shows here
  const body = streamed(opened, first, pieces, record, options.onFault);
  // Of the two kinds of Response only the global one reads no further ahead than its client.
  return new Response(ReadableStream.from(encodeStream(coding, body)) as BodyInit, {
    headers: { ...headers, trailer: TRAILER },
  });
}

/** The name of a file; without an ending, of the format that the client prefers. */
function fileOf(name: string, accepted: string | null): string {
  if (name === "" || name.includes(".")) return name;
  const types = Object.keys(ENDINGS);
  const type = new Negotiator({ headers: { accept: accepted ?? undefined } }).mediaType(types);
  if (type !== undefined) return `${name}.${ENDINGS[type]}`;
  throw new HttpError(
    "BAD_REQUEST",
    `Files are of the types ${types.join(", ")}; send one of them as \`accept\`, or request ${name}.csv.`,
    { status: 406 },
  );
}

const ENDINGS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FORMATS).map(([ending, { contentType }]) => [contentType.split(";", 1)[0], ending]),
);

/** A file as the audit log says it: its name and what it takes, without the texts in it. */
function operationRecord(
  { schema, digest }: ExportsOptions,
  { name, file, parameters }: Export,
): OperationRecord {
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

function streamed(
  opened: Export,
  first: IteratorResult<Piece, void>,
  pieces: AsyncGenerator<Piece, void, void>,
  record: RequestRecord,
  onFault: (fault: unknown) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const trailers = Promise.withResolvers<Readonly<Record<string, string>>>();
  record.trailers = trailers.promise;
  const hash = createHash("sha256");
  const next = () =>
    pieces.next().catch((fault) => {
      record.codes.add(clientError(fault, onFault).code); // reports a fault of the gateway itself
      throw fault;
    });
  async function* body(): AsyncGenerator<Uint8Array, void, void> {
    let manifest: object | null = null;
    try {
      for (let piece = first; piece.done !== true; piece = await next()) {
        const { bytes, mark } = piece.value;
        record.rows = mark.rows;
        hash.update(bytes);
        yield bytes;
        if (!mark.isComplete) continue;
        manifest = manifestOf(opened, mark, hash.digest("hex"));
        yield Buffer.from(opened.lastLine(manifest));
      }
    } finally {
      trailers.resolve(manifest === null ? {} : { [TRAILER]: JSON.stringify(manifest) });
      await pieces.return();
    }
  }
  return body();
}

/**
 * The headers of a file, for GET and HEAD. How long it is shows once its last row is read, so that none gives a length, and a part
 * of it cannot be had: clients such as DuckDB then download it whole. The manifest is of the file as it is decoded.
 */
function headersOf({ file, format }: Export, coding: Coding): Readonly<Record<string, string>> {
  return {
    ...(coding !== "identity" && { "content-encoding": coding }),
    "content-type": format.contentType,
    "content-disposition": `attachment; filename="${file}"`,
    "accept-ranges": "none",
  };
}

/** Rejects methods other than GET and HEAD, and requests from pages of other origins: their reader did not request a file. */
function check({ method, headers }: RequestHead, { incoming }: RequestRecord): void {
  if (method !== "GET")
    throw new HttpError("BAD_REQUEST", "Request files with GET.", {
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
  if (incoming.httpVersion === "1.0")
    throw new HttpError("BAD_REQUEST", "In HTTP/1.0 a truncated file looks complete; use HTTP/1.1.", {
      status: 505,
    });
  if (isForeign((name) => headers.get(name)))
    throw new HttpError("BAD_REQUEST", "Pages of other origins cannot request files.", { status: 403 });
}
