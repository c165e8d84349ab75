import type { RequestHead } from "../http/exchange.ts";

/**
 * Tells whether a page of this gateway sends a request. Only such requests may use a cookie: the browser says that they begin on the same
 * origin (Fetch Metadata), and a header that no form, link or image can send makes a page of another origin ask for permission first.
 */
export function isOwnRequest(headers: RequestHead["headers"], { origin }: URL): boolean {
  const said = headers.get("origin");
  return (
    headers.get("sec-fetch-site") === "same-origin" &&
    headers.has("x-csrf") &&
    (said === null || said === origin)
  );
}
