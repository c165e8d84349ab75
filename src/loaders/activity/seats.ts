import type { Context } from "../../context.ts";
import type { ActiveUsers, SeatCounts } from "../../domain/activity.ts";
import { GatewayError } from "../../errors.ts";
import { lastDays } from "./last-days.ts";
import type { SettlingDay } from "./settling-day.ts";

/**
 * Upstream says of every day how many seats there are now, so a day that is kept for good would tell of another moment than the
 * days beside it. It takes them from one that still moves; a range of final days alone asks for that when seats are wanted.
 */
export async function seated(ctx: Context, day: SettlingDay): Promise<SettlingDay> {
  return day.isSeated ? day : withSeats(day, await newestDay(ctx));
}

export function withSeats(day: SettlingDay, newest: SeatCounts | null): SettlingDay {
  return { ...day, ...seatsOf(newest, day.all), isSeated: true };
}

/** Null while upstream cannot be asked: final days need it for nothing but their seats. */
export async function newestDay(ctx: Context): Promise<SeatCounts | null> {
  try {
    return (await lastDays(ctx)).at(-1) ?? null;
  } catch (fault) {
    if (fault instanceof GatewayError) return null;
    throw fault;
  }
}

function seatsOf(newest: SeatCounts | null, { daily, weekly, monthly }: ActiveUsers) {
  const { seats, pendingInvites, scienceEntitled } = newest ?? UNKNOWN;
  const share = (people: number | null) =>
    people === null || seats === null ? null : adoption(people, seats);
  return {
    seats,
    pendingInvites,
    scienceEntitled,
    dailyAdoption: share(daily),
    weeklyAdoption: share(weekly),
    monthlyAdoption: share(monthly),
  };
}

const UNKNOWN: SeatCounts = { seats: null, pendingInvites: null, scienceEntitled: null };

/** As upstream states it: a percentage with two decimals, at most 100, since people without a seat any more count too. */
function adoption(people: number, seats: number): number {
  return seats === 0 ? 0 : Math.min(100, Math.round((people / seats) * 10_000) / 100);
}
