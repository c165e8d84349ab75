import type { EngagementFilter } from "../domain/engagement.ts";
import type { DayRange } from "../domain/range.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { narrowed } from "../upstream/endpoints/engagement-query.ts";
import { type PageSource, walkOf, whole } from "../upstream/walk.ts";
import { windowsOf } from "../upstream/windows.ts";
import { loader } from "./loader.ts";

/** Days, and the use that counts in them. */
export interface Scope {
  readonly range: DayRange;
  readonly filter: EngagementFilter;
}

/** The rows about one key, and how old they are. */
export interface RowsOf<Row> {
  readonly rows: readonly Row[];
  readonly sources: readonly PageSource[];
}

/**
 * The rows about each key. One walk for all keys together: of what concerns them while they fit into one filter, of the whole
 * list beyond, which costs less than asking in parts and serves everyone. Rows are matched to keys by id, since upstream also
 * takes names in other spellings. Without a dimension that finds them, it is always the whole list.
 */
export function rowsBy<Row>(
  endpoint: Endpoint<Scope, Row>,
  dimension: "users" | "groups" | "names" | "projects" | null,
  keyOf: (row: Row) => string | null,
) {
  return loader(
    async ({ upstream, now }, { range, filter }: Scope, keys): Promise<Map<string, RowsOf<Row>>> => {
      const { pieces } = windowsOf(endpoint, range, now());
      const questions = pieces.map((piece) => ({
        range: piece,
        filter: dimension === null ? filter : narrowed(filter, { [dimension]: keys }),
      }));
      const { rows, sources } = await whole(walkOf(upstream, endpoint, questions));
      const byKey = Map.groupBy(rows, keyOf);
      return new Map(keys.map((key) => [key, { rows: byKey.get(key) ?? [], sources }]));
    },
  );
}
