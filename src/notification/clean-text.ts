/** Control characters except line feed and tab: clients show them as boxes, and some databases refuse NUL. */
const controls = String.raw`[\0-\x08\x0b-\x1f\x7f-\x9f]`;
/** Printable ASCII, line feed and tab: what nearly all texts are, and nothing in it has to be cleaned. */
const plain = /^[\t\n -~]*$/;
// By code units, which is a fraction of the work: no control character is beyond them.
const unwanted = new RegExp(controls);
const everyUnwanted = new RegExp(controls, 'g');
const escapeCharacter = String.fromCharCode(27);
/** Terminal colours and cursor moves (ECMA-48 control sequences), as logs carry them. */
const controlSequence = new RegExp(`${escapeCharacter}\\[[0-9;:?]*[ -/]*[@-~]`, 'g');

/** The text as a message may carry it: well-formed Unicode, `\n` line ends, no control characters but `\n` and tab. */
export function cleanText(text: string): string {
  if (plain.test(text)) return text;
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  if (!unwanted.test(wellFormed)) return wellFormed;
  return wellFormed.replace(controlSequence, '').replace(/\r\n?/g, '\n').replace(everyUnwanted, '');
}

/** White space that a line does not have: anything but single spaces between other characters. */
const unevenSpace = /[^\S ]| {2}|^ | $/;

/** The text cleaned and on one line, every run of white space one space. */
export function cleanLine(text: string): string {
  const clean = cleanText(text);
  return unevenSpace.test(clean) ? clean.replace(/\s+/gu, ' ').trim() : clean;
}
