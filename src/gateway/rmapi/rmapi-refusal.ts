/** One mistake of a body, in the words of the original's validator. */
export interface ValidationProblem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: { readonly error: string };
}

/** A refusal in the original's form, `{"detail": …}`. */
export class RmapiRefusal extends Error {
  override readonly name = 'RmapiRefusal';
  readonly status: number;
  readonly detail: string | readonly ValidationProblem[];

  constructor(
    status: number,
    detail: string | readonly ValidationProblem[],
    options?: ErrorOptions,
  ) {
    super(typeof detail === 'string' ? detail : 'The body does not match.', options);
    this.status = status;
    this.detail = detail;
  }

  /** The answer's body. What is nested too deep to be written is not repeated. */
  get body(): string {
    const { detail } = this;
    try {
      return JSON.stringify({ detail });
    } catch (error) {
      if (!(error instanceof RangeError) || typeof detail === 'string') throw error;
      return JSON.stringify({ detail: detail.map((problem) => ({ ...problem, input: null })) });
    }
  }
}
