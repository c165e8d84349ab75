import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

interface Contract {
  readonly paths: Readonly<Record<string, { readonly get: { readonly responses: Responses } }>>;
  readonly components: object;
}

type Responses = Readonly<
  Record<
    string,
    { readonly content?: { readonly "application/json": { readonly schema: { $ref: string } } } }
  >
>;

const contract: Contract = parse(readFileSync("src/sandbox/openapi.yaml", "utf8"));

/** The schemas as if they listed every property there is, so that one the contract does not know is a fault. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== "object" || node === null) return node;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) copy[key] = closed(value);
  if (typeof copy.properties === "object" && copy.type !== undefined) copy.additionalProperties ??= false;
  return copy;
}

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictRequired: false });
addFormats.default(ajv);
// Annotations of OpenAPI and of this contract; the variants of a discriminated union are told apart by oneOf anyway.
ajv.addVocabulary(["components", "example", "discriminator", "x-source", "x-range-mode", "x-unit"]);
ajv.addSchema({ $id: "contract", components: closed(contract.components) });

/** What is wrong with a 200 body of the endpoint, or with an error body, one line each. */
export function faultsOf(path: string, status: number, body: unknown): readonly string[] {
  const ok = contract.paths[path]?.get.responses["200"]?.content?.["application/json"].schema.$ref;
  if (ok === undefined) throw new Error(`not in the contract: ${path}`);
  const validate = ajv.getSchema(`contract${status === 200 ? ok : "#/components/schemas/ErrorResponse"}`);
  if (validate === undefined) throw new Error(`no schema for ${path}`);
  if (validate(body)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
