import { addDays, day, rfc3339, startOf } from "../../src/domain/day.ts";
import { gateway, NOW } from "../gateway.ts";
import { memoryArchive } from "../memory-archive.ts";

/** The archive of a gateway over a simulated organization that has read cost every third day of the month before `NOW`, and at it. */
export async function revisedArchive(sandbox: { readonly users: number; readonly seed?: number }) {
  const archive = memoryArchive();
  const { ask, app, at } = gateway({ sandbox, archive });
  const today = day(NOW.slice(0, 10));
  const days = Array.from({ length: 10 }, (_, i) => rfc3339(startOf(addDays(today, 3 * i - 30))));
  for (const instant of [...days, NOW]) {
    at(instant);
    await ask("{ cost(range: { last: { days: 3 } }) { total { net { cents } } } }");
    await app.record();
  }
  return archive;
}
