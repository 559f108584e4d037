/** Where errors come up that nobody has caught, as `process` is. */
export interface Uncaught {
  on(event: 'uncaughtException', listener: (error: Error) => void): unknown;
  off(event: 'uncaughtException', listener: (error: Error) => void): unknown;
}

/**
 * Calls `listener` with what the engine dies of in this thread, until the returned function is called: it panics where
 * nobody can catch that. Any other error that nobody has caught ends the process all the same.
 */
export function onEngineDeath(uncaught: Uncaught, listener: (death: Error) => void): () => void {
  const hear = (error: Error): void => {
    if (error.stack?.includes('wasm://') !== true) throw error;
    listener(error);
  };
  uncaught.on('uncaughtException', hear);
  return () => uncaught.off('uncaughtException', hear);
}
