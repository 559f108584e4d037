import { openBellhop } from 'bellhop';

/** Sends one message and shows what became of it: `node send-from-your-program.ts [CONFIG [TEXT]]`. */
const [config = './bellhop.yaml', body = 'done'] = process.argv.slice(2);
/** Long enough for a homeserver that is well; if it is away, the message is kept all the same. */
const waitMs = 5_000;

await using bellhop = await openBellhop({ config });

// Resolves when the message is on disk; from here on it will be delivered, whatever happens to this program.
const { id } = await bellhop.send({ room: 'ops', title: 'Backup', body });
for (const entry of await bellhop.status(id, waitMs)) {
  process.stdout.write(`${entry.id} ${entry.state}\n`);
}
