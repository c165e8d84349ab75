import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isInputObjectType,
  isInputType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  parse,
  TypeInfo,
  typeFromAST,
  validate,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { permissionsOf, type Viewer } from "../../domain/viewer.ts";
import { forbidden } from "../../errors.ts";
import { incrementalDocument } from "../../execution/incremental.ts";
import { coerceVariables } from "../../planning/operation.ts";
import { isGranted, refusal, requirementsOf, type SchemaPart } from "../../planning/permissions.ts";
import type { Requires } from "../../planning/plan.ts";
import { otherDocument, type TrustedDocument, type TrustedDocuments } from "../documents/trusted.ts";
import type { SchemaView } from "../graphql/introspection.ts";
import { HttpError } from "../http/http-error.ts";
import { type PagedDocument, pagedDocument } from "../rows/paged-document.ts";
import { described, inputSchema, type JsonSchema, outputSchema, type SelectedLeaf } from "./json-schema.ts";
import { listIn } from "./tool-form.ts";

/** A trusted document as a tool of the Model Context Protocol. */
export interface DocumentTool {
  readonly name: string;
  readonly document: TrustedDocument;
  /** Names of the variables that arguments set. */
  readonly variables: readonly string[];
  /** Arguments that page the list of the document, beside its variables; null: it has variables for that, or no such list. */
  readonly first: string | null;
  readonly after: string | null;
  /** The argument that requests the plan; null where the document has a variable of that name. */
  readonly explain: string | null;
  /** The argument that names the organization; null: the document has a variable for it, or there is no choice. */
  readonly organization: string | null;
  /** The question that it answers, its cost, and what must not be added up. */
  readonly question: string;
  /** The question with units and paging. */
  readonly description: string;
  readonly inputSchema: JsonSchema & { readonly type: "object" };
  readonly outputSchema: JsonSchema & { readonly type: "object" };
}

export interface DocumentToolsOptions {
  readonly schema: GraphQLSchema;
  readonly view: SchemaView;
  readonly trusted: TrustedDocuments;
  /** The operator has named organizations. */
  readonly isOfSeveral: boolean;
}

/** Length of the hash that distinguishes documents of one name. */
const HASH_LENGTH = 12;

/** The tools of each viewer: the documents that they may run, and of which they may read every field. */
export class DocumentTools {
  readonly #options: DocumentToolsOptions;
  /** All tools of a schema, by name; undefined for one that the schema does not have all fields of. */
  readonly #bySchema = new WeakMap<GraphQLSchema, Map<string, DocumentTool | undefined>>();
  #named: ReadonlyMap<string, TrustedDocument> | null = null;
  #comments: ReadonlyMap<string, string> | null = null;

  constructor(options: DocumentToolsOptions) {
    this.#options = options;
  }

  /** The tools that a viewer may call, by name. */
  of(viewer: Viewer): readonly DocumentTool[] {
    return [...this.#documents.keys()].flatMap((name) => this.find(name, viewer) ?? []);
  }

  /** Null: the viewer may not call it. Undefined: no tool has this name. */
  find(name: string, viewer: Viewer): DocumentTool | null | undefined {
    const { trusted, view } = this.#options;
    const document = this.#documents.get(name);
    if (document === undefined) return undefined;
    if (!trusted.allows(viewer, document)) return null;
    const schema = view.readableBy(viewer);
    const tools = this.#bySchema.getOrInsertComputed(schema, () => new Map());
    if (!tools.has(name)) tools.set(name, this.#toolOf(name, document, schema));
    return tools.get(name) ?? null;
  }

  /** Returns the error for a viewer who may not call a tool, which names what is missing. */
  refusal(name: string, viewer: Viewer): HttpError {
    const { schema, trusted } = this.#options;
    const document = this.#documents.get(name);
    if (viewer.documents !== null && (document === undefined || !trusted.allows(viewer, document)))
      return otherDocument(viewer.documents);
    const closed = document && closedPart(schema, incrementalDocument(parse(document.text)).whole, viewer);
    const why = closed && refusal(viewer, closed.requires, `\`${closed.name}\` of the tool ${name}`);
    return HttpError.of(why ?? forbidden(`The tool ${name}`, []));
  }

  get #documents(): ReadonlyMap<string, TrustedDocument> {
    const { trusted } = this.#options;
    this.#named ??= new Map(
      trusted.names.flatMap((name) => {
        const documents = trusted.called(name);
        const nameOf = ({ hash }: TrustedDocument) =>
          documents.length === 1 ? name : `${name}-${hash.slice(0, HASH_LENGTH)}`;
        return documents.map((document) => [nameOf(document), document] as const);
      }),
    );
    return this.#named;
  }

