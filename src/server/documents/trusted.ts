import { createHash } from "node:crypto";
import { Kind, type OperationDefinitionNode, parse, print } from "graphql";
import type { Viewer } from "../../domain/viewer.ts";
import { nearest } from "../http/did-you-mean.ts";
import { HttpError } from "../http/http-error.ts";

/** A document as a manifest lists it. */
export interface Listed {
  readonly id: string;
  readonly text: string;
  /** Of the one operation that it has. */
  readonly name: string;
}

/** A text that may be run, under however many ids it is listed. */
export interface TrustedDocument extends Omit<Listed, "id"> {
  /** It finds the document whether or not it is one of its ids. */
  readonly hash: string;
  readonly ids: ReadonlySet<string>;
}

const operations = new WeakMap<TrustedDocument, OperationDefinitionNode>();

/** The operation of a document, which is parsed when it is first called by name. */
export function operationIn(document: TrustedDocument): OperationDefinitionNode {
  return operations.getOrInsertComputed(document, ({ text }) => {
    const { definitions } = parse(text, { noLocation: true });
    const operation = definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
    if (operation === undefined) throw new RangeError("a document without an operation is not trusted");
    return operation;
  });
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
  readonly #readWritten: () => readonly string[];
  #written: ReadonlyMap<string, TrustedDocument> | null = null;
  /** Versions of a document share its name. */
  readonly #named: ReadonlyMap<string, readonly TrustedDocument[]>;

  /**
   * Added documents have priority for their names: callers of an operator's documents mean those. `written` reads the texts of the
   * library before they were printed, as its files hold them.
   */
  constructor(library: readonly Listed[], added: readonly Listed[], written: () => readonly string[]) {
    this.#readWritten = written;
    for (const [hash, same] of Map.groupBy([...library, ...added], ({ text }) => hashOf(text))) {
      const document = { ...(same[0] as Listed), hash, ids: new Set(same.map(({ id }) => id)) };
      for (const key of [hash, ...document.ids]) this.#found.set(key, document);
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
    const found = this.#found.get(key);
    if (found !== undefined) return found;
    this.#written ??= this.#byWrittenText();
    return this.#written.get(key) ?? null;
  }

  /** Documents of the library by the hash of their file: they are printed when a hash is first not found otherwise. */
  #byWrittenText(): ReadonlyMap<string, TrustedDocument> {
    return new Map(
      this.written().flatMap(({ hash, text }) => {
        const document = this.#found.get(hash);
        return document === undefined ? [] : [[hashOf(text), document] as const];
      }),
    );
  }

  /** The texts of the library as its files hold them, with the hash of the document that each is printed as. */
  written(): readonly Pick<TrustedDocument, "hash" | "text">[] {
    return this.#readWritten().map((text) => ({
      hash: hashOf(print(parse(text, { noLocation: true }))),
      text,
    }));
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
