import pMap from "p-map";
import type { Context } from "../context.ts";
import { type ClaudeCodeRecord, type SumOfRecords, sumOfRecords } from "../domain/claude-code.ts";
import { frozen } from "../domain/frozen.ts";
import { type Aliases, emailKey } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { claudeCode } from "../upstream/endpoints/claude-code.ts";
import { type CollectedPages, collectAll, collectHeld, pagesOf } from "../upstream/pages/iterate.ts";
import type { Page } from "../upstream/pages/page.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import { answersByKey, loader } from "./loader.ts";
import { oncePerOperation } from "./once-per-operation.ts";
import { pageIndex, valuesOfPages } from "./page-index.ts";
import { peopleBeyondAPage } from "./sizes.ts";

/**
 * Claude Code records per `emailKey` over the range, oldest first. One page run per day serves all keys, since upstream has no
 * filter. Null: no records, which differs from no activity. Throws as `recordsOfPeople`.
 */
export const recordsOfEmail = loader(async (ctx, { range }: { range: DayRange }, keys) => {
  const { pages } = await recordsOfPeople(ctx, range);
  const found = keys.map((key) => [key, recordsIn(pages, ctx.orgDirectory.aliases, key)] as const);
  return new Map(found.filter(([, records]) => records.length > 0));
});

/** The sum of those records. Null: no records. */
export const sumOfEmail = loader((ctx, { range }: { range: DayRange }, keys) =>
  sumsOfEmails(ctx, range, keys),
);

