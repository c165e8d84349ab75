import type { Client, RequestOptions } from "./client.ts";
import { GatewayError } from "./gateway-error.ts";
import type { TypedDocument } from "./typed-document.ts";

/** A page of a list. */
export interface Page<Row> {
  /** Null: the row failed; `request` throws for its error. */
  readonly nodes: readonly (Row | null)[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/** A document that pages by the variable `$after`. */
type Paged = { readonly after?: string | null | undefined };

/**
 * Requests the pages of a list one after another, until the gateway says that there are no more. Throws GatewayError if a page fails
 * or cannot be continued: a list never ends early without an error. After `CURSOR_EXPIRED` the figures were refreshed: begin again.
 */
export async function* pagesOf<Data, Variables extends Paged, Row>(
  client: Client,
  document: TypedDocument<Data, Variables>,
  variables: Variables,
  /** Finds the list in the data. Null: that which has the list does not exist. */
  listIn: (data: Data) => Page<Row> | null | undefined,
  options: RequestOptions = {},
): AsyncGenerator<Page<Row>, void> {
  let after = variables.after ?? null;
  for (;;) {
    const request = client.request as (...args: readonly unknown[]) => Promise<Data>;
    const page = listIn(await request(document, { ...variables, after }, options)) ?? null;
    if (page === null && after === null) return;
    if (page === null) throw new GatewayError("NO_GATEWAY", "A list has a next page, which is not there.");
    yield page;
    const { hasNextPage, endCursor = null } = page.pageInfo;
    if (!hasNextPage) return;
    if (endCursor === null || endCursor === after)
      throw new GatewayError("NO_GATEWAY", "A page has a next one, but its cursor leads nowhere.");
    after = endCursor;
  }
}

/** Requests the rows of a list, page by page as they are read. Throws as `pagesOf` does. */
export async function* rowsOf<Data, Variables extends Paged, Row>(
  ...parameters: Parameters<typeof pagesOf<Data, Variables, Row>>
): AsyncGenerator<Row, void> {
  for await (const { nodes } of pagesOf(...parameters)) yield* nodes.filter((row) => row !== null);
}
