import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type TypeNode,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { visibleSchemas } from "../../../schema/framework/visible.ts";
import type { Context } from "../../context.ts";
import { permissionsOf, type Viewer } from "../../domain/viewer.ts";
import { badInput, GatewayError } from "../../errors.ts";
import { operationOf } from "../../planning/operation.ts";
import type { SelectedField } from "../../planning/selected-field.ts";

/** The part of the schema that a viewer may know, from introspection and from the hints of errors. */
export interface SchemaView {
  /** The schema that the viewer may query; null where introspection is off. */
  schemaFor(viewer: Viewer): GraphQLSchema | null;
  /** True if the viewer may know all of the schema, so that a hint may contain any name. */
  isComplete(viewer: Viewer): boolean;
}

export function schemaView(schema: GraphQLSchema, isEnabled: boolean): SchemaView {
  const visible = visibleSchemas(schema);
  return {
    schemaFor: (viewer) => (isEnabled ? visible(permissionsOf(viewer)).schema : null),
    isComplete: (viewer) => isEnabled && visible(permissionsOf(viewer)).isComplete,
  };
}

/**
 * Answers introspection from the schema that is visible to the viewer. Documents are parsed and validated once for all viewers,
 * against the whole schema, and queries run on it, where a rejected field states the reason; so one operation cannot request
 * both.
 */
export function introspection({ schemaFor, isComplete }: SchemaView): Plugin<Context> {
  return {
    onExecute({ args, executeFn, setExecuteFn, setResultAndStopExecution }) {
      const { viewer } = args.contextValue as Context;
      if (isComplete(viewer)) return;
      const [schemaFields, others] = rootFields(args);
      if (schemaFields.length === 0) return;
      const visible = schemaFor(viewer);
      const refused =
        visible === null ? introspectionOff(schemaFields) : mixed(schemaFields, others, args, visible);
      if (refused !== null) return setResultAndStopExecution({ errors: [refused] });
      setExecuteFn((own) => executeFn({ ...own, schema: visible }));
    },
  };
}

/** The fields that are run of an operation's root: those that read the schema, and those that read anything else. */
function rootFields(args: ExecutionArgs): [schema: SelectedField[], data: SelectedField[]] {
  const operation = operationOf(args);
  if (operation === null || "faults" in operation) return [[], []]; // it is not run
  const readsSchema = ({ field }: SelectedField) =>
    field === SchemaMetaFieldDef || field === TypeMetaFieldDef;
  return [operation.fields.filter(readsSchema), operation.fields.filter((each) => !readsSchema(each))];
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
  { document, operationName }: ExecutionArgs,
  visible: GraphQLSchema,
): GraphQLError | null {
  const variables = getOperationAST(document, operationName)?.variableDefinitions ?? [];
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
