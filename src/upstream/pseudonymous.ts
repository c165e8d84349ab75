import type { Pseudonyms } from "../domain/pseudonym.ts";
import { GatewayError } from "../errors.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Page } from "./pages/page.ts";
import type { Upstream } from "./upstream.ts";

/**
 * Decorates the upstream for callers who may not read who people are. Pages are stored as upstream sends them; rows, joins, ids,
 * cursors, files and errors are made from the pseudonyms.
 */
export function pseudonymousUpstream(upstream: Upstream, pseudonyms: Pseudonyms): Upstream {
  /** Upstream's tokens are opaque: one can hold the address that a page ends with. */
  const sealed = (token: string | null) => token && pseudonyms.seal(token, TOKEN);
  const opened = (token: string | null) => token && (pseudonyms.open(token, TOKEN) ?? refuse());
  const requested = <P>(endpoint: Pick<Endpoint<P, never>, "unmasked">, params: P) =>
    endpoint.unmasked?.(params, pseudonyms) ?? params;
  const shown = <Row, Seen extends Page<Row>>(endpoint: Endpoint<never, Row>, page: Seen): Seen => ({
    ...page,
    rows: shownRows(endpoint, page.rows, pseudonyms),
    token: sealed(page.token),
    next: sealed(page.next),
  });
  const overrides: Pick<Upstream, "pages" | "onlyPages" | "kept" | "peek" | "rowsInColumns" | "stored"> = {
    async *pages(endpoint, params, from = null) {
      for await (const page of upstream.pages(endpoint, requested(endpoint, params), opened(from)))
        yield shown(endpoint, page);
    },
    onlyPages(endpoint, questions) {
      const pages = upstream.onlyPages(
        endpoint,
        questions.map((params) => requested(endpoint, params)),
      );
      return pages?.map((page) => shown(endpoint, page)) ?? null;
    },
    async kept(endpoint, params) {
      const page = await upstream.kept(endpoint, requested(endpoint, params));
      return page && shown(endpoint, page);
    },
    async stored(endpoint, params) {
      const pages = await upstream.stored(endpoint, requested(endpoint, params));
      return pages?.map((page) => shown(endpoint, page)) ?? null;
    },
    rowsInColumns: (endpoint, params) => upstream.rowsInColumns(endpoint, requested(endpoint, params)),
    async peek(endpoint, params, token) {
      const page = await upstream.peek(endpoint, requested(endpoint, params), opened(token));
      return page && shown(endpoint, page);
    },
  };
  // A copy would fix the age of the operation at this moment; the prototype reads it when asked.
  return Object.assign(Object.create(upstream) as Upstream, overrides);
}

/** By the rows as upstream sends them, while the process holds these: a page has a thousand, with several ciphers for each. */
const shownRowsOf = new WeakMap<Pseudonyms, WeakMap<readonly unknown[], readonly unknown[]>>();

function shownRows<Row>(
  { pseudonymous }: Pick<Endpoint<never, Row>, "pseudonymous">,
  rows: readonly Row[],
  pseudonyms: Pseudonyms,
): readonly Row[] {
  if (pseudonymous === undefined) return rows;
  return shownRowsOf
    .getOrInsertComputed(pseudonyms, () => new WeakMap())
    .getOrInsertComputed(rows, () => pseudonymous(rows, pseudonyms)) as readonly Row[];
}

const TOKEN = "token";

function refuse(): never {
  throw new GatewayError(
    "CURSOR_INVALID",
    "This cursor is damaged, or belongs to a caller who sees people differently; query again without `after`.",
  );
}