/** The sums for all of the keys that have records. */
export async function sumsOfEmails(
  ctx: Context,
  range: DayRange,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SumOfRecords>> {
  return answersByKey(keys, sumsIn(ctx, await recordsOfPeople(ctx, range)));
}

/** The sums by key, where this process holds all records; null: they have to be read. */
export function heldSumsOfEmails(
  ctx: Context,
  range: DayRange,
): ((key: string) => SumOfRecords | null) | null {
  const { ranges } = windowsOf(claudeCode, range, ctx.now());
  const records = collectHeld(
    ctx.upstream,
    claudeCode,
    ranges.map((day) => ({ range: day })),
  );
  return records && sumsIn(ctx, records);
}

function sumsIn(
  { orgDirectory: { aliases } }: Context,
  { pages }: Pick<CollectedPages<ClaudeCodeRecord>, "pages">,
): (key: string) => SumOfRecords | null {
  const known = sumsOfPages(pages, aliases);
  return (key) =>
    known.getOrInsertComputed(key, () => {
      const sum = sumOfRecords(recordsIn(pages, aliases, key));
      return sum && frozen(sum);
    });
}

const byAddress = pageIndex((record: ClaudeCodeRecord, aliases: Aliases) =>
  record.actor.kind === "user" ? [[emailKey(record.actor.email, aliases), record] as const] : [],
);

const sumsOfPages = valuesOfPages<ClaudeCodeRecord, Aliases, SumOfRecords | null>();

function recordsIn(
  pages: readonly (readonly ClaudeCodeRecord[])[],
  aliases: Aliases,
  key: string,
): readonly ClaudeCodeRecord[] {
  return pages.flatMap((rows) => byAddress(rows, aliases).get(key) ?? []);
}

/**
 * All records of the days, and how old they are: from upstream where the days take no more requests than one operation makes, else
 * as they were stored within a day. Throws TOO_EXPENSIVE otherwise, and then asks for none of them.
 */
export const recordsOfDays = oncePerOperation((ctx, range: DayRange) => {
  const { maxRequests } = ctx.upstream;
  return affordable(ctx, range, (requests) => (requests > maxRequests ? maxRequests : null));
});

/** Claude Code records for some people, within the requests that the other fields of the operation leave. */
export const recordsOfPeople = oncePerOperation((ctx, range: DayRange) =>
  affordable(ctx, range, (requests) => ctx.upstream.claim(requests)),
);

/** Plans the requests for the records of the days; a day takes as many requests as it has pages. */
export function codeDayRequests(
  { upstream, now }: Context,
  range: DayRange,
  enough: number | null = null,
): FieldRequests {
  const questions = windowsOf(claudeCode, range, now()).ranges.map((window) => ({ range: window }));
  return requestsFor(claudeCode, questions, enough, [], upstream.sizeOf("CLAUDE_CODE").pages || 1);
}

/** A day as far as it is kept. */
interface KeptDay {
  readonly range: DayRange;
  readonly pages: number;
  readonly isComplete: boolean;
}

/** How many days are looked up at once: each may be read from the shared store. */
const CONCURRENT_LOOKS = 8;

/** `claim` gives null where so many requests can be made, else how many could be. */
async function affordable(
  ctx: Context,
  range: DayRange,
  claim: (requests: number) => number | null,
): Promise<CollectedPages<ClaudeCodeRecord>> {
  const { upstream } = ctx;
  const { ranges } = windowsOf(claudeCode, range, ctx.now());
  const questions = ranges.map((day) => ({ range: day }));
  const held = collectHeld(upstream, claudeCode, questions);
  if (held !== null) return held;
  const read = () => collectAll(questions.map((question) => pagesOf(upstream, claudeCode, [question])));
  if (upstream.isUnbounded) return read();
  const days = await pMap(ranges, (day) => keptDay(ctx, day), { concurrency: CONCURRENT_LOOKS });
  const missing = days.filter(({ isComplete }) => !isComplete);
  if (missing.length === 0) return read();
  const stored = await pMap(ranges, (day) => upstream.stored(claudeCode, { range: day }), {
    concurrency: CONCURRENT_LOOKS,
  });
  const size = await pagesOfDay(ctx, [
    ...days.map(({ pages, isComplete }) => (isComplete || pages === 0 ? pages : pages + 1)),
    ...stored.map((pages) => pages?.length ?? 0),
  ]);
  const requests = missing.reduce((sum, day) => sum + restOf(day, size.pages), 0);
  const left = claim(requests);
  if (left === null) return read();
  if (stored.some((pages) => pages === null)) throw tooExpensive(days, size, requests, left);
  const pages = stored.flatMap((day) => day ?? []);
  upstream.take(claudeCode, pages);
  return { rows: pages.flatMap(({ rows }) => rows), pages: pages.map(({ rows }) => rows), sources: pages };
}

async function keptDay({ upstream }: Context, range: DayRange): Promise<KeptDay> {
  let pages = 0;
  const seen = new Set<string | null>();
  for (let token: string | null = null; !seen.has(token); ) {
    seen.add(token);
    const page: Page<ClaudeCodeRecord> | null = await upstream.peek(claudeCode, { range }, token);
    if (page === null) return { range, pages, isComplete: false };
    pages++;
    if (page.next === null) return { range, pages, isComplete: true };
    token = page.next;
  }
  return { range, pages: 0, isComplete: false };
}

function restOf({ pages, isComplete }: KeptDay, perDay: number): number {
  return isComplete ? 0 : Math.max(1, perDay - pages);
}

/** How many pages a day has, and by what that is known. */
interface DaySize {
  readonly pages: number;
  readonly people: number | null;
}

/** On a working day about every fourth person of a large organization has a record. */
const PEOPLE_PER_RECORD = 4;
const RECORDS_PER_PAGE = 1_000;

/** As many as the longest day that is stored or was read within a day, else by the number of people. */
async function pagesOfDay(ctx: Context, days: readonly number[]): Promise<DaySize> {
  const known = Math.max(ctx.upstream.sizeOf("CLAUDE_CODE").pages, ...days);
  if (known > 0) return { pages: known, people: null };
  const people = await peopleBeyondAPage(ctx);
  const pages = Math.ceil((people ?? 0) / PEOPLE_PER_RECORD / RECORDS_PER_PAGE);
  return { pages: Math.max(1, pages), people };
}

function tooExpensive(
  days: readonly KeptDay[],
  { pages, people }: DaySize,
  requests: number,
  left: number,
): GatewayError {
  const missing = days.filter(({ isComplete }) => !isComplete).length;
  const each = `${missing} of ${days.length} days must be read, at ${pages} ${pages === 1 ? "request" : "requests"} each${
    people === null ? "" : `, as ${people} people have`
  }`;
  const fits = newestThatFit(days, pages, left);
  const cheaper =
    fits === null
      ? "`activity { claudeCode }` counts only these people, by other definitions. Days that `npm run warm -- --datasets claude-code --recent` has stored (CACHE_URL) are answered from the store for one day, final days permanently."
      : `It fits with \`range: { between: { from: "${fits.from}", until: "${fits.until}" } }\`, and in full once \`npm run warm -- --datasets claude-code --recent\` has stored the days (CACHE_URL).`;
  return new GatewayError(
    "TOO_EXPENSIVE",
    `Upstream lists Claude Code records by day for all people and cannot filter them by person. This needs at least ${requests} upstream requests, and the operation has ${left} left; ${each}. ${cheaper}`,
    { dataset: "CLAUDE_CODE", requests },
  );
}

/** The newest of the days that so many requests can read; null where that is not one. */
function newestThatFit(days: readonly KeptDay[], perDay: number, left: number): DayRange | null {
  let requests = 0;
  const beyond = days.findLastIndex((day) => {
    requests += restOf(day, perDay);
    return requests > left;
  });
  const fitting = days.slice(beyond + 1);
  const [first, last] = [fitting[0], fitting.at(-1)];
  return first === undefined || last === undefined
    ? null
    : { from: first.range.from, until: last.range.until };
}
