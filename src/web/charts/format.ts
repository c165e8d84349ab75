/** Formats of numbers and days. Decimal strings are formatted as they are, never through a binary number where they are shown exactly. */

const usdExact = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 2,
  maximumFractionDigits: 20,
});
const usdCents = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const usdWhole = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  maximumFractionDigits: 0,
});
const usdShort = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  notation: "compact",
  maximumSignificantDigits: 3,
});
const countExact = new Intl.NumberFormat("en-US", { maximumFractionDigits: 12 });
const countShort = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const percentShort = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 });
const percentWhole = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 0 });
const percentCell = new Intl.NumberFormat("en-US", {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const percentExact = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 10 });

/** Unit of the numbers of a chart or tile. */
export type Unit = "count" | "usd" | "share";

export interface FormattedNumber {
  /** Abbreviated, for axes, tiles and rows. */
  readonly short: string;
  /** Every digit. */
  readonly exact: string;
}

/** Text of a missing value. */
export const MISSING = "–";

/** Formats a number, or a decimal as text; null is missing, which is not zero. */
export function formatNumber(value: number | string | null | undefined, unit: Unit): FormattedNumber {
  if (value === null || value === undefined) return { short: MISSING, exact: "not available" };
  const size = Math.abs(Number(value));
  const text = value as Intl.StringNumericLiteral;
  switch (unit) {
    case "usd":
      return {
        short: (size >= 100_000 ? usdShort : size >= 1_000 ? usdWhole : usdCents).format(text),
        exact: usdExact.format(text),
      };
    case "share":
      return { short: percentShort.format(text), exact: percentExact.format(text) };
    case "count":
      return {
        short: (size >= 10_000 ? countShort : countExact).format(
          size >= 10_000
            ? text
            : (String(Math.round(Number(value) * 100) / 100) as Intl.StringNumericLiteral),
        ),
        exact: countExact.format(text),
      };
  }
}

/** Formats a whole number in a sentence: `7,632`. */
export function formatCount(count: number): string {
  return countExact.format(count);
}

/** Formats a number of a column, in which all rows have as many digits after the point. */
export function formatInColumn(value: number | string | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return MISSING;
  const size = Math.abs(Number(value));
  const text = value as Intl.StringNumericLiteral;
  switch (unit) {
    case "usd":
      return size > 0 && size < 0.005 ? "<$0.01" : usdCents.format(text);
    case "share":
      return size > 0 && size < 0.0005 ? "<0.1%" : percentCell.format(text);
    case "count":
      return countExact.format(String(Math.round(Number(value) * 100) / 100) as Intl.StringNumericLiteral);
  }
}

/** Formats an amount in a currency, which need not be dollars. */
export function formatAmount({
  amount,
  currency,
}: {
  readonly amount: string;
  readonly currency: string;
}): string {
  return new Intl.NumberFormat("en-US", { style: "currency", currency }).format(
    amount as Intl.StringNumericLiteral,
  );
}

/** Label of a tick of an axis. */
export function formatTick(value: number, unit: Unit): string {
  if (unit === "share") return percentWhole.format(value);
  const isSmall = Math.abs(value) < 1 && value !== 0;
  if (unit === "usd") return isSmall ? usdCents.format(value) : usdShort.format(value);
  return countShort.format(value);
}

/** A relative change with its sign: `+12.3%`. */
export function formatChange(relative: string | number | null): string {
  if (relative === null) return MISSING;
  const share = Number(relative);
  const size = Math.abs(share) >= 10 ? percentWhole : percentShort;
  const sign = share > 0 ? "+" : share < 0 ? "−" : "±";
  return sign + size.format(Math.abs(share));
}

const dayShort = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const dayLong = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const dayYear = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const monthShort = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const instant = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** Length of a bucket of a series. */
export type BucketLength = "MINUTE" | "HOUR" | "DAY" | "WEEK" | "MONTH";

export function formatDay(day: string): string {
  return dayShort.format(new Date(day));
}

export function formatDayWithYear(day: string): string {
  return dayYear.format(new Date(day));
}

export function formatInstant(time: string): string {
  return `${instant.format(new Date(time))} UTC`;
}

/** True for buckets that start at a time of a day. */
export function isWithinDay(length: BucketLength): boolean {
  return length === "HOUR" || length === "MINUTE";
}

/** Label of a bucket below an axis. An hour or minute has its day where the label before it, if any, is of another day. */
export function formatBucket(start: string, length: BucketLength, before?: string): string {
  if (isWithinDay(length)) {
    const time = clock.format(new Date(start));
    return before?.slice(0, 10) === start.slice(0, 10) ? time : `${formatDay(start)}, ${time}`;
  }
  return length === "MONTH" ? monthShort.format(new Date(start)) : formatDay(start);
}

/** Name of a bucket in a sentence. */
export function formatBucketInFull(start: string, length: BucketLength): string {
  if (length === "MONTH") return monthShort.format(new Date(start));
  if (isWithinDay(length)) return `${dayYear.format(new Date(start))}, ${clock.format(new Date(start))} UTC`;
  return length === "WEEK"
    ? `Week of ${dayYear.format(new Date(start))}`
    : dayLong.format(new Date(start)).replace(",", "");
}

const DAY_MS = 86_400_000;

/** Adds days to a UTC day. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Counts the days from one UTC day up to another. */
export function daysFrom(from: string, until: string): number {
  return Math.round((Date.parse(until) - Date.parse(from)) / DAY_MS);
}

/** A range as its first and last day: `1 Nov – 7 Nov 2026`. */
export function formatRange({ from, until }: { readonly from: string; readonly until: string }): string {
  const last = dayAfter(until, -1);
  if (last <= from) return formatDayWithYear(from);
  return `${from.slice(0, 4) === last.slice(0, 4) ? formatDay(from) : formatDayWithYear(from)} – ${formatDayWithYear(last)}`;
}
