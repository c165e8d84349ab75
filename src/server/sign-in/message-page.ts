import { Reply } from "../http/exchange.ts";
import { pageFields } from "../http/page.ts";

/** Message to a person about a sign-in that did not succeed. */
export interface Message {
  readonly status: number;
  readonly title: string;
  /** Sentences of the gateway's own: nothing that a browser or an issuer sent. */
  readonly text: string;
  /** Where its reader goes on. */
  readonly href: string;
  readonly label: string;
}

const FIELDS = pageFields({ "style-src": "'unsafe-inline'" });

const STYLE = `
  :root { color-scheme: light dark }
  body { font: 15px/1.6 system-ui, sans-serif; max-width: 26rem; margin: 18vh auto 0; padding: 0 1.5rem }
  h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem }
  p { margin: 0 0 1.25rem }
  small { opacity: .75 }
`;

/** A page that says why a sign-in did not succeed, and how to go on. `requestId` finds the line in the audit log. */
export function messagePage({ status, title, text, href, label }: Message, requestId: string): Reply {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · Claude analytics</title>
<style>${STYLE}</style>
<main>
<h1>${title}</h1>
<p>${text}</p>
<p><a href="${escaped(href)}">${label}</a></p>
<p><small>Request ${requestId}</small></p>
</main>
</html>
`;
  const page = new Reply(status, FIELDS, new TextEncoder().encode(html));
  page.headers.set("content-type", "text/html; charset=utf-8");
  page.headers.set("cache-control", "no-store");
  return page;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
