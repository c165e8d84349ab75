import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { ContractShapes, Shape } from "./src/cli/doctor/contract/shape.ts";

/** The parts of a JSON schema that say which fields there are and what they hold. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Contract {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly responses: Readonly<
            Record<
              string,
              { readonly content?: { readonly "application/json": { readonly schema: Schema } } }
            >
          >;
        };
      }
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Returns the shapes of the answers of each path of the contract, without its prose, as JSON. */
export function contractShapes(): string {
  const contract: Contract = parse(
    readFileSync(new URL("src/sandbox/openapi.yaml", import.meta.url), "utf8"),
  );
  const shapes: ContractShapes = Object.fromEntries(
    Object.entries(contract.paths).flatMap(([path, { get }]) => {
      const schema = get.responses["200"]?.content?.["application/json"].schema;
      return schema === undefined ? [] : [[path, shapeOf(schema, contract.components.schemas)]];
    }),
  );
  return JSON.stringify(shapes);
}

function shapeOf(schema: Schema, schemas: Contract["components"]["schemas"]): Shape {
  const { $ref, type, format, properties, required, items, additionalProperties } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    const named = schemas[name];
    if (named === undefined) throw new Error(`no schema ${name}`);
    return shapeOf(named, schemas);
  }
  const entries = typeof additionalProperties === "object" ? shapeOf(additionalProperties, schemas) : null;
  const own: Shape = {
    types: [type ?? []].flat(),
    ...(format === undefined ? {} : { format }),
    ...(properties === undefined
      ? {}
      : {
          fields: Object.fromEntries(
            Object.entries(properties).map(([name, each]) => [name, shapeOf(each, schemas)]),
          ),
        }),
    ...(properties === undefined && required === undefined ? {} : { required: required ?? [] }),
    ...(items === undefined ? {} : { items: shapeOf(items, schemas) }),
    ...(entries === null ? {} : { entries }),
  };
  const shapes = (parts: readonly Schema[] = []) => parts.map((each) => shapeOf(each, schemas));
  const variants = [...shapes(schema.anyOf), ...shapes(schema.oneOf)];
  const [first, ...others] = variants;
  const joined = first === undefined ? [] : [others.reduce(either, first)];
  return [...shapes(schema.allOf), ...joined].reduce(both, own);
}

/** Joins two schemas that hold together: a field is required where one of them requires it. */
function both(a: Shape, b: Shape): Shape {
  return {
    ...b,
    ...a,
    types: [...new Set([...a.types, ...b.types])],
    ...(a.fields === undefined && b.fields === undefined
      ? {}
      : {
          fields: { ...b.fields, ...a.fields },
          required: [...(a.required ?? []), ...(b.required ?? [])],
        }),
  };
}

/** Joins two variants: a field is required where both require it. */
function either(a: Shape, b: Shape): Shape {
  const types = [...new Set([...a.types, ...b.types])];
  if (a.required === undefined || b.required === undefined) return { ...b, ...a, types };
  const names = [...new Set([...Object.keys(a.fields ?? {}), ...Object.keys(b.fields ?? {})])];
  const fields = names.flatMap((name): [string, Shape][] => {
    const [one, other] = [a.fields?.[name], b.fields?.[name]];
    const shape = one !== undefined && other !== undefined ? either(one, other) : (one ?? other);
    return shape === undefined ? [] : [[name, shape]];
  });
  const required = a.required.filter((name) => b.required?.includes(name));
  return { ...a, types, fields: Object.fromEntries(fields), required };
}
