import { createHash } from "node:crypto";
import { type OperationDefinitionNode, parse, print } from "graphql";
import type { Viewer } from "../../domain/viewer.ts";
import { nearest } from "../http/did-you-mean.ts";
import { HttpError } from "../http/http-error.ts";

/** A document as a manifest lists it. */
export interface Listed {
  readonly id: string;
  readonly text: string;
  /** The one it has. */
  readonly operation: OperationDefinitionNode;
  readonly name: string;
}

/** A text that may be run, under however many ids it is listed. */
export interface TrustedDocument extends Omit<Listed, "id"> {
  /** It finds the document whether or not it is one of its ids. */
  readonly hash: string;
  readonly ids: ReadonlySet<string>;
}

/** SHA-256 in hexadecimal digits. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** An id without the prefix that GraphQL over HTTP (appendix A) has for hashes. */
export function keyOf(id: string): string {
  return id.startsWith("sha256:") ? id.slice("sha256:".length) : id;
}

/** The documents of the query library and of the operator. */
export class TrustedDocuments {
  /** By id and by hash. */
  readonly #found = new Map<string, TrustedDocument>();
  /** Versions of a document share its name. */
  readonly #named: ReadonlyMap<string, readonly TrustedDocument[]>;

  /**
   * Added documents have priority for their names: callers of an operator's documents mean those. `written` are the texts of the
   * library before they were printed, as its files hold them.
   */
  constructor(library: readonly Listed[], added: readonly Listed[], written: readonly string[]) {
    for (const [hash, same] of Map.groupBy([...library, ...added], ({ text }) => hashOf(text))) {
      const document = { ...(same[0] as Listed), hash, ids: new Set(same.map(({ id }) => id)) };
      for (const key of [hash, ...document.ids]) this.#found.set(key, document);
    }
    for (const text of written) {
      const document = this.find(hashOf(print(parse(text))));
      if (document !== null) this.#found.set(hashOf(text), document);
    }
    const named = [library, added].flatMap((listed) => [...Map.groupBy(listed, ({ name }) => name)]);
    this.#named = new Map(
      named.map(([name, same]) => [name, [...new Set(same.flatMap(({ id }) => this.#found.get(id) ?? []))]]),
    );
  }

  get names(): readonly string[] {
    return [...this.#named.keys()].sort();
  }

  /** The document with an id, or with this hash. */
  find(key: string): TrustedDocument | null {
    return this.#found.get(key) ?? null;
  }

  /** The documents of a name, or the one with an id. */
  called(nameOrId: string): readonly TrustedDocument[] {
    const document = this.find(keyOf(nameOrId));
    return this.#named.get(nameOrId) ?? (document === null ? [] : [document]);
  }

  /** "did you mean", for what is neither a name nor an id. */
  nearest(nameOrId: string): string {
    return nearest(nameOrId, this.names);
  }

  /** True if a caller may run a document, as far as their token says which. */
  allows({ documents }: Viewer, document: TrustedDocument): boolean {
    return documents === null || [...documents].some((each) => this.called(each).includes(document));
  }
}

/** The refusal for callers who may run only some documents. It names those, and does not tell whether any other exists. */
export function otherDocument(theirs: ReadonlySet<string>): HttpError {
  const names = [...theirs].join(", ") || "no document";
  return new HttpError(
    "FORBIDDEN",
    `You may only run ${names}, by name as in GET /q/NAME or by id; ask the operator of the gateway for more.`,
  );
}
