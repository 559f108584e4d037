/** Events that calls are made of: those of the specification, and those of group calls while they are proposals. */
const callEvents = [
  'm.call.invite',
  'm.call.answer',
  'm.call.hangup',
  'm.call.candidates',
  'm.call.negotiate',
  'm.call.reject',
  'm.call.select_answer',
  'org.matrix.msc3401.call',
  'org.matrix.msc3401.call.member',
] as const;

/** Where moderators begin, in the specification's defaults. */
const moderator = 50;

/** The levels that let everyone call, or moderators only; nothing where the file does not say. */
export function callLevels(calls: 'everyone' | 'moderators' | undefined): [string, number][] {
  if (calls === undefined) return [];
  const level = calls === 'everyone' ? 0 : moderator;
  return callEvents.map((type) => [type, level]);
}
