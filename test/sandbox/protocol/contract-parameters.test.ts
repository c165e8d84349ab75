import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Endpoint, Limit, Parameter } from "../../../src/sandbox/endpoint.ts";
import { endpoints } from "../../../src/sandbox/endpoints.ts";
import { createOrganization } from "../../../src/sandbox/organization.ts";
import { PAGING_PARAMETERS } from "../../../src/sandbox/page.ts";
import { CheckedQuery } from "../../../src/sandbox/query.ts";

interface Schema {
  readonly type: "string" | "array" | "boolean" | "integer";
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

interface ContractParameter {
  readonly name: string;
  readonly in: "query" | "header" | "path";
  readonly required: boolean;
  readonly schema: Schema;
  readonly example?: string;
}

interface Operation {
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly "x-scope"?: string;
  readonly "x-paging"?: string;
  readonly "x-rate-limit"?: string;
  readonly parameters: readonly { readonly $ref: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Contract {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: { readonly parameters: Readonly<Record<string, ContractParameter>> };
}

const contract: Contract = parse(readFileSync("src/sandbox/openapi.yaml", "utf8"));
const table = endpoints(createOrganization({ users: 20, seed: 1 }));

const KEY_KINDS: Readonly<Record<string, string>> = {
  enterpriseKey: "enterprise",
  adminKey: "admin",
  oauthAdmin: "oauth",
};

function parametersOf(operation: Operation): readonly ContractParameter[] {
  return operation.parameters.map(({ $ref }) => {
    const parameter = contract.components.parameters[$ref.replace("#/components/parameters/", "")];
    if (parameter === undefined) throw new Error(`dangling ${$ref}`);
    return parameter;
  });
}

/** A parameter of the contract as the sandbox would write it; what is about `limit` stands with the paging instead. */
function asParameter({ required, schema }: ContractParameter): Record<string, unknown> {
  const { enum: values, pattern } = schema.items ?? schema;
  return withoutMissing({
    type: typeOf(schema),
    required: required || undefined,
    values: values && [...values].sort(),
    pattern,
    maxItems: schema.maxItems,
  });
}

function typeOf({ type, format }: Schema): Parameter["type"] {
  if (type === "array") return "list";
  if (type !== "string") return type;
  return format === "date" ? "day" : format === "date-time" ? "instant" : "text";
}

function asWritten({ type, required, values, pattern, maxItems }: Parameter): Record<string, unknown> {
  return withoutMissing({
    type,
    required,
    values: values && [...values].sort(),
    pattern: pattern?.source,
    maxItems,
  });
}

function withoutMissing(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The page sizes of an endpoint, over every width of bucket where they hang on it. */
function limitsOf({ paging, parameters }: Endpoint): readonly Limit[] {
  if (!("limit" in paging)) return [];
  const { limit } = paging;
  if (typeof limit !== "function") return [limit];
  const widths = parameters.bucket_width?.values ?? [];
  const optional = Object.fromEntries(Object.entries(parameters).filter(([, { required }]) => !required));
  return widths.map((width) => limit(new CheckedQuery(`bucket_width=${width}`, optional)));
}

test("the sandbox has the endpoints of the contract and no others", () => {
  expect(table.map(({ path }) => path).sort()).toEqual(Object.keys(contract.paths).sort());
});

describe.each(table.map((endpoint) => [endpoint.path, endpoint] as const))("%s", (path, endpoint) => {
  const operation = contract.paths[path]?.get;
  if (operation === undefined) return;
  const parameters = parametersOf(operation);
  const inQuery = parameters.filter((parameter) => parameter.in === "query");

  test("takes the query parameters of the contract", () => {
    const written = { ...PAGING_PARAMETERS[endpoint.paging.style], ...endpoint.parameters };
    const expected = inQuery.map((parameter) => [parameter.name, asParameter(parameter)]);
    const actual = Object.entries(written).map(([name, parameter]) => [name, asWritten(parameter)]);
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
  });

  test("pages in the style and the sizes of the contract", () => {
    const style = operation["x-paging"] ?? "none";
    const { paging } = endpoint;
    if (style === "none") expect(["object", "whole"]).toContain(paging.style);
    else if (style.startsWith("after_id")) expect(paging.style).toBe("id");
    else expect(paging.style).toBe(style.includes("has_more") ? "report" : "token");
    expect(paging.style === "report" && paging.expires).toBe("410" in operation.responses);

    const sizes = limitsOf(endpoint);
    const limit = inQuery.find(({ name }) => name === "limit")?.schema;
    if (sizes.length === 0) return;
    expect(Math.max(...sizes.map(({ max }) => max))).toBe(limit?.maximum);
    if (limit?.default !== undefined) expect(sizes.map((size) => size.default)).toEqual([limit.default]);
  });

  test("accepts the keys of the contract, by scope, version and beta", () => {
    expect([...endpoint.keys].sort()).toEqual(
      operation.security
        .flatMap(Object.keys)
        .map((scheme) => KEY_KINDS[scheme])
        .sort(),
    );
    expect(endpoint.scope).toBe(operation["x-scope"]?.split(" ")[0]);
    const header = (name: string) => parameters.find((parameter) => parameter.name === name);
    expect(endpoint.version === "optional").toBe(header("anthropic-version")?.required === false);
    const beta = header("anthropic-beta");
    expect(endpoint.beta).toBe(beta?.required ? beta.example : undefined);
  });

  test("draws on the allowance of its family", () => {
    const family = path.includes("/analytics/")
      ? "analytics"
      : path.endsWith("report") || path.includes("/usage_report/")
        ? "console"
        : path.includes("/spend_limit")
          ? "spendLimits"
          : "lookups";
    expect(endpoint.rateLimit).toBe(family);
  });
});
