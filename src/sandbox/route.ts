import type { Endpoint } from "./endpoint.ts";

export interface Route {
  readonly endpoint: Endpoint;
  /** The `{name}` segments, decoded. */
  readonly path: Readonly<Record<string, string>>;
}

/** The endpoint with a path of the same segments as `path`, or null. */
export function routeOf(endpoints: readonly Endpoint[], path: string): Route | null {
  const segments = path.split("/");
  for (const endpoint of endpoints) {
    const names = matched(endpoint.path.split("/"), segments);
    if (names !== null) return { endpoint, path: names };
  }
  return null;
}

function matched(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (template.length !== segments.length) return null;
  const names: Record<string, string> = {};
  for (const [i, part] of template.entries()) {
    const segment = segments[i] ?? "";
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      if (part !== segment) return null;
    } else {
      const value = decoded(segment);
      if (value === "") return null;
      names[name] = value;
    }
  }
  return names;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
