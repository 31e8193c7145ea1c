/**
 * Text as string searches compare it: without case, accents or Unicode form. Only the marks that accent Latin, Greek and
 * Cyrillic, the points of Hebrew and the vowel signs of Arabic are dropped: elsewhere a mark makes another letter, as
 * the voicing of Japanese か/が does. https://hl7.org/fhir/R4/search.html#string
 */
const MARKS = new RegExp(
  `[${['\\u0300-\\u036f', '\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7', '\\u064b-\\u065f\\u0670', '\\u1ab0-\\u1aff', '\\u1dc0-\\u1dff', '\\u20d0-\\u20ff', '\\ufe20-\\ufe2f'].join('')}]`,
  'g',
);
const BEYOND_ASCII = /[^\0-\x7f]/;
const SPACES = /\s+/g;

/** Runs of blanks become one, at the ends none. Folding twice changes nothing. */
export function fold(text: string): string {
  const plain = BEYOND_ASCII.test(text) ? withoutMarks(text) : text.toLowerCase();
  return plain.replace(SPACES, ' ').trim();
}

/** Decomposed after lower-casing too, since some lower-case forms have marks of their own. */
function withoutMarks(text: string): string {
  const lower = text.normalize('NFKD').toLowerCase().normalize('NFKD').replace(MARKS, '');
  return lower.replaceAll('ς', 'σ').normalize('NFC');
}
