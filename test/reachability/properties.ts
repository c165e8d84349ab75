import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The parts of a JSON schema that the contract uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly (string | null)[];
  readonly const?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly "x-range-mode"?: string;
}

interface Contract {
  readonly paths: Readonly<Record<string, { readonly get: { readonly responses: Responses } }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

type Responses = Readonly<
  Record<"200", { readonly content: { readonly "application/json": { readonly schema: Schema } } }>
>;

const contract: Contract = parse(
  readFileSync(new URL("../../src/sandbox/openapi.yaml", import.meta.url), "utf8"),
);

export const PATHS: readonly string[] = Object.keys(contract.paths);

/** One property of one schema, and where it stands in a body. */
export interface Property {
  /** `Schema.property`. */
  readonly name: string;
  readonly place: readonly (string | number)[];
  /** Another value it may have. */
  readonly other: unknown;
  /** How a count behaves when a range is rolled up. */
  readonly rangeMode: string | undefined;
}

/** A key of an object in a body, of whatever its value is. */
export interface Key {
  /** `Schema.property`. */
  readonly name: string;
  readonly place: readonly (string | number)[];
  /** The contract does not promise that it is there. */
  readonly optional: boolean;
  readonly nullable: boolean;
  /** A text of a list of known ones, which can grow. */
  readonly isEnum: boolean;
}

/** A body of an endpoint with every property in it, one variant of each union. */
export interface Sample {
  readonly body: unknown;
  readonly properties: readonly Property[];
  readonly keys: readonly Key[];
}

/** Bodies that hold every property of the endpoint's response, every variant of a union in one of them. */
export function samplesOf(path: string): readonly Sample[] {
  const schema = contract.paths[path]?.get.responses["200"].content["application/json"].schema;
  if (schema === undefined) throw new Error(`not in the contract: ${path}`);
  const samples: Sample[] = [];
  for (let variant = 0, variants = 1; variant < variants; variant++) {
    const properties: Property[] = [];
    const keys: Key[] = [];
    const body = value(schema, "", [], {
      variant,
      properties,
      keys,
      seen: (count) => (variants = Math.max(variants, count)),
    });
    samples.push({ body, properties, keys });
  }
  return samples;
}

interface Building {
  readonly variant: number;
  readonly properties: Property[];
  readonly keys: Key[];
  readonly seen: (variants: number) => void;
}

/** A value of the schema; its leaves are noted as properties of the schema they are named in. */
function value(schema: Schema, name: string, place: Property["place"], building: Building): unknown {
  if (schema.$ref !== undefined) {
    const own = schema.$ref.split("/").at(-1) ?? "";
    return value(contract.components.schemas[own] as Schema, own, place, building);
  }
  if (schema.allOf !== undefined) return value(schema.allOf[0] as Schema, name, place, building);
  const variants = (schema.anyOf ?? schema.oneOf)?.filter(
    (each) => each.type !== "null" && !("required" in each && !("type" in each) && !("$ref" in each)),
  );
  if (variants !== undefined && variants.length > 0 && schema.properties === undefined) {
    building.seen(variants.length);
    return value(variants[Math.min(building.variant, variants.length - 1)] as Schema, name, place, building);
  }
  const type = [schema.type].flat().find((each) => each !== "null");
  if (type === "object") return object(schema, name, place, building);
  if (type === "array" && schema.items !== undefined && isComposite(schema.items)) {
    return [value(schema.items, name, [...place, 0], building)];
  }
  return leaf(schema, place, name)[0];
}

function object(schema: Schema, name: string, place: Property["place"], building: Building): object {
  const made: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const at = [...place, key];
    made[key] = value(property, `${name}.${key}`, at, building);
    building.keys.push({
      name: `${name}.${key}`,
      place: at,
      optional: !(schema.required ?? []).includes(key),
      nullable: isNullable(property),
      isEnum: [property, ...(property.anyOf ?? [])].some((each) => each.enum !== undefined),
    });
    if (isLeaf(property)) {
      const [, other] = leaf(property, at, `${name}.${key}`);
      if (property.const === undefined && property.type !== "null")
        building.properties.push({
          name: `${name}.${key}`,
          place: at,
          other,
          rangeMode: property["x-range-mode"],
        });
    }
  }
  if (typeof schema.additionalProperties === "object") {
    made.some_tool = value(schema.additionalProperties, name, [...place, "some_tool"], building);
  }
  return made;
}

