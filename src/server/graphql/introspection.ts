import {
  GraphQLError,
  type GraphQLSchema,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type TypeNode,
} from "graphql";
import { SERVICE_FIELD } from "../../../schema/federation/service.ts";
import { visibleSchemas } from "../../../schema/framework/visible.ts";
import { permissionsSomewhere, type Viewer } from "../../domain/viewer.ts";
import { badInput, GatewayError } from "../../errors.ts";
import type { PlannedOperation } from "../../planning/operation.ts";
import type { SelectedField } from "../../planning/selected-field.ts";

/** The part of the schema that a viewer may know, from introspection and from the hints of errors. */
export interface SchemaView {
  /** The schema that the viewer may query; null where introspection is off. */
  schemaFor(viewer: Viewer): GraphQLSchema | null;
  /** The schema with all that the viewer may read, which they need not know. */
  readableBy(viewer: Viewer): GraphQLSchema;
  /** True if the viewer may know all of the schema, so that a hint may contain any name. */
  isComplete(viewer: Viewer): boolean;
}

export function schemaView(schema: GraphQLSchema, isEnabled: boolean): SchemaView {
  const visible = visibleSchemas(schema);
  return {
    readableBy: (viewer) => visible(permissionsSomewhere(viewer)).schema,
    schemaFor: (viewer) => (isEnabled ? visible(permissionsSomewhere(viewer)).schema : null),
    isComplete: (viewer) => isEnabled && visible(permissionsSomewhere(viewer)).isComplete,
  };
}

/**
 * Returns the schema that an operation runs on: introspection reads the part that is visible to the viewer, or is rejected with an error.
 * Documents are parsed and validated once for all viewers, against the whole schema, and queries run on it, where a rejected field
 * states the reason; so one operation cannot request both.
 */
export function schemaToRun(
  { schemaFor, isComplete }: SchemaView,
  operation: PlannedOperation,
): GraphQLSchema | GraphQLError {
  const { schema, fields, ctx } = operation;
  const schemaFields = fields.filter(readsSchema);
  if (schemaFields.length === 0 || isComplete(ctx.viewer)) return schema;
  const visible = schemaFor(ctx.viewer);
  if (visible === null) return introspectionOff(schemaFields);
  const others = fields.filter((each) => !readsSchema(each));
  return mixed(schemaFields, others, operation, visible) ?? visible;
}

function readsSchema({ field }: SelectedField): boolean {
  return field === SchemaMetaFieldDef || field === TypeMetaFieldDef || field.name === SERVICE_FIELD;
}

function introspectionOff(schemaFields: readonly SelectedField[]): GraphQLError {
  const names = [...new Set(schemaFields.map(({ field }) => `\`${field.name}\``))].join(" and ");
  return at(
    schemaFields,
    new GatewayError(
      "FORBIDDEN",
      `${names}: introspection is off (INTROSPECTION=off); the schema is in the gateway's repository, as schema/schema.graphql.`,
    ),
  );
}

/** Null where the operation reads only the schema, and all types of its variables are visible to the viewer. */
function mixed(
  schemaFields: readonly SelectedField[],
  others: readonly SelectedField[],
  { definition }: PlannedOperation,
  visible: GraphQLSchema,
): GraphQLError | null {
  const variables = definition.variableDefinitions ?? [];
  const areTypesVisible = variables.every(({ type }) => visible.getType(namedIn(type)) !== undefined);
  if (others.length === 0 && areTypesVisible) return null;
  const names = [...new Set(schemaFields.map(({ field }) => `\`${field.name}\``))].join(" and ");
  return at(
    schemaFields,
    badInput(
      `${names}: introspection shows the part of the schema that you may query and needs a separate operation; send the other fields in another one.`,
    ),
  );
}

function namedIn(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedIn(type.type);
}

function at([first]: readonly SelectedField[], fault: GatewayError): GraphQLError {
  const { path, nodes } = first as SelectedField;
  return new GraphQLError(fault.message, { nodes, path: [path], originalError: fault });
}
