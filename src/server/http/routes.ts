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

/** Finds the first route that serves a request; undefined where none does, or the host makes no URL. */
export type FindRoute = (head: RequestHead, target: string) => Route | undefined;

/** A target that is a path of the table needs no URL to be parsed, and those of usual clients are. */
export function routeFinder(routes: readonly Route[]): FindRoute {
  const serving = (pathname: string) =>
    routes.filter(
      ({ path, aliases = [] }) => path === pathname || aliases.includes(pathname) || isBelow(pathname, path),
    );
  const paths = routes.flatMap(({ path, aliases = [] }) => [path, ...aliases]);
  const byPath = new Map(paths.map((path) => [path, serving(path)]));
  return (head, target) => {
    const found = byPath.get(pathIn(target)) ?? serving(URL.parse(head.url)?.pathname ?? "");
    return found.find(({ matches }) => matches === undefined || matches(head));
  };
}

function pathIn(target: string): string {
  const end = target.indexOf("?");
  return end < 0 ? target : target.slice(0, end);
}

function isBelow(pathname: string, path: string): boolean {
  return path.length > 1 && path.endsWith("/") && pathname.startsWith(path);
}

/** Tells whether a browser asks for a page to show. */
export function wantsPage({ method, headers }: RequestHead): boolean {
  return method === "GET" && headers.get("accept")?.includes("text/html") === true;
}
