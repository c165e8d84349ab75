import type { Context } from "../context.ts";
import type { Dataset } from "../domain/dataset.ts";
import { GatewayError } from "../errors.ts";
import type { FieldRequests } from "../upstream/plan.ts";
import type { PlannedOperation } from "./operation.ts";
import { type SelectedField, unlessRefused } from "./selected-field.ts";

/** A field of an operation with the upstream requests it plans. */
export interface PlannedField extends FieldRequests {
  /** Its place in the answer, by response names. */
  readonly path: string;
  /** The context that it runs in. */
  readonly ctx: Context;
}

/** The upstream requests of an operation, field by field. A field that is refused plans none, nor do those below it; `onRefusal` gets its error. */
export function requestsOf(
  { schema, fields: root }: PlannedOperation,
  onRefusal: (field: SelectedField, fault: Error) => void = () => {},
): readonly PlannedField[] {
  const planned: PlannedField[] = [];
  let count = 0;

  function visit(fields: readonly SelectedField[], within: readonly string[], source: Dataset | null): void {
    for (const field of fields) {
      if (!field.isPermitted || field.shape.isPlain || field.isUngrouped) continue;
      const { type, plan } = field;
      const own = unlessRefused(
        () => {
          const requests =
            plan.requests?.({ ...field.stated, schema, type: type.name, within, source }, field.ctx) ?? [];
          return "plans" in requests ? [requests] : requests;
        },
        (fault) => onRefusal(field, fault),
      );
      if (own === null) continue;
      for (const each of own) add(each, field);
      const below = unlessRefused(() => field.below) ?? [];
      const dataset = own[0]?.plans[0]?.endpoint.dataset ?? source;
      for (const selection of below) visit(selection.fields, [...within, type.name], dataset);
    }
  }

  function add(requests: FieldRequests, { path, ctx }: SelectedField): void {
    count += requests.plans.length;
    if (count > MAX_PLANS) throw tooMany();
    if (requests.plans.length > 0) planned.push({ ctx, ...requests, path });
  }

  visit(root, [], null);
  return planned;
}

/**
 * Begins the requests that need not wait for the rows above them. Returns when all of them are made, or null where there are none; they
 * throw where a row needs them.
 */
export function beginAhead(fields: readonly PlannedField[]): Promise<unknown> | null {
  const begun = fields.flatMap(({ ahead }) => ahead?.() ?? []);
  return begun.length === 0 ? null : Promise.allSettled(begun);
}

/** Far beyond what can be answered, even from what is kept; counting them all would cost more than it is worth. */
const MAX_PLANS = 5_000;

function tooMany(): GatewayError {
  return new GatewayError(
    "TOO_EXPENSIVE",
    `This needs more than ${MAX_PLANS} runs of upstream pages; query shorter ranges or fewer fields at once.`,
  );
}
