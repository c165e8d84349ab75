import type { DocumentName, VariablesOf } from "./client/documents.ts";
import { withOrganization } from "./client/page-organization.ts";
import { parametersOf } from "./client/parameters.ts";

/**
 * Link to a document of the library in the workbench. The document and its variables are in the fragment, which browsers do not send:
 * `#document=NAME&variables=JSON`. A query of another text is `#query=TEXT&variables=JSON`.
 */
export function workbenchLink<Name extends DocumentName>(name: Name, variables: VariablesOf<Name>): string {
  const fragment = new URLSearchParams({ document: name, variables: JSON.stringify(variables) });
  return withOrganization(`/graphql#${fragment}`);
}

/** Link to the rows of a list as a CSV file. */
export function fileLink(list: string, args: Readonly<Record<string, unknown>>): string {
  return withOrganization(`/export/${list}.csv?${parametersOf(args)}`);
}
