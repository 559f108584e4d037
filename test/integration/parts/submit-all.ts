import type { RunningGateway } from './start-gateway.ts';

/** Texts that tell one another apart. */
export function marks(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `mark ${i}`);
}

/** Submits them one after another without waiting for delivery. @throws Error when one is not accepted */
export async function submitAll(gateway: RunningGateway, texts: readonly string[]): Promise<void> {
  for (const body of texts) {
    const { status, text } = await gateway.call('POST', '/v1/notifications', { body: { body } });
    if (status !== 202) throw new Error(`${body}: ${status} ${text}`);
  }
}
