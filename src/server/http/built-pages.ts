import { existsSync, readFileSync } from "node:fs";
import { once } from "../../domain/once.ts";
import { assetsRoute } from "./assets.ts";
import { Content } from "./content.ts";
import { pageFields } from "./page.ts";
import { type Route, wantsPage } from "./routes.ts";

/** Settings that a built page reads from its document, in `src/web/client/page-settings.ts`. */
export interface BuiltPageSettings {
  /** Request header of the caller's token; null: callers do not authenticate. */
  readonly tokenHeader: string | null;
  /** Where people sign in; null: the pages ask for a token. */
  readonly signInUrl: string | null;
  readonly workbench: boolean;
  /** True if callers can make links to pictures. */
  readonly links: boolean;
  /** True if the operator has named organizations. */
  readonly hasOrganizations: boolean;
  /** Name of the library's query that the workbench opens with. */
  readonly firstQuery: string;
  /** Limit of the rows that are requested of a list. */
  readonly maxFirst: number;
  /** Limit of the rows of an operation, with those that are looked up for them. */
  readonly maxRows: number;
}

/** Scripts and styles are files of the gateway; none is inline. A file of a signed-in caller is saved from a `blob:` URL, which needs no directive. */
const DASHBOARD_FIELDS = pageFields({
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "connect-src": "'self'",
});

/** The editor of the workbench, Monaco, writes style elements, has pictures in its styles, and works in workers. Charts become PNGs from `data:` URLs. */
const WORKBENCH_FIELDS = pageFields({
  "script-src": "'self'",
  "worker-src": "'self'",
  "style-src": "'self' 'unsafe-inline'",
  "font-src": "'self'",
  "img-src": "'self' data:",
  "connect-src": "'self'",
});

const SETTINGS = '<meta name="gateway" content="{}">';

/** Written by `npm run build`. */
export const BUILT_PAGES = new URL("../../../dist/web/", import.meta.url);

/** A build writes all of these. An earlier version wrote fewer, and a build that was interrupted may have. */
const BUILT = ["dashboard.html", "workbench.html", "assets/"] as const;

/**
 * The routes of the pages that are built into `folder`: for browsers the dashboard, on `/` and below `/d/`, and the workbench, on
 * `/graphql`; and their assets. Empty where they are not built. The pages show nothing by themselves; they ask as any client does.
 */
export function builtPages(folder: URL, settings: BuiltPageSettings): readonly Route[] {
  if (!areBuilt(folder)) return [];
  const dashboard = pageRoute(new URL("dashboard.html", folder), settings, DASHBOARD_FIELDS);
  const workbench = pageRoute(new URL("workbench.html", folder), settings, WORKBENCH_FIELDS);
  return [
    { ...dashboard, path: "/" },
    { ...dashboard, path: "/d/" },
    ...(settings.workbench ? [{ ...workbench, path: "/graphql" }] : []),
    assetsRoute("/assets/", new URL("assets/", folder)),
  ];
}

/** True where `folder` has all pages of a build. */
export function areBuilt(folder: URL): boolean {
  return BUILT.every((name) => existsSync(new URL(name, folder)));
}

function pageRoute(file: URL, settings: BuiltPageSettings, fields: readonly string[]): Omit<Route, "path"> {
  const page = once(() => pageOf(file, settings));
  return {
    description: null,
    kind: null,
    access: "open",
    matches: wantsPage,
    respond({ head }) {
      return page().reply(head, fields);
    },
  };
}

function pageOf(file: URL, settings: BuiltPageSettings): Content {
  const content = JSON.stringify(settings).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const html = readFileSync(file, "utf8").replace(
    SETTINGS,
    () => `<meta name="gateway" content="${content}">`,
  );
  return new Content(new TextEncoder().encode(html), "text/html; charset=utf-8");
}
