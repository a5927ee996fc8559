/** The partition of a key as Kafka's default partitioner has it: murmur2 of its UTF-8 bytes. */
export const partitionOf = (key: string, partitions: number): number => (murmur2(new TextEncoder().encode(key)) & 0x7fffffff) % partitions;

const seed = 0x9747b28c;
const m = 0x5bd1e995;

export const murmur2 = (bytes: Uint8Array): number => {
  const length = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let h = seed ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k = Math.imul(view.getInt32(at, true), m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const left = length - at;
  if (left === 3) h ^= (bytes[at + 2] as number) << 16;
  if (left >= 2) h ^= (bytes[at + 1] as number) << 8;
  if (left >= 1) h = Math.imul(h ^ (bytes[at] as number), m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  h ^= h >>> 15;
  return h | 0;
};
