import { Content } from "./content.ts";
import { pageFields } from "./page.ts";
import { type Route, wantsPage } from "./routes.ts";

type Listed = Pick<Route, "path" | "description">;

/** Answers `/` with the other routes: a small page for browsers, JSON for others. It shows nothing that takes a right. */
export function landingPage(routes: readonly Route[]): Route {
  const listed = routes
    .filter(({ description }) => description !== null)
    .map(({ path, description }) => ({ path, description }));
  const encoder = new TextEncoder();
  const json = new Content(
    encoder.encode(JSON.stringify({ name: "Claude analytics gateway", routes: listed })),
    "application/json; charset=utf-8",
  );
  const page = new Content(encoder.encode(pageOf(listed)), "text/html; charset=utf-8");
  return {
    path: "/",
    description: null,
    kind: null,
    access: "open",
    matches: ({ method }) => method === "GET",
    respond: ({ head }) => (wantsPage(head) ? page : json).reply(head, FIELDS),
  };
}

const FIELDS = pageFields({ "style-src": "'unsafe-inline'" });

function pageOf(routes: readonly Listed[]): string {
  const items = routes.map(
    ({ path, description }) => `<li><a href="${path}"><code>${path}</code></a> ${description}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Claude analytics gateway</title>
<style>body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark }</style>
<h1>Claude analytics gateway</h1>
<p>One GraphQL endpoint over Claude's analytics REST APIs.</p>
<ul>
${items.join("\n")}
</ul>
</html>
`;
}
