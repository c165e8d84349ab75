/** Which types a value of the contract has, and the shapes inside it. Variants of an object are joined. */
export interface Shape {
  /** Types of JSON, with `integer` for whole numbers. */
  readonly types: readonly string[];
  /** Form of a text: `date-time` or `date`. */
  readonly format?: string;
  /** Fields of an object, by name. */
  readonly fields?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  /** Values of an object with names that are data. */
  readonly entries?: Shape;
}

/** Shapes of answers, by the path of the contract, such as `/v1/organizations/users/{user_id}`. */
export type ContractShapes = Readonly<Record<string, Shape>>;
