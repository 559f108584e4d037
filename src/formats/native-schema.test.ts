import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkNative } from './native-schema.ts';

const word = fc.oneof(
  fc.string(),
  fc.string({ minLength: 250, maxLength: 260 }),
  fc.string({ minLength: 990, maxLength: 1010 }),
  fc.constantFrom('error', 'firing', 'plain', 'room', 5, true, null, ['ops'], {}),
);
const names = ['room', 'title', 'body', 'severity', 'status', 'key', 'origin', 'format', 'tittle'];
const documents = fc.dictionary(fc.constantFrom(...names), word, { maxKeys: 4 });

it('reads a usual document as the schema does, and refuses it in the same words', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const read = checkNative(document);
      // No usual document has this member, so the schema reads it.
      const bySchema = checkNative({ ...document, silent: true });
      if (read.ok) {
        expect(bySchema).toEqual({ ok: true, document: { ...read.document, silent: true } });
      } else {
        expect(bySchema).toEqual(read);
      }
    }),
    { numRuns: 500 },
  );
});
