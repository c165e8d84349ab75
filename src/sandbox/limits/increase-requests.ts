import { day, type Instant, startOf } from "../../domain/day.ts";
import { HOUR_MS } from "../calendar.ts";
import { NOTABLE } from "../organization/people.ts";
import type { Organization } from "../organization.ts";
import { hash, type Ids, ids } from "../random.ts";
import type { Period } from "./periods.ts";
import { LIMITED } from "./spend-limits.ts";

/** A request for a higher limit. */
export interface IncreaseRequest {
  readonly id: string;
  /** Index of the person. */
  readonly requester: number;
  readonly createdAt: Instant;
  readonly period: Period;
  /** Time of the decision; Infinity where there is none. */
  readonly resolvedAt: Instant;
  readonly outcome: "approved" | "denied";
  /** Who decides: the index of an admin, a program with a scoped key, or Anthropic's support. */
  readonly decider: number | "scoped key" | "support";
}

const STREAM = 68;
const FIRST = startOf(day("2026-06-01"));
/** From then on, requests that stay open: of a limit of "0", of a reading of "0", of no row, and of one that is almost used up. */
const OPEN_SINCE = startOf(day("2026-11-09"));
const OPEN = [4, 12, LIMITED.none, 9] as const;

/** All requests up to `now`, newest first. At most one of a person is pending at a time. */
export function increaseRequests({ seed, members }: Organization, now: Instant): readonly IncreaseRequest[] {
  const requestIds: Ids = ids("slir_", seed, STREAM);
  const everyMs = Math.max(2, Math.floor((96 * 250) / Math.max(250, members))) * HOUR_MS;
  const decidedAt = new Map<number, Instant>();
  const made: IncreaseRequest[] = [];
  for (let nth = 0; FIRST + nth * everyMs <= now; nth++) {
    const luck = hash(seed, STREAM, nth);
    const createdAt = FIRST + nth * everyMs + (luck % 3_000) * 1_000;
    const requester = nth === 1 ? NOTABLE.departed : hash(seed, STREAM, nth, 1) % members;
    const isTaken = OPEN.some((index) => index === requester) || (decidedAt.get(requester) ?? 0) > createdAt;
    if (createdAt > now || isTaken) continue;
    const resolvedAt = createdAt + (2 + (luck % 200)) * HOUR_MS;
    decidedAt.set(requester, resolvedAt);
    made.push({
      id: requestIds.of(nth),
      requester,
      createdAt,
      period: (["monthly", "monthly", "weekly", "daily"] as const)[luck % 4] ?? "monthly",
      resolvedAt,
      outcome: luck % 5 < 3 ? "approved" : "denied",
      decider: deciderOf(nth, luck),
    });
  }
  const open = OPEN.flatMap((requester, nth): IncreaseRequest[] => {
    const createdAt = OPEN_SINCE + nth * 30 * HOUR_MS;
    if (requester >= members || createdAt > now) return [];
    const id = requestIds.of(1_000_000 + nth);
    const undecided = { resolvedAt: Number.POSITIVE_INFINITY, outcome: "denied", decider: 0 } as const;
    return [{ id, requester, createdAt, period: "monthly", ...undecided }];
  });
  return [...made, ...open].sort((a, b) => b.createdAt - a.createdAt);
}

/** The first denials are by an admin who left since. */
function deciderOf(nth: number, luck: number): IncreaseRequest["decider"] {
  if (luck % 5 >= 3) return nth < 8 ? NOTABLE.erased : 1;
  const kind = luck % 3;
  return kind === 0 ? "scoped key" : kind === 1 ? "support" : 0;
}
