import type { Plugin } from "graphql-yoga";

interface Route {
  readonly path: string;
  readonly description: string;
}

/** What the gateway serves, for readers who know its address alone. */
function routesOf(hasPlayground: boolean): readonly Route[] {
  return [
    {
      path: "/graphql",
      description: `GraphQL over HTTP, by POST or GET${hasPlayground ? "; GraphiQL in a browser" : ""}`,
    },
    {
      path: "/q/",
      description: "the names of trusted documents; /q/NAME answers one, with variables as parameters",
    },
    {
      path: "/export/",
      description: "the names of files; /export/NAME.csv and /export/NAME.ndjson are streamed",
    },
    { path: "/healthz", description: "200 while the process runs" },
    { path: "/readyz", description: "200 while requests should be sent here, 503 once it is ending" },
  ];
}

/** Answers `/` with the routes: a small page for browsers, JSON for others. It shows nothing that takes a right. */
export function entrance(hasPlayground: boolean): Plugin {
  const routes = routesOf(hasPlayground);
  const json = JSON.stringify({ name: "Claude analytics gateway", routes });
  const page = pageOf(routes);
  return {
    onRequest({ request: { method, headers }, url, fetchAPI, endResponse }) {
      if (url.pathname !== "/" || method !== "GET") return;
      const isPage = headers.get("accept")?.includes("text/html") === true;
      endResponse(
        new fetchAPI.Response(isPage ? page : json, {
          headers: {
            "content-type": isPage ? "text/html; charset=utf-8" : "application/json; charset=utf-8",
            "content-security-policy":
              "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            vary: "accept",
          },
        }),
      );
    },
  };
}

function pageOf(routes: readonly Route[]): string {
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
