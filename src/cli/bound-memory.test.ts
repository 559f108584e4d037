import { describe, expect, it, vi } from 'vitest';
import { boundMemory } from './bound-memory.ts';

const bounds = ['--max-semi-space-size=32', '--heap-growing-percent=30', '--no-parallel-scavenge'];

function started(options: { execArgv?: string[]; env?: NodeJS.ProcessEnv; canBecome?: boolean }) {
  const execve = vi.fn();
  const setFlags = vi.fn();
  const host = {
    execve: options.canBecome === false ? undefined : execve,
    execPath: '/usr/bin/node',
    execArgv: options.execArgv ?? [],
    argv: ['/usr/bin/node', '/opt/bellhop.cjs', 'serve', '-c', 'bellhop.yaml'],
    env: options.env ?? {},
    platform: 'linux',
  };
  boundMemory(host as unknown as NodeJS.Process, setFlags);
  return { execve, setFlags };
}

describe('the memory of a daemon', () => {
  it('is bounded by becoming the same command with the bounds', () => {
    const { execve, setFlags } = started({ execArgv: ['--inspect'], env: { HOME: '/root' } });
    expect(execve).toHaveBeenCalledExactlyOnceWith(
      '/usr/bin/node',
      ['/usr/bin/node', ...bounds, '--inspect', '/opt/bellhop.cjs', 'serve', '-c', 'bellhop.yaml'],
      { HOME: '/root', MALLOC_ARENA_MAX: '1' },
    );
    expect(setFlags).not.toHaveBeenCalled();
  });

  it('is not bounded twice, and the first bound is taken back for the threads to come', () => {
    const env = { MALLOC_ARENA_MAX: '1' };
    const { execve, setFlags } = started({ execArgv: bounds, env });
    expect(execve).not.toHaveBeenCalled();
    expect(setFlags).toHaveBeenCalledExactlyOnceWith('--max-semi-space-size=0');
  });

  it('follows what the operator says of it', () => {
    const { execve } = started({
      execArgv: ['--max-semi-space-size=32', '--max-semi-space-size=64'],
      env: { MALLOC_ARENA_MAX: '4' },
    });
    const [, args, env] = execve.mock.calls[0] ?? [];
    expect(args.slice(1, 5)).toEqual([
      ...bounds.slice(1),
      ...bounds.slice(0, 1),
      '--max-semi-space-size=64',
    ]);
    expect(env).toEqual({ MALLOC_ARENA_MAX: '4' });
  });

  it('is left to V8 where a process cannot become another', () => {
    const { setFlags } = started({ canBecome: false });
    expect(setFlags).not.toHaveBeenCalled();
  });
});
