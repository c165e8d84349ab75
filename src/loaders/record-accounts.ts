import type { Context } from "../context.ts";
import type { UserActivityRow } from "../domain/activity.ts";
import type { SumOfRecords } from "../domain/claude-code.ts";
import { type Aliases, emailKey } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { collect, collectHeld, pagesOf } from "../upstream/pages/iterate.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import { heldSumsOfEmails, sumsOfEmails } from "./claude-code.ts";
import { answersByKey, loader, loaderUnlessHeld } from "./loader.ts";
import { pageIndex } from "./page-index.ts";
import { PEOPLE_PER_PAGE, peopleBeyondAPage } from "./sizes.ts";

/**
 * The id of the account that carries the Claude Code records of an address (`emailKey`), in lists of people over the range.
 * Records name an address and no account: someone who left and came back has two rows with one address, and so has someone with
 * an alias. The row of the address itself goes before those of its aliases, then the one last active, then the first by id.
 */
export const accountOfRecords = loader((ctx, { range }: { range: DayRange }, keys) =>
  accountsOfRecords(ctx, range, keys),
);

async function accountsOfRecords(
  ctx: Context,
  range: DayRange,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map();
  return answersByKey(keys, accountsIn(ctx, await listOfPeople(ctx, range)));
}

function accountsIn(
  { orgDirectory: { aliases } }: Context,
  pages: readonly (readonly UserActivityRow[])[],
): (key: string) => string | null {
  const indexes = pages.map((rows) => byAddress(rows, aliases));
  return (key) => {
    let found: Account | null = null;
    for (const index of indexes)
      for (const account of index.get(key) ?? []) found = found === null ? account : foremost(found, account);
    return found?.userId ?? null;
  };
}

const byAddress = pageIndex((row: UserActivityRow, aliases: Aliases) =>
  accountIn(row, aliases).map((account) => [account.key, account] as const),
);

/** Records added up, and the account that carries them. */
interface SumOfAccount {
  readonly sum: SumOfRecords;
  readonly userId: string | null;
}

/** The sum of the records of an address, with the account that carries them. Null: no records. */
export const sumOfAccount = loaderUnlessHeld<{ readonly range: DayRange }, SumOfAccount>(
  async (ctx, { range }, keys) => {
    const sums = await sumsOfEmails(ctx, range, keys);
    // Who has no records needs no account, even where these cannot be read.
    const accounts = await accountsOfRecords(ctx, range, [...sums.keys()]).catch((fault: Error) => fault);
    const found = (key: string, sum: SumOfRecords) =>
      accounts instanceof Error ? accounts : { sum, userId: accounts.get(key) ?? null };
    return new Map([...sums].map(([key, sum]) => [key, found(key, sum)] as const));
  },
  (ctx, { range }) => {
    const sumOf = heldSumsOfEmails(ctx, range);
    const people = sumOf && collectHeld(ctx.upstream, userActivity, questions(ctx, range));
    if (people === null) return null;
    const accountOf = accountsIn(ctx, people.pages);
    return (key) => {
      const sum = sumOf?.(key) ?? null;
      return sum && { sum, userId: accountOf(key) };
    };
  },
);

/**
 * Everyone active over the range, page by page: from upstream where the list takes no more requests than are left to the operation, else as it
 * was stored within a day. Throws TOO_EXPENSIVE otherwise, and then makes no request for it.
 */
async function listOfPeople(ctx: Context, range: DayRange): Promise<readonly (readonly UserActivityRow[])[]> {
  const { upstream } = ctx;
  const requested = questions(ctx, range);
  const refusal = await refusalOfList(ctx, range);
  if (refusal === null) return (await collect(pagesOf(upstream, userActivity, requested))).pages;
  const stored = await Promise.all(requested.map((question) => upstream.stored(userActivity, question)));
  if (stored.some((pages) => pages === null)) throw refusal;
  const pages = stored.flatMap((list) => list ?? []);
  upstream.take(userActivity, pages);
  return pages.map(({ rows }) => rows);
}

/** Returns why the list is not read from upstream; null where it is kept or the operation can read it. */
async function refusalOfList(ctx: Context, range: DayRange): Promise<GatewayError | null> {
  if (ctx.upstream.isUnbounded) return null;
  const { plans } = accountRequests(ctx, range);
  const kept = await Promise.all(plans.map((plan) => plan.kept(ctx.upstream)));
  if (kept.every(({ isComplete }) => isComplete)) return null;
  const pages = Math.ceil(((await peopleBeyondAPage(ctx)) ?? 0) / PEOPLE_PER_PAGE);
  const left = pages > 1 ? ctx.upstream.claim(pages) : null;
  if (left === null) return null;
  return new GatewayError(
    "TOO_EXPENSIVE",
    `If several accounts share an address, one row has its records. To find it, the gateway must list all people: at least ${pages} upstream requests, and the operation has ${left} left. \`user { claudeCode }\` has all records of an address and does not need the list: query \`user { claudeCode(range: { between: { from: "${range.from}", until: "${range.until}" } }) { … } }\` on each row.`,
    { dataset: "USER_ACTIVITY", requests: pages },
  );
}

/** The list of everyone active over the range, which the list of people reads too. */
export function accountRequests(ctx: Context, range: DayRange): FieldRequests {
  return requestsFor(userActivity, questions(ctx, range));
}

function questions({ now }: Context, range: DayRange) {
  return windowsOf(userActivity, range, now()).ranges.map((window) => ({ range: window, filter: {} }));
}

interface Account {
  readonly key: string;
  readonly userId: string;
  readonly isAlias: boolean;
  readonly lastActiveOn: string;
}

function accountIn(
  { userId, email, formerEmail, lastActiveOn }: UserActivityRow,
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
