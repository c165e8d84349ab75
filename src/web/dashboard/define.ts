import definitions from "../definitions.json" with { type: "json" };

/** Definition of a field of the graph, as its description states it. */
export function definitionOf(coordinate: keyof typeof definitions): string {
  return definitions[coordinate];
}
