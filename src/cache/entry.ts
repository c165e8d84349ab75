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

/** Marks an entry and its format. */
const MARK = Buffer.from([0xca, 0x61]);

/** Changes with what an entry holds: other formats are as good as none, but for those that an archive can hold. */
const FORMAT = 2;
const MAX_BYTES = 128 * 2 ** 20;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The body follows its head as it is: within JSON it would have to be escaped, and read twice. */
export async function encodeEntry({ key, body, fetchedAt }: Kept): Promise<Uint8Array> {
  const text = `${JSON.stringify([key, fetchedAt])}\n${body}`;
  const packed = await compress(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  return Buffer.concat([MARK, Uint8Array.of(FORMAT), packed]);
}

/** Null for whatever is not a whole entry of this key and of a known format. */
export async function decodeEntry(key: string, bytes: Uint8Array): Promise<Kept | null> {
  const read = MARK.equals(bytes.subarray(0, MARK.length)) ? READERS[bytes[MARK.length] ?? 0] : undefined;
  if (read === undefined) return null;
  try {
    const packed = bytes.subarray(MARK.length + 1);
    const text = await decompress(packed, { maxOutputLength: MAX_BYTES, chunkSize: chunkSizeFor(packed) });
    const [ownKey, fetchedAt, body] = read(text.toString("utf8"));
    const isComplete = ownKey === key && Number.isSafeInteger(fetchedAt) && typeof body === "string";
    return isComplete ? { key, fetchedAt: fetchedAt as Instant, body } : null;
  } catch {
    return null;
  }
}

const READERS: Readonly<Record<number, (text: string) => unknown[]>> = {
  /** Archives keep entries for years, so that this one stays. */
  1: (text) => JSON.parse(text),
  [FORMAT]: (text) => {
    const end = text.indexOf("\n");
    return [...JSON.parse(text.slice(0, end)), text.slice(end + 1)];
  },
};

/** Each chunk of the output is a turn of a thread: a body that is some twenty times its entry comes in one. */
function chunkSizeFor(packed: Uint8Array): number {
  return Math.min(Math.max(24 * packed.length, 2 ** 12), 2 ** 20);
}
