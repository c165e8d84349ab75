import { setImmediate } from "node:timers/promises";

/** Values written in one go, which takes a few milliseconds. */
const VALUES_A_TURN = 20_000;

/** Returns the bytes of `JSON.stringify`, and lets other requests have the thread in between. */
export async function longJson(value: object, valuesATurn = VALUES_A_TURN): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Buffer<ArrayBuffer>[] = [];
  let text = "";
  let values = 0;
  for (const piece of piecesOf(value, valuesATurn)) {
    text += piece.text;
    values += piece.values;
    if (values < valuesATurn) continue;
    parts.push(Buffer.from(text));
    text = "";
    values = 0;
    await setImmediate();
  }
  const last = Buffer.from(text);
  return parts.length === 0 ? last : Buffer.concat([...parts, last]);
}

interface Piece {
  readonly text: string;
  readonly values: number;
}

/** JSON in pieces of at most so many values. An object with more is written member by member. */
function* piecesOf(value: unknown, max: number): Generator<Piece> {
  const values = countValues(value, max);
  if (values < max || values === 1) {
    yield { text: JSON.stringify(value), values };
    return;
  }
  const isArray = Array.isArray(value);
  yield { text: isArray ? "[" : "{", values: 0 };
  let separator = "";
  for (const [key, member] of Object.entries(value as object)) {
    if (member === undefined && !isArray) continue;
    yield { text: isArray ? separator : `${separator}${JSON.stringify(key)}:`, values: 1 };
    yield* piecesOf(member ?? null, max);
    separator = ",";
  }
  yield { text: isArray ? "]" : "}", values: 0 };
}

/** Counts the values within one, itself included, up to a maximum. */
function countValues(value: unknown, max: number): number {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  for (const member of Object.values(value)) {
    count += countValues(member, max - count);
    if (count >= max) return count;
  }
  return count;
}
