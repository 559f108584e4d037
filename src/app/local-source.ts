/** Who speaks from this host without a token: through the local socket, or straight into the outbox. */
export const localSourceName = 'local';
