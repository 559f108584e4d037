/**
 * The command. It is bundled into one small CommonJS file, so that a version of Node.js that is too old still gets to say
 * so, and so that `send` starts nearly as fast as Node.js itself: everything else is loaded only when it is asked for.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

async function start(): Promise<void> {
  if (process.argv[2] === 'send') {
    const { runSend } = await import('../app/one-shot/run-send.ts');
    process.exitCode = await runSend(process.argv.slice(3), process);
  } else {
    const { run } = await import('./run.ts');
    await run(process);
  }
}

if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`bellhop needs Node.js 24.15 or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 78;
} else {
  void start();
}
