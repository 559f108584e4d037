/** Whether asking again can help: `never` without a change, `soon` by itself, `after` something named in the remedy. */
type Retry = 'never' | 'soon' | 'after';

/** What is said of one kind of failure. */
export interface CatalogueEntry {
  /** One sentence: what is the matter. */
  readonly sentence: string;
  /** What the reader can do about it. */
  readonly remedy: string;
  readonly retry: Retry;
  /** HTTP status of an answer that carries it. */
  readonly status: number;
  /** Exit code (sysexits) of a command that ends with it. */
  readonly exit: number;
}
