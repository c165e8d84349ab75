import { createHash } from "node:crypto";
import { queryLibrary } from "../documents/query-library.ts";
import { Content } from "../http/content.ts";
import { pageFields } from "../http/page.ts";
import { type Route, wantsPage } from "../http/routes.ts";
import { TOKEN_DIALOG } from "./token-dialog.ts";

/** Three bars of a chart, as the icon of the page and as the mark beside its title. */
const MARK = `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 16 16"><path fill="#c15f3c" d="M1 9h4v6H1zM6 5h4v10H6zM11 1h4v14h-4z"/></svg>`;

/** A focused tab would keep the offset of an unfinished animation and jump away from under the mouse before the click counts. */
const STYLE =
  ".graphiql-logo { white-space: nowrap } .graphiql-tab:focus-within { transform: none !important }";

/**
 * GraphiQL for browsers, opening on the query library with a tab for each question; `first` names the first of them. The page holds all of its assets, and its
 * policy allows connections to the gateway only.
 */
export function playgroundRoute(path: string, tokenHeader: string, first: string): Route {
  let page: Promise<Page> | undefined; // nine megabytes, so built once, on the first request
  return {
    path,
    description: null,
    kind: null,
    access: "open",
    matches: wantsPage,
    async respond({ head }) {
      page ??= renderPage(tokenHeader, first);
      const { content, fields } = await page;
      return content.reply(head, fields);
    },
  };
}

interface Page {
  readonly content: Content;
  readonly fields: readonly string[];
}

async function renderPage(tokenHeader: string, first: string): Promise<Page> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const isFirst = (query: string) => query.includes(`query ${first}(`);
  const queries = queryLibrary().toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)));
  const html = renderGraphiQL({
    title: "Claude analytics",
    logo: MARK,
    favicon: `data:image/svg+xml;base64,${Buffer.from(MARK).toString("base64")}`,
    defaultTabs: queries.map((query) => ({ query })),
    defaultEditorToolsVisibility: false, // the variables have defaults, so their pane opens empty
    shouldPersistHeaders: false,
  })
    .replace("</head>", () => `<style>${STYLE}${TOKEN_DIALOG.style}</style></head>`)
    .replace(
      "<script>",
      () =>
        `${TOKEN_DIALOG.html}<script>${TOKEN_DIALOG.script(tokenHeader)}${rememberFirst(queries[0] ?? "")}`,
    );
  return {
    content: new Content(new TextEncoder().encode(html), "text/html; charset=utf-8"),
    fields: pageFields(permissions(html)),
  };
}

/**
 * GraphiQL remembers the open query only once it has changed; until then every visit after the first would open on an untitled
 * tab. Browsers that keep nothing have no second visit.
 */
function rememberFirst(query: string): string {
  return `try { localStorage["graphiql:query"] ??= ${JSON.stringify(query)} } catch {}`;
}

/** The one script of the page runs by its hash; it starts its workers from blobs and carries its fonts and pictures in itself. */
function permissions(html: string): Readonly<Record<string, string>> {
  const script = html.slice(html.indexOf("<script>") + "<script>".length, html.lastIndexOf("</script>"));
  return {
    "script-src": `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
    "worker-src": "blob:",
    "style-src": "'unsafe-inline'",
    "font-src": "data:",
    "img-src": "data:",
    "connect-src": "'self'",
  };
}
