import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import type { Instant } from "../domain/day.ts";

/** An upstream body as a shared store keeps it. */
export interface Kept {
  /** Key of the entry, so that an entry under another name is detected. */
  readonly key: string;
  readonly body: string;
  readonly fetchedAt: Instant;
}

/** Changes with what an entry holds: those of another format are as good as none. */
const FORMAT = Buffer.from([0xca, 0x61, 1]);
const MAX_BYTES = 128 * 2 ** 20;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export async function encodeEntry({ key, body, fetchedAt }: Kept): Promise<Uint8Array> {
  const text = JSON.stringify([key, fetchedAt, body]);
  const packed = await compress(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  return Buffer.concat([FORMAT, packed]);
}

/** Null for whatever is not a whole entry of this key and format. */
export async function decodeEntry(key: string, bytes: Uint8Array): Promise<Kept | null> {
  try {
    if (!FORMAT.equals(bytes.subarray(0, FORMAT.length))) return null;
    const text = await decompress(bytes.subarray(FORMAT.length), { maxOutputLength: MAX_BYTES });
    const [ownKey, fetchedAt, body]: unknown[] = JSON.parse(text.toString("utf8"));
    const isComplete = ownKey === key && Number.isSafeInteger(fetchedAt) && typeof body === "string";
    return isComplete ? { key, fetchedAt: fetchedAt as Instant, body } : null;
  } catch {
    return null;
  }
}
