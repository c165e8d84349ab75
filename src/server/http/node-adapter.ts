import type { RequestListener, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type ServerAdapterObject, sendNodeResponse } from "@whatwg-node/server";
import { currentRequest, type Incoming, REQUEST_ID, type RequestRecord } from "./request-record.ts";

/** The server context of the pipeline and of Yoga. */
export interface InRequest {
  readonly record: RequestRecord;
}

/** Adapts the pipeline to a node:http server. */
export function nodeListener(
  handle: ServerAdapterObject<InRequest>["handleNodeRequestAndResponse"],
  open: (incoming: Incoming) => RequestRecord,
): RequestListener {
  return (request, response) => {
    const { socket, headers, method = "GET", url: target = "", httpVersion } = request;
    const before = socket.bytesWritten;
    const id = headers[REQUEST_ID]?.toString() ?? null;
    const record = open({ id, method, target, httpVersion, address: socket.remoteAddress ?? "" });
    response.once("close", () => {
      const bytes = socket.bytesWritten - before;
      record.complete({ status: response.statusCode, bytes, isAborted: !response.writableFinished });
    });
    void currentRequest.run(record, async () => {
      const answer = await handle(request, response, { record });
      if (record.trailers === null) await sendNodeResponse(answer, response, request, true);
      else await stream(answer, record.trailers, response);
    });
  };
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
