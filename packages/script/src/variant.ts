/** The variant of a text for this chat at this step: by a stable hash, so that a replay says the same. @returns 0 to `count` − 1 */
export const chosenVariant = (count: number, account: string, chatId: string, step: string): number =>
  mixed(fnv1a(`${account}\n${chatId}\n${step}`)) % count;

/** FNV-1a, 32 bits, over UTF-16 units. */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
};

/** The low bits of FNV alone follow the last characters; murmur3's finish spreads them. */
const mixed = (hash: number): number => {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};
