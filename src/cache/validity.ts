/** Tells whether something that an answer was made from is still what a new answer would be made from. */
export interface Validity {
  isCurrent(): boolean;
}
