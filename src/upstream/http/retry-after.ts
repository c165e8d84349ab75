import type { Instant } from "../../domain/day.ts";

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Returns the seconds of `Retry-After` in either of its forms (RFC 9110, 10.2.3). A date is one of the clock that the answer is dated
 * by, which need not be this one.
 */
export function retryAfterOf(headers: Headers, now: Instant): number | undefined {
  const header = single(headers["retry-after"]);
  if (header === undefined) return undefined;
  const sentAt = Date.parse(single(headers.date) ?? "") || now;
  const seconds = /^\d+$/.test(header.trim())
    ? Number(header)
    : Math.ceil((Date.parse(header) - sentAt) / 1_000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, seconds), MAX_RETRY_AFTER);
}

/** A year; a longer wait is a fault. */
const MAX_RETRY_AFTER = 31_536_000;

/** The first value of a header. */
export function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "object" ? header[0] : header;
}