function isNullable({ type, anyOf, oneOf }: Schema): boolean {
  return [type].flat().includes("null") || (anyOf ?? oneOf ?? []).some((each) => each.type === "null");
}

function resolved(schema: Schema): Schema {
  return schema.$ref === undefined
    ? schema
    : (contract.components.schemas[schema.$ref.split("/").at(-1) ?? ""] as Schema);
}

function isComposite(schema: Schema): boolean {
  const own = resolved(schema);
  return (
    own.type === "object" || own.anyOf !== undefined || own.oneOf !== undefined || own.allOf !== undefined
  );
}

function isLeaf(schema: Schema): boolean {
  if (isComposite(schema)) return false;
  const types = [schema.type].flat();
  return (
    !types.includes("object") &&
    !(types.includes("array") && schema.items !== undefined && isComposite(schema.items))
  );
}

let serial = 0;

/** Objects that name one another in a body name those of the other bodies. */
const IDS: Readonly<Record<string, string>> = {
  "APIKey.id": "apikey_one",
  api_key_id: "apikey_one",
  "Workspace.id": "wrkspc_one",
  workspace_id: "wrkspc_one",
  "OrganizationUser.id": "user_one",
  "AnalyticsUser.id": "user_one",
  "APIKeyCreatedBy.id": "user_one",
  "AnalyticsUserActor.user_id": "user_gone",
  "SpendLimitUserActor.user_id": "user_gone",
  "AnalyticsReportUserActor.user_id": "user_gone",
  "AnalyticsReportUserActor.email_address": "gone@ternplover.example",
  account_id: "user_one",
  user_id: "user_one",
  "RBACGroup.id": "rbac_group_one",
  rbac_group_id: "rbac_group_one",
  "APIKeyCreatedBy.type": "user",
};

/** Two values a leaf may have. */
function leaf(schema: Schema, place: Property["place"], name: string): [unknown, unknown] {
  const key = name.split(".").at(-1) ?? "";
  const id = IDS[name] ?? IDS[key];
  if (id !== undefined) return [id, `${id}_more`];
  if (schema.const !== undefined) return [schema.const, schema.const];
  const type = [schema.type].flat().find((each) => each !== "null");
  serial++;
  if (key === "has_more") return [false, true];
  if (key === "next_page") return [null, "page_next"];
  switch (type) {
    case "boolean":
      return [false, true];
    case "integer":
      return [1_000 + serial, 500_000 + serial];
    case "number":
      return [10.5, 20.25];
    case "array":
      return [["a"], ["b"]];
    case "string":
      if (schema.format === "date-time")
        return key === "ending_at"
          ? ["2026-11-21T00:00:00Z", "2026-11-20T12:00:00Z"]
          : ["2026-11-20T00:00:00Z", "2026-11-19T06:00:00Z"];
      if (schema.format === "date") return ["2026-11-20", "2026-11-19"];
      if (schema.pattern !== undefined) return [`${100 + serial}.5`, `${900_000 + serial}.25`];
      if (key.includes("email")) return ["someone@ternplover.example", "another@ternplover.example"];
      if (key === "currency") return ["USD", "EUR"];
      return [`${key}_one`, `${key}_two`];
    default:
      return [null, place];
  }
}

/** The body with one property changed. */
export function changed(body: unknown, { place, other }: Property): unknown {
  return edited(body, place, (parent, key) => {
    parent[key] = other;
  });
}

/** A copy of the body with something done to one key of it. */
export function edited(
  body: unknown,
  place: Property["place"],
  edit: (parent: Record<string | number, unknown>, key: string | number) => void,
): unknown {
  const copy = structuredClone(body);
  let at = copy as Record<string | number, unknown>;
  for (const key of place.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  edit(at, place.at(-1) as string);
  return copy;
}
