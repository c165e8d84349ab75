import { digestOfText } from "../../src/cache/long-texts.ts";
import type { Context } from "../../src/context.ts";
import { parseDay } from "../../src/domain/day.ts";
import type { EngagementDimension, EngagementFilterValues } from "../../src/domain/engagement.ts";
import type { OrganizationKind } from "../../src/domain/organization.ts";
import type { DayRange } from "../../src/domain/range.ts";
import type { Overlap } from "../../src/domain/team.ts";
import { badInput, GatewayError } from "../../src/errors.ts";
import { withArticle } from "./article.ts";
import { decodeGlobalId } from "./builder.ts";

/**
 * An object with figures has an id made of all that the figures depend on: the measured thing, the days and the terms. So two
 * questions in one client cache do not overwrite each other, and an id leads to the same figures again.
 *
 * An id stays short. Terms that do not fit are replaced by their digest, and the gateway remembers them. A name that does not
 * fit is replaced by its digest, by which it is found among the rows.
 */
export interface MeasuredId {
  readonly own: string;
  readonly range: DayRange;
  readonly terms: Terms;
}

/** Terms that figures depend on beside their days. An omitted term has its default. */
export interface Terms {
  /** The use that counts; which lists a filter may hold depends on the noun. */
  readonly filter?: EngagementFilterValues;
  /** The organization that the figures are of: ENTERPRISE by default. */
  readonly organization?: OrganizationKind;
  /** How people in several teams count: COUNT_IN_EACH where nothing is said. */
  readonly overlap?: Overlap;
}

/** Terms of one spelling: without those that are usual. */
function spelled({ filter = {}, organization = "ENTERPRISE", overlap = "COUNT_IN_EACH" }: Terms): Terms {
  return {
    ...(Object.keys(filter).length > 0 && { filter }),
    ...(organization !== "ENTERPRISE" && { organization }),
    ...(overlap !== "COUNT_IN_EACH" && { overlap }),
  };
}

/** So many bytes, with the name of the longest type before them, are an id of less than 256. */
const MAX_BYTES = 170;

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_BYTES;
}

/** An own id as it stands in a measured one: as it is, or by its digest. */
export function shortened(own: string): string {
  return Buffer.byteLength(own) <= MAX_OWN_BYTES ? own : `#${digestOfText(own)}`;
}

export function isShortened(own: string): boolean {
  return /^#[\w-]{22}$/.test(own);
}

/** Leaves room for the days and a digest beside it. */
const MAX_OWN_BYTES = 110;

export function formatMeasuredId(ctx: Context, id: MeasuredId): string | Promise<string> {
  const { from, until } = id.range;
  const own = shortened(id.own);
  const terms = spelled(id.terms);
  if (Object.keys(terms).length === 0) return `${from}:${until}:${own}`;
  const whole = JSON.stringify([from, until, own, terms]);
  if (fits(whole)) return whole;
  const { filter, ...others } = terms;
  return ctx.longTexts.keep(JSON.stringify(filter)).then((digest) => {
    ctx.upstream.dependOn(ctx.longTexts.validityOf(digest));
    return JSON.stringify([from, until, own, others, digest]);
  });
}

/** Throws BAD_USER_INPUT also where the id holds terms that the noun does not know. */
export async function parseMeasuredId(
  ctx: Context,
  id: string,
  known: readonly (keyof Terms)[],
): Promise<MeasuredId> {
  const { terms, digest, ...rest } = partsOf(id);
  const filter = digest === null ? terms.filter : await filterBy(ctx, digest);
  const all = { ...terms, ...(filter !== undefined && { filter }) };
  if (Object.keys(all).some((term) => !known.some((each) => each === term))) throw damaged();
  return { ...rest, terms: all };
}

async function filterBy(ctx: Context, digest: string): Promise<EngagementFilterValues> {
  const text = await ctx.longTexts.find(digest);
  const filter: unknown = text === null ? null : JSON.parse(text);
  if (isFilter(filter)) return filter;
  throw new GatewayError(
    "NOT_FOUND",
    "The filter of this id is no longer known, since it is too long for an id. Query the list again.",
  );
}

/** The days that a measured id names, whatever its noun. */
export function rangeOfMeasured(id: string): DayRange {
  return partsOf(id).range;
}

/** The own id in a measured one, which may be shortened. */
export function ownOfMeasured(id: string): string {
  return partsOf(id).own;
}

interface Parts extends MeasuredId {
  /** Of the filter, where that does not stand in the id. */
  readonly digest: string | null;
}

function partsOf(id: string): Parts {
  const [from, until, own, terms, digest = null] = id.startsWith("[") ? partsOfJson(id) : partsOfText(id);
  const range = { from: dayOf(from), until: dayOf(until) };
  if (range.from === null || range.until === null || range.from >= range.until) throw damaged();
  if (typeof own !== "string" || !isTerms(terms) || !(digest === null || typeof digest === "string"))
    throw damaged();
  return { own, range: { from: range.from, until: range.until }, terms, digest };
}

function partsOfText(id: string): readonly unknown[] {
  const [from, until, ...own] = id.split(":");
  return own.length === 0 ? [] : [from, until, own.join(":"), {}];
}

function partsOfJson(id: string): readonly unknown[] {
  try {
    return JSON.parse(id) as readonly unknown[];
  } catch {
    throw damaged();
  }
}

function dayOf(text: unknown) {
  return typeof text === "string" ? parseDay(text) : null;
}

const TERMS: { readonly [T in keyof Terms]-?: (value: unknown) => boolean } = {
  filter: isFilter,
  organization: (value) => value === "CONSOLE",
  overlap: (value) => value === "SPLIT",
};

function isTerms(terms: unknown): terms is Terms {
  if (typeof terms !== "object" || terms === null) return false;
  return Object.entries(terms).every(
    ([name, value]) => Object.hasOwn(TERMS, name) && TERMS[name as keyof Terms](value),
  );
}

function isFilter(filter: unknown): filter is EngagementFilterValues {
  if (typeof filter !== "object" || filter === null) return false;
  return Object.values(filter).every(
    (values) => Array.isArray(values) && values.every((value) => typeof value === "string"),
  );
}

/** The own id in a global one, of an identity or of a row about it. Throws BAD_USER_INPUT where it is of another noun. */
export function identityIn(globalId: string, noun: string, ctx: Context): string {
  const { typename, id } = decodeGlobalId(globalId, ctx);
  if (typename === noun) return id;
  if (typename === `${noun}Summary`) return ownOfMeasured(id);
  throw badInput(`This is the id of ${withArticle(typename)}, not of ${withArticle(noun)}.`);
}

function damaged() {
  return badInput("This id is damaged; pass an `id` as an answer returned it.");
}

/** A filter without the lists that only choose rows: a row is the same whether others are listed or not. */
export function countedBy(
  filter: EngagementFilterValues,
  choosing: readonly EngagementDimension[],
): EngagementFilterValues {
  if (!choosing.some((dimension) => Object.hasOwn(filter, dimension))) return filter; // as for most rows
  return Object.fromEntries(
    Object.entries(filter).filter(([dimension]) => !choosing.includes(dimension as EngagementDimension)),
  );
}
