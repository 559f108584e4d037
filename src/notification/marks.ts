import type { Severity, Status } from './notification.ts';

/** A symbol and a word: readable without colour, and without the symbol. */
export interface Mark {
  readonly plain: string;
  readonly html: string;
}

const mark = (symbol: string, word: string): Mark => ({
  plain: `${symbol} ${word}`,
  html: `${symbol} <strong>${word}</strong>`,
});

export const statusMarks: Readonly<Record<Status, Mark>> = {
  firing: mark('🔥', 'FIRING'),
  resolved: mark('✅', 'RESOLVED'),
  running: mark('⏳', 'RUNNING'),
  succeeded: mark('✅', 'SUCCEEDED'),
  failed: mark('❌', 'FAILED'),
  unknown: mark('❓', 'UNKNOWN'),
};

export const severityMarks: Readonly<Record<Severity, Mark>> = {
  debug: mark('🔍', 'DEBUG'),
  info: mark('ℹ️', 'INFO'),
  notice: mark('🔔', 'NOTICE'),
  warning: mark('⚠️', 'WARNING'),
  error: mark('🛑', 'ERROR'),
  critical: mark('🚨', 'CRITICAL'),
};
