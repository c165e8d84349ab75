import { Transform, type TransformCallback } from "node:stream";
import { isSpecType } from "@modelcontextprotocol/server";
import { MalformedBody, readBody } from "../server/http/json-body.ts";

export interface MessageLinesOptions {
  readonly maxBytes: number;
  /** Sends an answer to a line that is not a message. */
  readonly answer: (response: object) => void;
}

/** Codes of JSON-RPC 2.0 (section 5.1). */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

const LINE_FEED = 0x0a;

/**
 * Passes lines with a message on, and answers each other one as JSON-RPC 2.0 (section 5.1) says: the SDK drops a line that is not JSON
 * without a word, and ends the connection for a long one.
 */
export class MessageLines extends Transform {
  readonly #options: MessageLinesOptions;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(options: MessageLinesOptions) {
    super();
    this.#options = options;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#endLine();
    done();
  }

  /** Keeps no more of a line than a message may have. */
  #add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#options.maxBytes) this.#parts = [];
    else this.#parts.push(part);
  }

  #endLine(): void {
    const { maxBytes, answer } = this.#options;
    const [line, bytes] = [Buffer.concat(this.#parts), this.#bytes];
    this.#parts = [];
    this.#bytes = 0;
    const refuse = (code: number, message: string, id: unknown = null) =>
      answer({ jsonrpc: "2.0", id, error: { code, message } });
    if (bytes > maxBytes) {
      refuse(
        INVALID_REQUEST,
        `The message has ${bytes} bytes; at most ${maxBytes} are allowed (MAX_BODY_BYTES).`,
      );
      return;
    }
    if (isBlank(line)) return;
    try {
      const message = readBody(line, "The line");
      if (isSpecType.JSONRPCMessage(message)) this.push(Buffer.concat([line, Buffer.of(LINE_FEED)]));
      else refuse(INVALID_REQUEST, NO_MESSAGE, idOf(message));
    } catch (fault) {
      if (!(fault instanceof MalformedBody)) throw fault;
      refuse(PARSE_ERROR, `${fault.message} Send each message as JSON on a line.`);
    }
  }
}

const NO_MESSAGE =
  'The line is not a message of JSON-RPC 2.0, such as {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}.';

/** Lines may end with a carriage return as well. */
function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function idOf(message: unknown): string | number | null {
  const id = typeof message === "object" && message !== null && "id" in message ? message.id : null;
  return typeof id === "string" || typeof id === "number" ? id : null;
}
