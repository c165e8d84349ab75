import { type Finality, finalityOf } from "../../cache/policy.ts";
import { dayOf, type Instant } from "../../domain/day.ts";
import { type DayRange, oneDay } from "../../domain/range.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";
import { Wire, WireError } from "../http/wire.ts";

/** One page of an upstream list, decoded. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The token this page was requested with; null on the first. */
  readonly token: string | null;
  /** The token of the next page; null on the last. */
  readonly next: string | null;
  /** Upstream's `data_refreshed_at`; null where it sends none or no export covers the range. */
  readonly watermark: Instant | null;
  readonly fetchedAt: Instant;
  /** The instant its finality is judged by: the watermark, or the time it was fetched where upstream sends none. */
  readonly asOf: Instant | null;
  /** The days it is about; null for look-ups. */
  readonly range: DayRange | null;
  readonly state: Finality;
  /** True if names and addresses of people were removed from its rows because of its age. */
  readonly areNamesRemoved?: true;
  /** Why it is older than it should be; null: it is as fresh as is promised. */
  readonly stale: Staleness | null;
}

/** Pages of a question, each known by when it was fetched. */
export interface FetchedPages {
  /** When the page with a token was fetched; null: it is not one of these. */
  fetchedWith(token: string | null): Instant | null;
}

/** Fewer rows take no time worth sharing. */
export const MANY_ROWS = 100;

/** Asking again failed with this, or has only begun. */
export type Staleness = ErrorCode | "REVALIDATING";

interface Envelope {
  data: readonly unknown[];
  has_more: boolean;
  next_page: string | null;
  last_id: string | null;
  data_refreshed_at: string | null;
}

/** Reads a whole body before anything of it is used or kept. Throws WireError with the full path of the first fault. */
export function decodePage<P, Row>(
  endpoint: Endpoint<P, Row>,
  params: P,
  token: string | null,
  json: unknown,
  now: Instant,
): Page<Row> {
  const body = new Wire<Envelope>(json);
  const watermark = endpoint.watermarked ? body.instantOrNull("data_refreshed_at") : null;
  // A watermark ahead of the clock is a fault somewhere; it must not make data look older than it is.
  const asOf = endpoint.watermarked ? watermark && Math.min(watermark, now) : now - (endpoint.lagMs ?? 0);
  const range = endpoint.rangeOf(params);
  const about = {
    token,
    watermark,
    fetchedAt: now,
    asOf,
    range,
    state: finalityOf(endpoint.subject, range, asOf),
    stale: null,
  };
  if (endpoint.paging === "object") return { ...about, rows: [endpoint.read(json, "", params)], next: null };
  const key = listKeyOf(endpoint, body);
  const rows = body.list(key).map((item, i) => endpoint.read(item, `${key}[${i}]`, params));
  return { ...about, rows, next: nextToken(endpoint.paging, body) };
}

function listKeyOf<P, Row>({ listKeys }: Endpoint<P, Row>, body: Wire<Envelope>): "data" {
  return (listKeys?.find((name) => body.has(name as keyof Envelope)) ?? "data") as "data";
}

/** A day of a longer answer, as if it had been requested alone. */
export interface DayPage<P, Row> {
  readonly params: P;
  readonly page: Page<Row>;
  readonly body: string;
}

/** The final days of an answer with one row a day. */
export function finalDaysOf<P, Row>(
  endpoint: Endpoint<P, Row>,
  params: P,
  json: unknown,
  page: Page<Row>,
): readonly DayPage<P, Row>[] {
  const { daily, subject } = endpoint;
  if (daily === undefined || page.rows.length < 2) return [];
  const body = new Wire<Envelope>(json);
  const items = body.list(listKeyOf(endpoint, body));
  return page.rows.flatMap((row, i) => {
    const range = oneDay(dayOf(new Wire<Record<string, string>>(items[i]).instant(daily)));
    if (finalityOf(subject, range, page.asOf) !== "FINAL") return [];
    const alone = { ...page, rows: [row], token: null, next: null, range, state: "FINAL" as const };
    return [
      {
        params: { ...params, range },
        page: alone,
        body: JSON.stringify({ data: [items[i]], next_page: null }),
      },
    ];
  });
}

/**
 * Only the token ends a page run, and a list with more rows must name the next page: a short answer must never pass as complete.
 */
function nextToken(paging: "token" | "report" | "id", body: Wire<Envelope>): string | null {
  const key = paging === "id" ? "last_id" : "next_page";
  // Engagement lists send no `has_more`; where one does, it must not be contradicted by the token.
  const more = paging === "token" ? body.booleanOrNull("has_more") : body.boolean("has_more");
  if (paging === "id" && !more) return null; // the last page names its last row too
  const next = body.stringOrNull(key);
  if (next === "") throw new WireError(key, "a token or null"); // sent back, it would ask for the first page again
  if (next === null && more) throw new WireError(key, "the next page's token, since has_more is true");
  return next;
}
