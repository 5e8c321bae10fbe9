/** What a column of the training database can hold, as far as that decides whether a column of HR's has room for it. */
export interface ColumnSize {
  /** Digits before and behind the point; of exact numbers only. */
  readonly integerDigits?: number
  readonly scale?: number
  /** Characters; of text only. */
  readonly length?: number
}
