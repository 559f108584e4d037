/** What the run asks of a receiving process: to open its store and to follow its homeserver. */
export type ToReceiver = 'start';

/** What a receiving process tells: its code is loaded; it takes an answer in now; it has nothing left to take in. */
export type FromReceiver = 'loaded' | 'taking-in' | 'caught-up';
