import { promisify } from "node:util";
import { brotliDecompress, gunzip, zstdDecompress } from "node:zlib";
import { HttpFailure } from "./http-failure.ts";

type Decoder = (
  bytes: Buffer,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Promise<Buffer>;

/** Content codings (RFC 9110, 8.4.1) that upstream, or a proxy before it, may use. Its JSON is some fifteen times its compressed size. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  zstd: promisify(zstdDecompress),
  br: promisify(brotliDecompress),
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
};

export const ACCEPTED_CODINGS = "zstd, br, gzip";

/**
 * Returns a body without its content coding. Throws `oversize` for one that is longer than `maxBytes`, without decoding the rest: a few
 * bytes can stand for gigabytes. Throws `body` for an unknown coding and for one that is damaged.
 */
export async function decode(
  coding: string | string[] | undefined,
  bytes: Buffer,
  maxBytes: number,
): Promise<Buffer> {
  const name = String(coding ?? "identity")
    .trim()
    .toLowerCase();
  if (name === "identity" || name === "") return bytes;
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decoder === undefined) throw new HttpFailure("body");
  try {
    return await decoder(bytes, { maxOutputLength: maxBytes, chunkSize: chunkSizeFor(bytes) });
  } catch (cause) {
    const isTooLong = cause instanceof RangeError && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    throw new HttpFailure(isTooLong ? "oversize" : "body", { cause });
  }
}

/** Each chunk of the output is a turn of a thread. */
function chunkSizeFor({ length }: Buffer): number {
  return Math.min(Math.max(24 * length, 2 ** 12), 2 ** 20);
}
