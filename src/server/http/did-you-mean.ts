import { closestMatch } from "leven";

/** Longer names are not typing errors, and their distance takes long to compute. */
const MAX_LENGTH = 100;

/** Suggests the nearest name, or lists all of them where none is near. Without names it points to the schema file. */
export function nearest(name: string, names: readonly string[]): string {
  if (names.length === 0) return "see schema/schema.graphql of the gateway.";
  const maxDistance = Math.ceil(name.length / 2);
  const near = name.length > MAX_LENGTH ? undefined : closestMatch(name, names, { maxDistance });
  return near === undefined ? `use one of ${names.join(", ")}.` : `did you mean ${near}?`;
}
