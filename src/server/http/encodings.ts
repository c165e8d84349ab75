import { pipeline, type Transform } from "node:stream";
import { promisify } from "node:util";
import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzip,
  zstdCompress,
} from "node:zlib";
import { LRUCache } from "lru-cache";
import Negotiator from "negotiator";

type Bytes = Uint8Array<ArrayBuffer>;

/** A content coding (RFC 9110, 8.4.1; zstd: RFC 8878). */
export type Coding = "zstd" | "br" | "gzip" | "identity";

const zstd = promisify(zstdCompress);
const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

/** Takes about the time of gzip; higher levels take many times that for a few percent. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/** Fewer bytes fit into one packet as they are. */
const MIN_BYTES = 1_024;

/** The preferred one first. */
const NAMES: ("zstd" | "br" | "gzip")[] = ["zstd", "br", "gzip"];

/** Clients send few different values. */
const negotiated = new LRUCache<string, Coding>({ max: 200 });

/** Returns the coding for an answer of a size by the header `accept-encoding`. */
export function codingFor(accepted: string | null, size: number): Coding {
  if (accepted === null || size < MIN_BYTES) return "identity";
  const before = negotiated.get(accepted);
  if (before !== undefined) return before;
  const acceptable = new Negotiator({ headers: { "accept-encoding": accepted } }).encodings(NAMES);
  const coding = NAMES.find((name) => acceptable.includes(name)) ?? "identity";
  negotiated.set(accepted, coding);
  return coding;
}

export async function encode(coding: Coding, bytes: Bytes): Promise<Bytes> {
  switch (coding) {
    case "identity":
      return bytes;
    case "zstd":
      return zstd(bytes);
    case "br":
      return brotli(bytes, BROTLI);
    case "gzip":
      return gzipped(bytes);
  }
}

/**
 * Encodes a stream of unknown length. Each piece is flushed, so that a client has it before the next is made. A fault of the stream ends
 * what is returned before its end; a reader that stops ends the stream.
 */
export function encodeStream(coding: Coding, pieces: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
  const encoder = encoderOf(coding);
  if (encoder === null) return pieces;
  pipeline(pieces, encoder, () => {}); // the reader of the encoder gets the fault
  return encoder;
}

function encoderOf(coding: Coding): Transform | null {
  switch (coding) {
    case "identity":
      return null;
    case "zstd":
      return createZstdCompress({ flush: constants.ZSTD_e_flush });
    case "br":
      return createBrotliCompress({ ...BROTLI, flush: constants.BROTLI_OPERATION_FLUSH });
    case "gzip":
      return createGzip({ flush: constants.Z_SYNC_FLUSH });
  }
}
