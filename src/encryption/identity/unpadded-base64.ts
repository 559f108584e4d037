/** Bytes as unpadded base64, the form that keys have in Matrix (appendices, "Unpadded Base64"). */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

/** The bytes of a base64 text, padded or not; what is no base64 is left out. */
export function decodeBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
