/** So many texts are remembered: the hot paths of a site and the browsers of its visitors are fewer. */
const REMEMBERED = 500;
/** Longer ones are asked about each time, so that nobody fills the memory. */
const LONGEST = 300;

/** The same question, which remembers the texts that were answered with no: most of a site's requests bring what others brought. */
export function rememberedNo(is: (text: string) => boolean): (text: string) => boolean {
  let innocent = new Set<string>();
  return (text) => {
    if (innocent.has(text)) return false;
    if (is(text)) return true;
    if (text.length > LONGEST) return false;
    if (innocent.size >= REMEMBERED) innocent = new Set();
    innocent.add(text);
    return false;
  };
}
