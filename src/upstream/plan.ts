import pMap from "p-map";
import { isOfDirectory } from "../domain/dataset.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import type { Endpoint, KeyFamily } from "./endpoint.ts";
import type { Page } from "./page.ts";
import { canonicalPath } from "./path.ts";
import type { Upstream } from "./upstream.ts";

/** One upstream walk, told before it is made. */
export interface PlannedWalk {
  readonly endpoint: Asked;
  /** The days it is about; null for look-ups. */
  readonly range: DayRange | null;
  /** What tells it from others: walks of one name are one. Null: it depends on rows that are not there yet. */
  readonly name: string | null;
  /** How many requests it takes where nothing is kept, at the least; one if not said. */
  readonly requests?: number;
  /** What of it would cost no request now. */
  readonly kept: (upstream: Upstream) => Promise<Kept>;
}

/** What of an endpoint tells whose requests they are. */
export type Asked = Pick<Endpoint<never, unknown>, "dataset" | "key" | "subject" | "isOfBothKinds">;

/** The part of a walk, from its beginning, that is kept; `isWhole` where that is all of it. */
interface Kept {
  readonly rows: number;
  readonly isWhole: boolean;
  /** How many requests what is not kept takes at the least; one if not said. */
  readonly requests?: number;
}

const NOTHING: Kept = { rows: 0, isWhole: false };

/** The walks a field will make, oldest first. */
export interface FieldWalks {
  readonly walks: readonly PlannedWalk[];
  /** With so many rows the field has enough; null: it reads all there is. */
  readonly enough: number | null;
  /** It asks nothing where that would be too much, and leaves the rest of the answer as it is. */
  readonly refusesItself?: true;
}

/**
 * Walks whose questions are known; `pieces` are the days wanted of each, where more are asked for, and `pages` is how many each
 * question has, as far as is known.
 */
export function walksOf<P, Row>(
  endpoint: Endpoint<P, Row>,
  questions: readonly P[],
  enough: number | null = null,
  pieces: readonly DayRange[] = [],
  pages = 1,
): FieldWalks {
  const walks = questions.map(
    (params, i): PlannedWalk => ({
      endpoint,
      range: pieces[i] ?? endpoint.covers(params),
      requests: pages,
      get name() {
        return `${endpoint.dataset} ${canonicalPath(endpoint, params, null)}`;
      },
      kept: async (upstream) => {
        let rows = 0;
        const seen = new Set<string | null>();
        for (let token: string | null = null; !seen.has(token); ) {
          seen.add(token);
          const page: Page<Row> | null = await upstream.peek(endpoint, params, token);
          if (page === null) return { rows, isWhole: false, requests: Math.max(1, pages - seen.size + 1) };
          rows += page.rows.length;
          if (page.next === null) return { rows, isWhole: true };
          token = page.next;
        }
        return NOTHING;
      },
    }),
  );
  return { walks, enough };
}

/** A walk told by its name alone. */
export function walkTold(endpoint: Asked, name: string): PlannedWalk {
  return { endpoint, range: null, name, kept: async () => NOTHING };
}

/** Walks that rows above the field will lead to, one for each piece of its days; what they are narrowed to is not known yet. */
export function walksByKey(endpoint: Asked, pieces: readonly (DayRange | null)[]): FieldWalks {
  const walks = pieces.map((range) => ({ endpoint, range, name: null, kept: async () => NOTHING }));
  return { walks, enough: null };
}

/** A field of an operation with the walks it will make. */
export interface PlannedField extends FieldWalks {
  /** Where it stands, by response names. */
  readonly path: string;
}

/** What an operation will cost at the least: lists can be longer than a page, and rows can lead to more. */
export interface Estimate {
  /** Requests for figures, and for look-ups. */
  readonly requests: number;
  readonly lookups: number;
  /** Requests made first that show whose the keys are: one for each key, once. They count towards no bound. */
  readonly proofs: number;
  /** Windows that cost a request each or none: the rows that decide it are kept, and so these may be. */
  readonly unsure: number;
  /** Those of fields that do not refuse themselves, without the directory's. */
  readonly others: number;
  readonly fields: readonly EstimatedField[];
}

export interface EstimatedField {
  readonly path: string;
  readonly endpoint: Asked;
  /** Requests it adds to those of the fields before it, and the walks they are of. */
  readonly requests: number;
  readonly asked: readonly Walked[];
  /** It will ask nothing, since that would be too much, and leaves the rest of the answer as it is. */
  readonly isRefused: boolean;
  readonly refusesItself: boolean;
  /** Whether it needs all of its windows; a list stops with the one in which it has enough rows. */
  readonly readsAll: boolean;
  readonly windows: readonly EstimatedWindow[];
}

interface EstimatedWindow {
  readonly range: DayRange | null;
  /** Whether reading it costs no request; null where rows decide. */
  readonly isKept: boolean | null;
}

/** A walk by its name, or by where in the operation it is made. */
export type Walked = string;

/** The walks an operation makes at the least if nothing is kept; known without looking. Those to the directory are everybody's. */
export function namesOfWalks(fields: readonly PlannedField[]): ReadonlySet<Walked> {
  return new Set(walksAtLeast(fields.filter(({ refusesItself }) => !refusesItself)).keys());
}

/** The requests of those walks. */
export function requestsAtLeast(fields: readonly PlannedField[]): number {
  return [...walksAtLeast(fields).values()].reduce((sum, requests) => sum + requests, 0);
}

