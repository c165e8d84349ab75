import { Reply } from "../http/exchange.ts";
import type { Route } from "../http/routes.ts";
import { CALLS } from "./call.ts";
import type { TrustedDocuments } from "./trusted.ts";

/** Answers GET /q/ with the names of the trusted documents that the caller may run. */
export function namesRoute(trusted: TrustedDocuments): Route {
  return {
    path: CALLS.slice(0, -1),
    aliases: [CALLS],
    description: null,
    kind: null,
    access: "authenticated",
    matches: ({ method }) => method === "GET",
    respond({ record: { viewer } }) {
      const documents = trusted.names.filter((name) =>
        trusted.called(name).some((document) => trusted.allows(viewer, document)),
      );
      const body = new TextEncoder().encode(JSON.stringify({ documents }));
      return new Reply(
        200,
        [
          ...["content-type", "application/json; charset=utf-8"],
          ...["content-length", String(body.length)],
          ...["cache-control", "private, no-cache"],
        ],
        body,
      );
    },
  };
}
