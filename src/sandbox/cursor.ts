import type { Instant } from "../domain/day.ts";
import { shortHash } from "../domain/short-hash.ts";
import { Refusal } from "./endpoint.ts";

/** Where a paging run goes on. */
export interface Place {
  /** Rows already cut off. */
  readonly offset: number;
  /** The clock when the first page was served: defaulted ends, data boundaries and the export stay what they were. */
  readonly now: Instant;
}

const PREFIX = "page_";

/** `binding` is everything about the request that must stay the same for the cursor to be taken back. */
export function cursorOf(place: Place, binding: string): string {
  const fields = [place.offset, place.now, digestOf(place, binding)];
  return PREFIX + Buffer.from(JSON.stringify(fields)).toString("base64url");
}

export function placeOf(cursor: string, binding: string): Place {
  const [offset, now] = fieldsOf(cursor);
  const place = { offset: Number(offset), now: Number(now) };
  // Compared as text, so that no second spelling of a cursor (base64 has several) is taken.
  if (cursorOf(place, binding) !== cursor) {
    throw new Refusal(
      400,
      "page: not a cursor of this request; send it with the same parameters as the first page",
    );
  }
  return place;
}

function fieldsOf(cursor: string): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(Buffer.from(cursor.slice(PREFIX.length), "base64url").toString());
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}

function digestOf({ offset, now }: Place, binding: string): string {
  return shortHash(JSON.stringify([binding, offset, now]), 16);
}
