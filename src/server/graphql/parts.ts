import { ReadableStream } from "node:stream/web";
import type { ExecutionResult, GraphQLError } from "graphql";
import type { ThreadTurn } from "../../domain/pieces.ts";
import type { Patch, Payload } from "../../execution/incremental.ts";
import { type Coding, codingFor, encodeStream } from "../http/encodings.ts";
import type { RequestHead } from "../http/exchange.ts";
import type { RequestRecord } from "../http/request-record.ts";
import { withoutHttp } from "./answer.ts";
import { longJson } from "./long-json.ts";
import type { StreamType } from "./request-params.ts";
import { clientError, type TranslatedResult } from "./translate-errors.ts";

/** An answer with its first part ready. */
export interface AnswerInParts {
  readonly first: Payload;
  readonly rest: AsyncGenerator<Payload, void, void>;
}

export interface PartsOptions {
  readonly head: RequestHead;
  readonly record: RequestRecord;
  readonly type: StreamType;
  readonly translate: (result: ExecutionResult) => TranslatedResult;
  /** Lets other requests have the thread. */
  readonly turn: ThreadTurn;
  /** Cost of the operation so far, and age of its figures. */
  readonly extensions: () => ExecutionResult["extensions"];
  readonly onFault: (fault: unknown) => void;
}

/** How parts are written to one response. Each chunk is one part to its end, so that a client can read it at once. */
interface Framing {
  readonly contentType: string;
  readonly start: string;
  readonly before: (bytes: number) => string;
  readonly after: string;
  readonly end: string;
}

const FRAMINGS: Readonly<Record<StreamType, Framing>> = {
  "multipart/mixed": {
    contentType: 'multipart/mixed; boundary="-"; deferSpec=20220824',
    start: "\r\n---",
    before: (bytes) =>
      `\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${bytes}\r\n\r\n`,
    after: "\r\n---",
    end: "--\r\n",
  },
  // GraphQL over SSE, distinct connections mode.
  "text/event-stream": {
    contentType: "text/event-stream; charset=utf-8",
    start: "",
    before: () => "event: next\ndata: ",
    after: "\n\n",
    end: "event: complete\ndata:\n\n",
  },
};

/** Streams an answer in parts. A fault of the gateway itself breaks it off before its end, so that no client takes it for whole. */
export function responseInParts(answer: AnswerInParts, options: PartsOptions): Response {
  const { head, type } = options;
  const coding = codingFor(head.headers.get("accept-encoding"), Number.POSITIVE_INFINITY);
  const end = Promise.withResolvers<Readonly<Record<string, string>>>();
  options.record.trailers = end.promise; // the request is complete with the last part
  const body = encodeStream(
    coding,
    chunksOf(answer, options, () => end.resolve({})),
  );
  // Of the two kinds of Response only the global one reads no further ahead than its client.
  return new Response(ReadableStream.from(body) as BodyInit, { headers: headersOf(type, coding) });
}

function headersOf(type: StreamType, coding: Coding): Readonly<Record<string, string>> {
  return {
    ...(coding !== "identity" && { "content-encoding": coding }),
    "content-type": FRAMINGS[type].contentType,
    vary: "accept, accept-encoding",
    // nginx would wait for the end.
    "x-accel-buffering": "no",
  };
}

async function* chunksOf(
  { first, rest }: AnswerInParts,
  { record, type, translate, turn, extensions, onFault }: PartsOptions,
  ended: () => void,
): AsyncGenerator<Uint8Array, void, void> {
  const { start, before, after, end } = FRAMINGS[type];
  const framed = async (payload: object, opening: string, closing: string) => {
    const bytes = record.isLong ? await longJson(payload) : Buffer.from(JSON.stringify(payload));
    return Buffer.concat([Buffer.from(opening + before(bytes.length)), bytes, Buffer.from(after + closing)]);
  };
  const shown = (result: ExecutionResult): TranslatedResult => {
    const translated = translate(result);
    for (const { code } of translated.errors ?? []) record.codes.add(code);
    return translated;
  };
  const written = ({ errors, ...others }: TranslatedResult): object =>
    errors === undefined ? others : { ...others, errors: errors.map(withoutHttp) };
  try {
    const { hasNext, ...result } = first;
    const opening = shown({ ...result, extensions: { ...extensions() } });
    yield await framed({ ...written(opening), hasNext }, start, "");
    for await (const payload of rest) {
      await turn();
      const patches = withErrorsOnce(payload.incremental ?? [], (errors) => shown({ errors }).errors).map(
        written,
      );
      // Some clients read the extensions of patches alone.
      const last = payload.hasNext ? undefined : patches.pop();
      const incremental = last === undefined ? patches : [...patches, { ...last, extensions: extensions() }];
      const sent = { ...(incremental.length === 0 ? {} : { incremental }), hasNext: payload.hasNext };
      yield await framed(sent, "", payload.hasNext ? "" : end);
    }
  } catch (fault) {
    record.codes.add(clientError(fault, onFault).code);
    throw fault;
  } finally {
    ended();
    await rest.return();
  }
}

type TranslatedPatch = Omit<Patch, "errors"> & Pick<TranslatedResult, "errors">;

/** Translates the errors of parts that are sent together as those of one answer: one that repeats is in the first part that has it. */
function withErrorsOnce(
  patches: readonly Patch[],
  translate: (errors: readonly GraphQLError[]) => TranslatedResult["errors"],
): readonly TranslatedPatch[] {
  const errors = patches.flatMap((patch) => patch.errors ?? []);
  if (errors.length === 0) return patches.map(({ errors: _, ...patch }) => patch);
  const placeOf = ({ path }: GraphQLError) => JSON.stringify(path ?? null);
  const owners = new Map<string, Patch>();
  for (const patch of patches)
    for (const error of patch.errors ?? []) owners.getOrInsert(placeOf(error), patch);
  const byOwner = Map.groupBy(translate(errors) ?? [], (error) => owners.get(placeOf(error)));
  return patches.map((patch) => {
    const { errors: _, ...others } = patch;
    const own = byOwner.get(patch);
    return own === undefined ? others : { ...others, errors: own };
  });
}
