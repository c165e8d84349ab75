import { closestMatch } from "leven";

/** "did you mean", or everything there is where nothing is near. */
export function nearest(name: string, names: readonly string[]): string {
  const near = closestMatch(name, names, { maxDistance: Math.ceil(name.length / 2) });
  return near === undefined ? `there are ${names.join(", ")}.` : `did you mean ${near}?`;
}
