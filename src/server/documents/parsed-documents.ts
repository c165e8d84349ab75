import { GraphQLDeferDirective, GraphQLStreamDirective } from "@graphql-tools/utils";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNullableType,
  isListType,
  Kind,
  Lexer,
  parse,
  Source,
  specifiedRules,
  TokenKind,
  type ValidationRule,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { ErrorCode } from "../../errors.ts";
import { incrementalDocument, negativeCount } from "../../execution/incremental.ts";
import type { RequestLimits } from "../../settings/limits.ts";
import { boundDocument } from "../limits/document.ts";
import { exceeded, keepWithin } from "../limits/exceeded.ts";
import { hashOf } from "./trusted.ts";

/** A document within its limits, and the errors by which it does not fit the schema. */
export interface ParsedDocument {
  /** Without `@defer` and `@stream`, as it is planned and executed. */
  readonly document: DocumentNode;
  /** With them; null: it has neither. */
  readonly inParts: DocumentNode | null;
  readonly sha256: string;
  readonly faults: readonly GraphQLError[];
}

/** Memory for parsed documents. Bounded by number, a thousand of the longest would take 600 MB. */
const KEPT_BYTES = 2 ** 25;

/** Measured, with the nodes made of them: 290. */
const BYTES_PER_TOKEN = 300;

/**
 * Documents by their text, parsed and validated once for all callers, within a bound of bytes. One that does not fit the schema is not
 * kept: it can have a hundred errors, which take ten times the memory of the document. The error of one that is not GraphQL is kept.
 */
export class ParsedDocuments {
  readonly #schema: GraphQLSchema;
  readonly #limits: RequestLimits;
  readonly #documents = new LRUCache<string, ParsedDocument>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ document, inParts }, text) =>
      1 + text.length + BYTES_PER_TOKEN * ((document.tokenCount ?? 0) + (inParts?.tokenCount ?? 0)),
  });
  readonly #errors = new LRUCache<string, Error>({
    maxSize: KEPT_BYTES / 8,
    sizeCalculation: ({ message }, text) => 1_000 + 2 * text.length + message.length,
  });

  constructor(schema: GraphQLSchema, limits: RequestLimits) {
    this.#schema = schema;
    this.#limits = limits;
  }

  /** True if the document of a text was found before, and is kept. */
  has(text: string): boolean {
    return this.#documents.has(text);
  }

  /** SHA-256 of a text. */
  hashOf(text: string): string {
    return this.#documents.peek(text)?.sha256 ?? hashOf(text);
  }

  /** Returns the document of a text. Throws where it is not GraphQL, or exceeds a limit. */
  find(text: string): ParsedDocument {
    const known = this.#documents.get(text);
    if (known !== undefined) return known;
    const error = this.#errors.get(text);
    if (error !== undefined) throw error;
    const document = this.#parse(text);
    const faults = validate(this.#schema, document, RULES).map((fault) =>
      coded(fault, "GRAPHQL_VALIDATION_FAILED"),
    );
    const { whole, inParts } = incrementalDocument(document);
    const parsed = { document: whole, inParts, sha256: hashOf(text), faults };
    if (faults.length === 0) this.#documents.set(text, parsed);
    return parsed;
  }

  #parse(text: string): DocumentNode {
    try {
      return parseWithin(text, this.#limits);
    } catch (fault) {
      const error = fault instanceof GraphQLError ? coded(fault, "GRAPHQL_PARSE_FAILED") : (fault as Error);
      this.#errors.set(text, error);
      throw error;
    }
  }
}

function parseWithin(text: string, limits: RequestLimits): DocumentNode {
  try {
    const document = parse(text, { maxTokens: limits.MAX_TOKENS });
    boundDocument(document, limits);
    return document;
  } catch (fault) {
    // The parser gives up at the first token too many, and calls itself for each level until it no longer can.
    keepWithin(limits, { MAX_TOKENS: tokensIn(text) });
    throw fault instanceof RangeError ? exceeded(limits, "MAX_DEPTH") : fault;
  }
}

/** How many there are, or are before the first that is none. */
function tokensIn(text: string): number {
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  try {
    while (lexer.advance().kind !== TokenKind.EOF) tokens++;
  } catch {
    // What it is does not matter any more.
  }
  return tokens;
}

/** An error of the whole request: clients that take application/json alone get it with 200 (GraphQL over HTTP, 6.4.1). */
function coded(fault: GraphQLError, code: ErrorCode): GraphQLError {
  const { message, nodes, source, positions, path, originalError } = fault;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    originalError: originalError ?? null,
    extensions: { code, http: { status: 400, spec: true } },
  });
}

/**
 * Rejects operations of a kind that the schema has none of, as graphql 17 does; 16 finds out when it runs them, and answers as if it
 * had.
 */
const KnownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (context.getSchema().getRootType(node.operation)) return;
    context.reportError(
      new GraphQLError(`The schema has no ${node.operation}s; use \`query\`.`, {
        nodes: node,
      }),
    );
  },
});

/** Requires of the directives for answers in parts what graphql 16 does not know yet: labels that tell parts apart, and lists. */
const DeliveryDirectives: ValidationRule = (context) => {
  const labels = new Set<string>();
  return {
    Directive(node) {
      const name = node.name.value;
      if (name !== GraphQLDeferDirective.name && name !== GraphQLStreamDirective.name) return;
      const field = context.getFieldDef();
      if (name === GraphQLStreamDirective.name && field && !isListType(getNullableType(field.type)))
        context.reportError(
          new GraphQLError(`\`@stream\` needs a list, and \`${field.name}\` is not one.`, { nodes: node }),
        );
      const argument = (wanted: string) => node.arguments?.find((each) => each.name.value === wanted)?.value;
      const count = argument("initialCount");
      if (count?.kind === Kind.INT && count.value.startsWith("-"))
        context.reportError(new GraphQLError(negativeCount(count.value), { nodes: count }));
      const label = argument("label");
      if (label === undefined || label.kind === Kind.NULL) return;
      if (label.kind !== Kind.STRING)
        context.reportError(
          new GraphQLError(`The label of \`@${name}\` is a text in the document, not a variable.`, {
            nodes: node,
          }),
        );
      else if (labels.has(label.value))
        context.reportError(
          new GraphQLError("The labels of `@defer` and `@stream` differ within a document.", { nodes: node }),
        );
      else labels.add(label.value);
    },
  };
};

const RULES = [...specifiedRules, KnownOperationTypes, DeliveryDirectives];
