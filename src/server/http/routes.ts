import type { Viewer } from "../../domain/viewer.ts";
import type { Exchange, Reply, RequestHead } from "./exchange.ts";
import type { RequestRecord } from "./request-record.ts";

/** One entry of the table of what the gateway serves. */
export interface Route {
  /** Ends with `/` where it stands for every path below it. */
  readonly path: string;
  /** Other spellings of the path. */
  readonly aliases?: readonly string[];
  /** Line of the landing page; null: the route is not listed. */
  readonly description: string | null;
  readonly kind: RequestRecord["kind"];
  /** `authenticated` takes valid credentials; `open` takes none; `probe` is answered under any host and any load as well. */
  readonly access: "authenticated" | "open" | "probe";
  /** Picks among requests for the path; every one unless given. */
  readonly matches?: (head: RequestHead) => boolean;
  /** Authenticates the caller where the route has its way of that; null where the usual one applies. Throws HttpError. */
  readonly authenticate?: (head: RequestHead) => Promise<Viewer> | null;
  /** Rejects requests by HTTP alone, before the caller is authenticated; throws HttpError. */
  readonly check?: (head: RequestHead, record: RequestRecord) => void;
  readonly respond: (exchange: Exchange) => Response | Reply | Promise<Response | Reply>;
}

/** The first route that serves a request; undefined where none does, or the host makes no URL. */
export function findRoute(routes: readonly Route[], head: RequestHead): Route | undefined {
  const pathname = pathOf(head.url);
  return routes.find(
    ({ path, aliases = [], matches }) =>
      (path === pathname || aliases.includes(pathname) || isBelow(pathname, path)) &&
      (matches === undefined || matches(head)),
  );
}

/** A plain path, which every request of a usual client has, is cut out in a tenth of the time that it takes to parse a URL. */
const PLAIN_PATH = /^https?:\/\/[\w.:-]+((?:\/[\w-]+)+)(?:\?|$)/;

function pathOf(url: string): string {
  return PLAIN_PATH.exec(url)?.[1] ?? URL.parse(url)?.pathname ?? "";
}

function isBelow(pathname: string, path: string): boolean {
  return path.length > 1 && path.endsWith("/") && pathname.startsWith(path);
}

/** Tells whether a browser asks for a page to show. */
export function wantsPage({ method, headers }: RequestHead): boolean {
  return method === "GET" && headers.get("accept")?.includes("text/html") === true;
}
