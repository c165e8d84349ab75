import type { Connector, EngagementFilter, Project, Skill, UseOf } from "../domain/engagement.ts";
import type { DayRange } from "../domain/range.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { connectorActivity, connectorUse } from "../upstream/endpoints/connectors.ts";
import { narrowed } from "../upstream/endpoints/engagement-query.ts";
import { projectActivity, projectUse } from "../upstream/endpoints/projects.ts";
import { skillActivity, skillUse } from "../upstream/endpoints/skills.ts";
import { type PageSource, walkOf, whole } from "../upstream/walk.ts";
import { windowsOf } from "../upstream/windows.ts";
import { loader } from "./loader.ts";

/** Days, and the use that counts in them. */
interface Scope {
  readonly range: DayRange;
  readonly filter: EngagementFilter;
}

/** The rows about one key, and how old they are. */
export interface RowsOf<Row> {
  readonly rows: readonly Row[];
  readonly sources: readonly PageSource[];
}

/** Who used what, of one kind of thing: asked by person, by thing, and the things themselves. */
export const skillUses = usesOf(skillActivity, skillUse, "names", ({ name }: Skill) => name);
export const connectorUses = usesOf(connectorActivity, connectorUse, "names", ({ name }: Connector) => name);
export const projectUses = usesOf(
  projectActivity,
  projectUse,
  "projects",
  ({ projectId }: Project) => projectId,
);

function usesOf<Thing>(
  things: Endpoint<Scope, Thing>,
  uses: Endpoint<Scope, UseOf<Thing>>,
  dimension: "names" | "projects",
  ownOf: (thing: Thing) => string,
) {
  return {
    dataset: things.dataset,
    ownOf,
    ofPerson: rowsBy(uses, "users", ({ userId }) => userId),
    ofThing: rowsBy(uses, dimension, ownOf),
    thing: rowsBy(things, dimension, ownOf),
  };
}

/**
 * The rows about each key. One walk for all keys together: of what concerns them while they fit into one filter, of the whole
 * list beyond, which costs less than asking in parts and serves everyone. Rows are matched to keys by id, since upstream also
 * takes names in other spellings.
 */
function rowsBy<Row>(
  endpoint: Endpoint<Scope, Row>,
  dimension: "users" | "names" | "projects",
  keyOf: (row: Row) => string | null,
) {
  return loader(
    async ({ upstream, now }, { range, filter }: Scope, keys): Promise<Map<string, RowsOf<Row>>> => {
      const { pieces } = windowsOf(endpoint, range, now());
      const questions = pieces.map((piece) => ({
        range: piece,
        filter: narrowed(filter, { [dimension]: keys }),
      }));
      const { rows, sources } = await whole(walkOf(upstream, endpoint, questions));
      const byKey = Map.groupBy(rows, keyOf);
      return new Map(keys.map((key) => [key, { rows: byKey.get(key) ?? [], sources }]));
    },
  );
}
