import { createHash } from "node:crypto";
import { type DocumentNode, Kind, print } from "graphql";

/**
 * The documents as a manifest in Apollo's format, for clients that send ids instead of texts. A text is as a client prints its typed
 * document, and its id the SHA-256 of that.
 */
export function plugin(_schema: unknown, documents: readonly { readonly document?: DocumentNode }[]): string {
  const operations = documents.flatMap(({ document }) => (document ? [entryOf(document)] : []));
  operations.sort((a, b) => (a.name < b.name ? -1 : 1));
  return `${JSON.stringify({ format: "apollo-persisted-query-manifest", version: 1, operations }, null, 2)}\n`;
}

function entryOf(document: DocumentNode) {
  const body = print(document);
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  return {
    id: createHash("sha256").update(body).digest("hex"),
    name: operation?.name?.value ?? "",
    type: operation?.operation ?? "query",
    body,
  };
}
