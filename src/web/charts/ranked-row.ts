export interface RankedRow {
  readonly key: string;
  readonly label: string;
  readonly detail?: string;
  readonly value: number | string | null;
  /** Value in the period that the ranking is compared with. */
  readonly before?: number | string | null;
  /** Stands for all that is not listed; drawn without an accent. */
  readonly isOther?: boolean;
}
