import { getNamedType, isObjectType } from "graphql";
import { permissionsOf, type Viewer } from "../../domain/viewer.ts";
import { isGranted } from "../../planning/permissions.ts";
import type { FieldShape, OperationShape } from "../../planning/shape.ts";

/** Finds a field of an operation that a viewer may not read, as far as the schema alone says so; null: the viewer may read all. */
export function forbiddenField(
  operation: OperationShape,
  values: Record<string, unknown>,
  viewer: Viewer,
): FieldShape | null {
  const permissions = permissionsOf(viewer);
  const find = (fields: readonly FieldShape[]): FieldShape | null => {
    for (const field of fields) {
      if (!isGranted(field.requires, permissions)) return field;
      const type = getNamedType(field.field.type);
      const found = isObjectType(type) ? find(field.below(type, values)) : null; // other types show with the data
      if (found !== null) return found;
    }
    return null;
  };
  return find(operation.root(values));
}
