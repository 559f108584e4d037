import type { Severity, Status } from './notification.ts';

/** A symbol and a word: readable without colour, and without the symbol. */
export interface Mark {
  readonly symbol: string;
  readonly word: string;
}

export const statusMarks: Readonly<Record<Status, Mark>> = {
  firing: { symbol: '🔥', word: 'FIRING' },
  resolved: { symbol: '✅', word: 'RESOLVED' },
  running: { symbol: '⏳', word: 'RUNNING' },
  succeeded: { symbol: '✅', word: 'SUCCEEDED' },
  failed: { symbol: '❌', word: 'FAILED' },
  unknown: { symbol: '❓', word: 'UNKNOWN' },
};

export const severityMarks: Readonly<Record<Severity, Mark>> = {
  debug: { symbol: '🔍', word: 'DEBUG' },
  info: { symbol: 'ℹ️', word: 'INFO' },
  notice: { symbol: '🔔', word: 'NOTICE' },
  warning: { symbol: '⚠️', word: 'WARNING' },
  error: { symbol: '🛑', word: 'ERROR' },
  critical: { symbol: '🚨', word: 'CRITICAL' },
};
