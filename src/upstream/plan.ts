import type { Context } from "../context.ts";
import type { DayRange } from "../domain/range.ts";
import type { Endpoint, EndpointKey } from "./endpoint.ts";
import type { Page } from "./pages/page.ts";
import { canonicalPath } from "./pages/path.ts";
import { windowsOf } from "./pages/windows.ts";
import type { Upstream } from "./upstream.ts";

/** A run of upstream requests for the pages of one question, planned before it is made. */
export interface RequestPlan {
  readonly endpoint: EndpointKey;
  /** The days it is about; null for look-ups. */
  readonly range: DayRange | null;
  /** Tells it from others: plans of one name are one. Null: it depends on rows that are not there yet. */
  readonly name: string | null;
  /** The least requests it takes where nothing is kept; one if not said. */
  readonly requests?: number;
  /** The part of it that would cost no request now. */
  readonly kept: (upstream: Upstream) => Promise<KeptPart>;
}

/** The pages of a plan, from the first, that are kept; `isComplete` where these are all of them. */
export interface KeptPart {
  readonly rows: number;
  readonly isComplete: boolean;
  /** The least requests that the others take; one if not said. */
  readonly requests?: number;
}

const NOTHING: KeptPart = { rows: 0, isComplete: false };

/** The upstream requests of a field, oldest first. */
export interface FieldRequests {
  readonly plans: readonly RequestPlan[];
  /** With so many rows the field has enough; null: it reads all there is. */
  readonly enough: number | null;
  /** It makes no request where that would be too many, and leaves the rest of the answer as it is. */
  readonly refusesItself?: true;
  /** The context that makes them, where that is of another tenant than the field. */
  readonly ctx?: Context;
  /** Begins to make them before the rows above the field are there. Left out where they depend on these, or where none may come. */
  readonly ahead?: () => Promise<unknown>;
}

/**
 * Plans the requests of known questions; `ranges` are the days wanted of each, where more are requested, and `pages` is how many each
 * question has, as far as is known.
 */
export function requestsFor<P, Row>(
  endpoint: Endpoint<P, Row>,
  questions: readonly P[],
  enough: number | null = null,
  ranges: readonly DayRange[] = [],
  pages = 1,
): FieldRequests {
  const plans = questions.map((params, i): RequestPlan => {
    let name: string | null = null; // read several times, or never
    return {
      endpoint,
      range: ranges[i] ?? endpoint.rangeOf(params),
      requests: pages,
      get name() {
        name ??= `${endpoint.dataset} ${canonicalPath(endpoint, params, null)}`;
        return name;
      },
      kept: (upstream) => keptPart(upstream, endpoint, params, pages),
    };
  });
  return { plans, enough };
}

/** Returns the part of a question that would cost no request now; `pages` is how many it has, as far as is known. */
export async function keptPart<P, Row>(
  upstream: Upstream,
  endpoint: Endpoint<P, Row>,
  params: P,
  pages = 1,
): Promise<KeptPart> {
  const first = upstream.peek(endpoint, params, null);
  if (!(first instanceof Promise) && first?.next === null)
    return { rows: first.rows.length, isComplete: true };
  let rows = 0;
  const seen = new Set<string | null>();
  for (let token: string | null = null; !seen.has(token); ) {
    seen.add(token);
    const page: Page<Row> | null = await (token === null ? first : upstream.peek(endpoint, params, token));
    if (page === null) {
      const all = await upstream.rowsInColumns(endpoint, params);
      return all === null
        ? { rows, isComplete: false, requests: Math.max(1, pages - seen.size + 1) }
        : { rows: all, isComplete: true };
    }
    rows += page.rows.length;
    if (page.next === null) return { rows, isComplete: true };
    token = page.next;
  }
  return NOTHING;
}

/** Plans requests that are known by their name alone. */
export function requestNamed(endpoint: EndpointKey, name: string): RequestPlan {
  return { endpoint, range: null, name, kept: async () => NOTHING };
}

/** Plans requests about people who change teams within windows. Their ids are known only when figures are read. */
export function requestsOfChanges(
  endpoint: EndpointKey,
  windows: readonly { readonly range: DayRange; readonly requests: number }[],
  question: object = {},
): readonly FieldRequests[] {
  const plans = windows
    .filter(({ requests }) => requests > 0)
    .map(({ range, requests }): RequestPlan => {
      const name = `${endpoint.dataset} changes of teams ${JSON.stringify({ ...question, range })}`;
      return { endpoint, range, name, requests, kept: async () => ({ ...NOTHING, requests }) };
    });
  return plans.length === 0 ? [] : [{ plans, enough: null }];
}

/** Plans the requests that rows above the field lead to, one for each of its ranges; their keys are not known yet. */
export function requestsByKey(endpoint: EndpointKey, ranges: readonly (DayRange | null)[]): FieldRequests {
  const plans = ranges.map((range) => ({ endpoint, range, name: null, kept: async () => NOTHING }));
  return { plans, enough: null };
}

/** Plans the requests that all rows of a list make together, by key: one for each window of the days. */
export function requestsOverDays(
  endpoint: EndpointKey & Pick<Endpoint<never, unknown>, "coverage">,
  range: DayRange,
  ctx: Context,
): FieldRequests {
  return requestsByKey(endpoint, windowsOf(endpoint, range, ctx.now()).ranges);
}

/** Plans the same requests, without those of windows that are stored as one list of all keys (`whole`). */
export function requestsUnlessStored<P, Row>(
  endpoint: Endpoint<P, Row>,
  range: DayRange,
  ctx: Context,
  whole: (window: DayRange) => P,
): FieldRequests {
  const plans = windowsOf(endpoint, range, ctx.now()).ranges.map(
    (window): RequestPlan => ({
      endpoint,
      range: window,
      name: null,
      kept: (upstream) => keptPart(upstream, endpoint, whole(window)),
    }),
  );
  return { plans, enough: null };
}
