import type { ConnectorRow, ProjectRow, SkillRow, UseOf } from "../domain/engagement.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { connectorActivity, connectorUse } from "../upstream/endpoints/connectors.ts";
import { projectActivity, projectUse } from "../upstream/endpoints/projects.ts";
import { skillActivity, skillUse } from "../upstream/endpoints/skills.ts";
import { rowsBy, type UseScope } from "./engagement-rows.ts";

/** Who used what, of one kind of thing: asked by person, by thing, and the things themselves. */
export const skillUses = usesOf(skillActivity, skillUse, "names", ({ name }: SkillRow) => name);
export const connectorUses = usesOf(
  connectorActivity,
  connectorUse,
  "names",
  ({ name }: ConnectorRow) => name,
);
export const projectUses = usesOf(
  projectActivity,
  projectUse,
  "projects",
  ({ projectId }: ProjectRow) => projectId,
);

function usesOf<Thing>(
  things: Endpoint<UseScope, Thing>,
  uses: Endpoint<UseScope, UseOf<Thing>>,
  dimension: "names" | "projects",
  ownOf: (thing: Thing) => string,
) {
  return {
    endpoint: things,
    ownOf,
    ofPerson: rowsBy(uses, "users", ({ userId }) => userId),
    ofThing: rowsBy(uses, dimension, ownOf),
    thing: rowsBy(things, dimension, ownOf),
  };
}
