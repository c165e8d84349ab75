import type { Instant } from "../domain/day.ts";
import type { Endpoint } from "./endpoint.ts";
import { Wire, WireError } from "./wire.ts";

/** One page of an upstream list, decoded. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The token this page was asked for with; null on the first. */
  readonly token: string | null;
  /** The token of the next page; null on the last. */
  readonly next: string | null;
  /** Upstream's `data_refreshed_at`; null where it sends none or no export covers the range. */
  readonly watermark: Instant | null;
  readonly fetchedAt: Instant;
}

interface Envelope {
  data: object[];
  has_more: boolean;
  next_page: string | null;
  last_id: string | null;
  data_refreshed_at: string | null;
}

/** Reads a whole body before anything of it is used or kept. Throws WireError with the full path of the first fault. */
export function decodePage<P, Row, W extends object>(
  endpoint: Endpoint<P, Row, W>,
  params: P,
  token: string | null,
  json: unknown,
  now: Instant,
): Page<Row> {
  const body = new Wire<Envelope>(json);
  const watermark = endpoint.watermarked ? body.instantOrNull("data_refreshed_at") : null;
  if (endpoint.paging === "object") {
    return { rows: [endpoint.row(new Wire<W>(json), params)], token, next: null, watermark, fetchedAt: now };
  }
  const rows = list<W>(json, endpoint.listKeys ?? ["data"]).map((wire) => endpoint.row(wire, params));
  return { rows, token, next: nextToken(endpoint.paging, body), watermark, fetchedAt: now };
}

function list<W extends object>(json: unknown, keys: readonly string[]): Wire<W>[] {
  const body = new Wire<Record<string, W[]>>(json);
  return body.each(keys.find((key) => body.has(key)) ?? keys[0] ?? "data") as Wire<W>[];
}

/** Only the token ends a walk, and a list that says there is more must say where: a short answer is never passed off as whole. */
function nextToken(paging: "token" | "report" | "id", body: Wire<Envelope>): string | null {
  if (paging === "token") return body.stringOrNull("next_page");
  if (!body.boolean("has_more")) return null;
  const key = paging === "id" ? "last_id" : "next_page";
  const next = body.stringOrNull(key);
  if (next === null) throw new WireError(key, "the next page's token, since has_more is true");
  return next;
}
