import { LRUCache } from "lru-cache";
import type { Viewer } from "../../domain/viewer.ts";
import type { GraphQLParams } from "../graphql/request-params.ts";
import { HttpError } from "../http/http-error.ts";
import type { RequestRecord } from "../http/request-record.ts";
import { hashOf, keyOf, otherDocument, type TrustedDocuments } from "./trusted.ts";

export interface DocumentsOptions {
  readonly trusted: TrustedDocuments;
  /** True if nothing but trusted documents is run. */
  readonly trustedOnly: boolean;
  /** Memory for texts that clients register by their hash. */
  readonly registeredBytes: number;
}

/** Which document a request asks for, by whichever convention. */
interface RequestedDocument {
  /** `documentId` (GraphQL over HTTP, appendix A) and the hash that Apollo's clients send, as far as they are given. */
  readonly keys: readonly string[];
  readonly text: string | null;
  /** True if the text is to be kept under its hash, as Apollo's clients ask. */
  readonly registers: boolean;
}

/** Size of a text beside its letters. */
const OVERHEAD_BYTES = 512;

/** Returns a request with the text of its document. Throws HttpError where the caller may not run it. */
export type FindDocument = (params: GraphQLParams, record: RequestRecord) => GraphQLParams;

/**
 * Finds the text of a document by its id or hash, and rejects documents that the caller, or every caller, may not run. Parsed and
 * validated documents are kept by text for all callers, so this is decided before that, for each request.
 */
export function documentFinder({ trusted, trustedOnly, registeredBytes }: DocumentsOptions): FindDocument {
  const registered = new LRUCache<string, string>({
    maxSize: registeredBytes,
    sizeCalculation: (text) => 2 * text.length + OVERHEAD_BYTES,
  });

  function textOf({ keys, text, registers }: RequestedDocument, viewer: Viewer): string {
    const hash = text === null ? null : hashOf(text);
    const requested = hash === null ? keys : [...keys, hash];
    const isPermitted = (key: string) => {
      const document = trusted.find(key);
      return document !== null && trusted.allows(viewer, document);
    };
    if (viewer.documents !== null && !requested.every(isPermitted)) throw otherDocument(viewer.documents);
    if (text === null || hash === null) return textBy(keys);
    if (keys.some((key) => key !== hash && trusted.find(key)?.hash !== hash)) throw mismatch();
    if (trusted.find(hash) !== null) return text;
    if (trustedOnly)
      throw new HttpError(
        "DOCUMENT_NOT_TRUSTED",
        "This gateway runs only trusted documents, and the text is not exactly one of them; send the `documentId` of one.",
      );
    if (registers) registered.set(hash, text);
    return text;
  }

  function textBy(keys: readonly string[]): string {
    const texts = keys.map((key) => trusted.find(key)?.text ?? registered.get(key));
    const [text] = texts;
    if (text === undefined || texts.includes(undefined))
      throw new HttpError("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
    if (texts.some((each) => each !== text)) throw mismatch();
    return text;
  }

  return (params, record) => {
    const requested = requestedBy(params);
    if (requested === null) return params;
    const { viewer } = record;
    record.registers = requested.registers && requested.text !== null;
    if (requested.keys.length === 0 && !trustedOnly && viewer.documents === null) return params;
    const query = textOf(requested, viewer);
    record.namesTrusted = requested.keys.some((key) => trusted.find(key) !== null);
    return { ...params, query };
  };
}

/** Null where no document is requested, or not by a text: the check of types rejects that. */
function requestedBy(params: GraphQLParams): RequestedDocument | null {
  const { documentId = null, query = null, extensions } = params;
  if (query !== null && typeof query !== "string") return null;
  if (documentId !== null && typeof documentId !== "string")
    throw new HttpError("BAD_REQUEST", "`documentId` is not a string; send the id of a document.");
  const hash = persistedHash(extensions);
  const keys = [documentId, hash].filter((key) => key !== null).map(keyOf);
  // Beside a key, some clients send an empty text where others send none.
  const text = query === "" && keys.length > 0 ? null : query;
  return keys.length === 0 && text === null ? null : { keys, text, registers: hash !== null };
}

/** The fields that Apollo's clients send instead of a text, or beside it for the first time. */
function persistedHash(extensions: unknown): string | null {
  if (typeof extensions !== "object" || extensions === null || !("persistedQuery" in extensions)) return null;
  const requested = extensions.persistedQuery ?? null;
  if (requested === null) return null;
  const { version, sha256Hash } = requested as { readonly version?: unknown; readonly sha256Hash?: unknown };
  if (version === 1 && typeof sha256Hash === "string") return sha256Hash;
  throw new HttpError(
    "BAD_REQUEST",
    '`persistedQuery` is not of the form `{ version: 1, sha256Hash: "…" }`.',
  );
}

function mismatch() {
  return new HttpError(
    "BAD_REQUEST",
    "The id or hash belongs to another text; send it alone, or send a text with its own SHA-256.",
  );
}
