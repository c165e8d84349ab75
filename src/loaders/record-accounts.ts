import type { Context } from "../context.ts";
import type { UserActivity } from "../domain/activity.ts";
import { type Aliases, emailKey } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { walkOf, whole } from "../upstream/pages/iterate.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import { loader } from "./loader.ts";
import { PEOPLE_PER_PAGE, peopleBeyondAPage } from "./sizes.ts";

/**
 * The id of the account whose row carries the Claude Code records of an address (`emailKey`), in lists of people over the range.
 * Records name an address and no account: someone who left and came back has two rows with one address, and so has someone with
 * an alias. The row of the address itself goes before those of its aliases, then the one last active, then the first by id.
 */
export const accountOfRecords = loader(async (ctx, { range }: { range: DayRange }) => {
  const { aliases } = ctx.orgDirectory;
  await demandList(ctx, range);
  const { rows } = await whole(walkOf(ctx.upstream, userActivity, questions(ctx, range)));
  const accounts = rows.flatMap((row) => accountIn(row, aliases));
  return new Map(
    [...Map.groupBy(accounts, ({ key }) => key)].map(([key, same]) => [key, same.reduce(foremost).userId]),
  );
});

/** Throws TOO_EXPENSIVE where the list of everyone is longer than the operation can read, and then asks for none of it. */
async function demandList(ctx: Context, range: DayRange): Promise<void> {
  if (ctx.upstream.isUnhurried) return;
  const { plans } = accountRequests(ctx, range);
  const kept = await Promise.all(plans.map((plan) => plan.kept(ctx.upstream)));
  if (kept.every(({ isWhole }) => isWhole)) return;
  const pages = Math.ceil(((await peopleBeyondAPage(ctx)) ?? 0) / PEOPLE_PER_PAGE);
  const left = pages > 1 ? ctx.upstream.claim(pages) : null;
  if (left === null) return;
  throw new GatewayError(
    "TOO_EXPENSIVE",
    `Of several accounts with one address one row has its records, and which one takes the list of everybody: at least ${pages} upstream requests, and ${left} are left to the operation. \`user { claudeCode }\` has all records of an address and needs no list.`,
    { dataset: "USER_ACTIVITY", requests: pages },
  );
}

/** The list of everyone active over the range, which the list of people reads too. */
export function accountRequests(ctx: Context, range: DayRange): FieldRequests {
  return requestsFor(userActivity, questions(ctx, range));
}

function questions({ now }: Context, range: DayRange) {
  return windowsOf(userActivity, range, now()).pieces.map((piece) => ({ range: piece, filter: {} }));
}

interface Account {
  readonly key: string;
  readonly userId: string;
  readonly isAlias: boolean;
  readonly lastActiveOn: string;
}

function accountIn(
  { userId, email, formerEmail, lastActiveOn }: UserActivity,
  aliases: Aliases,
): readonly Account[] {
  const address = email ?? formerEmail ?? null;
  if (userId === null || address === null) return [];
  const key = emailKey(address, aliases);
  return [{ key, userId, isAlias: key !== address.toLowerCase(), lastActiveOn: lastActiveOn ?? "" }];
}

function foremost(a: Account, b: Account): Account {
  if (a.isAlias !== b.isAlias) return a.isAlias ? b : a;
  if (a.lastActiveOn !== b.lastActiveOn) return a.lastActiveOn > b.lastActiveOn ? a : b;
  return a.userId < b.userId ? a : b;
}
