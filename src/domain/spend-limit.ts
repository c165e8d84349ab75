import type { ReportActor } from "./bucket.ts";
import type { MinorAmount } from "./currency.ts";
import { addMonths, dayOf, type Instant, startOf, startOfMonth } from "./day.ts";
import { compare, type Decimal, negative, plus, ZERO } from "./decimal.ts";
import { ratio } from "./measures.ts";

/** A level that a limit is set at. The type says which of the others is there; new types may appear. */
export interface LimitSource {
  readonly type: string;
  readonly ownerUserId: string | null;
  readonly groupId: string | null;
  readonly seatTier: string | null;
  readonly service: string | null;
  readonly workspaceId: string | null;
}

/** The limit of one member for one kind of period, and what upstream reads of it. */
export interface SpendLimitRow {
  /** Null: a row that is about no person; none is known. */
  readonly userId: string | null;
  /** The member as the reading shows them. */
  readonly actor: ReportActor;
  /** `daily`, `weekly` or `monthly`; new ones may appear. */
  readonly period: string;
  /** Null: no limit for this period. Zero is a limit. */
  readonly limit: MinorAmount | null;
  /** Upstream writes zero for a reading that was not available too. */
  readonly reading: MinorAmount;
  readonly source: LimitSource;
  readonly spendLimitId: string;
}

/** A member's request for a higher limit. */
export interface SpendLimitRequestRow {
  readonly requestId: string;
  readonly actor: ReportActor;
  readonly createdAt: Instant;
  readonly period: string;
  /** `pending`, `approved` or `denied`; new ones may appear. */
  readonly status: string;
  readonly resolvedAt: Instant | null;
  readonly resolvedBy: ReportActor | null;
  readonly limit: SpendLimitRow | null;
}

/** True where upstream reads spend; a reading of zero is also one that was not available. */
export function isMeasured({ reading }: SpendLimitRow): boolean {
  return compare(reading.minorUnits, ZERO) > 0;
}

/** How a member stands to a limit. A limit of zero is reached, whatever the reading. */
export function limitStateOf(row: SpendLimitRow): "UNLIMITED" | "REACHED" | "BELOW" | "UNKNOWN" {
  const { limit, reading } = row;
  if (limit === null) return "UNLIMITED";
  if (compare(limit.minorUnits, ZERO) === 0) return "REACHED";
  if (!isMeasured(row)) return "UNKNOWN";
  return compare(reading.minorUnits, limit.minorUnits) < 0 ? "BELOW" : "REACHED";
}

/** Returns the rest of a limit, at least zero; null without a limit, and where the reading may be unavailable. */
export function remainingOf(row: SpendLimitRow): MinorAmount | null {
  const { limit, reading } = row;
  if (limit === null || limitStateOf(row) === "UNKNOWN") return null;
  const left = plus(limit.minorUnits, negative(reading.minorUnits));
  return { minorUnits: compare(left, ZERO) < 0 ? ZERO : left, currency: limit.currency };
}

/** The share of the limit that is spent, above 1 where it is passed; null as `remainingOf`, and of a limit of zero. */
export function shareOf(row: SpendLimitRow): Decimal | null {
  const state = limitStateOf(row);
  return row.limit === null || state === "UNKNOWN"
    ? null
    : ratio(row.reading.minorUnits, row.limit.minorUnits);
}

/** When the current period ends. Null for kinds of period of which upstream does not say when they begin. */
export function resetOf({ period }: Pick<SpendLimitRow, "period">, now: Instant): Instant | null {
  return period === "monthly" ? startOf(addMonths(startOfMonth(dayOf(now)), 1)) : null;
}

/** True if no row has a reading after the first day of the month, which is more likely an outage than a company without spend. */
export function isOutageOfReadings(rows: readonly SpendLimitRow[], now: Instant): boolean {
  const today = dayOf(now);
  const monthly = rows.filter(({ period }) => period === "monthly");
  return monthly.length > 0 && today !== startOfMonth(today) && !rows.some(isMeasured);
}
