/** Returns the values of an enum type, each with its description. */
export function describedValues<Name extends string, Value>(
  values: Readonly<Record<Name, Value>>,
  descriptionOf: (value: Value) => string,
): { [N in Name]: { description: string } } {
  const entries = Object.entries<Value>(values).map(([name, value]) => [
    name,
    { description: descriptionOf(value) },
  ]);
  return Object.fromEntries(entries);
}
