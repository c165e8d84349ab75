import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { lastDays } from "./activity/last-days.ts";

/** Lists that are longer than a page where there are more than a thousand people. */
const LISTS_OF_PEOPLE = ["USER_ACTIVITY", "ENTERPRISE_MEMBERS", "CONSOLE_MEMBERS"] as const;

/** Rows of a page: a list of people has one for each of them at the least. */
export const PEOPLE_PER_PAGE = 1_000;

/** True if a list of people was read to its end within a page, and none is known to be longer. Makes no request. */
export function peopleFitIntoAPage(upstream: Upstream): boolean {
  const sizes = LISTS_OF_PEOPLE.map((dataset) => upstream.sizeOf(dataset));
  return sizes.some(({ isComplete }) => isComplete) && sizes.every(({ pages }) => pages < 2);
}

/**
 * About how many people there are, where they are known to be more than a page holds: as many as a list of them that was read to its
 * end has room for, else the members that the directory holds, else the seats of the newest day, which take a request an hour. Null:
 * they fit into a page, as far as anything is known.
 */
export async function peopleBeyondAPage(ctx: Context): Promise<number | null> {
  const { upstream, directory } = ctx;
  const sizes = LISTS_OF_PEOPLE.map((dataset) => upstream.sizeOf(dataset));
  const pages = Math.max(...sizes.map((size) => size.pages));
  if (pages < 2) return null;
  if (sizes.some((size) => size.isComplete && size.pages === pages)) return pages * PEOPLE_PER_PAGE;
  if (upstream.has("admin") && directory.has("CONSOLE_MEMBERS"))
    return (await directory.members("CONSOLE")).length;
  if (!upstream.has("analytics")) return null;
  if (directory.has("ENTERPRISE_MEMBERS")) return (await directory.members("ENTERPRISE")).length;
  try {
    return (await lastDays(ctx)).findLast(({ seats }) => seats !== null)?.seats ?? null;
  } catch (fault) {
    if (fault instanceof GatewayError) return null;
    throw fault;
  }
}