  #toolOf(name: string, document: TrustedDocument, readable: GraphQLSchema): DocumentTool | undefined {
    const { schema, isOfSeveral } = this.#options;
    const parsed = incrementalDocument(parse(document.text, { noLocation: true })).whole;
    if (readable !== schema && validate(readable, parsed).length > 0) return undefined;
    const definition = getOperationAST(parsed);
    if (!definition) return undefined;
    const own = definition.variableDefinitions ?? [];
    const variables = own.map(({ variable }) => variable.name.value);
    const paged = pagedIn(schema, parsed, definition);
    const free = (argument: string, isNeeded: boolean) =>
      isNeeded && !variables.includes(argument) ? argument : null;
    const first = free("first", paged !== null && paged.firstVariable === null && !paged.isBounded);
    const after = free("after", paged !== null && paged.afterVariable === null);
    const explain = free("explain", true);
    const organization = free("organization", isOfSeveral);
    const output = outputSchema(schema, parsed, definition);
    const extra = {
      ...(first === null ? {} : { [first]: { ...FIRST } }),
      ...(after === null ? {} : { [after]: { ...AFTER } }),
      ...(explain === null ? {} : { [explain]: { ...EXPLAIN } }),
      ...(organization === null ? {} : { [organization]: { ...ORGANIZATION_ARGUMENT } }),
    };
    const comment = this.#commentOf(document);
    return {
      name,
      document,
      variables,
      first,
      after,
      explain,
      organization,
      ...wordsOf(comment, output.leaves, paged),
      inputSchema: argumentsSchema(readable, parsed, definition, extra),
      outputSchema: resultSchema(output.schema),
    };
  }

  /** The comment above a document: that of the library is in its files, where it was not printed yet. */
  #commentOf({ hash, text }: TrustedDocument): string {
    this.#comments ??= new Map(
      this.#options.trusted.written().map(({ hash: key, text: written }) => [key, commentAbove(written)]),
    );
    return this.#comments.get(hash) ?? commentAbove(text);
  }
}

interface ClosedPart {
  readonly name: string;
  readonly requires: Requires;
}

/** Returns the first part of the schema in a document that a viewer may not read; undefined: the viewer may read all. */
function closedPart(schema: GraphQLSchema, document: DocumentNode, viewer: Viewer): ClosedPart | undefined {
  const permissions = permissionsOf(viewer);
  const types = new TypeInfo(schema);
  const closed: ClosedPart[] = [];
  const look = (name: string, part: SchemaPart | null | undefined) => {
    const requires = part ? requirementsOf(part) : null;
    if (requires !== null && !isGranted(requires, permissions)) closed.push({ name, requires });
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name: { value } }) => look(value, types.getFieldDef()),
      Argument: ({ name: { value } }) => look(value, types.getArgument()),
      ObjectField({ name: { value } }) {
        const type = getNamedType(types.getParentInputType());
        look(value, isInputObjectType(type) ? type.getFields()[value] : null);
      },
      EnumValue: ({ value }) => look(value, types.getEnumValue()),
    }),
  );
  return closed[0];
}

const FIRST = { type: "integer", minimum: 1, description: "Rows of a page of the list." };
const AFTER = { type: "string", description: "`endCursor` of the page before." };
const ORGANIZATION_ARGUMENT = {
  type: "string",
  description: "The organization that the question is about, by a name that the tool WhoAmI returns.",
};
const EXPLAIN = {
  type: "boolean",
  description: "True: return the upstream requests that the call would make, and make none.",
};

function pagedIn(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
): PagedDocument | null {
  const coerced = coerceVariables(schema, definition, {});
  const list = listIn({ schema, document, definition, values: "faults" in coerced ? {} : coerced.variables });
  const node = list?.list.nodes[0];
  return node === undefined ? null : pagedDocument(document, definition, node);
}

function commentAbove(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("#"));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.slice(1).trim())
    .join(" ")
    .slice(0, MAX_COMMENT);
}

const MAX_COMMENT = 1_000;

/** So many names show what must not be added. */
const MAX_NAMES = 12;

/** Says what a document costs besides the number of requests; the plan of a call says it exactly. */
const REQUEST_DETAILS = /(?<=Upstream requests: \d+) \([^)]*\)/;