function walksAtLeast(fields: readonly PlannedField[]): ReadonlyMap<Walked, number> {
  const own = fields.filter(
    ({ walks: [first] }) => first !== undefined && !isOfDirectory(first.endpoint.dataset),
  );
  return new Map(
    own.flatMap(({ path, walks, enough }) =>
      (enough === null ? walks : walks.slice(0, 1)).map((walk, i): [Walked, number] => [
        nameOf(walk, path, i),
        enough === null ? (walk.requests ?? 1) : 1,
      ]),
    ),
  );
}

function nameOf({ name }: PlannedWalk, path: string, i: number): Walked {
  return name ?? `${path} ${i}`;
}

/** How many windows are looked up at once: each may be read from the shared store. */
const CONCURRENT_LOOKS = 16;

/** What of an operation's walks is kept, and so what it will cost. Asks nothing of upstream. */
export async function estimate(upstream: Upstream, fields: readonly PlannedField[]): Promise<Estimate> {
  const counted = new Set<string>();
  const estimated: EstimatedField[] = [];
  const unproven = new Set<KeyFamily>();
  for (const { path, walks, enough, refusesItself = false } of fields) {
    const endpoint = walks[0]?.endpoint;
    if (endpoint === undefined || !upstream.has(endpoint.key)) continue;
    if (await upstream.needsProof(endpoint)) unproven.add(endpoint.key);
    const above = estimated.findLast((field) => path.startsWith(`${field.path}.`));
    const mayBeKept = above?.windows.every(({ isKept }) => isKept !== false) ?? false;
    const looked = await pMap(walks, (walk) => walk.kept(upstream), { concurrency: CONCURRENT_LOOKS });
    const windows = walks.map(({ range, name }, i): EstimatedWindow => {
      const { rows, isWhole } = looked[i] ?? NOTHING;
      if (name === null) return { range, isKept: mayBeKept ? null : false };
      return { range, isKept: isWhole || (enough !== null && rows > enough) };
    });
    const read = enough === null ? walks.length : windowsRead(looked, enough);
    const asked: Walked[] = [];
    let requests = 0;
    for (const [i, walk] of walks.slice(0, read).entries()) {
      const name = nameOf(walk, path, i);
      if (windows[i]?.isKept !== false || counted.has(name)) continue;
      counted.add(name);
      asked.push(name);
      requests += looked[i]?.requests ?? 1;
    }
    const readsAll = enough === null;
    estimated.push({ path, endpoint, requests, asked, isRefused: false, refusesItself, readsAll, windows });
  }
  const others = requestsOf(
    estimated.filter(({ endpoint, refusesItself }) => !refusesItself && !isOfDirectory(endpoint.dataset)),
  );
  const decided = withRefusals(estimated, upstream.maxRequests - others);
  const made = decided.filter(({ isRefused }) => !isRefused);
  const lookups = requestsOf(made.filter(({ endpoint }) => endpoint.subject === "live"));
  return {
    requests: requestsOf(made) - lookups,
    lookups,
    proofs: unproven.size,
    unsure: made.flatMap(({ windows }) => windows).filter(({ isKept }) => isKept === null).length,
    others,
    fields: decided,
  };
}

function requestsOf(fields: readonly EstimatedField[]): number {
  return fields.reduce((sum, { requests }) => sum + requests, 0);
}

/** Fields that refuse themselves have what the others leave, in their order. */
function withRefusals(fields: readonly EstimatedField[], leftOver: number): readonly EstimatedField[] {
  let left = leftOver;
  return fields.map((field) => {
    if (!field.refusesItself || isOfDirectory(field.endpoint.dataset)) return field;
    const isRefused = field.requests > left;
    if (!isRefused) left -= field.requests;
    return { ...field, isRefused };
  });
}

/** How many windows a list needs for so many rows and one to look at; the first that is not kept may be enough. */
function windowsRead(kept: readonly Kept[], enough: number): number {
  let rows = 0;
  const last = kept.findIndex((window) => {
    rows += window.rows;
    return rows > enough || !window.isWhole;
  });
  return last < 0 ? kept.length : last + 1;
}

/**
 * Refuses what needs more requests than one operation may begin, and names the nearest question that does not. Those for the
 * directory are not the operation's: they serve everybody for a day.
 */
export function refuseTooExpensive({ fields: all }: Estimate, most: number): void {
  const fields = all.filter(({ endpoint, isRefused }) => !isRefused && !isOfDirectory(endpoint.dataset));
  const needed = requestsOf(fields);
  if (needed <= most) return;
  const largest = fields.reduce((a, b) => (b.requests > a.requests ? b : a));
  const { dataset } = largest.endpoint;
  throw new GatewayError(
    "TOO_EXPENSIVE",
    `This needs at least ${needed} upstream requests and one operation may make ${most}; \`${largest.path}\` alone needs ${largest.requests} of ${dataset}. ${cheaper(largest, most - (needed - largest.requests))}`,
    { dataset, field: largest.path, requests: needed },
  );
}

/** The newest part of a field's days that the requests left for it can read. */
function cheaper({ windows, path }: EstimatedField, left: number): string {
  let asked = 0;
  const oldest = windows.toReversed().findIndex(({ isKept }) => {
    if (isKept === false) asked++;
    return asked > left;
  });
  const [from, until] = [windows.at(-oldest)?.range?.from, windows.at(-1)?.range?.until];
  return oldest < 1 || from === undefined || until === undefined
    ? `Ask for \`${path}\` in an operation of its own, or for fewer of its kind.`
    : `It can be asked with \`range: { between: { from: "${from}", until: "${until}" } }\`.`;
}
