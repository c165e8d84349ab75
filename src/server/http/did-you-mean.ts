import { closestMatch } from "leven";

/** Longer ones are nobody's slip, and the distance to them takes long to count. */
const MAX_LENGTH = 100;

/** "did you mean", or everything there is where nothing is near. Whoever may be told no names is told where they are. */
export function nearest(name: string, names: readonly string[]): string {
  if (names.length === 0) return "what there is, schema/schema.graphql of the gateway says.";
  const maxDistance = Math.ceil(name.length / 2);
  const near = name.length > MAX_LENGTH ? undefined : closestMatch(name, names, { maxDistance });
  return near === undefined ? `there are ${names.join(", ")}.` : `did you mean ${near}?`;
}
