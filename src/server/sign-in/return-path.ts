/** Longer ones would not fit into a cookie. */
const MAX_LENGTH = 1_500;

/**
 * Returns the path that a person comes back to after sign-in: the one they name, if it is a page of the gateway, else the first page. It is
 * never of another origin.
 */
export function returnPath(named: string | null, origin: URL): string {
  const url = named === null || named.length > MAX_LENGTH ? null : URL.parse(named, origin);
  if (url === null || url.origin !== origin.origin || !isPage(url.pathname)) return "/";
  const path = url.pathname + url.search + url.hash;
  return path.length > MAX_LENGTH ? "/" : path;
}

function isPage(path: string): boolean {
  return path === "/" || path === "/graphql" || path.startsWith("/d/");
}
