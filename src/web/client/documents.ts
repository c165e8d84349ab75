import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import type * as documents from "../../../schema/operations/documents.ts";

type Documents = typeof documents;

/** Name of a trusted document of the query library. */
export type DocumentName = {
  [Key in keyof Documents]: Key extends `${infer Name}Document` ? Name : never;
}[keyof Documents];

export type ResultOf<Name extends DocumentName> =
  Documents[`${Name}Document`] extends TypedDocumentNode<infer Result, never> ? Result : never;

export type VariablesOf<Name extends DocumentName> =
  Documents[`${Name}Document`] extends TypedDocumentNode<unknown, infer Variables> ? Variables : never;
