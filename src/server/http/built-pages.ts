import { existsSync, readFileSync } from "node:fs";
import { assetsRoute } from "./assets.ts";
import { Content } from "./content.ts";
import { pageFields } from "./page.ts";
import { type Route, wantsPage } from "./routes.ts";

/** Settings that a built page reads from its document, in `src/web/client/page-settings.ts`. */
export interface BuiltPageSettings {
  /** Request header of the caller's token; null: callers do not authenticate. */
  readonly tokenHeader: string | null;
  readonly workbench: boolean;
}

/** Scripts and styles are files of the gateway; none is inline. A file of a signed-in caller is saved from a `blob:` URL, which needs no directive. */
const FIELDS = pageFields({
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "connect-src": "'self'",
});

const SETTINGS = '<meta name="gateway" content="{}">';

/**
 * The routes of the dashboard that is built into `folder`: its page for browsers, on `/` and below `/d/`, and its assets. Empty where it
 * is not built. The page shows nothing by itself; it asks as any client does.
 */
export function builtPages(folder: URL, settings: BuiltPageSettings): readonly Route[] {
  if (!existsSync(new URL("dashboard.html", folder))) return [];
  let page: Content | undefined;
  const dashboard = {
    description: null,
    kind: null,
    access: "open",
    matches: wantsPage,
    respond({ head }) {
      page ??= pageOf(new URL("dashboard.html", folder), settings);
      return page.reply(head, FIELDS);
    },
  } as const satisfies Omit<Route, "path">;
  return [
    { ...dashboard, path: "/" },
    { ...dashboard, path: "/d/" },
    assetsRoute("/assets/", new URL("assets/", folder)),
  ];
}

function pageOf(file: URL, settings: BuiltPageSettings): Content {
  const content = JSON.stringify(settings).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const html = readFileSync(file, "utf8").replace(
    SETTINGS,
    () => `<meta name="gateway" content="${content}">`,
  );
  return new Content(new TextEncoder().encode(html), "text/html; charset=utf-8");
}
