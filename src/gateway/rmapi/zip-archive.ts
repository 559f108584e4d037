import { crc32, deflateRawSync } from 'node:zlib';

/** Version 2.0 knows DEFLATE. */
const versionNeeded = 20;
/** Made on a system with Unix permissions. */
const madeBy = 0x0314;
/** The name is UTF-8; the original says so only where ASCII does not do. */
const nameIsUtf8 = 0x0800;
const deflated = 8;
/** Its owner may read and write it. */
const ownerOnly = 0o600 * 0x10000;
const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endRecord = 0x06054b50;

/** The date and time of MS-DOS, in UTC: two seconds is its step, 1980 its first year. */
function dosTime(at: Date): { date: number; time: number } {
  const year = Math.max(at.getUTCFullYear() - 1980, 0);
  return {
    date: (year << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  };
}

/** A zip archive of one deflated file (PKWARE APPNOTE 4.3). @param at - wall-clock milliseconds */
export function zipArchive(name: string, content: string, at: number): Buffer {
  const nameBytes = Buffer.from(name);
  const bytes = Buffer.from(content);
  const packed = deflateRawSync(bytes);
  const { date, time } = dosTime(new Date(at));

  // What both headers of a file say, from "version needed" to "extra length".
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(versionNeeded, 0);
  facts.writeUInt16LE(nameBytes.length === name.length ? 0 : nameIsUtf8, 2);
  facts.writeUInt16LE(deflated, 4);
  facts.writeUInt16LE(time, 6);
  facts.writeUInt16LE(date, 8);
  facts.writeUInt32LE(crc32(bytes), 10);
  facts.writeUInt32LE(packed.length, 14);
  facts.writeUInt32LE(bytes.length, 18);
  facts.writeUInt16LE(nameBytes.length, 22);

  const local = Buffer.concat([word(localHeader), facts, nameBytes, packed]);
  const place = Buffer.alloc(14);
  place.writeUInt32LE(ownerOnly, 6);
  const central = Buffer.concat([
    word(centralHeader),
    Buffer.from([madeBy & 0xff, madeBy >> 8]),
    facts,
    place,
    nameBytes,
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, word(endRecord), end]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
