import { suggestionList } from "graphql/jsutils/suggestionList.js";

/** "did you mean", or everything there is where nothing is near. */
export function nearest(name: string, names: readonly string[]): string {
  const near = suggestionList(name, names).slice(0, 3);
  return near.length > 0 ? `did you mean ${near.join(", ")}?` : `there are ${names.join(", ")}.`;
}
