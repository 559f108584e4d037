/** What became of one `send`; with `--json` this is printed as it is. */
export interface SendReport {
  /** The notification's id; of a direct send its transaction id. */
  readonly id: string;
  /**
   * `accepted`: it is on disk and a daemon delivers it. `kept`: it is on disk, and the next `serve` or `send` delivers it.
   */
  readonly state: 'delivered' | 'accepted' | 'kept' | 'dead';
  readonly room: string;
  readonly event_id?: string | undefined;
  /** Why it is dead or was only kept. */
  readonly error?: string | undefined;
}
