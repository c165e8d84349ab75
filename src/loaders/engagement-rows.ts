import type { EngagementFilterValues } from "../domain/engagement.ts";
import type { DayRange } from "../domain/range.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { MAX_FILTERS, narrowed } from "../upstream/endpoints/engagement-query.ts";
import { collect, type PageProvenance, pagesOf } from "../upstream/pages/iterate.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { inParts } from "./in-parts.ts";
import { loader } from "./loader.ts";

/** Days, and the use that counts in them. */
export interface UseScope {
  readonly range: DayRange;
  readonly filter: EngagementFilterValues;
}

/** The rows about one key, and how old they are. */
export interface RowsOf<Row> {
  readonly rows: readonly Row[];
  readonly sources: readonly PageProvenance[];
}

/**
 * Rows of each key, read in one page run for all keys: filtered while the keys fit into one filter, else the whole list, which
 * serves all callers. People are read in parts, unless the whole list takes fewer requests. Rows are matched to keys by id,
 * since upstream also takes names in other spellings. Without a dimension to filter by, it is always the whole list. The loader
 * carries its endpoint, from which its requests are planned.
 */
export function rowsBy<Row>(
  endpoint: Endpoint<UseScope, Row>,
  dimension: "users" | "groups" | "names" | "projects" | null,
  keyOf: (row: Row) => string | null,
) {
  const rows = loader(async (ctx, { range, filter }: UseScope, keys): Promise<Map<string, RowsOf<Row>>> => {
    const { ranges } = windowsOf(endpoint, range, ctx.now());
    const ask = (window: DayRange, users: readonly string[] | null): UseScope => ({
      range: window,
      filter: users === null ? filter : { ...filter, users },
    });
    const questions =
      dimension === "users"
        ? await inParts(ctx, { endpoint, most: roomIn(filter), ask }, ranges, keys)
        : ranges.map((window) => ({
            range: window,
            filter: dimension === null ? filter : narrowed(filter, { [dimension]: keys }),
          }));
    const { rows, sources } = await collect(pagesOf(ctx.upstream, endpoint, questions));
    const byKey = Map.groupBy(rows, keyOf);
    return new Map(keys.map((key) => [key, { rows: byKey.get(key) ?? [], sources }]));
  });
  return Object.assign(rows, { endpoint });
}

/** How many people a filter can name beside what it names already. Whom it names is narrowed further, so that those make room. */
function roomIn({ users: _, ...others }: EngagementFilterValues): number {
  return MAX_FILTERS - Object.values(others).flat().length;
}