function wordsOf(
  comment: string,
  leaves: readonly SelectedLeaf[],
  paged: PagedDocument | null,
): Pick<DocumentTool, "question" | "description"> {
  const names = (pattern: RegExp) => {
    const found = leaves.filter(({ field }) => pattern.test(field.description ?? ""));
    return [...new Set(found.map(({ field }) => field.name))];
  };
  const units = [
    ...(leaves.some(({ field }) => field.name === "usd")
      ? ["Amounts (`usd`) are exact decimals as text, in US dollars."]
      : []),
    ...(leaves.some(({ field }) => field.name === "cents")
      ? ["`cents` are hundredths of the currency."]
      : []),
  ];
  const distinct = names(/\bnot additive\b/i);
  const shown = distinct.slice(0, MAX_NAMES).map((name) => `\`${name}\``);
  if (distinct.length > MAX_NAMES) shown.push("others (see the output schema)");
  const stated = comment === "" ? "A document of the operator." : comment;
  const distinctParts = shown.length > 0 ? [`Not additive: ${shown.join(", ")}.`] : [];
  const paging =
    paged === null ? [] : ["The list is read in pages: where `page.hasNextPage` is true, it goes on."];
  return {
    question: [stated.replace(REQUEST_DETAILS, ""), ...distinctParts].join("\n"),
    description: [stated, ...units, ...distinctParts, ...paging].join("\n"),
  };
}

function argumentsSchema(
  schema: GraphQLSchema,
  document: DocumentNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
  extra: Readonly<Record<string, JsonSchema>>,
): DocumentTool["inputSchema"] {
  const meanings = meaningsIn(schema, document);
  const required: string[] = [];
  const properties = variableDefinitions.flatMap(({ variable, type, defaultValue }) => {
    const known = typeFromAST(schema, type);
    if (!isInputType(known)) return [];
    const name = variable.name.value;
    if (isNonNullType(known) && defaultValue === undefined) required.push(name);
    const stated = described(inputSchema(known), meanings.get(name));
    const value = defaultValue && { default: valueFromASTUntyped(defaultValue) };
    return [[name, { ...stated, ...value }] as const];
  });
  return {
    type: "object",
    properties: { ...Object.fromEntries(properties), ...extra },
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** The descriptions of the arguments of fields that variables are passed to. */
function meaningsIn(schema: GraphQLSchema, document: DocumentNode): ReadonlyMap<string, string> {
  const meanings = new Map<string, string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Argument({ value }) {
        const description = types.getArgument()?.description;
        if (types.getDirective()) return; // `@include` says nothing about what is included
        if (value.kind === Kind.VARIABLE && description && !meanings.has(value.name.value))
          meanings.set(value.name.value, description);
      },
    }),
  );
  return meanings;
}

const COUNT = { type: "integer", minimum: 0 };

/** The schema of a result: the data of a document, its place in the list, its age and its cost. */
function resultSchema(data: JsonSchema): DocumentTool["outputSchema"] {
  return {
    type: "object",
    properties: {
      data: { ...data, description: "The answer. It is whole, unless `page` or `shortened` says otherwise." },
      page: {
        type: "object",
        description: "The part of the list that the answer has.",
        properties: {
          rows: { ...COUNT, description: "Rows in this answer." },
          hasNextPage: { type: "boolean", description: "True: the list goes on." },
          endCursor: {
            type: ["string", "null"],
            description: "Pass it as the argument `readOnWith` to read on.",
          },
          readOnWith: { type: "string" },
          isShortened: {
            type: "boolean",
            description:
              "True: the page has fewer rows than requested, because an answer is limited in size.",
          },
        },
      },
      shortened: {
        type: "array",
        description: "Lists that have more rows than the answer, by path.",
        items: { type: "string" },
      },
      freshness: {
        type: "object",
        properties: {
          state: { type: ["string", "null"], description: "OPEN or SETTLING figures can still change." },
          refreshedAt: { type: ["string", "null"], description: "Age of the oldest figures." },
          stale: { type: "boolean", description: "True: upstream failed, and these are the figures before." },
        },
      },
      warnings: { type: "array", items: { type: "object" } },
      upstream: {
        type: "object",
        description: "What this call cost.",
        properties: {
          requests: {
            ...COUNT,
            description: "Upstream requests. All callers share a limit of some 60 a minute.",
          },
          cacheHits: COUNT,
          waitMs: COUNT,
        },
      },
      plan: { type: "object", description: "With `explain`: the cost of the call, in place of `data`." },
      error: { type: "object", description: "Code and message of a call that failed, in place of `data`." },
    },
  };
}
