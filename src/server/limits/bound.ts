import { type DocumentNode, Lexer, Source, TokenKind } from "graphql";
import type { Plugin, YogaServerOptions } from "graphql-yoga";
import { LRUCache } from "lru-cache";
import type { RequestLimits } from "../../settings/limits.ts";
import { boundDocument, boundVariables } from "./document.ts";
import { exceeded, keepWithin } from "./exceeded.ts";

/**
 * Refuses what is larger than it may be before anything is made of it. What depends on the document alone is decided once for
 * each that is kept; variables are looked at every time.
 */
export function boundRequests(limits: RequestLimits): Plugin {
  return {
    onParams({ params: { query, variables } }) {
      if (typeof query === "string") keepWithin(limits, { MAX_DOCUMENT_BYTES: Buffer.byteLength(query) });
      if (typeof variables === "object" && variables !== null) boundVariables(variables, limits);
    },
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => {
        try {
          const document: DocumentNode = parseFn(source, { ...options, maxTokens: limits.MAX_TOKENS });
          boundDocument(document, limits);
          return document;
        } catch (fault) {
          // The parser gives up at the first token too many, and calls itself for each level until it no longer can.
          keepWithin(limits, { MAX_TOKENS: tokensIn(source) });
          throw fault instanceof RangeError ? exceeded(limits, "MAX_DEPTH") : fault;
        }
      });
    },
  };
}

/** How many there are, or are before the first that is none. */
function tokensIn(source: string | Source): number {
  const lexer = new Lexer(typeof source === "string" ? new Source(source) : source);
  let tokens = 0;
  try {
    while (lexer.advance().kind !== TokenKind.EOF) tokens++;
  } catch {
    // What it is does not matter any more.
  }
  return tokens;
}

type ParserCache = Exclude<
  YogaServerOptions<object, object>["parserAndValidationCache"],
  boolean | undefined
>;

/** Memory for parsed documents. Bounded by number, as in Yoga, a thousand of the longest would take 600 MB. */
const KEPT_BYTES = 2 ** 25;

/** Measured, with the nodes made of them: 290. */
const BYTES_PER_TOKEN = 300;

/**
 * Does not keep documents that do not fit the schema: Yoga keeps what is wrong with them for as long, which is up to a hundred
 * errors for each and can take ten times what the document does.
 */
export function forgetInvalid({ documentCache }: ReturnType<typeof parserCache>): Plugin {
  return {
    onValidate: ({ params: { documentAST } }) => {
      return ({ valid }) => {
        const text = documentAST.loc?.source.body;
        if (!valid && text !== undefined) documentCache.delete(text);
      };
    },
  };
}

/** Documents that were asked lately, and why others were refused, within a bound of bytes. */
export function parserCache(): ParserCache & { readonly documentCache: LRUCache<string, DocumentNode> } {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      maxSize: KEPT_BYTES,
      sizeCalculation: ({ tokenCount = 0 }, text) => 1 + text.length + BYTES_PER_TOKEN * tokenCount,
    }),
    errorCache: new LRUCache<string, Error>({
      maxSize: KEPT_BYTES / 8,
      sizeCalculation: ({ message }, text) => 1_000 + 2 * text.length + message.length,
    }),
  };
}
