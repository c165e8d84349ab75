import type { Viewer } from "../../domain/viewer.ts";

const known = new WeakMap<Viewer, string>();

/** Returns a text that two viewers share only where each may read exactly what the other may, and in the same way. */
export function viewerKey(viewer: Viewer): string {
  return known.getOrInsertComputed(viewer, describe);
}

function describe({
  role,
  scopes,
  teamScopes,
  teams,
  email,
  documents,
  organizations,
  identity,
  minPeople,
}: Viewer): string {
  const permitted = documents && [...documents].sort();
  const readable = organizations && [...organizations].sort();
  const ofTeams = [[...teamScopes].sort(), [...teams].sort()];
  return JSON.stringify([role, [...scopes].sort(), ofTeams, email, permitted, readable, identity, minPeople]);
}
